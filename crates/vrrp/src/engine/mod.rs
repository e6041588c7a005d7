//! Many virtual routers, driven by one loop: see the crate's page for the contract.
//!
//! | part | holds |
//! |---|---|
//! | this one | the routers, and the way to them |
//! | `claims` | whose packet is whose |
//! | `router`, `change` | one router: what it knows, and what changes at run time |
//! | `state`, `machine` | its states, and the one way between them |
//! | `leaving` | how long a master that leaves keeps its addresses |
//! | `groups`, `group`, `company` | routers that change their state together |
//! | `transmit` | what it sends |
//! | `admit`, `receive` | which packets count, and what they do |
//! | `election`, `readings`, `tracking` | who wins, and with which priority |
//! | `unclaimed` | adverts for nobody here, and which of them are told |
//! | `announce` | when addresses are announced |
//! | `peers`, `speakers` | what is remembered of others |
//! | `flapping` | what is reported of them, and of ourselves |
//! | `report` | what can be asked |
//! | `handover` | what another process needs to go on |
//! | `outbox` | what is to be done |

mod admit;
mod announce;
mod change;
mod claims;
mod company;
mod election;
mod flapping;
mod group;
mod groups;
mod handover;
mod leaving;
mod machine;
mod outbox;
mod peers;
mod readings;
mod receive;
mod report;
mod router;
mod speakers;
mod standby;
mod state;
mod tracking;
mod transmit;
mod unclaimed;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use hashbrown::HashMap;
use slotmap::SlotMap;

use crate::action::{Action, Transmit};
use crate::config::{RouterConfig, UnknownVrids};
use crate::discard::Discards;
use crate::input::{Input, Leavers, Packet, Parent, Reading};
use crate::time::{Deadline, Instant, Why};
use crate::timers::Timers;
use crate::types::{GroupId, RouterId, TrackerId};
use claims::{Claims, Place};
use group::{Group, Untold};
use outbox::Outbox;
use readings::tracked;
use router::{Router, Stopped};
use unclaimed::Unclaimed;

pub use handover::{GroupState, RouterState};

/// All virtual routers of one process. The [crate's page](crate) says how to drive it.
#[derive(Debug, Default)]
pub struct Engine {
    routers: SlotMap<RouterId, Router>,
    groups: BTreeMap<GroupId, Group>,
    claims: Claims,
    /// Routers that are forgotten once they have withdrawn their addresses.
    removed: Vec<RouterId>,
    /// Deadlines that an advert may call off.
    listening: Timers<RouterId>,
    /// Deadlines that none calls off.
    speaking: Timers<RouterId>,
    /// What is known of tracked objects, and since when.
    readings: HashMap<TrackerId, (Reading, Instant)>,
    no_such_router: Discards,
    unclaimed: Unclaimed,
    /// No router starts before then.
    starts_at: Instant,
    outbox: Outbox,
}

impl Engine {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a router. It waits in Initialize until [`Input::Parent`] names an interface that works, and each object it
    /// tracks has had a reading.
    pub fn add(&mut self, now: Instant, config: RouterConfig) -> RouterId {
        let tracked = tracked(&config, &self.readings);
        let router = self.routers.insert_with_key(|id| Router::new(id, now, config, tracked));
        let starts_at = self.starts_at;
        self.touch(now, router, |it, out| it.hold(now, starts_at, out));
        router
    }

    /// The ids that an engine which never had a router gives to the first so many: whoever names them can do so before they make
    /// events.
    #[must_use]
    pub fn first_ids(routers: usize) -> Vec<RouterId> {
        let mut ids: SlotMap<RouterId, ()> = SlotMap::with_key();
        (0..routers).map(|_| ids.insert(())).collect()
    }

    /// Makes room for so many routers more, which are about to be added.
    pub fn reserve(&mut self, routers: usize) {
        self.routers.reserve(routers);
    }

    /// Gives a router another configuration. Role and timers stay; what changed is told to backups and hosts at once.
    /// Family and VRID stay as they are, for they say which router it is. Unknown routers are ignored.
    pub fn update(&mut self, now: Instant, router: RouterId, config: RouterConfig) {
        let tracked = tracked(&config, &self.readings);
        self.with(now, router, |it, out| it.set_config(now, config, tracked, out));
    }

