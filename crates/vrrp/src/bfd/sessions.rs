//! All sessions: which packet is whose, and whose turn it is.

use core::net::IpAddr;
use core::num::NonZeroU32;

use alloc::vec::Vec;

use hashbrown::HashMap;
use slotmap::SlotMap;

use super::discard::{Discard, Discards};
use super::outbox::Outbox;
use super::packet::ControlPacket;
use super::pause::Pause;
use super::session::Session;
use super::snapshot::Snapshot;
use super::timing::Random;
use super::{Action, Input, Packet, SessionConfig, SessionId};
use crate::time::Instant;
use crate::timers::Timers;

/// Any number of sessions. Does nothing by itself.
#[derive(Debug, Default)]
pub struct Sessions {
    pub(super) sessions: SlotMap<SessionId, Session>,
    pub(super) by_discriminator: HashMap<NonZeroU32, SessionId>,
    /// By neighbor: for packets whose sender does not know our discriminator yet.
    pub(super) by_neighbor: HashMap<IpAddr, Vec<SessionId>>,
    transmissions: Timers<SessionId>,
    silences: Timers<SessionId>,
    pub(super) out: Outbox,
    no_session: Discards,
    pub(super) pause: Pause,
}

impl Sessions {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a session, which begins at once. Of sessions with one neighbor no two may have the same source. `seed` is
    /// anything that differs from session to session and from start to start: discriminators follow from it.
    pub fn add(&mut self, now: Instant, config: SessionConfig, seed: u64) -> SessionId {
        let by_discriminator = &self.by_discriminator;
        let id = self.sessions.insert_with_key(|id| {
            let draws = (0..).map(|draw| Session::new(now, id, config.clone(), Random(seed.wrapping_add(draw))));
            let mut fresh = draws.skip_while(|session| by_discriminator.contains_key(&session.discriminator));
            // There are four thousand million discriminators.
            fresh.next().unwrap_or_else(|| Session::new(now, id, config.clone(), Random(seed)))
        });
        self.enlist(id);
        id
    }

    /// Makes a session be found.
    pub(super) fn enlist(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get(id) else { return };
        self.by_discriminator.insert(session.discriminator, id);
        self.by_neighbor.entry(session.config.neighbor).or_default().push(id);
        self.settle(id);
    }

    /// Changes the settings of a session; its neighbor, source and hops stay.
    pub fn update(&mut self, now: Instant, id: SessionId, config: SessionConfig) {
        self.with(id, |session, out| session.update(now, config, out));
    }

    /// Stops a session on purpose, which its peer is told. It hears nothing any more.
    pub fn stop(&mut self, now: Instant, id: SessionId) {
        self.with(id, |session, out| session.stop(now, out));
    }

