//! When a dropped packet is worth reporting: counters count each, the log must not (RFC 9568 §7.1, §8.3.2).

use core::time::Duration;

use crate::discard::Discard;
use crate::time::Instant;

/// A reason is reported at most once in this time.
const PERIOD: Duration = Duration::from_secs(60);

/// When each reason was last reported, for one router.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiscardNotices([Option<Instant>; Discard::ALL.len()]);

impl DiscardNotices {
    /// Whether to report this drop; it counts as reported from then on.
    pub(crate) fn is_news(&mut self, reason: Discard, now: Instant) -> bool {
        let reported = &mut self.0[reason as usize];
        if reported.is_some_and(|at| now.since(at) < PERIOD) {
            return false;
        }
        *reported = Some(now);
        true
    }
}
