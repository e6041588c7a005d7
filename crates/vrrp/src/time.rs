//! Time as data. The engine reads no clock: every call that depends on time takes `now` first.

use core::ops::{Add, Sub};
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::types::RouterId;

/// A point in time: nanoseconds of one monotonic clock that the driver chooses and keeps to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Instant(u64);

impl Instant {
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// Saturates at the end of the clock, 584 years away.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    /// Saturates at the clock's zero.
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }
}

/// Time of day: nanoseconds since 1970-01-01 00:00 UTC. Unlike [`Instant`] it may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WallTime(u64);

impl WallTime {
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    pub const fn nanos(self) -> u64 {
        self.0
    }
}

/// Turns times of the engine's clock into times of day.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WallClock {
    /// What both clocks showed at one moment; `None` until the driver has said.
    reading: Option<(Instant, WallTime)>,
}

impl WallClock {
    pub(crate) const fn read(now: Instant, wall: WallTime) -> Self {
        Self { reading: Some((now, wall)) }
    }

    pub(crate) fn at(self, at: Instant) -> Option<WallTime> {
        let (now, wall) = self.reading?;
        Some(WallTime(wall.0.saturating_add(at.0).saturating_sub(now.0)))
    }
}

/// When the engine wants to be woken, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// May have passed: then at once.
    pub at: Instant,
    pub router: RouterId,
    pub why: Why,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The startup delay is over.
    Start,
    /// Active_Down_Timer: no acceptable advert came (RFC 9568 §6.4.2).
    ActiveDown,
    /// Adver_Timer: the next advert is due (RFC 9568 §6.4.3).
    Advertise,
    /// The addresses are to be announced again (keepalived's `garp_master_delay`, `garp_master_refresh`, …).
    Announce,
    /// No successor was heard: a router that has left withdraws its addresses.
    LetGo,
}
