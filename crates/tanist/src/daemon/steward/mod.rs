//! The host thread: carries out what the protocol thread decides, and keeps the machine as it must be.
//!
//! It decides nothing. It applies operations in order and in batches, announces addresses once they are in, watches
//! netlink, and renews leases only while the protocol thread is alive.

mod bind;
mod links;
mod owners;
mod pace;
mod recover;
mod roles;
mod upkeep;
mod vmac;
mod watch;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, mpsc};

use conf::model::{self, Gaps};
use host::{Failure, Item, Kernel as _, Ledger, LinkAddress, Op};
use linux::Machine;
use linux::clock;
use linux::monitor::Monitor;
use linux::poll::{Poll, Timer, Waker};
use linux::send::Sender;
use vrrp::time::Instant;
use vrrp::types::{RouterId, TrackerId};

use self::bind::Binding;
pub(crate) use self::links::Links;
use self::owners::Owners;
use self::pace::Pacer;
pub(crate) use self::recover::{recover, reserve};
use self::roles::Rounds;
use super::notice::{HostNotice, Notice, NoticeSender};
use super::protocol::ProtocolHandle;

/// Orders that may wait in the channel; more of them wait with the protocol thread.
const ORDERS: usize = 8192;

const WAKER: u64 = 0;
const TIMER: u64 = 1;
const MONITOR: u64 = 2;

/// What other threads ask of the steward.
#[derive(Debug)]
pub(crate) enum ToSteward {
    /// The router is Active: put its addresses in and announce them.
    Own(RouterId),
    /// It no longer is: take them out.
    Disown(RouterId),
    /// Announce its addresses, with the configured gaps.
    Announce { router: RouterId, rounds: u32 },
    /// A new configuration. Answered when the machine follows it.
    Reload { plan: Box<Plan>, done: mpsc::SyncSender<()> },
    /// Undo everything and end.
    Stop(mpsc::SyncSender<()>),
}

/// The routers to keep from now on.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) routers: Vec<(RouterId, Arc<model::Router>)>,
    /// Tracked interfaces.
    pub(crate) trackers: BTreeMap<String, TrackerId>,
    /// Gaps between announcements.
    pub(crate) gaps: Gaps,
}

/// The other threads' end.
#[derive(Clone, Debug)]
pub(crate) struct StewardHandle {
    orders: mpsc::SyncSender<ToSteward>,
    waker: Arc<Waker>,
}

impl StewardHandle {
    /// Hands over as many of the waiting orders as there is room for, in order, without waiting.
    pub(crate) fn offer(&self, backlog: &mut VecDeque<ToSteward>) {
        while let Some(order) = backlog.pop_front() {
            match self.orders.try_send(order) {
                Ok(()) => {}
                Err(mpsc::TrySendError::Full(order)) => {
                    backlog.push_front(order);
                    break;
                }
                // A steward that has ended has undone everything.
                Err(mpsc::TrySendError::Disconnected(_)) => break,
            }
        }
        self.waker.wake();
    }

    /// Hands an order over, waiting for room.
    pub(crate) fn send(&self, order: ToSteward) {
        if self.orders.send(order).is_ok() {
            self.waker.wake();
        }
    }
}

/// The steward's end of its channel, made before the thread so that the protocol thread can have the other end.
pub(crate) struct Orders {
    receiver: mpsc::Receiver<ToSteward>,
    waker: Arc<Waker>,
}

/// Makes the channel.
///
/// # Errors
/// If the kernel gives no eventfd.
pub(crate) fn channel() -> io::Result<(StewardHandle, Orders)> {
    let (sender, receiver) = mpsc::sync_channel(ORDERS);
    let waker = Arc::new(Waker::new()?);
    Ok((StewardHandle { orders: sender, waker: Arc::clone(&waker) }, Orders { receiver, waker }))
}

/// What the steward works with.
pub(crate) struct Parts {
    pub(crate) machine: Machine,
    pub(crate) monitor: Monitor,
    pub(crate) links: Links,
    pub(crate) sender: Sender,
    pub(crate) protocol: ProtocolHandle,
    pub(crate) notices: NoticeSender,
    pub(crate) heartbeat: Arc<AtomicU64>,
    pub(crate) state_dir: PathBuf,
}

