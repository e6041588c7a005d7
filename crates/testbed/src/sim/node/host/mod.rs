//! The host thread: a model of the daemon's, on the same footprints, ledger and record.
//!
//! | file | holds |
//! |---|---|
//! | this one | the loop: messages, work in pieces, the tick |
//! | `attach` | a router on its parent: planned, put on record, carried out, undone |
//! | `roles` | addresses in and out, leases, hold-down |
//! | `handover` | going on as another program |
//! | `recover` | what a killed daemon left |

mod attach;
mod handover;
mod recover;
mod roles;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use host::{DropTable, Exchange, Failure, Footprint, Holder, Kernel as _, Ledger, MacvlanLink, Task};
use vrrp::{Instant, RouterId};

pub(super) use self::handover::Handed;
use super::machine::{Machine, News};
use super::messages::{Health, Spec, ToHost, ToProtocol};
use super::pulse::Pulse;
use crate::sim::mutation::Mutation;

/// Period of the upkeep.
pub(in crate::sim) const TICK: Duration = Duration::from_secs(1);

/// For whom something is done.
type Who = Holder<RouterId>;

/// The thread.
#[derive(Debug)]
pub(in crate::sim) struct HostThread {
    ledger: Ledger<Who>,
    routers: BTreeMap<RouterId, Managed>,
    /// Those that are no longer configured and keep their addresses.
    removed: BTreeSet<RouterId>,
    mailbox: VecDeque<ToHost>,
    work: Work,
    /// Routers whose macvlan is up although they are not Active, oldest first.
    draining: VecDeque<RouterId>,
    next_tick: Instant,
    /// Named by its start, as the daemon's is: that of a daemon that was killed is another.
    drop_table: DropTable,
    /// The parent that everything was done on.
    generation: u32,
    pub(in crate::sim) pulse: Pulse,
}

/// One router.
#[derive(Debug)]
struct Managed {
    spec: Spec,
    attachment: Option<Attached>,
    role: Role,
    /// When the addresses were put there.
    installed_at: Instant,
    /// Up to when the leases were renewed whose turn had come.
    renewed: Instant,
    /// Until when it stays out of the election.
    held_down: Option<Instant>,
    /// Tries that failed, in a row.
    failures: u32,
}

/// A router on its parent.
#[derive(Clone, Debug)]
struct Attached {
    vmac: Option<MacvlanLink>,
    footprint: Footprint,
}

/// What the protocol thread wants of a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Idle,
    Active,
    /// It keeps its addresses.
    Leaving,
}

/// What has still to be done.
#[derive(Debug, Default)]
struct Work {
    roles: BTreeSet<RouterId>,
    attach: BTreeSet<RouterId>,
    planned: BTreeMap<RouterId, Exchange<Who>>,
    record: Recorded,
}

/// Whether the record on disk has all that is planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Recorded {
    #[default]
    Yes,
    No,
}

/// What surrounds a turn of the loop.
#[derive(Debug)]
pub(in crate::sim) struct HostAround<'a> {
    pub(in crate::sim) now: Instant,
    pub(in crate::sim) mutation: Mutation,
    /// Routers in one piece of work.
    pub(in crate::sim) piece: usize,
    pub(in crate::sim) machine: &'a mut Machine,
    /// The protocol thread, as it was when the turn began.
    pub(in crate::sim) protocol: Health,
    /// What the protocol thread gets.
    pub(in crate::sim) said: Vec<ToProtocol>,
}

/// What came of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum HostTurn {
    /// It wants to be woken then; `None`: when there is a message.
    Sleeps(Option<Instant>),
    /// It has undone everything and ended.
    Ended,
    /// It has ended, and the kernel did not let it undo everything.
    EndedUnclean,
}

impl HostThread {
    pub(in crate::sim) fn new(now: Instant, generation: u32) -> Self {
        Self {
            ledger: Ledger::default(),
            routers: BTreeMap::new(),
            removed: BTreeSet::new(),
            mailbox: VecDeque::new(),
            work: Work::default(),
            draining: VecDeque::new(),
            next_tick: now,
            drop_table: DropTable { number: now.nanos(), priority: 0 },
            generation,
            pulse: Pulse(None),
        }
    }

