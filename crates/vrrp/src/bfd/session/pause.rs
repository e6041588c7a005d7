//! Intervals at which the peer bears a pause, and back.

use core::time::Duration;

use super::Session;
use crate::bfd::SessionState;
use crate::bfd::outbox::Outbox;
use crate::bfd::pause::SILENCE;
use crate::time::Instant;

/// Which intervals a session is to have while it is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::bfd) enum Intervals {
    Configured,
    /// So long that the peer bears [`SILENCE`].
    Patient,
}

impl Session {
    /// Has it use these intervals; the peer is told if it is up.
    pub(in crate::bfd) fn choose(&mut self, now: Instant, intervals: Intervals, out: &mut Outbox) {
        self.intervals = intervals;
        match self.state {
            SessionState::AdminDown | SessionState::Down | SessionState::Init => {}
            SessionState::Up => {
                self.follow_intervals();
                self.repace(now);
                if self.timing.polls() {
                    self.owe(super::Owed::Packet, out);
                }
            }
        }
    }

    /// Of a session that is up. What it asks of the peer stays the same in a pause.
    pub(super) fn follow_intervals(&mut self) {
        let desired_tx = match self.intervals {
            Intervals::Configured => self.config.min_tx,
            Intervals::Patient => self.patient_tx(),
        };
        self.timing.follow(desired_tx, self.config.min_rx);
    }

    /// Whether the peer bears [`SILENCE`]: it knows of intervals that are as long, or it wants no packets, or there is
    /// nothing that it could lose.
    pub(in crate::bfd) fn bears_silence(&self) -> bool {
        match self.state {
            SessionState::AdminDown | SessionState::Down | SessionState::Init => true,
            SessionState::Up => self.pace.is_none() || self.timing.is_known(self.patient_tx()),
        }
    }

    /// The peer's detection time is this, or what it requires if that is more, times our multiplier (RFC 5880 §6.8.4).
    fn patient_tx(&self) -> Duration {
        let share = SILENCE.as_millis().div_ceil(u128::from(self.config.multiplier).max(1));
        Duration::from_millis(u64::try_from(share).unwrap_or(u64::MAX)).max(self.config.min_tx)
    }

    pub(in crate::bfd) fn speak_unless_after(&mut self, then: Instant, out: &mut Outbox) {
        if self.state == SessionState::Up && self.pace.is_some() && self.transmitted.is_none_or(|at| at < then) {
            self.due(out);
        }
    }
}