    /// Forgets a router. A driver that wants it to leave in order gives [`Input::Shutdown`] first and drains. One that keeps its
    /// addresses then is forgotten once it has withdrawn them. One in a sync
    /// group must have been stopped so, or left the group: else the others learn of it only when they are regrouped.
    pub fn remove(&mut self, router: RouterId) {
        self.leave(router);
        if self.is_leaving(router) {
            self.removed.push(router);
        } else {
            self.forget(router);
        }
    }

    fn is_leaving(&self, router: RouterId) -> bool {
        self.routers.get(router).is_some_and(|it| it.leaving.is_some())
    }

    fn forget(&mut self, router: RouterId) {
        if let Some(it) = self.routers.remove(router) {
            self.claims.change(router, it.place(), None);
        }
        self.listening.set(router, None);
        self.speaking.set(router, None);
    }

    /// Takes note of something that happened at or before `now`. Drain [`poll_action`](Self::poll_action) afterwards.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Packet(packet) => self.receive(now, packet),
            Input::Parent { router, parent } => self.set_parent(now, router, parent),
            Input::Reading { tracker, reading } => self.set_reading(now, tracker, reading),
            Input::Shutdown { router: Some(router) } => self.set_stopped(now, router, Stopped::ByPlan),
            Input::Shutdown { router: None } => {
                self.each(|engine, router| {
                    engine.touch(now, router, |it, out| it.set_stopped(now, Stopped::ByPlan, out));
                });
                self.each_group(|engine, group| engine.follow(now, group, None));
            }
            Input::RoleTaken { since } => {
                self.each(|engine, router| engine.touch(now, router, |it, out| it.role_taken(now, since, out)));
                self.each_group(|engine, group| engine.follow(now, group, None));
            }
            Input::Resume { router } => self.set_stopped(now, router, Stopped::No),
            Input::LetGo(leavers) => self.let_go(now, leavers),
            Input::HostState { router, state } => {
                self.with(now, router, |it, out| it.set_host_state(now, state, out));
            }
            Input::StartupDelay { until } => self.delay_start(now, until),
            Input::SendFailed(transmit) => {
                if let Some(it) = self.routers.get_mut(transmit.router) {
                    it.count_failed_send(&transmit);
                }
            }
            Input::WallClock(wall) => self.outbox.set_wall_clock(now, wall),
            Input::Wake { heard_until } => self.wake(now, heard_until),
        }
    }

    /// The next thing to do; all transmissions first, then the rest in order.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.outbox.next()
    }

    /// When to give [`Input::Wake`] next, and what for. It may lie in the past: then at once.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Deadline> {
        let earlier = self.listening.first().into_iter().chain(self.speaking.first()).min();
        earlier.and_then(|(_, router)| self.routers.get(router)?.next())
    }

    /// Whether an Active_Down_Timer has run out by `now`: then what was received is to be handed in before
    /// [`Input::Wake`]. Adverts that are due need no such look.
    #[must_use]
    pub fn has_down_timer_run_out(&self, now: Instant) -> bool {
        self.listening.first().is_some_and(|(at, _)| at <= now)
    }

    /// Length of the packet that [`write_packet`](Self::write_packet) writes. `None` if the router is gone.
    #[must_use]
    pub fn packet_len(&self, transmit: &Transmit) -> Option<usize> {
        self.routers.get(transmit.router).map(Router::packet_len)
    }

    /// Writes the IP packet of a transmission, header and all, to the start of `out`; returns its length.
    ///
    /// `None`, and nothing to send, if the router is gone, has more to advertise than a packet holds, or `out` is too
    /// small.
    pub fn write_packet(&self, transmit: &Transmit, out: &mut [u8]) -> Option<usize> {
        self.routers.get(transmit.router)?.write_packet(transmit, out)
    }

    /// The packet that says priority 0 in a router's name once its process cannot, if `last` is what it sent last.
    #[must_use]
    pub fn release_after(&self, last: &Transmit) -> Option<Transmit> {
        self.routers.get(last.router).map(|it| it.release_after(last))
    }

    /// What becomes of adverts that name no router here, from now on.
    pub const fn tell_unknown_vrids(&mut self, told: UnknownVrids) {
        self.unclaimed.told = told;
    }

    fn receive(&mut self, now: Instant, packet: Packet<'_>) {
        // The clock of a packet that was queued when we read ours is a little ahead of it.
        let packet = Packet { received: packet.received.min(now), ..packet };
        match self.claimant(&packet) {
            Some(router) => self.with(now, router, |it, out| it.receive(now, &packet, out)),
            None => self.receive_unclaimed(now, &packet),
        }
    }

    /// The router that `packet` names, whatever else is wrong with it. Of several at one place it is the one the packet
    /// looks most like; of equals the one that came last, for a reload may add a router before it removes the one in
    /// whose place it comes.
    fn claimant(&self, packet: &Packet<'_>) -> Option<RouterId> {
        match self.claims.at(Place::of(packet)?) {
            [router] => Some(*router),
            several => {
                let likeness = |id: &&RouterId| self.routers.get(**id).map(|router| router.likeness(packet));
                several.iter().max_by_key(likeness).copied()
            }
        }
    }

    fn set_parent(&mut self, now: Instant, router: RouterId, parent: Parent) {
        let place = |engine: &Self| engine.routers.get(router).and_then(Router::place);
        let before = place(self);
        self.with(now, router, |it, out| it.set_parent(now, parent, out));
        let after = place(self);
        self.claims.change(router, before, after);
    }

    fn delay_start(&mut self, now: Instant, until: Instant) {
        self.starts_at = until;
        self.each(|engine, router| engine.touch(now, router, |it, out| it.hold(now, until, out)));
        self.each_group(|engine, group| engine.follow(now, group, None));
    }

    fn set_stopped(&mut self, now: Instant, router: RouterId, stopped: Stopped) {
        self.with(now, router, |it, out| it.set_stopped(now, stopped, out));
    }

    fn let_go(&mut self, now: Instant, leavers: Leavers) {
        let leavers = match leavers {
            Leavers::All => self.routers.keys().collect(),
            Leavers::Removed => self.removed.clone(),
        };
        leavers.into_iter().for_each(|router| self.touch(now, router, |it, out| it.let_go(out)));
    }

    fn wake(&mut self, now: Instant, heard_until: Instant) {
        let all_may_speak = self.speaking.due(now).is_some() && !self.has_down_timer_run_out(now);
        while let Some(router) = self.speaking.due(now) {
            self.with(now, router, |it, out| it.expire(now, out));
        }
        while let Some(router) = self.listening.due(heard_until.min(now)) {
            self.with(now, router, |it, out| it.expire(now, out));
        }
        if all_may_speak {
            self.speak_early(now);
        }
    }

    /// Adverts that are due soon leave along with the others: many routers, each with its own beat, must not cost a
    /// wake-up each. A takeover does not wait for them.
    fn speak_early(&mut self, now: Instant) {
        while let Some((_, router)) = self.speaking.first()
            && self.routers.get(router).is_some_and(|it| it.may_speak_early(now))
        {
            self.with(now, router, |it, out| it.speak(now, out));
        }
    }

    /// Does something to each router in turn.
    fn each(&mut self, mut act: impl FnMut(&mut Self, RouterId)) {
        let all: Vec<RouterId> = self.routers.keys().collect();
        for router in all {
            act(self, router);
        }
    }

    fn each_group(&mut self, mut act: impl FnMut(&mut Self, GroupId)) {
        let all: Vec<GroupId> = self.groups.keys().copied().collect();
        for group in all {
            act(self, group);
        }
    }

    /// Something happens to a router, and its group follows.
    fn with(&mut self, now: Instant, router: RouterId, act: impl FnOnce(&mut Router, &mut Outbox)) {
        let before = self.routers.get(router).filter(|it| it.company.group().is_some()).map(Router::standing);
        self.touch(now, router, act);
        self.follow_router(now, router, before);
    }

    /// The only way to a router that may change it: checks for a stall first, and sets its timer afterwards. Its group
    /// does not follow.
    fn touch(&mut self, now: Instant, router: RouterId, act: impl FnOnce(&mut Router, &mut Outbox)) {
        let Some(it) = self.routers.get_mut(router) else { return };
        it.check_stall(now, &mut self.outbox);
        act(it, &mut self.outbox);
        it.review_leaving(&mut self.outbox);
        it.report_role(now, &mut self.outbox);
        if it.flaps.unreported > 0
            && let Some(group) = it.company.group().and_then(|id| self.groups.get_mut(&id))
        {
            group.untold = Untold::Something;
        }
        let (listening, speaking) = match it.deadline() {
            Some((at, Why::ActiveDown)) => (Some(at), None),
            Some((at, Why::Start | Why::Advertise | Why::Announce | Why::LetGo)) => (None, Some(at)),
            None => (None, None),
        };
        self.listening.set(router, listening);
        self.speaking.set(router, speaking);
        if !self.is_leaving(router) && self.removed.contains(&router) {
            self.removed.retain(|removed| *removed != router);
            self.forget(router);
        }
    }
}