    /// Forgets a session, and what it still owed.
    pub fn remove(&mut self, id: SessionId) {
        self.transmissions.set(id, None);
        self.silences.set(id, None);
        let Some(session) = self.sessions.remove(id) else { return };
        self.by_discriminator.remove(&session.discriminator);
        if let Some(others) = self.by_neighbor.get_mut(&session.config.neighbor) {
            others.retain(|other| *other != id);
            if others.is_empty() {
                self.by_neighbor.remove(&session.config.neighbor);
            }
        }
    }

    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Packet(packet) => self.receive(now, &packet),
            Input::SendFailed(id) => self.with(id, |session, _| session.counters.send_failed += 1),
            Input::Wake { heard_until } => self.wake(now, heard_until.min(now)),
            Input::Pause => self.begin_pause(now),
            Input::EndPause => self.end_pause(now),
            Input::Shutdown => self.each(|session, out| session.stop(now, out)),
        }
        self.settle_pause();
    }

    /// The next thing to be done. Packets come first.
    pub fn poll_action(&mut self, now: Instant) -> Option<Action> {
        while let Some(id) = self.out.next_ready() {
            if let Some(session) = self.sessions.get_mut(id) {
                let packet = session.packet(now).write();
                self.settle(id);
                return Some(Action::Transmit { session: id, packet });
            }
        }
        self.out.next_other()
    }

    /// When [`Input::Wake`] is wanted; may have passed.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let first = |timers: &Timers<SessionId>| timers.first().map(|(at, _)| at);
        first(&self.transmissions).into_iter().chain(first(&self.silences)).chain(self.pause.until()).min()
    }

    /// Whether a peer is lost, or has not agreed to a pause, unless a packet of it waits in a socket.
    #[must_use]
    pub fn has_silence_run_out(&self, now: Instant) -> bool {
        self.silences.due(now).is_some() || self.pause.until().is_some_and(|by| by <= now)
    }

    pub fn snapshots(&self) -> impl Iterator<Item = Snapshot> + '_ {
        self.sessions.values().map(Session::snapshot)
    }

    /// Packets that belonged to no session.
    #[must_use]
    pub const fn no_session(&self) -> &Discards {
        &self.no_session
    }

    fn receive(&mut self, now: Instant, packet: &Packet<'_>) {
        let read = ControlPacket::read(packet.payload);
        let named = read.as_ref().ok().and_then(|read| read.your_discriminator);
        let id = match named {
            Some(discriminator) => self.by_discriminator.get(&discriminator).copied(),
            None => self.of_neighbor(packet),
        };
        let is_theirs = |session: &&mut Session| is_between_its_ends(packet, &session.config);
        let Some(session) = id.and_then(|id| self.sessions.get_mut(id)).filter(is_theirs) else {
            return self.no_session.count(read.err().unwrap_or(Discard::NoSession));
        };
        match read {
            Err(reason) => session.discard(now, reason, packet.source, &mut self.out),
            Ok(_) if packet.hop_limit.unwrap_or(0) < session.config.least_hop_limit => {
                session.discard(now, Discard::HopLimit, packet.source, &mut self.out);
            }
            Ok(read) if session.is_elsewhere(packet.link, &read) => {
                session.discard(now, Discard::WrongLink, packet.source, &mut self.out);
            }
            Ok(read) => {
                session.note_link(packet.link, &read);
                session.receive(now, packet.received.min(now), &read, &mut self.out);
            }
        }
        id.into_iter().for_each(|id| self.settle(id));
    }

    /// The session with the sender, over as many hops; of several the one with our address.
    fn of_neighbor(&self, packet: &Packet<'_>) -> Option<SessionId> {
        let ids = self.by_neighbor.get(&packet.source)?;
        let fits = |id: &&SessionId| is_between_its_ends(packet, &self.sessions[**id].config);
        ids.iter().filter(fits).max_by_key(|id| self.sessions[**id].config.source.is_some()).copied()
    }

    fn wake(&mut self, now: Instant, heard_until: Instant) {
        while let Some(id) = self.silences.due(heard_until) {
            self.with(id, |session, out| session.silent(now, heard_until, out));
        }
        while let Some(id) = self.transmissions.due(now) {
            self.with(id, Session::due);
        }
        self.expire_pause(now, heard_until);
    }

    pub(super) fn each(&mut self, work: impl Fn(&mut Session, &mut Outbox)) {
        let all: Vec<SessionId> = self.sessions.keys().collect();
        all.into_iter().for_each(|id| self.with(id, &work));
    }

    /// Lets a session do something, and follows its deadlines.
    pub(super) fn with(&mut self, id: SessionId, work: impl FnOnce(&mut Session, &mut Outbox)) {
        if let Some(session) = self.sessions.get_mut(id) {
            work(session, &mut self.out);
            self.settle(id);
        }
    }

    fn settle(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get(id) {
            self.transmissions.set(id, session.transmit_at);
            self.silences.set(id, session.silence_at());
        }
    }
}

/// Whether a packet comes from the neighbor of a session to our address, over as many hops. One that names the session may
/// still be of somebody who has seen its discriminator.
fn is_between_its_ends(packet: &Packet<'_>, config: &SessionConfig) -> bool {
    config.hops == packet.hops
        && config.neighbor == packet.source
        && config.source.is_none_or(|source| source == packet.destination)
}
