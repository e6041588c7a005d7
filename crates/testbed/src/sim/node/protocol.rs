//! The protocol thread: one engine for all routers of the node, driven as the daemon drives it.
//!
//! Sockets are read first, whatever woke the thread; timers expire up to the receive time of the last packet that was read
//! if a socket may hold more.

use std::collections::VecDeque;
use std::time::Duration;

use vrrp::{
    Engine, GroupConfig, GroupId, HostState, Input, Instant, Leavers, LinkState, Reading, RouterId, Snapshot, StateName,
};

use super::messages::{Health, Spec, ToHost, ToProtocol};
use super::pulse::{HostWatch, PERIOD, Pulse};
use super::receive::Sockets;
use super::router::{Placed, Router, Stop};
use super::trust::wall_time;
use crate::sim::invariants::Broken;
use crate::sim::invariants::{group as groups, router as rules};
use crate::sim::lan::Packet;
use crate::sim::mutation::Mutation;
use crate::sim::plan::{Grouped, ReadLimits};
use crate::sim::story::Story;

/// Time that a turn of the loop takes when packets are left for the next.
const TURN: Duration = Duration::from_micros(50);

/// The thread.
#[derive(Debug)]
pub(in crate::sim) struct Protocol {
    pub(super) engine: Engine,
    /// By virtual router.
    pub(in crate::sim) routers: Vec<Option<Router>>,
    /// The sync groups, as virtual routers.
    pub(in crate::sim) groups: Vec<Vec<usize>>,
    specs: Vec<Option<Spec>>,
    /// As given to the engine.
    pub(in crate::sim) readings: Vec<Reading>,
    mailbox: VecDeque<ToProtocol>,
    /// By virtual router: who has left and keeps its addresses.
    pub(in crate::sim) kept: Vec<Option<Kept>>,
    /// By virtual router: up to when addresses were kept, or may be.
    pub(in crate::sim) kept_until: Vec<Instant>,
    pub(super) quitting: Quitting,
    pub(super) sockets: Sockets,
    /// Milliseconds by which the time of day is wrong.
    pub(super) clock: i64,
    pub(in crate::sim) pulse: Pulse,
    pub(super) host_watch: HostWatch,
    /// When the packet that was read last was received: for a mutation.
    pub(super) last_read: Instant,
}

/// A router that has left and keeps its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Kept {
    pub(in crate::sim) id: RouterId,
    /// At the longest.
    pub(in crate::sim) until: Instant,
    pub(in crate::sim) successor: Successor,
}

/// Whether an advert of a successor was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Successor {
    Awaited,
    Heard,
}

/// Whether the thread is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quitting {
    No,
    /// Once no router keeps its addresses.
    Yes,
}

/// What woke the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Wakeup {
    /// A packet, a message or a timer.
    Ready,
    /// A signal: nothing is ready.
    Interrupted,
}

/// What surrounds a turn of the loop.
#[derive(Debug)]
pub(in crate::sim) struct Around<'a> {
    pub(in crate::sim) now: Instant,
    pub(in crate::sim) node: usize,
    pub(in crate::sim) mutation: Mutation,
    pub(in crate::sim) limits: ReadLimits,
    pub(in crate::sim) wakeup: Wakeup,
    pub(in crate::sim) host: Pulse,
    /// Of the parent: what is sent on one that is down does not leave.
    pub(in crate::sim) link: LinkState,
    pub(in crate::sim) story: &'a mut Story,
}

/// What came of a turn.
#[derive(Debug, Default)]
pub(in crate::sim) struct Turned {
    pub(in crate::sim) packets: Vec<Packet>,
    pub(in crate::sim) orders: Vec<ToHost>,
    pub(in crate::sim) transitions: u64,
    /// When it wants to be woken.
    pub(in crate::sim) next: Option<Instant>,
    pub(in crate::sim) end: End,
}

/// Whether the thread has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sim) enum End {
    #[default]
    GoesOn,
    Ended,
}

impl Protocol {
    pub(in crate::sim) fn new(now: Instant, clock: i64, routers: usize, trackers: usize) -> Self {
        let mut engine = Engine::new();
        engine.handle(now, Input::WallClock(wall_time(now, clock)));
        Self {
            engine,
            clock,
            routers: std::iter::repeat_with(|| None).take(routers).collect(),
            groups: Vec::new(),
            specs: vec![None; routers],
            readings: vec![Reading::Unknown; trackers],
            mailbox: VecDeque::new(),
            kept: vec![None; routers],
            kept_until: vec![now; routers],
            quitting: Quitting::No,
            sockets: Sockets::default(),
            pulse: Pulse(None),
            host_watch: HostWatch::new(),
            last_read: now,
        }
    }

    pub(in crate::sim) fn post(&mut self, message: ToProtocol) {
        self.mailbox.push_back(message);
    }

    /// Whether nothing waits but packets.
    pub(in crate::sim) fn is_mailbox_empty(&self) -> bool {
        self.mailbox.is_empty()
    }

    /// The state of a router; that of one that is not there is Initialize.
    pub(in crate::sim) fn state(&self, router: usize) -> StateName {
        self.routers[router].as_ref().map_or(StateName::Initialize, |router| router.state)
    }