/// Everything the thread owns.
pub(crate) struct Steward {
    poll: Poll,
    timer: Timer,
    orders: Orders,
    machine: Machine,
    monitor: Monitor,
    sender: Sender,
    protocol: ProtocolHandle,
    notices: NoticeSender,
    heartbeat: Arc<AtomicU64>,
    state_dir: PathBuf,
    links: Links,
    ledger: Ledger<RouterId>,
    routers: BTreeMap<RouterId, Managed>,
    owners: Owners,
    pacer: Pacer,
    trackers: BTreeMap<String, TrackerId>,
    /// Routers whose macvlan is up although they are not Active, oldest first.
    lingering: VecDeque<RouterId>,
    /// What could not be undone: links and addresses are tried again at every tick, the rest at the end.
    unfinished: Vec<Op>,
    next_tick: Instant,
    /// Whether the protocol thread was alive when this turn of the loop began.
    protocol_was_alive: bool,
}

/// One router.
struct Managed {
    spec: Arc<model::Router>,
    binding: Option<Binding>,
    role: Role,
    /// When the leases of its addresses are to be renewed.
    renew_at: Instant,
    /// The kernel refused its interface or its addresses: it stays out of the way until then.
    unable_until: Option<Instant>,
    /// How often in a row.
    refusals: u32,
}

/// What the protocol thread wants of a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Idle,
    Active,
}

impl Managed {
    const fn new(spec: Arc<model::Router>, now: Instant) -> Self {
        Self { spec, binding: None, role: Role::Idle, renew_at: now, unable_until: None, refusals: 0 }
    }
}

impl Steward {
    /// Makes the thread's state. Nothing is changed on the machine yet.
    ///
    /// # Errors
    /// If the kernel gives no epoll or timerfd.
    pub(crate) fn new(parts: Parts, orders: Orders) -> io::Result<Self> {
        let (timer, poll) = (Timer::new()?, Poll::new()?);
        poll.add(&*orders.waker, WAKER)?;
        poll.add(&timer, TIMER)?;
        poll.add(&parts.monitor, MONITOR)?;
        Ok(Self {
            poll,
            timer,
            orders,
            machine: parts.machine,
            monitor: parts.monitor,
            sender: parts.sender,
            protocol: parts.protocol,
            notices: parts.notices,
            heartbeat: parts.heartbeat,
            state_dir: parts.state_dir,
            links: parts.links,
            ledger: Ledger::default(),
            routers: BTreeMap::new(),
            owners: Owners::default(),
            pacer: Pacer::default(),
            trackers: BTreeMap::new(),
            lingering: VecDeque::new(),
            unfinished: Vec::new(),
            next_tick: clock::now(),
            protocol_was_alive: false,
        })
    }

