//! From numbers of processes to a reading: `quorum`, `quorum_max`, `fork_delay`, `terminate_delay`. No clock.

use std::time::Duration;

use tokio::time::Instant;
use vrrp::input::Reading;

/// When there are enough processes, and how long a change must last to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) fewest: usize,
    /// `None`: there are never too many.
    pub(super) most: Option<usize>,
    /// After there are more of them.
    pub(super) more: Duration,
    /// After there are fewer.
    pub(super) fewer: Duration,
}

/// How many processes there are, and what routers see of that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quorum {
    /// `None`: they were not counted yet.
    count: Option<usize>,
    reading: Reading,
    /// When the reading becomes the other one.
    change_at: Option<Instant>,
}

impl Limits {
    fn reading(self, count: usize) -> Reading {
        let is_enough = count >= self.fewest && self.most.is_none_or(|most| count <= most);
        if is_enough { Reading::Up } else { Reading::Down }
    }
}

impl Quorum {
    /// They were counted. The first number counts at once.
    pub(super) fn take(&mut self, now: Instant, count: usize, limits: Limits) {
        let wanted = limits.reading(count);
        let delay = match self.count.replace(count) {
            None => Duration::ZERO,
            Some(before) if before < count => limits.more,
            Some(before) if before > count => limits.fewer,
            Some(_) => Duration::ZERO,
        };
        if wanted == self.reading {
            self.change_at = None;
        } else if self.change_at.is_none() {
            self.change_at = Some(now + delay);
        }
    }

    /// The limits are others now, which counts at once.
    pub(super) fn limit(&mut self, now: Instant, limits: Limits) {
        let changes = self.count.is_some_and(|count| limits.reading(count) != self.reading);
        self.change_at = changes.then_some(now);
    }

    /// What routers see now.
    pub(super) fn reading(&mut self, now: Instant, limits: Limits) -> Reading {
        if let Some(count) = self.count.filter(|_| self.change_at.is_some_and(|at| at <= now)) {
            self.reading = limits.reading(count);
            self.change_at = None;
        }
        self.reading
    }

    /// When [`Quorum::reading`] is to be asked.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.change_at
    }

    pub(super) fn count(&self) -> usize {
        self.count.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second, and how many there are from then on.
    type Number = (u64, usize);
    /// A second, and the reading from then on.
    type Said = (u64, Reading);

    /// The reading a moment after each number that is counted at such a second: `u` up, `d` down; between, the seconds at which
    /// it changed by itself.
    fn run(limits: Limits, numbers: &[Number]) -> Vec<Said> {
        let begin = Instant::now();
        let at = |second: u64| begin + Duration::from_secs(second);
        let (mut quorum, mut said, mut last) = (Quorum::default(), Vec::new(), Reading::Unknown);
        let mut note = |quorum: &mut Quorum, second| {
            let reading = quorum.reading(at(second), limits);
            if std::mem::replace(&mut last, reading) != reading {
                said.push((second, reading));
            }
        };
        for second in 0..60 {
            note(&mut quorum, second);
            for (_, count) in numbers.iter().filter(|(when, _)| *when == second) {
                quorum.take(at(second), *count, limits);
                note(&mut quorum, second);
            }
        }
        said
    }

    #[test]
    fn enough_are_up_and_a_change_counts_when_it_lasts() {
        use Reading::{Down, Up};
        let limits = |fewest, most, more, fewer| Limits {
            fewest,
            most,
            more: Duration::from_secs(more),
            fewer: Duration::from_secs(fewer),
        };
        let cases: [(Limits, &[Number], &[Said]); 9] = [
            (limits(1, None, 0, 0), &[(1, 1), (2, 0), (3, 5)], &[(1, Up), (2, Down), (3, Up)]),
            (limits(2, None, 0, 0), &[(1, 1), (2, 2), (3, 1)], &[(1, Down), (2, Up), (3, Down)]),
            (limits(1, Some(1), 0, 0), &[(1, 1), (2, 2), (3, 1)], &[(1, Up), (2, Down), (3, Up)]),
            (limits(0, Some(0), 0, 0), &[(1, 0), (2, 1), (3, 0)], &[(1, Up), (2, Down), (3, Up)]),
            // The first number counts at once, whatever the delays.
            (limits(1, None, 9, 9), &[(1, 1)], &[(1, Up)]),
            (limits(1, None, 9, 5), &[(1, 1), (10, 0), (20, 1)], &[(1, Up), (15, Down), (29, Up)]),
            // Gone for a moment is not gone; another number in between begins nothing anew.
            (limits(1, None, 9, 5), &[(1, 1), (10, 0), (14, 1)], &[(1, Up)]),
            (limits(3, None, 0, 5), &[(1, 3), (10, 2), (12, 1)], &[(1, Up), (15, Down)]),
            // What is too many after a fork is so for a moment only.
            (limits(1, Some(1), 3, 0), &[(1, 1), (10, 2), (12, 1), (20, 2)], &[(1, Up), (23, Down)]),
        ];
        for (limits, numbers, expected) in cases {
            assert_eq!(run(limits, numbers), expected, "{limits:?} {numbers:?}");
        }
    }
}