    pub(in crate::sim) fn post(&mut self, message: ToHost) {
        self.mailbox.push_back(message);
    }

    /// The ledger, to be compared with the machine.
    pub(in crate::sim) const fn ledger(&self) -> &Ledger<Who> {
        &self.ledger
    }

    /// Whether something could not be undone or done yet.
    pub(in crate::sim) fn is_in_arrears(&self) -> bool {
        !self.ledger.is_finished() || self.routers.values().any(|managed| managed.held_down.is_some())
    }

    /// One turn of the loop.
    pub(in crate::sim) fn turn(&mut self, around: &mut HostAround<'_>) -> HostTurn {
        if self.obey(around) == Obeyed::Stop {
            return self.tear_down(around);
        }
        match around.machine.take_news() {
            News::None => {}
            News::Waiting => self.parent_changed(around),
        }
        self.tick(around);
        self.work_piece(around);
        let next = if self.work.is_empty() { self.next_deadline() } else { Some(around.now) };
        self.pulse = Pulse(next);
        HostTurn::Sleeps(next)
    }

    fn next_deadline(&self) -> Option<Instant> {
        let is_kept = self.routers.values().any(|managed| managed.attachment.is_some());
        let tick = (is_kept || !self.ledger.is_finished()).then_some(self.next_tick);
        let retries = self.routers.values().filter_map(|managed| managed.held_down);
        tick.into_iter().chain(retries).min()
    }

    fn obey(&mut self, around: &mut HostAround<'_>) -> Obeyed {
        while let Some(message) = self.mailbox.pop_front() {
            match message {
                ToHost::Install(id) if around.mutation != Mutation::InstallIgnored => self.wants(id, Role::Active),
                ToHost::Keep(id) => {
                    self.routers.entry(id).and_modify(|managed| managed.role = Role::Leaving);
                }
                ToHost::Withdraw(id) if around.mutation != Mutation::WithdrawForgotten => {
                    self.wants(id, Role::Idle);
                    if self.removed.contains(&id) {
                        self.forget(&[id], around);
                        self.work.record = Recorded::No;
                    }
                }
                ToHost::Install(_) | ToHost::Withdraw(_) => {}
                ToHost::Reload(routers) => self.reload(routers, around),
                ToHost::Stop => return Obeyed::Stop,
            }
        }
        Obeyed::All
    }

    fn wants(&mut self, id: RouterId, role: Role) {
        if let Some(managed) = self.routers.get_mut(&id) {
            managed.role = role;
            self.work.roles.insert(id);
        }
    }

    /// Follows a new configuration: undoes what is no longer configured, then attaches everything anew.
    fn reload(&mut self, routers: Vec<(RouterId, Spec)>, around: &mut HostAround<'_>) {
        let kept: BTreeMap<RouterId, Spec> = routers.into_iter().collect();
        let (gone, removed): (Vec<_>, Vec<_>) =
            self.routers.keys().filter(|id| !kept.contains_key(id)).partition(|id| !self.may_stay_on(**id, &kept));
        self.forget(&gone, around);
        self.removed.extend(removed);
        for (id, spec) in kept {
            let managed = self.routers.entry(id).or_insert_with(|| Managed::new(spec.clone(), around.now));
            if managed.spec.lease != spec.lease {
                managed.renewed = Instant::from_nanos(0);
            }
            managed.spec = spec;
            managed.hurry(around.now);
        }
        self.work.attach.extend(self.routers.keys().copied());
    }

    /// Whether a router that a reload removes may keep its addresses: nobody else may want them or its interface.
    fn may_stay_on(&self, id: RouterId, kept: &BTreeMap<RouterId, Spec>) -> bool {
        let managed = &self.routers[&id];
        let is_wanted = |spec: &Spec| spec.addresses.iter().any(|address| managed.spec.addresses.contains(address));
        managed.role == Role::Leaving
            && !self.removed.contains(&id)
            && kept.iter().all(|(id, spec)| self.routers.contains_key(id) && !is_wanted(spec))
    }

