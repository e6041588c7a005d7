//! The host thread: carries out what the protocol thread decides, and keeps the machine as it must be.
//!
//! It decides nothing. It applies operations in order and in batches, announces addresses once they are in, watches
//! netlink, and renews leases only while the protocol thread is alive.

mod announce;
mod bind;
mod links;
mod owners;
mod recover;
mod roles;
mod upkeep;
mod vmac;
mod watch;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use conf::model;
use host::{Failure, Item, Kernel as _, Ledger, LinkAddress, Op};
use linux::Machine;
use linux::clock;
use linux::monitor::Monitor;
use linux::poll::{Poll, Timer};
use linux::send::Sender;
use vrrp::time::Instant;
use vrrp::types::{RouterId, TrackerId};

use self::announce::Announcer;
use self::bind::Binding;
pub(crate) use self::links::Links;
use self::owners::Owners;
pub(crate) use self::recover::{recover, reserve};
use self::roles::Rounds;
use crate::ports::events::{EventSender, HostEvent, HostFact, Occurrence};
use crate::ports::host::{AddressState, HostCommand, HostPlan, HostView};
use crate::ports::mailbox::Mailbox;
use crate::ports::main::Answer;
use crate::ports::protocol::ProtocolHandle;
use crate::ports::pulse::{Health, Pulse};

const WAKER: u64 = 0;
const TIMER: u64 = 1;
const MONITOR: u64 = 2;

/// What the thread works with.
pub(crate) struct Parts {
    pub(crate) machine: Machine,
    pub(crate) monitor: Monitor,
    pub(crate) links: Links,
    pub(crate) sender: Sender,
    pub(crate) protocol: ProtocolHandle,
    pub(crate) events: EventSender,
    pub(crate) commands: Mailbox<HostCommand>,
    /// The protocol thread's.
    pub(crate) protocol_pulse: Pulse,
    /// Ours.
    pub(crate) pulse: Pulse,
    pub(crate) state_dir: PathBuf,
}

/// Everything the thread owns.
pub(crate) struct HostThread {
    poll: Poll,
    timer: Timer,
    commands: Mailbox<HostCommand>,
    machine: Machine,
    monitor: Monitor,
    sender: Sender,
    protocol: ProtocolHandle,
    events: EventSender,
    protocol_pulse: Pulse,
    pulse: Pulse,
    state_dir: PathBuf,
    links: Links,
    ledger: Ledger<RouterId>,
    routers: BTreeMap<RouterId, Managed>,
    owners: Owners,
    announcer: Announcer,
    trackers: BTreeMap<String, TrackerId>,
    /// Routers whose macvlan is up although they are not Active, oldest first.
    lingering: VecDeque<RouterId>,
    /// What could not be undone: links and addresses are tried again at every tick, the rest at the end.
    unfinished: Vec<Op>,
    next_tick: Instant,
    /// Whether the protocol thread was alive when this turn of the loop began.
    protocol_was: Health,
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

impl HostThread {
    /// Makes the thread's state. Nothing is changed on the machine yet.
    ///
    /// # Errors
    /// If the kernel gives no epoll or timerfd.
    pub(crate) fn new(parts: Parts) -> io::Result<Self> {
        let (timer, poll) = (Timer::new()?, Poll::new()?);
        poll.add(&parts.commands, WAKER)?;
        poll.add(&timer, TIMER)?;
        poll.add(&parts.monitor, MONITOR)?;
        Ok(Self {
            poll,
            timer,
            commands: parts.commands,
            machine: parts.machine,
            monitor: parts.monitor,
            sender: parts.sender,
            protocol: parts.protocol,
            events: parts.events,
            protocol_pulse: parts.protocol_pulse,
            pulse: parts.pulse,
            state_dir: parts.state_dir,
            links: parts.links,
            ledger: Ledger::default(),
            routers: BTreeMap::new(),
            owners: Owners::default(),
            announcer: Announcer::default(),
            trackers: BTreeMap::new(),
            lingering: VecDeque::new(),
            unfinished: Vec::new(),
            next_tick: clock::now(),
            protocol_was: Health::Silent,
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
            let next = tick.into_iter().chain(self.announcer.next()).min();
            self.timer.set(next)?;
            self.pulse.sleep_until(next);
            self.poll.wait(&mut ready)?;
            self.pulse.beat();
            self.timer.drain();
            self.commands.quiet();
            // Read before the commands: a protocol thread that was late has given them before it counts as alive.
            self.protocol_was = self.protocol_pulse.health(clock::now());
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
                done.give(());
                return Ok(());
            }
        }
    }

