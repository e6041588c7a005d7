//! Starting on a machine where a daemon was killed.

use std::collections::HashSet;

use host::{Company, Holder, Item, Kernel as _, Op, Record, Task, WantedVmac, left_links};
use vrrp::MacAddr;

use super::{HostThread, Who};
use crate::sim::node::machine::{Machine, PARENT};
use crate::sim::node::messages::Spec;

impl HostThread {
    /// Undoes what a killed daemon left. What the kernel refuses is tried again later.
    pub(in crate::sim) fn recover(&mut self, specs: &[Spec], machine: &mut Machine) {
        let record = machine.record().and_then(|bytes| Record::from_bytes(bytes).ok());
        let present = machine.memory().present();
        let recorded =
            record.as_ref().map_or_else(Vec::new, |record| record.recovery(&present, |key| machine.setting(key)));
        self.undo_left(recorded, machine);
        let wanted: HashSet<WantedVmac> = specs
            .iter()
            .map(|spec| WantedVmac { parent: PARENT, mac: MacAddr::virtual_router(spec.family, spec.vrid) })
            .collect();
        let links = left_links(&machine.memory().present(), record.as_ref(), &wanted, Company::Alone);
        self.undo_left(links.into_iter().map(|(link, _)| Op::Remove(Item::from(link))), machine);
    }

    fn undo_left(&mut self, ops: impl IntoIterator<Item = Op>, machine: &mut Machine) {
        let tasks: Vec<Task<Who>> = ops.into_iter().map(|op| Task::new(Holder::Machine, op)).collect();
        let failures = machine.apply(&tasks);
        self.ledger.take_over(failures);
    }
}
