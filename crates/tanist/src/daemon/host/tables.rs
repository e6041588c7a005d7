//! Tables in nf_tables: what routers do without where the kernel cannot do it, and what others take away.

use host::{Failure, Holder, Item, Op, OwnerArp, Task};
use vrrp::types::RouterId;

use super::HostThread;
use crate::ports::events::Drift;

impl HostThread {
    /// What routers do without was done or refused, which is told once. Returns the other refusals.
    pub(super) fn done_without(
        &mut self,
        tasks: &[Task<Holder<RouterId>>],
        failures: Vec<Failure<Holder<RouterId>>>,
    ) -> Vec<Failure<Holder<RouterId>>> {
        let (optional, others): (Vec<_>, Vec<_>) = failures.into_iter().partition(|failure| failure.op.is_optional());
        for op in tasks.iter().map(|task| &task.op).filter(|op| op.is_optional()) {
            if !optional.iter().any(|failure| failure.op == *op) {
                self.refused_options.remove(&op.identity());
            }
        }
        for failure in optional {
            if self.refused_options.insert(failure.op.identity()) {
                self.machinery.refused(failure.holder.router(), failure.into());
            }
        }
        others
    }

    /// Makes tables again that somebody took away, as every reload of a firewall does that begins with `flush ruleset`.
    pub(super) fn remake_tables(&mut self) {
        // What a plan is about to remove is not made again.
        if !self.work.attach.is_empty() || !self.work.planned.is_empty() {
            return;
        }
        let table = |op: &Op| match op {
            Op::Add(Item::OwnerArp(table)) if !self.refused_options.contains(&op.identity()) => Some(table.clone()),
            Op::Add(_) | Op::Remove(_) | Op::Set(_) => None,
        };
        let wanted: Vec<OwnerArp> = self.machinery.ledger.done().filter_map(table).collect();
        if wanted.is_empty() {
            return;
        }
        for table in self.machinery.machine.call(|it| it.lost_tables(&wanted)) {
            let Some(id) = self.machinery.owners.of_vmac(table.vmac) else { continue };
            if self.may_repair(id, Drift::Table { link: table.parent_name.clone() }) {
                let tasks = [Task::new(Holder::Router(id), Op::Add(Item::OwnerArp(table)))];
                let failures = self.machinery.apply(&tasks);
                drop(self.done_without(&tasks, failures));
            }
        }
    }
}
