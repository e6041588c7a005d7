//! Many virtual routers, driven by one loop: see the crate's page for the contract.
//!
//! | part | holds |
//! |---|---|
//! | this one | the routers, whose packet is whose, whose timer is next |
//! | `router`, `change` | one router: what it knows, and what changes at run time |
//! | `state`, `machine` | its states, and the one way between them |
//! | `admit`, `receive` | which packets count, and what they do |
//! | `election` | who wins |
//! | `peers`, `notices` | what is remembered of others, and told |
//! | `report` | what can be asked |
//! | `timers`, `outbox` | what is due, and what is to be done |

mod admit;
mod change;
mod election;
mod machine;
mod notices;
mod outbox;
mod peers;
mod receive;
mod report;
mod router;
mod state;
mod timers;

use alloc::vec::Vec;
use core::net::IpAddr;

use hashbrown::HashMap;
use slotmap::SlotMap;

use crate::action::{Action, Transmit};
use crate::config::RouterConfig;
use crate::input::{Envelope, Input, Parent, Verdict};
use crate::snapshot::{Discards, Snapshot};
use crate::time::{Deadline, Instant};
use crate::types::{RouterId, TrackerId};
use crate::wire::{self, Advert};
use election::Tracked;
use outbox::Outbox;
use router::{Claim, Router, Stopped};
use timers::Timers;

/// All virtual routers of one process. The [crate's page](crate) says how to drive it.
#[derive(Debug, Default)]
pub struct Engine {
    routers: SlotMap<RouterId, Router>,
    claims: HashMap<Claim, RouterId>,
    timers: Timers,
    verdicts: HashMap<TrackerId, Verdict>,
    unclaimed: Discards,
    outbox: Outbox,
}

impl Engine {
    /// An engine without routers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a router. It waits in Initialize until [`Input::Parent`] names an interface that works.
    ///
    /// A tracked object counts as up as long as nothing is known of it: a driver that wants the router to wait for the
    /// first verdict says [`Verdict::Down`] before it names the parent.
    pub fn add(&mut self, now: Instant, config: RouterConfig) -> RouterId {
        let tracked = tracked(&config, &self.verdicts);
        self.routers.insert_with_key(|id| Router::new(id, now, config, tracked))
    }

    /// Gives a router another configuration. Role and timers stay; what changed is told to backups and hosts at once.
    /// Family and VRID stay as they are, for they say which router it is. Unknown routers are ignored.
    pub fn update(&mut self, now: Instant, router: RouterId, config: RouterConfig) {
        let tracked = tracked(&config, &self.verdicts);
        self.with(now, router, |it, out| it.set_config(now, config, tracked, out));
    }

    /// Forgets a router. A driver that wants it to leave in order gives [`Input::Shutdown`] first and drains.
    pub fn remove(&mut self, router: RouterId) {
        if let Some(claim) = self.routers.remove(router).and_then(|it| it.claim()) {
            self.unclaim(claim, router);
        }
        self.timers.set(router, None);
    }

