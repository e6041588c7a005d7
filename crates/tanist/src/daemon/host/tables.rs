//! Tables in nf_tables: what routers do without where the kernel cannot do it, and what others take away or change.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use host::{DropTable, DroppedAddress, Failure, Holder, Identity, Item, Op, Phase, Task};
use linux::clock;
use vrrp::time::Instant;
use vrrp::types::RouterId;

use super::HostThread;
use crate::ports::events::{Drift, HostFact};
use crate::ports::host::Dropping;

/// Time between two tries of what the kernel refused.
const RETRY: Duration = Duration::from_secs(30);

impl HostThread {
    /// What routers do without was done or refused, which is told once. Returns the other refusals.
    pub(super) fn done_without(
        &mut self,
        tasks: &[Task<Holder<RouterId>>],
        failures: Vec<Failure<Holder<RouterId>>>,
    ) -> Vec<Failure<Holder<RouterId>>> {
        let failures = self.routing_done(tasks, failures);
        let (optional, others): (Vec<_>, Vec<_>) = failures.into_iter().partition(|failure| failure.op.is_optional());
        let refused: HashSet<Identity> = optional.iter().map(|failure| failure.op.identity()).collect();
        for Task { holder, op } in tasks.iter().filter(|task| task.op.is_optional() && !task.op.is_routing()) {
            let identity = op.identity();
            if !refused.contains(&identity) && self.refused_options.remove(&identity) {
                self.machinery.granted(holder.router(), op);
                self.option_changed(*holder, op);
            }
        }
        for failure in optional {
            // An address whose table was refused is not told of.
            let is_told = failure.is_missing() && matches!(failure.op, Op::Add(Item::DroppedAddress(_)));
            if !is_told && self.refused_options.insert(failure.op.identity()) {
                self.option_changed(failure.holder, &failure.op);
                self.machinery.refused(failure.holder.router(), failure.into());
            }
        }
        others
    }

    /// What else a router needs depends on whether there is a table for its parent.
    fn option_changed(&mut self, holder: Holder<RouterId>, op: &Op) {
        if let (Some(id), Op::Add(Item::OwnerTable(_))) = (holder.router(), op) {
            self.work.attach.insert(id);
        }
    }

    /// Makes tables again that somebody took away or changed, as every reload of a firewall does that begins with `flush
    /// ruleset`; and tries now and then what the kernel refused.
    pub(super) fn remake_tables(&mut self, now: Instant) {
        // What a plan is about to remove is not made again.
        if !self.work.attach.is_empty() || !self.work.planned.is_empty() {
            return;
        }
        self.retry_options(now);
        let wanted = self.tables_and_contents(|is_refused| !is_refused);
        if wanted.is_empty() {
            return;
        }
        for item in self.machinery.machine.call(|it| it.lost_tables(&wanted)) {
            self.remake_table(item);
        }
    }

    /// What routers have of nf_tables, by whether it was refused.
    fn tables_and_contents(&self, is_asked: impl Fn(bool) -> bool) -> Vec<Item> {
        let item = |op: &Op| match op {
            Op::Add(item @ (Item::OwnerTable(_) | Item::DropTable(_) | Item::DroppedAddress(_))) => Some(item.clone()),
            Op::Add(_) | Op::Remove(_) | Op::Set(_) => None,
        };
        let done = self.machinery.ledger.done();
        done.filter(|op| is_asked(self.refused_options.contains(&op.identity()))).filter_map(item).collect()
    }

    fn retry_options(&mut self, now: Instant) {
        if self.refused_options.is_empty() || now < self.retry_options_at {
            return;
        }
        self.retry_options_at = now + RETRY;
        for item in self.tables_and_contents(|is_refused| is_refused) {
            self.make(item);
        }
    }

    fn remake_table(&mut self, item: Item) {
        match &item {
            Item::OwnerTable(table) => {
                let Some(id) = self.machinery.owners.of_vmac(table.vmac) else { return };
                if !self.may_repair(id, Drift::OwnerTable { link: table.parent_name.clone() }) {
                    return;
                }
            }
            Item::DropTable(_) => self.machinery.tell(None, HostFact::Repaired(Drift::DropTable)),
            Item::Link(_)
            | Item::Address(_)
            | Item::Membership(_)
            | Item::Route(_)
            | Item::IpRoute(_)
            | Item::IpRule(_)
            | Item::DroppedAddress(_) => return,
        }
        self.make(item);
    }

    /// Makes something, with what belongs in it.
    fn make(&mut self, item: Item) {
        let (holder, inside) = match &item {
            Item::OwnerTable(table) => {
                let owner = self.machinery.owners.of_vmac(table.vmac);
                (owner.map_or(Holder::Machine, Holder::Router), Vec::new())
            }
            Item::DropTable(table) => (Holder::Machine, self.dropped_in(*table)),
            Item::DroppedAddress(_)
            | Item::Link(_)
            | Item::Address(_)
            | Item::Membership(_)
            | Item::Route(_)
            | Item::IpRoute(_)
            | Item::IpRule(_) => (Holder::Machine, Vec::new()),
        };
        let ops = std::iter::once(Op::Add(item)).chain(inside);
        let tasks: Vec<_> = ops.map(|op| Task::new(holder, op)).collect();
        let failures = self.machinery.apply(&tasks);
        drop(self.done_without(&tasks, failures));
    }

    fn dropped_in(&self, table: DropTable) -> Vec<Op> {
        let is_in_it = |op: &&Op| matches!(op, Op::Add(Item::DroppedAddress(address)) if address.table == table);
        self.machinery.ledger.done().filter(is_in_it).cloned().collect()
    }

    /// From now on packets are dropped at this place among other chains: in another table, for a chain keeps its place.
    pub(super) fn drop_at(&mut self, priority: i32) {
        if self.drop_table.priority != priority {
            self.drop_table = DropTable { number: clock::now().nanos(), priority };
        }
    }

    /// What becomes of packets to the addresses of these routers: of those that are masters and accept none.
    pub(super) fn dropping(&mut self, routers: &[RouterId]) -> HashMap<RouterId, Dropping> {
        let dropped = |id: &RouterId| {
            let is_active = self.machinery.ledger.holds(Holder::Router(*id), Phase::Active);
            let footprint = &self.routers.get(id).filter(|_| is_active)?.attachment.as_ref()?.footprint;
            Some(footprint.dropped().map(|address| (*id, *address)).collect::<Vec<_>>())
        };
        let (ids, addresses): (Vec<RouterId>, Vec<DroppedAddress>) =
            routers.iter().filter_map(dropped).flatten().unzip();
        let Some(first) = addresses.first() else { return HashMap::new() };
        if self.refused_options.contains(&Identity::DropTable(first.table.number)) {
            return ids.into_iter().map(|id| (id, Dropping::Refused)).collect();
        }
        let packets = self.machinery.machine.call(|it| it.dropped_packets(&addresses));
        let mut sums = HashMap::new();
        for (id, packets) in ids.into_iter().zip(packets) {
            *sums.entry(id).or_insert(0) += packets;
        }
        sums.into_iter().map(|(id, packets)| (id, Dropping::Counted(packets))).collect()
    }
}