    /// Undoes what these routers did, and knows them no more.
    fn forget(&mut self, routers: &[RouterId], around: &mut HostAround<'_>) {
        self.detach(routers, around);
        for id in routers {
            self.routers.remove(id);
            self.removed.remove(id);
            self.work.forget(*id);
        }
    }

    /// The parent's state or its own addresses changed: the protocol thread gets to know at once, footprints follow.
    fn parent_changed(&mut self, around: &mut HostAround<'_>) {
        if around.machine.parent().is_none() || self.generation != around.machine.generation() {
            self.parent_gone(around);
        }
        let all: Vec<RouterId> = self.routers.keys().copied().collect();
        for id in all {
            self.report_parent(id, around);
            self.work.attach.insert(id);
        }
        self.routers.values_mut().for_each(|managed| managed.hurry(around.now));
    }

    /// Roles go first: clients wait for them. Nothing is carried out before it is on record.
    fn work_piece(&mut self, around: &mut HostAround<'_>) {
        if !self.work.roles.is_empty() {
            let piece = take(&mut self.work.roles, around.piece);
            self.take_roles(&piece, around);
        } else if !self.work.attach.is_empty() {
            let piece = take(&mut self.work.attach, around.piece);
            self.plan(&piece, around);
        } else if self.work.record == Recorded::No {
            self.write_record(around);
        } else {
            let piece: Vec<RouterId> = self.work.planned.keys().take(around.piece).copied().collect();
            self.carry_out(&piece, around);
        }
    }

    /// Carries operations out. Nothing is leased on behalf of a protocol thread that is silent: what is left out here is put
    /// back when that lives again.
    fn apply(tasks: &[Task<Who>], around: &mut HostAround<'_>) -> Vec<Failure<Who>> {
        match around.protocol {
            Health::Silent if around.mutation != Mutation::RenewsForTheDead => {
                around.machine.doubt();
                let lasting: Vec<Task<Who>> = tasks.iter().filter(|task| !task.op.is_leased()).cloned().collect();
                around.machine.apply(&lasting)
            }
            Health::Silent | Health::Alive => around.machine.apply(tasks),
        }
    }

    /// Carries out what undoes something; what fails is kept for later, what is gone already is as wanted.
    fn undo(&mut self, tasks: &[Task<Who>], around: &mut HostAround<'_>) {
        let failures = around.machine.apply(tasks);
        self.ledger.undone(tasks, failures);
    }

    /// Tries again to undo what could not be undone.
    fn finish_undoing(&mut self, around: &mut HostAround<'_>) {
        let tasks = self.ledger.retries(Holder::Machine, |key| around.machine.setting(key));
        self.undo(&tasks, around);
    }

    /// Undoes everything, whatever fails. The record goes only if nothing is left behind.
    fn tear_down(&mut self, around: &mut HostAround<'_>) -> HostTurn {
        let all: Vec<RouterId> = self.routers.keys().copied().collect();
        self.detach(&all, around);
        self.finish_undoing(around);
        if !self.ledger.is_finished() {
            self.write_record(around);
            return HostTurn::EndedUnclean;
        }
        around.machine.write(None);
        HostTurn::Ended
    }
}

/// Whether there was a message to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Obeyed {
    All,
    Stop,
}

impl Work {
    fn is_empty(&self) -> bool {
        let Self { roles, attach, planned, record } = self;
        roles.is_empty() && attach.is_empty() && planned.is_empty() && *record == Recorded::Yes
    }

    fn forget(&mut self, id: RouterId) {
        self.roles.remove(&id);
        self.attach.remove(&id);
        self.planned.remove(&id);
    }
}

fn take(set: &mut BTreeSet<RouterId>, most: usize) -> Vec<RouterId> {
    let piece: Vec<RouterId> = set.iter().take(most).copied().collect();
    for id in &piece {
        set.remove(id);
    }
    piece
}