    /// Takes note of something that happened at or before `now`. Drain [`poll_action`](Self::poll_action) afterwards.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Advert { envelope, bytes } => self.receive(now, envelope, bytes),
            Input::Parent { router, parent } => self.set_parent(now, router, parent),
            Input::Verdict { tracker, verdict } => self.set_verdict(now, tracker, verdict),
            Input::Shutdown { router: Some(router) } => self.set_stopped(now, router, Stopped::ByPlan),
            Input::Shutdown { router: None } => {
                self.each(|engine, router| engine.set_stopped(now, router, Stopped::ByPlan));
            }
            Input::Resume { router } => self.set_stopped(now, router, Stopped::No),
            Input::Holding { router, verdict } => {
                self.with(now, router, |it, out| it.set_holding(now, verdict, out));
            }
            Input::Wake => self.wake(now),
        }
    }

    /// The next thing to do; all transmissions first, then the rest in order.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.outbox.next()
    }

    /// When to give [`Input::Wake`] next, and what for. It may lie in the past: then at once.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Deadline> {
        let (_, router) = self.timers.first()?;
        self.routers.get(router)?.next()
    }

    /// Writes the VRRP message of a transmission, with its checksum, to the start of `out`; returns its length.
    ///
    /// `None`, and nothing to send, if the router is gone, has no address to send from or none to advertise, or `out`
    /// is too small.
    pub fn write_advert(&self, transmit: &Transmit, out: &mut [u8]) -> Option<usize> {
        let router = self.routers.get(transmit.router).filter(|it| !it.advertised.is_empty())?;
        let advert = Advert {
            version: router.version(),
            vrid: router.config.vrid,
            priority: transmit.priority,
            interval: router.config.interval,
            addresses: &router.advertised,
            authentication: router.config.authentication,
        };
        advert.emit(&router.parent.source?, router.checksum_form(), out)
    }

    /// All routers, in no particular order.
    pub fn routers(&self) -> impl Iterator<Item = RouterId> + '_ {
        self.routers.keys()
    }

    /// State and counters of a router; `None` if there is no such router.
    #[must_use]
    pub fn snapshot(&self, router: RouterId) -> Option<Snapshot> {
        self.routers.get(router).map(Router::snapshot)
    }

    /// The address a router sends from.
    #[must_use]
    pub fn source(&self, router: RouterId) -> Option<IpAddr> {
        self.routers.get(router)?.parent.source
    }

    /// Dropped packets that belonged to no router.
    #[must_use]
    pub const fn unclaimed(&self) -> &Discards {
        &self.unclaimed
    }

    fn receive(&mut self, now: Instant, envelope: Envelope, bytes: &[u8]) {
        // The clock of a packet that was queued when we read ours is a little ahead of it.
        let envelope = Envelope { received: envelope.received.min(now), ..envelope };
        let claim = wire::vrid(bytes).map(|vrid| (envelope.ifindex, envelope.family(), vrid));
        match claim.and_then(|claim| self.claims.get(&claim).copied()) {
            Some(router) => self.with(now, router, |it, out| it.receive(now, &envelope, bytes, out)),
            None => {
                if let Err(reason) = admit::admit(&envelope, bytes, None) {
                    self.unclaimed.count(reason);
                }
            }
        }
    }

    fn set_parent(&mut self, now: Instant, router: RouterId, parent: Parent) {
        let claim = |engine: &Self| engine.routers.get(router).and_then(Router::claim);
        let before = claim(self);
        self.with(now, router, |it, out| it.set_parent(now, parent, out));
        let after = claim(self);
        if before != after {
            if let Some(claim) = before {
                self.unclaim(claim, router);
            }
            // A reload may add a router before it removes the one in whose place it comes: the later one counts.
            self.claims.extend(after.map(|claim| (claim, router)));
        }
    }

    fn unclaim(&mut self, claim: Claim, router: RouterId) {
        if self.claims.get(&claim) == Some(&router) {
            self.claims.remove(&claim);
        }
    }

    fn set_verdict(&mut self, now: Instant, tracker: TrackerId, verdict: Verdict) {
        if self.verdicts.insert(tracker, verdict) == Some(verdict) {
            return;
        }
        self.each(|engine, router| {
            let Some(it) = engine.routers.get(router).filter(|it| it.tracks(tracker)) else { return };
            let tracked = tracked(&it.config, &engine.verdicts);
            engine.with(now, router, |it, out| it.set_tracked(now, tracked, out));
        });
    }

    fn set_stopped(&mut self, now: Instant, router: RouterId, stopped: Stopped) {
        self.with(now, router, |it, out| it.set_stopped(now, stopped, out));
    }

    fn wake(&mut self, now: Instant) {
        while let Some((at, router)) = self.timers.first() {
            if at > now {
                break;
            }
            self.with(now, router, |it, out| it.expire(now, out));
        }
    }

    /// Does something to each router in turn.
    fn each(&mut self, mut act: impl FnMut(&mut Self, RouterId)) {
        let all: Vec<RouterId> = self.routers.keys().collect();
        for router in all {
            act(self, router);
        }
    }

    /// The only way to a router that may change it: sees to a standstill first and to the timer afterwards.
    fn with(&mut self, now: Instant, router: RouterId, act: impl FnOnce(&mut Router, &mut Outbox)) {
        let Some(it) = self.routers.get_mut(router) else { return };
        it.notice_standstill(now, &mut self.outbox);
        act(it, &mut self.outbox);
        self.timers.set(router, it.deadline().map(|(at, _)| at));
    }
}

fn tracked(config: &RouterConfig, verdicts: &HashMap<TrackerId, Verdict>) -> Tracked {
    Tracked::by(config, |tracker| verdicts.get(&tracker).copied().unwrap_or(Verdict::Up))
}
