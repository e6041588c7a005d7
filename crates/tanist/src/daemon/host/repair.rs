//! Putting back what others undid: at once, but not without limit, for two programs that undo each other's work would
//! keep the machine busy for ever.

use std::time::Duration;

use vrrp::time::Instant;

/// Repairs of one router in a window; those beyond wait for the tick.
const MOST: u32 = 8;
/// Length of the window.
const WINDOW: Duration = Duration::from_secs(10);

/// The repairs of one router.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repairs {
    since: Option<Instant>,
    count: u32,
}

/// Whether a repair may be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    Granted,
    /// Not now, for the first time in this window.
    RefusedFirst,
    Refused,
}

impl Repairs {
    pub(super) const NONE: Self = Self { since: None, count: 0 };

    /// Asks to make a repair.
    pub(super) fn ask(&mut self, now: Instant) -> Leave {
        if self.since.is_none_or(|since| now.since(since) >= WINDOW) {
            *self = Self { since: Some(now), count: 0 };
        }
        self.count = self.count.saturating_add(1);
        match self.count {
            0..=MOST => Leave::Granted,
            count if count == MOST + 1 => Leave::RefusedFirst,
            _ => Leave::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repairs_have_a_limit_that_is_told_once_and_ends_with_the_window() {
        let (mut repairs, now) = (Repairs::NONE, Instant::from_nanos(1));
        let first: Vec<Leave> = (0..MOST + 2).map(|_| repairs.ask(now)).collect();
        assert!(first[..8].iter().all(|leave| *leave == Leave::Granted));
        assert_eq!(first[8..], [Leave::RefusedFirst, Leave::Refused]);
        assert_eq!(repairs.ask(now + WINDOW), Leave::Granted);
    }
}
