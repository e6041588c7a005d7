//! Limits to what is reported: counters count each packet and each change, the log must not (RFC 9568 §7.1, §8.3.2).

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// A reason for dropped packets is reported at most once in this time.
pub(crate) const NEWS_AFTER: Duration = Duration::from_secs(60);
/// Changes reported one by one in a row.
const AT_ONCE: u32 = 20;
/// Further ones are reported once in this time, the last one for all.
pub(crate) const PERIOD: Duration = Duration::from_secs(1);

/// When each of `N` things that happen again and again, such as reasons for dropped packets, was last reported.
#[derive(Clone, Debug)]
pub(crate) struct DropReports<const N: usize>([Option<Instant>; N]);

impl<const N: usize> Default for DropReports<N> {
    fn default() -> Self {
        Self([None; N])
    }
}

impl<const N: usize> DropReports<N> {
    /// Whether to report the one in this place; it counts as reported from then on.
    pub(crate) fn is_news(&mut self, reason: usize, now: Instant) -> bool {
        let reported = &mut self.0[reason];
        if reported.is_some_and(|at| now.since(at) < NEWS_AFTER) {
            return false;
        }
        *reported = Some(now);
        true
    }
}

/// How many changes may still be reported one by one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Credit {
    left: u32,
    /// Since when it grows.
    since: Instant,
}

impl Credit {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { left: AT_ONCE, since: now }
    }

    /// Whether changes come faster than they may be reported.
    pub(crate) fn is_spent(&mut self, now: Instant) -> bool {
        let periods = now.since(self.since).as_nanos() / PERIOD.as_nanos();
        let earned = u32::try_from(periods).unwrap_or(u32::MAX);
        if self.left.saturating_add(earned) >= AT_ONCE {
            (self.left, self.since) = (AT_ONCE, now);
        } else {
            self.left += earned;
            self.since = self.since + PERIOD * earned;
        }
        self.left == 0
    }

    pub(crate) const fn spend(&mut self) {
        self.left = self.left.saturating_sub(1);
    }
}
