//! When the next packet leaves, and how long silence is borne.

use core::time::Duration;

use super::Session;
use crate::bfd::timing::jittered;
use crate::bfd::{Remote, SessionState};
use crate::time::Instant;

/// Longest detection time of a session that is not up. Whoever can make a packet look like the peer's may say in it that
/// nothing is to be sent, and that the next packet comes in hours: a passive peer would wait for us as long.
const HEARSAY: Duration = Duration::from_secs(10);
/// bfd.RemoteMinRxInterval while the peer has not said otherwise (RFC 5880 §6.8.1).
const NOT_SAID: Duration = Duration::from_micros(1);

impl Session {
    /// How long the peer may be silent. `None`: it was not heard.
    pub(super) fn detection_time(&self) -> Option<Duration> {
        let Remote { desired_tx, multiplier, .. } = self.remote?;
        let time = self.timing.detection_time(desired_tx, multiplier);
        match self.state {
            SessionState::Up => Some(time),
            SessionState::AdminDown | SessionState::Down | SessionState::Init => Some(time.min(HEARSAY)),
        }
    }

    pub(super) fn redetect(&mut self) {
        let silent_since = self.heard.map(|heard| heard.max(self.listening_since));
        self.detect_by = silent_since.zip(self.detection_time()).map(|(since, time)| since + time);
    }

    /// Follows a change of the time between packets, which counts from the last one.
    pub(super) fn repace(&mut self, now: Instant) {
        let required_rx = self.remote.map_or(NOT_SAID, |remote| remote.required_rx);
        let speaks = self.state != SessionState::AdminDown && self.may_speak();
        let pace = self.timing.transmit_interval(required_rx).filter(|_| speaks);
        if self.pace != pace {
            self.pace = pace;
            self.transmit_at = match self.transmitted {
                None => pace.map(|_| now),
                Some(last) => self.after(last),
            };
        }
    }

    /// The time of the next packet after one at `last`.
    pub(super) fn after(&mut self, last: Instant) -> Option<Instant> {
        let random = self.random.next();
        self.pace.map(|pace| last + jittered(pace, self.config.multiplier, random))
    }
}
