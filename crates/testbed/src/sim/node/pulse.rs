//! Signs of life between the threads of a daemon, with the daemon's numbers.

use std::time::Duration;

use vrrp::Instant;

use super::messages::Health;

/// A thread that has work wakes at least this often.
pub(in crate::sim) const PERIOD: Duration = Duration::from_millis(500);
/// A thread that is late by more than this is frozen, starved or dead.
pub(in crate::sim) const SILENCE: Duration = Duration::from_millis(1_500);

/// When a thread will have beaten again; `None`: it sleeps until somebody wakes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Pulse(pub(in crate::sim) Option<Instant>);

impl Pulse {
    /// How late the thread is.
    pub(in crate::sim) fn lateness(self, now: Instant) -> Duration {
        self.0.map_or(Duration::ZERO, |due| now.since(due))
    }

    /// How the thread does. Whoever asks has itself run without a gap since `from`: who was away cannot tell.
    pub(in crate::sim) fn health(self, now: Instant, from: Instant) -> Health {
        let late = self.lateness(now).min(now.since(from));
        if late < SILENCE { Health::Alive } else { Health::Silent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUE: Instant = Instant::from_nanos(10_000_000_000);

    #[test]
    fn silence_counts_from_the_moment_that_a_beat_was_due() {
        let health = |now| Pulse(Some(DUE)).health(now, DUE);
        assert_eq!((health(DUE + PERIOD), health(DUE + SILENCE)), (Health::Alive, Health::Silent));
        assert_eq!(Pulse(None).health(DUE + SILENCE, DUE), Health::Alive);
    }

    #[test]
    fn who_was_frozen_as_well_gives_the_other_time() {
        let thaw = DUE + SILENCE * 4;
        assert_eq!(Pulse(Some(DUE)).health(thaw, thaw), Health::Alive);
        assert_eq!(Pulse(Some(DUE)).health(thaw + SILENCE, thaw), Health::Silent);
    }
}
