//! Sessions that go on in another process: what is known of one, as data that another program takes over. The peer sees one
//! session, which was silent for a moment.

use core::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::{Intervals, Owed, Random, Session};
use crate::bfd::damping::Damping;
use crate::bfd::outbox::Outbox;
use crate::bfd::reporting::Reporting;
use crate::bfd::timing::Timing;
use crate::bfd::{Counters, Diag, Remote, SessionConfig, SessionId, SessionState, Sessions};
use crate::time::Instant;
use crate::types::IfIndex;

/// What is known of a session beside its configuration. When a reason for dropped packets was last reported is not in it: it is
/// reported anew.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KnownSession {
    discriminator: NonZeroU32,
    state: SessionState,
    since: Instant,
    diag: Diag,
    timing: Timing,
    remote: Option<Remote>,
    link: Option<IfIndex>,
    heard: Option<Instant>,
    patience: Option<Instant>,
    transmitted: Option<Instant>,
    damping: Damping,
    reporting: Reporting,
    counters: Counters,
}

impl Sessions {
    /// What is known of all sessions.
    pub fn known(&self) -> impl Iterator<Item = (SessionId, KnownSession)> + '_ {
        self.sessions.iter().map(|(id, session)| (id, session.known()))
    }

    /// Adds a session that goes on from there, with the same ends; the rest of its configuration may be another. It goes on in a
    /// pause, which [`Input::EndPause`](crate::bfd::Input::EndPause) ends. `deaf_since`: what was sent from then on may not
    /// have been received, so that silence says nothing. `seed`: as for [`Sessions::add`].
    pub fn resume(
        &mut self,
        now: Instant,
        deaf_since: Instant,
        config: SessionConfig,
        seed: u64,
        known: KnownSession,
    ) -> SessionId {
        if self.by_discriminator.contains_key(&known.discriminator) {
            return self.add(now, config, seed);
        }
        let id = self.sessions.insert_with_key(|id| Session::new(now, id, config, Random(seed)));
        if let Some(session) = self.sessions.get_mut(id) {
            session.go_on(now, deaf_since, known, &mut self.out);
        }
        self.enlist(id);
        id
    }
}

impl Session {
    fn known(&self) -> KnownSession {
        KnownSession {
            discriminator: self.discriminator,
            state: self.state,
            since: self.since,
            diag: self.diag,
            timing: self.timing.clone(),
            remote: self.remote,
            link: self.link,
            heard: self.heard,
            patience: self.patience,
            transmitted: self.transmitted,
            damping: self.damping.clone(),
            reporting: self.reporting.clone(),
            counters: self.counters.clone(),
        }
    }

    /// The peer is told at once that it is there; what it sent meanwhile may be lost.
    fn go_on(&mut self, now: Instant, deaf_since: Instant, from: KnownSession, out: &mut Outbox) {
        (self.discriminator, self.state, self.since, self.diag) =
            (from.discriminator, from.state, from.since, from.diag);
        (self.remote, self.link, self.heard) = (from.remote, from.link, from.heard);
        self.patience = from.patience.map(|until| until + now.since(deaf_since));
        (self.damping, self.reporting, self.counters) = (from.damping, from.reporting, from.counters);
        self.intervals = Intervals::Patient;
        // That of its beginning would leave at once.
        (self.transmitted, self.pace, self.transmit_at) = (from.transmitted, None, None);
        match self.state {
            SessionState::AdminDown | SessionState::Down | SessionState::Init => {}
            SessionState::Up => {
                self.timing = from.timing;
                self.owe(Owed::Packet, out);
            }
        }
        self.redetect();
        self.repace(now);
    }
}
