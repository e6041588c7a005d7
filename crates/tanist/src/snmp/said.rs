//! What is said of sessions: an agent that comes and goes does not fill the log, and the last word of it is true in the end.

use std::time::Duration;

use tokio::time::Instant;

/// That there is none is said once in this time.
const SILENCE: Duration = Duration::from_secs(60);

/// What there was when a session ended, or could not be had; or what was said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Had {
    Nothing,
    Session,
}

/// What was said last, and when it was that there is none.
#[derive(Debug, Default)]
pub(super) struct Said {
    last: Option<Had>,
    failed: Option<Instant>,
}

impl Said {
    /// Whether it is said that there is a session: not twice in a row.
    pub(super) fn began(&mut self) -> bool {
        self.last.replace(Had::Session) != Some(Had::Session)
    }

    /// Whether it is said why there is none: of an agent that is never there once. If it comes too soon, a later try says it.
    pub(super) fn failed(&mut self, now: Instant) -> bool {
        let says =
            self.last != Some(Had::Nothing) && self.failed.is_none_or(|last| now.duration_since(last) >= SILENCE);
        if says {
            (self.last, self.failed) = (Some(Had::Nothing), Some(now));
        }
        says
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_is_true_and_words_are_few() {
        let (mut said, now) = (Said::default(), Instant::now());
        assert!(said.failed(now) && !said.failed(now), "an agent that is never there");
        assert!(said.began() && !said.began());
        // It was there for a moment only, and is not from then on.
        let later = now + SILENCE;
        assert!(!said.failed(now) && said.failed(later) && !said.failed(later));
        assert!(said.began());
        // One that flaps.
        assert!((0..60).all(|_| !said.failed(later) && !said.began()));
    }
}