    /// Takes the orders that wait: role changes in one batch each way, in the order in which they came.
    fn obey(&mut self) -> Option<Answer<()>> {
        let mut changed: BTreeSet<RouterId> = BTreeSet::new();
        while let Some(command) = self.commands.next() {
            match command {
                HostCommand::Install(router) => self.wants(router, Role::Active, &mut changed),
                HostCommand::Withdraw(router) => self.wants(router, Role::Idle, &mut changed),
                HostCommand::Announce { router, rounds } => {
                    self.follow(&std::mem::take(&mut changed));
                    self.announce(&[router], Rounds::These(rounds));
                }
                HostCommand::Reload { plan, done } => {
                    self.follow(&std::mem::take(&mut changed));
                    self.reload(*plan);
                    done.give(());
                }
                HostCommand::Ask(answer) => {
                    self.follow(&std::mem::take(&mut changed));
                    // Whoever asked may have given up waiting.
                    answer.send(self.views()).ok();
                }
                HostCommand::Stop(done) => {
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
    fn reload(&mut self, plan: HostPlan) {
        let kept: HashMap<RouterId, _> = plan.routers.into_iter().collect();
        let gone: Vec<RouterId> = self.routers.keys().filter(|id| !kept.contains_key(id)).copied().collect();
        self.unbind(&gone);
        for id in &gone {
            self.routers.remove(id);
            self.announcer.remove(*id);
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
        self.announcer.set_gaps(plan.gaps);
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
        let failures = self.apply(&unfinished);
        self.refused(None, failures.into_iter().filter(|failure| !is_missing(failure)).collect());
        self.forget_record();
    }

    /// Carries out what undoes something. Links that it removes are forgotten before netlink tells; what fails is kept
    /// for the end, what is gone already is as wanted.
    fn undo(&mut self, ops: &[Op]) {
        let mut kept = HashSet::new();
        for failure in self.apply(ops) {
            if !is_missing(&failure) {
                kept.insert(failure.position);
                self.unfinished.push(ops[failure.position].clone());
                self.tell_event(None, HostFact::Refused { error: failure.error, link: None });
            }
        }
        for (position, op) in ops.iter().enumerate() {
            if let (Op::Remove(Item::Link(link)), false) = (op, kept.contains(&position)) {
                self.links.remove(link.index);
            }
        }
    }

    /// Carries operations out. The kernel may make us wait.
    fn apply(&mut self, ops: &[Op]) -> Vec<Failure> {
        let (pulse, machine) = (&self.pulse, &mut self.machine);
        pulse.in_kernel(|| machine.apply(ops))
    }

    fn binding(&self, id: RouterId) -> Option<&Binding> {
        self.routers.get(&id)?.binding.as_ref()
    }

    fn refused(&self, router: Option<RouterId>, failures: Vec<Failure>) {
        for failure in failures {
            self.tell_event(router, HostFact::Refused { error: failure.error, link: None });
        }
    }

    /// Tells an event. Operations name interfaces by number, people by name.
    fn tell_event(&self, router: Option<RouterId>, mut what: HostFact) {
        if let HostFact::Refused { error, .. } = &mut what {
            error.operation = self.links.in_words(&error.operation);
        }
        self.events.send(Occurrence::Host(HostEvent { router, what }));
    }

    /// What the machine does for each router.
    fn views(&self) -> HashMap<RouterId, HostView> {
        self.routers.iter().map(|(id, managed)| (*id, self.view(managed))).collect()
    }

    fn view(&self, managed: &Managed) -> HostView {
        let binding = managed.binding.as_ref();
        let is_there = |address: &LinkAddress| {
            self.links
                .addresses(address.link)
                .iter()
                .any(|known| known.address == address.address && known.prefix_len == address.prefix_len)
        };
        let addresses = match managed.role {
            Role::Idle => AddressState::Withdrawn,
            Role::Active if binding.is_some_and(|binding| binding.footprint.addresses().all(is_there)) => {
                AddressState::Installed
            }
            Role::Active => AddressState::Missing,
        };
        HostView {
            vmac: binding.and_then(|binding| binding.vmac.as_ref()).map(|vmac| (vmac.name.clone(), vmac.mac)),
            addresses,
            hold_down_until: managed.unable_until,
        }
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
