//! BFD sessions and their sockets: a sender for each, with a port of its own (RFC 5881 §4), and a receiver for each family and
//! port that a session needs.

mod handover;
mod receivers;
mod senders;

use std::hash::{BuildHasher as _, RandomState};

use conf::model::watch::TrackerKind;
use linux::clock;
use linux::poll::Poll;
use slotmap::SecondaryMap;
use vrrp::Engine;
use vrrp::bfd::{self, Action, EventKind, Input, SessionId, Sessions, Snapshot};
use vrrp::input::Reading;
use vrrp::time::Instant;
use vrrp::types::TrackerId;

use self::receivers::Receivers;
use self::senders::Senders;
use crate::ports::events::{EventSender, Occurrence};
use crate::ports::handover::SessionsResumption;
use crate::ports::main::Answer;
use crate::ports::protocol::{Agreed, SessionPlan};
use crate::ports::tracking::{Found, TrackerEvent, TrackerKey};

/// All sessions.
pub(super) struct Bfd {
    sessions: Sessions,
    plans: SecondaryMap<SessionId, SessionPlan>,
    senders: Senders,
    receivers: Receivers,
    events: EventSender,
    /// Makes numbers that nobody can guess.
    random: RandomState,
    /// Sessions begun so far.
    begun: u64,
    /// Who waits for the peers to agree to a pause.
    pausing: Option<Answer<Agreed>>,
}

impl Bfd {
    pub(super) fn new(events: EventSender) -> Self {
        Self {
            sessions: Sessions::new(),
            plans: SecondaryMap::new(),
            senders: Senders::new(events.clone()),
            receivers: Receivers::new(events.clone()),
            events,
            random: RandomState::new(),
            begun: 0,
            pausing: None,
        }
    }

    /// When [`Bfd::turn`] is wanted.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.sessions.poll_timeout().into_iter().chain(self.receivers.retry_at()).min()
    }

    /// Reads what is ready and lets time pass; what routers track goes to the engine at once. Received before expired wins:
    /// before a peer is taken for lost all sockets are read, whatever woke the thread.
    pub(super) fn turn(&mut self, now: Instant, ready: &[u64], poll: &Poll, engine: &mut Engine) {
        self.receivers.retry(now, poll);
        let all = self.sessions.has_silence_run_out(now);
        let mut heard_until = now;
        for place in 0..self.receivers.len() {
            if all || self.receivers.is_ready(place, ready) {
                heard_until = heard_until.min(self.receive(place, now, engine));
            }
        }
        if self.sessions.poll_timeout().is_some_and(|at| at <= now) {
            self.sessions.handle(clock::now(), Input::Wake { heard_until });
            self.carry_out(engine);
        }
    }

    /// Takes what waits in a socket, up to a limit. Returns up to when all that was received has been taken.
    fn receive(&mut self, place: usize, start: Instant, engine: &mut Engine) -> Instant {
        let mut heard_until = start;
        for _ in 0..super::RECEIVE_BUDGET {
            let sessions = &mut self.sessions;
            let more = self.receivers.receive(place, |packet| {
                heard_until = packet.received.min(start);
                sessions.handle(clock::now(), Input::Packet(packet));
            });
            self.carry_out(engine);
            if !more {
                return start;
            }
        }
        heard_until
    }

    /// Runs these sessions from now on, those that are known `from` a program before from where they were there.
    pub(super) fn follow(
        &mut self,
        now: Instant,
        plans: Vec<SessionPlan>,
        from: Option<SessionsResumption>,
        poll: &Poll,
        engine: &mut Engine,
    ) {
        let trackers: Vec<TrackerId> = self.plans.values().map(|plan| plan.config.tracker).collect();
        let mut gone: Vec<SessionId> = self.plans.keys().collect();
        let mut added = Vec::new();
        for plan in plans {
            match gone.iter().position(|id| self.plans[*id].ends() == plan.ends()) {
                Some(place) => {
                    let id = gone.swap_remove(place);
                    self.sessions.update(now, id, plan.config.clone());
                    self.plans.insert(id, plan);
                }
                None => added.push(plan),
            }
        }
        gone.iter().for_each(|id| self.sessions.stop(now, *id));
        self.carry_out(engine);
        for id in gone {
            self.sessions.remove(id);
            self.plans.remove(id);
            self.senders.close(id);
        }
        let added = match from {
            None => added,
            Some(from) => self.resume(now, added, from, poll),
        };
        for plan in added {
            let seed = self.seed();
            let id = self.sessions.add(now, plan.config.clone(), seed);
            self.plans.insert(id, plan);
        }
        let runs = |tracker: &TrackerId| self.plans.values().any(|plan| plan.config.tracker == *tracker);
        for tracker in trackers.into_iter().filter(|tracker| !runs(tracker)) {
            engine.handle(now, vrrp::Input::Reading { tracker, reading: Reading::Unknown });
        }
        self.receivers.follow(now, self.plans.values(), poll);
        self.carry_out(engine);
    }

    fn seed(&mut self) -> u64 {
        self.begun += 1;
        self.random.hash_one(self.begun)
    }

    /// Tells all peers that this end stops on purpose.
    pub(super) fn stop(&mut self, now: Instant, engine: &mut Engine) {
        self.sessions.handle(now, Input::Shutdown);
        self.carry_out(engine);
    }

    /// Does what the sessions ask.
    fn carry_out(&mut self, engine: &mut Engine) {
        while let Some(action) = self.sessions.poll_action(clock::now()) {
            match action {
                Action::Transmit { session, packet } => {
                    let Some(plan) = self.plans.get(session) else { continue };
                    if !self.senders.send(session, plan, &packet, || self.random.hash_one((session, 0))) {
                        self.sessions.handle(clock::now(), Input::SendFailed(session));
                    }
                }
                Action::Reading { tracker, reading } => {
                    engine.handle(clock::now(), vrrp::Input::Reading { tracker, reading });
                }
                Action::Event(event) => self.report(event),
                Action::Consent(consent) => self.tell_consent(consent),
            }
        }
    }

    fn report(&self, event: bfd::Event) {
        let Some(plan) = self.plans.values().find(|plan| plan.config.tracker == event.tracker) else { return };
        let reading = match &event.kind {
            EventKind::Changed { to, .. } => *to,
            EventKind::Flapping { .. } | EventKind::Discarded { .. } => Reading::Unknown,
        };
        let key = TrackerKey::Named(TrackerKind::Session, plan.name.to_string());
        let found = Found::Session { neighbor: plan.config.neighbor, kind: event.kind };
        self.events.send(Occurrence::Tracker(TrackerEvent { key, reading, found }));
    }

    pub(super) fn snapshots(&self) -> Vec<Snapshot> {
        self.sessions.snapshots().collect()
    }

    pub(super) fn no_session(&self) -> bfd::Discards {
        self.sessions.no_session().clone()
    }

    /// Packets that came faster than they were read.
    pub(super) fn overflows(&self) -> u64 {
        self.receivers.overflows()
    }
}
