//! Installing and withdrawing addresses, renewing their leases, and holding routers down whose operations are refused.

use std::collections::BTreeSet;
use std::time::Duration;

use host::{Holder, Kernel as _, Op, Phase, Renewals, Setting, Task};
use vrrp::{HostState, Instant, RouterId};

use super::{HostAround, HostThread, Managed, Role, TICK, Who};
use crate::sim::mutation::Mutation;
use crate::sim::node::machine::News;
use crate::sim::node::messages::{Health, Spec, ToProtocol};

/// The first back-off: shorter than the daemon's, so that runs stay short.
const BACK_OFF: Duration = Duration::from_millis(500);
/// Times that it doubles.
const DOUBLINGS: u32 = 2;

impl Managed {
    pub(super) const fn new(spec: Spec, now: Instant) -> Self {
        Self { spec, attachment: None, role: Role::Idle, installed_at: now, renewed: now, held_down: None, failures: 0 }
    }

    /// Something changed that may have been the cause of a refusal: the next try comes soon.
    pub(super) fn hurry(&mut self, now: Instant) {
        if let Some(until) = &mut self.held_down {
            *until = (*until).min(now + BACK_OFF);
        }
    }
}

impl HostThread {
    /// Brings the machine in line with the roles of these routers.
    pub(super) fn take_roles(&mut self, routers: &[RouterId], around: &mut HostAround<'_>) {
        routers.iter().for_each(|id| self.carry_out_planned(*id, around));
        let with = |wanted: Role| {
            let has = |id: &RouterId| self.routers.get(id).is_some_and(|managed| managed.role == wanted);
            routers.iter().copied().filter(has).collect::<Vec<_>>()
        };
        let (idle, active) = (with(Role::Idle), with(Role::Active));
        self.withdraw(&idle, around);
        self.install(&active, around);
    }

    /// Addresses in, link up, in one batch.
    fn install(&mut self, routers: &[RouterId], around: &mut HostAround<'_>) {
        let (mut quiet, mut tasks) = (Vec::new(), Vec::new());
        for id in routers {
            let Some(managed) = self.routers.get_mut(id) else { continue };
            let Some(attachment) = &managed.attachment else { continue };
            let (ledger, machine, holder) = (&mut self.ledger, &mut *around.machine, Holder::Router(*id));
            if !ledger.holds(holder, Phase::Active) {
                (managed.installed_at, managed.renewed) = (around.now, around.now);
            }
            quiet.extend(ledger.leave(holder, Phase::Draining, |key| machine.setting(key)));
            tasks.extend(ledger.become_active(holder, &attachment.footprint, |key| machine.setting(key)));
        }
        self.draining.retain(|id| !routers.contains(id));
        if self.ledger.take_unrecorded() {
            // What somebody gave a setting that is switched now must be on record first.
            self.write_record(around);
        }
        self.undo(&quiet, around);
        let unable = refused(&tasks, around);
        for id in routers.iter().filter(|id| !unable.contains(*id)) {
            if let Some(managed) = self.routers.get_mut(id) {
                managed.failures = 0;
            }
        }
        self.hold_down(&unable, around);
    }

    /// Addresses out, forwarding off. The link itself is taken down later.
    fn withdraw(&mut self, routers: &[RouterId], around: &mut HostAround<'_>) {
        let (mut out, mut quiet) = (Vec::new(), Vec::new());
        for id in routers {
            let holder = Holder::Router(*id);
            out.extend(self.ledger.leave(holder, Phase::Active, |key| around.machine.setting(key)));
            let attachment = self.routers.get(id).and_then(|managed| managed.attachment.as_ref());
            if let Some(attachment) = attachment
                && self.ledger.holds(holder, Phase::Up)
                && !self.draining.contains(id)
            {
                let read = |key| around.machine.setting(key);
                quiet.extend(self.ledger.enter(holder, Phase::Draining, &attachment.footprint, read));
                self.draining.push_back(*id);
            }
        }
        self.undo(&out, around);
        around.machine.apply(&quiet);
    }

    /// Takes the link of one former master down.
    fn take_down_next(&mut self, around: &mut HostAround<'_>) {
        let Some(id) = self.draining.pop_front() else { return };
        let mut tasks = Vec::new();
        for phase in [Phase::Up, Phase::Draining] {
            tasks.extend(self.ledger.leave(Holder::Router(id), phase, |key| around.machine.setting(key)));
        }
        self.undo(&tasks, around);
    }

    /// The upkeep.
    pub(super) fn tick(&mut self, around: &mut HostAround<'_>) {
        self.retry(around);
        if around.now < self.next_tick {
            return;
        }
        self.next_tick = around.now + TICK;
        self.take_down_next(around);
        self.finish_undoing(around);
        if around.protocol == Health::Silent && around.mutation != Mutation::RenewsForTheDead {
            return;
        }
        self.renew(around);
        match around.machine.take_doubts() {
            News::None => {}
            News::Waiting => {
                self.put_back(around);
                self.repair_settings(around);
            }
        }
    }

