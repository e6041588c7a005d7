//! A pause: nothing is sent for a while, as another program takes the place of this one, and no session is to be lost by that.
//! Every peer is asked before, by a Poll Sequence (RFC 5880 §6.8.3): its detection time follows from our Desired Min TX Interval,
//! which is raised until the pause is over.

use core::time::Duration;

use alloc::vec::Vec;

use super::session::{Intervals, Session};
use super::sessions::Sessions;
use crate::time::Instant;
use crate::types::TrackerId;

/// How long all peers bear that nothing is sent, once they have agreed.
pub const SILENCE: Duration = Duration::from_secs(4);
/// Time in which they must.
const ANSWER: Duration = Duration::from_secs(2);
/// A session that has spoken within this time does not speak once more.
const JUST_NOW: Duration = Duration::from_millis(100);

/// Whether the peers agree to a pause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// All that take a session for up do.
    Given,
    /// These sessions' have not answered. No session waits for a pause any more.
    Missing(Vec<TrackerId>),
}

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pause {
    #[default]
    None,
    /// Peers are to have agreed by then.
    Asked {
        by: Instant,
    },
    Agreed,
}

impl Pause {
    /// When there is something to be done for it.
    pub(super) const fn until(self) -> Option<Instant> {
        match self {
            Self::Asked { by } => Some(by),
            Self::None | Self::Agreed => None,
        }
    }
}

impl Sessions {
    /// Whether no peer takes a session for lost if nothing is sent for [`SILENCE`]. A session may have come up since all agreed.
    #[must_use]
    pub fn bear_silence(&self) -> bool {
        self.sessions.values().all(Session::bears_silence)
    }

    /// Each session that is up sends a packet now, so that the time until its peer misses one is as long as can be; but not one
    /// that has just done so.
    pub fn speak_now(&mut self, now: Instant) {
        self.each(|session, out| session.speak_unless_after(now - JUST_NOW, out));
    }

    pub(super) fn begin_pause(&mut self, now: Instant) {
        self.pause = Pause::Asked { by: now + ANSWER };
        self.each(|session, out| session.choose(now, Intervals::Patient, out));
    }

    pub(super) fn end_pause(&mut self, now: Instant) {
        self.pause = Pause::None;
        self.each(|session, out| session.choose(now, Intervals::Configured, out));
    }

    /// All may have agreed.
    pub(super) fn settle_pause(&mut self) {
        match self.pause {
            Pause::Asked { .. } if self.bear_silence() => {
                self.pause = Pause::Agreed;
                self.out.consent(Consent::Given);
            }
            Pause::None | Pause::Asked { .. } | Pause::Agreed => {}
        }
    }

    /// Whatever was received before `heard_until` was handed in.
    pub(super) fn expire_pause(&mut self, now: Instant, heard_until: Instant) {
        if self.pause.until().is_none_or(|by| by > heard_until) || self.bear_silence() {
            return;
        }
        let missing = self.sessions.values().filter(|session| !session.bears_silence());
        let consent = Consent::Missing(missing.map(|session| session.config.tracker).collect());
        self.end_pause(now);
        self.out.consent(consent);
    }
}
