//! Time as data. The engine reads no clock: every call that depends on time takes `now` first.

use core::fmt;
use core::ops::{Add, Sub};
use core::time::Duration;

use crate::types::RouterId;

/// A point in time: nanoseconds of one monotonic clock that the driver chooses and keeps to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(u64);

impl Instant {
    /// `nanos` nanoseconds after the clock's zero.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the clock's zero.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Time from `earlier` to `self`; zero if `earlier` is later.
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

/// When the engine wants to be woken, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Wake at this time or as soon after it as possible.
    pub at: Instant,
    /// The router that waits.
    pub router: RouterId,
    /// What it waits for.
    pub why: Why,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// Active_Down_Timer: no acceptable advertisement came (RFC 9568 §6.4.2).
    ActiveDown,
    /// Adver_Timer: the next advertisement is due (RFC 9568 §6.4.3).
    Advertise,
    /// Gratuitous ARP or unsolicited NA is due again (keepalived's `garp_master_delay`, `garp_master_refresh`, …).
    Announce,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ActiveDown => "master down timer",
            Self::Advertise => "advertisement timer",
            Self::Announce => "announcement timer",
        })
    }
}
