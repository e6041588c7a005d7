//! The clock of everything: CLOCK_BOOTTIME, which goes on while the machine is suspended (V3-TM-09).

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};
use vrrp::time::{Instant, WallTime};

/// The time now.
#[must_use]
pub fn now() -> Instant {
    Instant::from_nanos(nanos(clock_gettime(ClockId::Boottime)))
}

/// The time of day.
#[must_use]
pub fn wall() -> WallTime {
    WallTime::from_nanos(nanos(clock_gettime(ClockId::Realtime)))
}

/// `at` as the kernel wants it.
pub(crate) fn timespec(at: Instant) -> Timespec {
    let (seconds, nanos) = (at.nanos() / 1_000_000_000, at.nanos() % 1_000_000_000);
    Timespec { tv_sec: i64::try_from(seconds).unwrap_or(i64::MAX), tv_nsec: i64::try_from(nanos).unwrap_or(0) }
}

/// Wall-clock nanoseconds; 0 for times before 1970.
pub(crate) fn nanos(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

/// Turns the kernel's receive times, which are of the wall clock, into times of this clock.
#[derive(Debug)]
pub(crate) struct ClockMap {
    reading: Reading,
    wall_clock: WallClock,
}

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug)]
struct Reading {
    boot: Instant,
    wall_nanos: u64,
}

/// How the wall clock ran between the last two readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WallClock {
    /// As fast as the boot-time clock.
    Continuous,
    /// It was set: receive times from before cannot be converted.
    Stepped,
}

impl ClockMap {
    /// Reads both clocks.
    pub(crate) fn new() -> Self {
        Self { reading: Reading::take(), wall_clock: WallClock::Continuous }
    }

    /// Reads both clocks again. To be done after packets were received and before their times are asked for.
    pub(crate) fn refresh(&mut self) {
        let before = std::mem::replace(&mut self.reading, Reading::take());
        self.wall_clock = before.wall_clock_until(&self.reading);
    }

    /// The receive time `wall_nanos` on this clock, never later than the last reading. A time that cannot be converted
    /// (`None`, or the wall clock was set meanwhile) counts as the last reading: too late by the time the packet
    /// waited, but never wrong by the size of the step.
    pub(crate) fn to_boot_time(&self, wall_nanos: Option<u64>) -> Instant {
        match (self.wall_clock, wall_nanos) {
            (WallClock::Continuous, Some(wall)) => {
                self.reading.boot - Duration::from_nanos(self.reading.wall_nanos.saturating_sub(wall))
            }
            (WallClock::Stepped, _) | (_, None) => self.reading.boot,
        }
    }
}

impl Reading {
    fn take() -> Self {
        Self { boot: now(), wall_nanos: nanos(clock_gettime(ClockId::Realtime)) }
    }

    /// Slewing (adjtime, NTP) moves both clocks alike, so that only a step makes them differ. The two are not read at one
    /// moment, though: what lies between (preemption, on a loaded machine) is allowed for with a millisecond, and one
    /// more for each second since the last reading, which costs nothing, as a step that small does no harm.
    fn wall_clock_until(&self, later: &Self) -> WallClock {
        let boot_nanos = later.boot.since(self.boot).as_nanos();
        let gained = i128::from(later.wall_nanos) - i128::from(self.wall_nanos) - boot_nanos.cast_signed();
        let allowed = 1_000_000 + boot_nanos / 1000;
        if gained.unsigned_abs() <= allowed { WallClock::Continuous } else { WallClock::Stepped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn reading(boot_nanos: u64, wall_nanos: u64) -> Reading {
        Reading { boot: Instant::from_nanos(boot_nanos), wall_nanos }
    }

    #[test]
    fn receive_times_are_placed_on_the_boot_clock_and_never_in_the_future() {
        let map = ClockMap { reading: reading(5_000, 1_000_000), wall_clock: WallClock::Continuous };
        assert_eq!(map.to_boot_time(Some(999_000)), Instant::from_nanos(4_000));
        assert_eq!(map.to_boot_time(Some(1_000_500)), Instant::from_nanos(5_000));
        assert_eq!(map.to_boot_time(None), Instant::from_nanos(5_000));
    }

    #[test]
    fn a_wall_clock_that_was_set_is_not_believed() {
        const SECOND: u64 = 1_000_000_000;
        let before = reading(10 * SECOND, 100 * SECOND);
        assert_eq!(before.wall_clock_until(&reading(11 * SECOND, 101 * SECOND)), WallClock::Continuous);
        assert_eq!(
            before.wall_clock_until(&reading(11 * SECOND, 101 * SECOND + 1_500_000)),
            WallClock::Continuous,
            "read late"
        );
        assert_eq!(before.wall_clock_until(&reading(11 * SECOND, 102 * SECOND)), WallClock::Stepped, "forward");
        assert_eq!(before.wall_clock_until(&reading(11 * SECOND, 99 * SECOND)), WallClock::Stepped, "back");
        let stepped = ClockMap { reading: reading(11, 99), wall_clock: WallClock::Stepped };
        assert_eq!(stepped.to_boot_time(Some(1)), Instant::from_nanos(11));
    }
}