    /// One turn of the loop.
    pub(in crate::sim) fn turn(&mut self, mut around: Around<'_>) -> Result<Turned, Broken> {
        let (now, mutation) = (around.now, around.mutation);
        let mut turned = Turned::default();
        let heard_until = match around.wakeup {
            Wakeup::Interrupted if mutation == Mutation::ExpiresWhenInterrupted => now,
            Wakeup::Interrupted | Wakeup::Ready => self.read(&mut around, &mut turned)?,
        };
        self.obey(&mut around, &mut turned)?;
        self.watch_host(&around);
        let at = now + mutation.haste(|| self.waiting_backup());
        let expire_until = mutation.expires_until(at, heard_until, self.last_read);
        self.engine.handle(at, Input::Wake { heard_until: expire_until });
        self.drain(&mut around, &mut turned)?;
        self.rules_hold(now, heard_until)?;
        if self.quitting == Quitting::Yes && !self.engine.is_any_leaving() {
            turned.orders.push(ToHost::Stop);
            turned.end = End::Ended;
        }
        turned.next = self.sleep(now, mutation)?;
        Ok(turned)
    }

    /// What must be true at the end of a turn.
    fn rules_hold(&mut self, now: Instant, heard_until: Instant) -> Result<(), Broken> {
        let members =
            |place: usize| self.groups.iter().find(|group| group.contains(&place)).map_or(&[][..], Vec::as_slice);
        for (place, router) in self.routers.iter().enumerate() {
            let Some(router) = router else { continue };
            let others = groups::others_lack(place, members(place), &self.routers, &self.readings);
            rules::takes_part(router, &self.readings, others)?;
            if heard_until == now {
                rules::is_in_time(router, now, router.priority(&self.readings))?;
            }
        }
        for group in &self.groups {
            let members: Vec<&Router> = group.iter().filter_map(|place| self.routers[*place].as_ref()).collect();
            groups::holds(&members, &self.readings)?;
            if heard_until == now {
                groups::is_in_time(&members, now, &self.readings)?;
            }
        }
        for (kept, router) in self.kept.iter().zip(&self.routers) {
            kept.iter().try_for_each(|kept| rules::may_keep(kept, router.as_ref(), now))?;
        }
        self.routers.iter_mut().flatten().try_for_each(|router| rules::no_storm(router, now))
    }

    /// Takes the messages that wait.
    fn obey(&mut self, around: &mut Around<'_>, turned: &mut Turned) -> Result<(), Broken> {
        while let Some(message) = self.mailbox.pop_front() {
            let now = around.now;
            for router in self.routers.iter_mut().flatten() {
                router.former = Some(router.priority(&self.readings));
            }
            match message {
                // Nothing but the end comes after the word to end.
                ToProtocol::Reload(..) | ToProtocol::Stop(_) | ToProtocol::Resume(_)
                    if self.quitting == Quitting::Yes => {}
                ToProtocol::Quit if self.quitting == Quitting::Yes => {
                    self.engine.handle(now, Input::LetGo(Leavers::All));
                }
                ToProtocol::Attached { id, parent } => {
                    if let Some(router) = self.by_id(id) {
                        router.provoke(now);
                        (router.parent, router.placed) = (parent, Placed::Yes);
                        self.engine.handle(now, Input::Parent { router: id, parent });
                    }
                }
                ToProtocol::HostState { id, state } => {
                    if let Some(router) = self.by_id(id) {
                        router.host_said = state;
                    }
                    self.tell_host_states(now);
                }
                ToProtocol::Reading { tracker, reading } => self.take_reading(now, tracker, reading, around.mutation),
                ToProtocol::Reload(configs, groups) => self.reload(configs, groups, around, turned)?,
                ToProtocol::Stop(router) => self.stop(now, router, Stop::Planned),
                ToProtocol::Resume(router) => self.stop(now, router, Stop::No),
                ToProtocol::SpeakNow => {
                    self.routers.iter_mut().flatten().for_each(|router| router.provoke(now));
                    self.engine.speak_now(now);
                }
                ToProtocol::Quit => {
                    self.routers.iter_mut().flatten().for_each(|router| router.stop = Stop::Planned);
                    self.engine.handle(now, Input::Shutdown { router: None });
                    self.quitting = Quitting::Yes;
                }
            }
            self.drain(around, turned)?;
            self.routers.iter_mut().flatten().for_each(|router| router.former = None);
        }
        Ok(())
    }

    fn take_reading(&mut self, now: Instant, tracker: usize, reading: Reading, mutation: Mutation) {
        self.readings[tracker] = reading;
        let id = vrrp::TrackerId(u32::try_from(tracker).unwrap_or(0));
        self.routers.iter_mut().flatten().for_each(|router| router.provoke(now));
        self.engine.handle(now, Input::Reading { tracker: id, reading: mutation.read_as(reading) });
    }

    fn stop(&mut self, now: Instant, router: usize, stop: Stop) {
        let Some(router) = &mut self.routers[router] else { return };
        router.provoke(now);
        router.stop = stop;
        let id = router.id;
        self.engine.handle(
            now,
            match stop {
                Stop::Planned => Input::Shutdown { router: Some(id) },
                Stop::No => Input::Resume { router: id },
            },
        );
    }

