//! Tables in nf_tables: what routers do without where the kernel cannot do it, and what others take away.

use std::collections::HashMap;

use host::{DroppedAddress, Failure, Holder, Item, Op, Phase, Task};
use vrrp::types::RouterId;

use super::HostThread;
use crate::ports::events::{Drift, HostFact};

impl HostThread {
    /// What routers do without was done or refused, which is told once. Returns the other refusals.
    pub(super) fn done_without(
        &mut self,
        tasks: &[Task<Holder<RouterId>>],
        failures: Vec<Failure<Holder<RouterId>>>,
    ) -> Vec<Failure<Holder<RouterId>>> {
        let failures = self.routing_done(tasks, failures);
        let (optional, others): (Vec<_>, Vec<_>) = failures.into_iter().partition(|failure| failure.op.is_optional());
        for op in tasks.iter().map(|task| &task.op).filter(|op| op.is_optional() && !op.is_routing()) {
            if !optional.iter().any(|failure| failure.op == *op) {
                self.refused_options.remove(&op.identity());
            }
        }
        for failure in optional {
            // An address whose table was refused is not told of.
            let is_told = failure.is_missing() && matches!(failure.op, Op::Add(Item::DroppedAddress(_)));
            if !is_told && self.refused_options.insert(failure.op.identity()) {
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
            Op::Add(item @ (Item::OwnerArp(_) | Item::DropTable(_))) => Some(item.clone()),
            Op::Add(_) | Op::Remove(_) | Op::Set(_) => None,
        };
        let is_done = |op: &&Op| !self.refused_options.contains(&op.identity());
        let wanted: Vec<Item> = self.machinery.ledger.done().filter(is_done).filter_map(table).collect();
        if wanted.is_empty() {
            return;
        }
        for item in self.machinery.machine.call(|it| it.lost_tables(&wanted)) {
            self.remake_table(item);
        }
    }

    fn remake_table(&mut self, item: Item) {
        let (holder, inside) = match &item {
            Item::OwnerArp(table) => {
                let Some(id) = self.machinery.owners.of_vmac(table.vmac) else { return };
                if !self.may_repair(id, Drift::OwnerTable { link: table.parent_name.clone() }) {
                    return;
                }
                (Holder::Router(id), Vec::new())
            }
            Item::DropTable(_) => {
                self.machinery.tell(None, HostFact::Repaired(Drift::DropTable));
                let is_in_it = |op: &&Op| matches!(op, Op::Add(Item::DroppedAddress(_)));
                (Holder::Machine, self.machinery.ledger.done().filter(is_in_it).cloned().collect())
            }
            Item::Link(_)
            | Item::Address(_)
            | Item::Membership(_)
            | Item::Route(_)
            | Item::IpRoute(_)
            | Item::IpRule(_)
            | Item::DroppedAddress(_) => return,
        };
        let tasks: Vec<_> =
            [vec![Op::Add(item)], inside].concat().into_iter().map(|op| Task::new(holder, op)).collect();
        let failures = self.machinery.apply(&tasks);
        drop(self.done_without(&tasks, failures));
    }

    /// How many packets to the addresses of these routers were dropped since they became masters: of those that drop any.
    pub(super) fn dropped_packets(&mut self, routers: &[RouterId]) -> HashMap<RouterId, u64> {
        let dropped = |id: &RouterId| {
            let is_active = self.machinery.ledger.holds(Holder::Router(*id), Phase::Active);
            let footprint = &self.routers.get(id).filter(|_| is_active)?.attachment.as_ref()?.footprint;
            Some(footprint.dropped().map(|address| (*id, *address)).collect::<Vec<_>>())
        };
        let (ids, addresses): (Vec<RouterId>, Vec<DroppedAddress>) =
            routers.iter().filter_map(dropped).flatten().unzip();
        if addresses.is_empty() {
            return HashMap::new();
        }
        let packets = self.machinery.machine.call(|it| it.dropped_packets(&addresses));
        let mut sums = HashMap::new();
        for (id, packets) in ids.into_iter().zip(packets) {
            *sums.entry(id).or_insert(0) += packets;
        }
        sums
    }
}