    /// The loop. Ends when told to stop, with everything undone.
    ///
    /// # Errors
    /// If the kernel's event interface fails, which leaves no way to go on.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut ready = Vec::new();
        loop {
            let tick = self.wants_ticks().then_some(self.next_tick);
            self.timer.set(tick.into_iter().chain(self.pacer.next()).min())?;
            self.poll.wait(&mut ready)?;
            self.timer.drain();
            self.orders.waker.drain();
            // Read before the orders: a protocol thread that was late has given its orders before it counts as alive.
            self.protocol_was_alive = self.protocol_is_alive(clock::now());
            let stop = self.obey();
            if ready.contains(&MONITOR) {
                self.watch();
            }
            if clock::now() >= self.next_tick {
                self.tick();
            }
            self.send_paced();
            if let Some(done) = stop {
                self.tear_down();
                // Whoever asked may have given up waiting.
                done.send(()).ok();
                return Ok(());
            }
        }
    }

    /// Takes the orders that wait: role changes in one batch each way, in the order in which they came.
    fn obey(&mut self) -> Option<mpsc::SyncSender<()>> {
        let mut changed: BTreeSet<RouterId> = BTreeSet::new();
        while let Ok(order) = self.orders.receiver.try_recv() {
            match order {
                ToSteward::Own(router) => self.wants(router, Role::Active, &mut changed),
                ToSteward::Disown(router) => self.wants(router, Role::Idle, &mut changed),
                ToSteward::Announce { router, rounds } => {
                    self.follow(&std::mem::take(&mut changed));
                    self.announce(&[router], Rounds::These(rounds));
                }
                ToSteward::Reload { plan, done } => {
                    self.follow(&std::mem::take(&mut changed));
                    self.reload(*plan);
                    // Whoever asked may have given up waiting.
                    done.send(()).ok();
                }
                ToSteward::Stop(done) => {
                    self.follow(&changed);
                    return Some(done);
                }
            }
        }
        self.follow(&changed);
        None
    }

    fn wants(&mut self, router: RouterId, role: Role, changed: &mut BTreeSet<RouterId>) {
        if let Some(managed) = self.routers.get_mut(&router) {
            managed.role = role;
            changed.insert(router);
        }
    }

    /// Follows a new configuration: undoes what is no longer configured, then binds everything anew; what stays the
    /// same is not touched.
    fn reload(&mut self, plan: Plan) {
        let kept: HashMap<RouterId, _> = plan.routers.into_iter().collect();
        let gone: Vec<RouterId> = self.routers.keys().filter(|id| !kept.contains_key(id)).copied().collect();
        self.unbind(&gone);
        for id in &gone {
            self.routers.remove(id);
        }
        let now = clock::now();
        for (id, spec) in kept {
            let managed = self.routers.entry(id).or_insert_with(|| Managed::new(Arc::clone(&spec), now));
            if managed.spec.lease() != spec.lease() {
                managed.renew_at = now;
            }
            managed.spec = spec;
        }
        self.trackers = plan.trackers;
        self.pacer.set_gaps(plan.gaps);
        // Before any router can start: what it tracks may keep it from that.
        self.tell_trackers();
        let all: Vec<RouterId> = self.routers.keys().copied().collect();
        self.bind(&all);
    }

    /// Undoes everything, whatever fails.
    fn tear_down(&mut self) {
        let all: Vec<RouterId> = self.routers.keys().copied().collect();
        self.unbind(&all);
        let unfinished = std::mem::take(&mut self.unfinished);
        let failures = self.machine.apply(&unfinished);
        self.refused(None, failures.into_iter().filter(|failure| !is_missing(failure)).collect());
        self.forget_record();
    }

    /// Carries out what undoes something. Links that it removes are forgotten before netlink tells; what fails is kept
    /// for the end, what is gone already is as wanted.
    fn undo(&mut self, ops: &[Op]) {
        let mut kept = HashSet::new();
        for failure in self.machine.apply(ops) {
            if !is_missing(&failure) {
                kept.insert(failure.position);
                self.unfinished.push(ops[failure.position].clone());
                self.notice(None, HostNotice::Refused(failure.error));
            }
        }
        for (position, op) in ops.iter().enumerate() {
            if let (Op::Remove(Item::Link(link)), false) = (op, kept.contains(&position)) {
                self.links.remove(link.index);
            }
        }
    }

    fn binding(&self, id: RouterId) -> Option<&Binding> {
        self.routers.get(&id)?.binding.as_ref()
    }

    fn refused(&self, router: Option<RouterId>, failures: Vec<Failure>) {
        for failure in failures {
            self.notice(router, HostNotice::Refused(failure.error));
        }
    }

    fn notice(&self, router: Option<RouterId>, mut what: HostNotice) {
        match &mut what {
            HostNotice::Refused(error) => error.operation = self.links.in_words(&error.operation),
            HostNotice::Repaired(text) | HostNotice::Remark(text) | HostNotice::Unfit(text) => {
                *text = self.links.in_words(text);
            }
            HostNotice::VmacReady { .. } => {}
        }
        self.notices.send(Notice::Host { router, what });
    }

    /// All addresses that routers may put somewhere.
    fn virtual_addresses(&self) -> impl Iterator<Item = &LinkAddress> {
        self.routers
            .values()
            .filter_map(|managed| managed.binding.as_ref())
            .flat_map(|bound| bound.footprint.addresses())
    }
}

fn is_missing(failure: &Failure) -> bool {
    failure.error.kind == host::ErrorKind::Missing
}
