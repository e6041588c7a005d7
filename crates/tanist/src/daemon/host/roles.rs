//! Installing and withdrawing addresses.

use std::collections::BTreeSet;

use host::{Holder, Kernel as _, Phase};
use linux::clock;
use vrrp::action::TakeoverRounds;
use vrrp::types::RouterId;

use super::HostThread;
use super::managed::{Renew, Role};
use crate::ports::events::HostFact;

impl HostThread {
    /// Brings the machine in line with the roles of these routers.
    pub(super) fn take_roles(&mut self, routers: &[RouterId]) {
        routers.iter().for_each(|id| self.carry_out_planned(*id));
        let role = |id: &RouterId| self.routers.get(id).map(|managed| managed.role);
        let with = |wanted: Role| routers.iter().copied().filter(|id| role(id) == Some(wanted)).collect::<Vec<_>>();
        let (idle, active) = (with(Role::Idle), with(Role::Active));
        self.withdraw(&idle);
        self.install(&active);
    }

    /// Addresses in, link up, in one batch; then they are announced.
    fn install(&mut self, routers: &[RouterId]) {
        let (mut quiet, mut tasks) = (Vec::new(), Vec::new());
        let now = clock::now();
        for id in routers {
            let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
            let Some(managed) = self.routers.get_mut(id) else { continue };
            let Some(attachment) = &managed.attachment else { continue };
            let holder = Holder::Router(*id);
            if !ledger.holds(holder, Phase::Active) {
                (managed.renewed, managed.renew) = (now, Renew::InTurn);
                managed.installed_at = now;
                managed.given_up.clear();
            }
            quiet.extend(ledger.leave(holder, Phase::Draining, |key| machine.read(key).ok()));
            tasks.extend(ledger.become_active(holder, &attachment.footprint, |key| machine.read(key).ok()));
        }
        self.draining.retain(|id| !routers.contains(id));
        self.record_first();
        self.machinery.undo(&quiet);
        let (mut unable, mut gone) = (BTreeSet::new(), BTreeSet::new());
        let failures = self.machinery.apply(&tasks);
        for failure in self.done_without(&tasks, failures) {
            let Some(id) = failure.holder.router() else { continue };
            if self.machinery.lost_its_link(&failure) {
                gone.insert(id);
            } else if unable.insert(id) {
                self.machinery.refused(Some(id), failure.into());
            }
        }
        for id in routers.iter().filter(|id| !unable.contains(*id) && !gone.contains(*id)) {
            self.installed(*id);
        }
        self.hold_down(&unable);
    }

    /// All addresses of a master are in: clients are told, after a takeover as often as the engine ordered.
    fn installed(&mut self, id: RouterId) {
        let Some(managed) = self.routers.get_mut(&id) else { return };
        managed.hold_down.succeeded();
        let repeat = managed.spec.parameters.announce.repeat;
        let rounds = managed.takeover.take().unwrap_or(TakeoverRounds { arp: repeat, na: repeat });
        self.announcer.offer(id, rounds.arp, |announcement| announcement.address().is_ipv4());
        self.announcer.offer(id, rounds.na, |announcement| announcement.address().is_ipv6());
        self.machinery.tell(Some(id), HostFact::Installed);
    }

    /// Addresses out, forwarding off, in one batch. The link itself is taken down later: that takes the kernel 14 ms.
    pub(super) fn withdraw(&mut self, routers: &[RouterId]) {
        let (mut out, mut draining) = (Vec::new(), Vec::new());
        for id in routers {
            self.announcer.forget(*id);
            let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
            let addresses = ledger.leave(Holder::Router(*id), Phase::Active, |key| machine.read(key).ok());
            if !addresses.is_empty() {
                self.machinery.tell(Some(*id), HostFact::Withdrawn);
            }
            out.extend(addresses);
            if self.machinery.ledger.holds(Holder::Router(*id), Phase::Up) && !self.draining.contains(id) {
                draining.push(*id);
            }
        }
        // What is not netlink's first, so that all the rest is one batch.
        out.sort_by_key(|task| task.op.stage());
        self.machinery.undo(&out);
        let mut tasks = Vec::new();
        for id in &draining {
            let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
            if let Some(attachment) = self.routers.get(id).and_then(|managed| managed.attachment.as_ref()) {
                let holder = Holder::Router(*id);
                tasks
                    .extend(ledger.enter(holder, Phase::Draining, &attachment.footprint, |key| machine.read(key).ok()));
            }
        }
        for failure in self.machinery.apply(&tasks) {
            self.machinery.refused(failure.holder.router(), failure.into());
        }
        self.draining.extend(draining);
    }

    /// Takes the link of one former master down.
    pub(super) fn take_down_next(&mut self) {
        let Some(id) = self.draining.pop_front() else { return };
        let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
        let phases = [Phase::Up, Phase::Draining].into_iter();
        let tasks: Vec<_> =
            phases.flat_map(|phase| ledger.leave(Holder::Router(id), phase, |key| machine.read(key).ok())).collect();
        self.machinery.undo(&tasks);
    }
}
