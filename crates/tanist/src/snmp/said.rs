//! What is said of sessions: an agent that comes and goes does not fill the log.

use std::time::Duration;

use tokio::time::Instant;

/// What happens again and again is said once in this time.
const SILENCE: Duration = Duration::from_secs(60);

/// What there was when a session ended, or could not be had.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Had {
    Nothing,
    Session,
}

/// When what was said last.
#[derive(Default)]
pub(super) struct Said {
    began: Option<Instant>,
    failed: Option<Instant>,
}

impl Said {
    /// Whether it is said that there is a session.
    pub(super) fn began(&mut self) -> bool {
        let says = says(&mut self.began);
        if says {
            self.failed = None;
        }
        says
    }

    /// Whether it is said why there is none: of an agent that was never there once.
    pub(super) fn failed(&mut self, had: Had) -> bool {
        match had {
            Had::Session => says(&mut self.failed),
            Had::Nothing => self.failed.is_none() && says(&mut self.failed),
        }
    }
}

fn says(last: &mut Option<Instant>) -> bool {
    let says = last.is_none_or(|last| last.elapsed() >= SILENCE);
    if says {
        *last = Some(Instant::now());
    }
    says
}