    /// Renews the leases that are due.
    fn renew(&mut self, around: &mut HostAround<'_>) {
        let mut tasks = Vec::new();
        for (id, managed) in &mut self.routers {
            let holder = Holder::Router(*id);
            let is_held_down = managed.held_down.is_some();
            if managed.role == Role::Idle || is_held_down || !self.ledger.holds(holder, Phase::Active) {
                continue;
            }
            let last = std::mem::replace(&mut managed.renewed, around.now);
            let Some(attachment) = &managed.attachment else { continue };
            let renewals = Renewals { lifetime: managed.spec.lease, installed_at: managed.installed_at };
            let due = attachment.footprint.leased().filter(|op| renewals.is_due(&op.identity(), last, around.now));
            tasks.extend(due.map(|op| Task::new(holder, op.clone())));
        }
        let unable = refused(&tasks, around);
        self.hold_down(&unable, around);
    }

    /// Puts back what is in the ledger and not on the machine: a lease that ended, an operation that was refused.
    fn put_back(&mut self, around: &mut HostAround<'_>) {
        let there: BTreeSet<_> = around.machine.memory().items().map(|item| Op::Add(item.clone()).identity()).collect();
        let planned: BTreeSet<_> =
            self.work.planned.values().flat_map(|plan| &plan.redo).map(|task| task.op.identity()).collect();
        let is_missing = |op: &&Op| {
            let identity = op.identity();
            matches!(op, Op::Add(_)) && !there.contains(&identity) && !planned.contains(&identity)
        };
        let mut missing: Vec<Op> = self.ledger.done().filter(is_missing).cloned().collect();
        missing.sort_by_key(Op::identity);
        let tasks: Vec<Task<Who>> = missing.into_iter().map(|op| Task::new(self.holder_of(&op), op)).collect();
        let unable = refused(&tasks, around);
        self.hold_down(&unable, around);
    }

    /// The Active router that an operation belongs to.
    fn holder_of(&self, op: &Op) -> Who {
        let has = |managed: &Managed| {
            let attachment = managed.attachment.as_ref();
            managed.role != Role::Idle && attachment.is_some_and(|attachment| attachment.footprint.active.contains(op))
        };
        let holder = self.routers.iter().find(|(_, managed)| has(managed));
        holder.map_or(Holder::Machine, |(id, _)| Holder::Router(*id))
    }

    /// Settings that someone changed are set again, and what they were given is what they get back in the end: first on
    /// record, then done.
    fn repair_settings(&mut self, around: &mut HostAround<'_>) {
        let mut changed: Vec<(Setting, i32)> = self
            .ledger
            .settings(|_| true)
            .into_iter()
            .filter_map(|setting| Some((setting, around.machine.setting(setting.key)?)))
            .filter(|(setting, found)| setting.value != *found)
            .collect();
        if changed.is_empty() {
            return;
        }
        changed.sort_by_key(|(setting, _)| setting.key);
        changed.iter().for_each(|(setting, found)| self.ledger.note_foreign_value(setting.key, *found));
        self.write_record(around);
        let tasks = changed.into_iter().map(|(setting, _)| Task::new(Holder::Machine, Op::Set(setting)));
        around.machine.apply::<Who>(&tasks.collect::<Vec<_>>());
    }

    /// Lets routers leave the election, once for each incident.
    pub(super) fn hold_down(&mut self, routers: &BTreeSet<RouterId>, around: &mut HostAround<'_>) {
        for id in routers {
            let Some(managed) = self.routers.get_mut(id) else { continue };
            if managed.held_down.is_none() {
                managed.held_down = Some(around.now + BACK_OFF * 2_u32.pow(managed.failures.min(DOUBLINGS)));
                managed.failures += 1;
                around.said.push(ToProtocol::HostState { id: *id, state: HostState::Failed });
            }
        }
    }

    /// Lets the routers whose time has come take part again.
    fn retry(&mut self, around: &mut HostAround<'_>) {
        for (id, managed) in &mut self.routers {
            if managed.held_down.take_if(|until| *until <= around.now).is_some() {
                around.said.push(ToProtocol::HostState { id: *id, state: HostState::Ready });
                if managed.attachment.is_none() {
                    self.work.attach.insert(*id);
                }
            }
        }
    }
}

/// Carries operations out. Returns the routers that were refused what a master needs.
fn refused(tasks: &[Task<Who>], around: &mut HostAround<'_>) -> BTreeSet<RouterId> {
    let failures = HostThread::apply(tasks, around).into_iter().filter(|failure| failure.op.is_vital());
    failures.filter_map(|failure| failure.holder.router()).collect()
}
