//! Routers that go on in another process: what one engine knows of them, as data that another takes over. Roles, timers and
//! sequence numbers go on; nothing is said, announced or reported because of it.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::flapping::FlapLimit;
use super::group::{Group, Untold};
use super::peers::Peers;
use super::router::{Duplicates, Router, Startup, Stopped};
use super::speakers::Strangers;
use super::state::{Backup, State};
use super::{Engine, tracked};
use crate::auth::Memory;
use crate::config::RouterConfig;
use crate::event::{Peer, Reason, StateName};
use crate::input::{Parent, Reading};
use crate::snapshot::Counters;
use crate::time::Instant;
use crate::types::{GroupId, RouterId, TrackerId, Version};
use crate::wire::ChecksumForm;

/// What an engine knows of a router beside its configuration. Whether the machine can hold its addresses is not in it, for that is
/// found out anew. When a reason for dropped packets was last reported is not in it: it
/// is reported anew.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RouterState {
    parent: Parent,
    stopped: Stopped,
    held_until: Option<Instant>,
    state: State,
    since: Instant,
    reason: Option<Reason>,
    leaving: Option<Instant>,
    startup: Startup,
    master: Option<Peer>,
    peers: Peers,
    strangers: Strangers,
    form: ChecksumForm,
    duplicates: Duplicates,
    flaps: FlapLimit,
    counters: Counters,
    authenticated: Memory,
    adverts: u64,
    last_failed: u64,
}

/// What an engine knows of a sync group beside its routers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GroupState {
    state: StateName,
    since: Instant,
    reason: Option<Reason>,
    flaps: FlapLimit,
    untold: Untold,
    yields: u32,
}

impl RouterState {
    /// The state it is in.
    #[must_use]
    pub const fn state(&self) -> StateName {
        self.state.name()
    }

    /// Whether it has left and keeps its addresses.
    #[must_use]
    pub const fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }
}

impl Engine {
    /// What is known of a router; `None` if there is no such router.
    #[must_use]
    pub fn router_state(&self, router: RouterId) -> Option<RouterState> {
        self.routers.get(router).map(|it| RouterState {
            parent: it.parent,
            stopped: it.stopped,
            held_until: it.held_until,
            state: it.state.clone(),
            since: it.since,
            reason: it.reason,
            leaving: it.leaving,
            startup: it.startup,
            master: it.master,
            peers: it.peers.clone(),
            strangers: it.strangers.clone(),
            form: it.form,
            duplicates: it.duplicates,
            flaps: it.flaps.clone(),
            counters: it.counters.clone(),
            authenticated: it.authenticated.clone(),
            adverts: it.adverts,
            last_failed: it.last_failed,
        })
    }

    /// What is known of all sync groups.
    pub fn group_states(&self) -> impl Iterator<Item = (GroupId, GroupState)> + '_ {
        self.groups.iter().map(|(id, group)| (*id, group.to_state()))
    }

    /// What is known of tracked objects.
    pub fn readings(&self) -> impl Iterator<Item = (TrackerId, Reading)> + '_ {
        self.readings.iter().map(|(tracker, (reading, _))| (*tracker, *reading))
    }

    /// Each router that is Active sends its next advert now, so that the time until the one after it is as long as can be; but not
    /// one that has just spoken.
    pub fn speak_now(&mut self, now: Instant) {
        self.each(|engine, router| {
            engine.with(now, router, |it, out| match &it.state {
                State::Active(active)
                    if active.next_advert <= now + it.config.parameters.interval.duration() * 3 / 4 =>
                {
                    it.speak(now, out);
                }
                State::Initialize { .. } | State::Backup(_) | State::Active(_) => {}
            });
        });
    }

    /// Adds a router that goes on from `state`, with a configuration that may be another. What it tracks is to be known
    /// before, and the groups are to be set before anything else happens to it ([`Engine::resume_group`],
    /// [`Engine::set_groups`]). `deaf_since`: what was sent from then on was not received, so that its silence says nothing.
    pub fn resume(&mut self, now: Instant, deaf_since: Instant, config: RouterConfig, state: RouterState) -> RouterId {
        let tracked = tracked(&config, &self.readings);
        let router = self.routers.insert_with_key(|id| {
            let mut router = Router::new(id, now, config, tracked);
            router.go_on(now, deaf_since, state);
            router
        });
        let place = self.routers.get(router).and_then(Router::place);
        self.claims.change(router, None, place);
        self.touch(now, router, |_, _| {});
        router
    }

    /// A sync group that goes on; its routers are set afterwards.
    pub fn resume_group(&mut self, id: GroupId, state: GroupState) {
        self.groups.insert(id, Group::from_state(id, state));
    }
}

impl Router {
    fn go_on(&mut self, now: Instant, deaf_since: Instant, from: RouterState) {
        (self.parent, self.stopped) = (from.parent, from.stopped);
        (self.held_until, self.leaving) = (from.held_until, from.leaving);
        (self.since, self.reason, self.startup) = (from.since, from.reason, from.startup);
        (self.master, self.peers, self.strangers) = (from.master, from.peers, from.strangers);
        (self.form, self.duplicates, self.flaps) = (from.form, from.duplicates, from.flaps);
        (self.counters, self.authenticated) = (from.counters, from.authenticated);
        (self.adverts, self.last_failed) = (from.adverts, from.last_failed);
        let (latest, version) = (now + self.config.parameters.interval.duration(), self.version());
        self.state = match from.state {
            State::Initialize { .. } => State::Initialize { waiting_for: self.causes() },
            State::Backup(backup) => State::Backup(Backup {
                // An advert that came meanwhile would have started it anew.
                from: (backup.from + now.since(deaf_since)).min(now.max(backup.from)),
                learned: backup.learned.filter(|_| version == Version::V3),
                ..backup
            }),
            State::Active(mut active) => {
                active.next_advert = active.next_advert.min(latest);
                State::Active(active)
            }
        };
    }
}

impl Group {
    fn to_state(&self) -> GroupState {
        let Self { id: _, members: _, state, since, reason, flaps, untold, yields } = self;
        let (flaps, untold) = (flaps.clone(), *untold);
        GroupState { state: *state, since: *since, reason: *reason, flaps, untold, yields: *yields }
    }

    fn from_state(id: GroupId, from: GroupState) -> Self {
        let GroupState { state, since, reason, flaps, untold, yields } = from;
        Self { id, members: Vec::new(), state, since, reason, flaps, untold, yields }
    }
}
