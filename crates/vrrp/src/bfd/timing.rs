//! How often is sent, and how long silence is borne: RFC 5880 §6.8.2 to §6.8.4, §6.8.7.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::SessionConfig;

/// The least Desired Min TX Interval of a session that is not Up (RFC 5880 §6.8.3).
const SLOW: Duration = Duration::from_secs(1);

/// Our side's intervals. What packets say may be ahead of what is in use: an interval that makes the peer wait longer is
/// used once the peer knows of it, which a Poll Sequence finds out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Timing {
    /// bfd.DesiredMinTxInterval, as packets say it.
    pub(super) desired_tx: Duration,
    /// The one in use.
    tx: Duration,
    /// bfd.RequiredMinRxInterval, as packets say it.
    pub(super) required_rx: Duration,
    /// The one in use.
    rx: Duration,
    poll: PollSequence,
}

/// Whether the peer knows our intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum PollSequence {
    /// It does.
    Idle,
    /// It was asked to answer.
    Running,
    /// It was asked, and the intervals have changed since: it is asked again.
    Again,
}

impl Timing {
    /// Of a session that is not Up. No Poll Sequence tells of these intervals: every packet does, and nothing is detected.
    pub(super) fn slow(config: &SessionConfig) -> Self {
        let (tx, rx) = (config.idle_tx.max(SLOW), config.min_rx);
        Self { desired_tx: tx, tx, required_rx: rx, rx, poll: PollSequence::Idle }
    }

    /// Takes other intervals, of a session that is Up.
    pub(super) fn follow(&mut self, desired_tx: Duration, required_rx: Duration) {
        if (self.desired_tx, self.required_rx) == (desired_tx, required_rx) {
            return;
        }
        (self.desired_tx, self.required_rx) = (desired_tx, required_rx);
        self.tx = self.tx.min(desired_tx);
        self.rx = self.rx.max(required_rx);
        self.poll = match self.poll {
            PollSequence::Idle => PollSequence::Running,
            PollSequence::Running | PollSequence::Again => PollSequence::Again,
        };
    }

    pub(super) const fn polls(&self) -> bool {
        match self.poll {
            PollSequence::Idle => false,
            PollSequence::Running | PollSequence::Again => true,
        }
    }

    /// The peer has answered a Poll.
    pub(super) const fn answered(&mut self) {
        match self.poll {
            PollSequence::Idle => {}
            PollSequence::Running => {
                (self.tx, self.rx, self.poll) = (self.desired_tx, self.required_rx, PollSequence::Idle);
            }
            PollSequence::Again => self.poll = PollSequence::Running,
        }
    }

    /// Whether the peer knows that packets may be this far apart.
    pub(super) fn is_known(&self, tx: Duration) -> bool {
        self.tx >= tx && !self.polls()
    }

    /// Time between our packets, to a peer that takes one in `required_rx`, before it is shortened. `None`: the peer wants
    /// none (§6.8.7).
    pub(super) fn transmit_interval(&self, required_rx: Duration) -> Option<Duration> {
        (!required_rx.is_zero()).then(|| self.tx.max(required_rx))
    }

    /// How long a peer may be silent that means to send once in `desired_tx` (§6.8.4).
    pub(super) fn detection_time(&self, desired_tx: Duration, multiplier: u8) -> Duration {
        self.rx.max(desired_tx).saturating_mul(multiplier.into())
    }
}

/// The interval, shortened by a part that `random` says: by up to a quarter, so that systems do not fall into step; by a
/// tenth at least where one missed packet is too many (§6.8.7).
pub(super) fn jittered(interval: Duration, multiplier: u8, random: u32) -> Duration {
    let (least, most) = if multiplier == 1 { (interval / 10, interval / 4) } else { (Duration::ZERO, interval / 4) };
    let share = (most - least).as_nanos() * u128::from(random) / u128::from(u32::MAX);
    interval - least - Duration::from_nanos(u64::try_from(share).unwrap_or(0))
}

/// A number that looks random and follows from the one before (splitmix64). It keeps apart what must not fall together; it
/// keeps no secret.
#[derive(Clone, Debug)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) const fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_early_by_up_to_a_quarter_and_one_that_must_not_be_missed_by_a_tenth_at_least() {
        let interval = Duration::from_millis(100);
        for (multiplier, random, micros) in
            [(5, 0, 100_000), (5, u32::MAX, 75_000), (1, 0, 90_000), (1, u32::MAX, 75_000), (255, u32::MAX / 2, 87_500)]
        {
            let nanos = jittered(interval, multiplier, random).as_nanos();
            assert_eq!((nanos + 500) / 1000, micros, "{multiplier}, {random}");
        }
        assert_eq!(jittered(Duration::ZERO, 1, 7), Duration::ZERO);
    }
}
