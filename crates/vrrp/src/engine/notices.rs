//! When a dropped packet is worth telling: counters count each, the log must not (RFC 9568 §7.1, §8.3.2).

use core::time::Duration;

use crate::discard::Discard;
use crate::time::Instant;

/// A reason is told at most once in this time.
const PERIOD: Duration = Duration::from_secs(60);

/// When each reason was last told, for one router.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiscardNotices([Option<Instant>; Discard::ALL.len()]);

impl DiscardNotices {
    /// Whether to tell of this drop; it counts as told from then on.
    pub(crate) fn is_news(&mut self, reason: Discard, now: Instant) -> bool {
        let told = &mut self.0[reason as usize];
        if told.is_some_and(|told| now.since(told) < PERIOD) {
            return false;
        }
        *told = Some(now);
        true
    }
}