    /// Follows a new configuration, and has the host thread follow it.
    fn reload(
        &mut self,
        configs: Vec<Option<(vrrp::config::RouterConfig, Spec)>>,
        groups: Vec<Vec<usize>>,
        around: &mut Around<'_>,
        turned: &mut Turned,
    ) -> Result<(), Broken> {
        let now = around.now;
        self.engine.handle(now, Input::LetGo(Leavers::Removed));
        self.drain(around, turned)?;
        self.groups = groups;
        let wanted: Vec<bool> = configs.iter().map(Option::is_some).collect();
        let groups = self.group_configs(&wanted, around.mutation);
        self.engine.leave_groups(now, &groups);
        for (place, wanted) in configs.into_iter().enumerate() {
            match (&mut self.routers[place], &wanted) {
                (None, None) => {}
                (Some(router), None) => {
                    let id = router.id;
                    self.engine.handle(now, Input::Shutdown { router: Some(id) });
                    self.drain(around, turned)?;
                    self.engine.remove(id);
                    self.routers[place] = None;
                }
                (Some(router), Some((config, _))) => {
                    router.provoke(now);
                    router.config = config.clone();
                    self.engine.update(now, router.id, config.clone());
                }
                (slot @ None, Some((config, _))) => {
                    *slot = Some(Router::new(self.engine.add(now, config.clone()), now, config.clone()));
                }
            }
            self.specs[place] = wanted.map(|(_, spec)| spec);
        }
        let groups = self.group_configs(&wanted, around.mutation);
        self.engine.set_groups(now, groups);
        for (place, router) in self.routers.iter_mut().enumerate() {
            let is_grouped = self.groups.iter().any(|group| group.contains(&place));
            let grouped = if is_grouped { Grouped::Yes } else { Grouped::No };
            router.iter_mut().for_each(|router| router.grouped = grouped);
        }
        let specs = self.routers.iter().flatten().zip(self.specs.iter().flatten());
        turned.orders.push(ToHost::Reload(specs.map(|(router, spec)| (router.id, spec.clone())).collect()));
        Ok(())
    }

    /// The groups of those routers that a configuration has and that run.
    pub(super) fn group_configs(&self, wanted: &[bool], mutation: Mutation) -> Vec<GroupConfig> {
        let member =
            |place: &usize| self.routers[*place].as_ref().filter(|_| wanted[*place]).map(|it| (it.id, it.grouped));
        let groups = self.groups.iter().zip(0..).map(|(group, id)| {
            let members = mutation.members_of(group.iter().filter_map(member).collect());
            GroupConfig { id: GroupId(id), members }
        });
        groups.filter(|group| !group.members.is_empty()).collect()
    }

    /// While the host thread hangs no router takes part in the election.
    fn watch_host(&mut self, around: &Around<'_>) {
        let looks = around.mutation.looks();
        let before = self.host_watch.health;
        self.host_watch.look(around.now, around.host, looks);
        if self.host_watch.health != before {
            self.tell_host_states(around.now);
        }
    }

    /// Whether the machine can do what a router needs: as the host thread said, as long as that lives.
    fn tell_host_states(&mut self, now: Instant) {
        for router in self.routers.iter_mut().flatten() {
            let state = match self.host_watch.health {
                Health::Alive => router.host_said,
                Health::Silent => HostState::Failed,
            };
            if state != router.host {
                router.provoke(now);
                router.host = state;
                self.engine.handle(now, Input::HostState { router: router.id, state });
            }
        }
    }

    /// When it wants to be woken; until then it sleeps.
    fn sleep(&mut self, now: Instant, mutation: Mutation) -> Result<Option<Instant>, Broken> {
        let deadline = self.engine.poll_timeout();
        if let Some(deadline) = &deadline {
            let state = self.by_id(deadline.router).map_or(StateName::Initialize, |router| router.state);
            rules::timer_of_state(deadline, state)?;
        }
        let haste = mutation.haste(|| self.waiting_backup());
        let due = deadline.map(|deadline| now.max(deadline.at - haste));
        let is_active = self.routers.iter().flatten().any(|router| router.state == StateName::Active);
        let holds = is_active || self.kept.iter().any(Option::is_some);
        let proof = holds.then(|| now + PERIOD);
        let more = (!self.sockets.is_empty()).then_some(now);
        self.pulse = Pulse([due, proof, more, self.host_watch.next_look()].into_iter().flatten().min());
        Ok(self.pulse.0.map(|at| at.max(now + TURN)))
    }

    /// The router that waits for its deadline, if it is a Backup: for mutations.
    fn waiting_backup(&self) -> Option<Snapshot> {
        let deadline = self.engine.poll_timeout()?;
        self.engine.snapshot(deadline.router).filter(|snapshot| snapshot.state == StateName::Backup)
    }

    pub(super) fn by_id(&mut self, id: RouterId) -> Option<&mut Router> {
        self.routers.iter_mut().flatten().find(|router| router.id == id)
    }
}
