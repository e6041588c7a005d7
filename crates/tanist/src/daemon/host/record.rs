//! The record on disk: written before the machine is changed, read by a later start.

use std::collections::BTreeSet;
use std::io;

use host::{Duty, Exchange, Item, Op, Record};
use vrrp::types::{IfIndex, RouterId};

use super::HostThread;
use super::work::OnRecord;
use crate::ports::events::HostFact;
use crate::recovery::{RECORD, forget_record};

/// What stands on disk.
pub(super) enum Recorded {
    /// Nothing yet.
    Nothing,
    All(Record),
    /// It could not be written, which was told.
    Refused,
}

impl HostThread {
    /// Writes what a later start must undo if this process is killed. An interface that cannot be put on record is
    /// not made.
    pub(super) fn write_record(&mut self) {
        self.work.record = OnRecord::All;
        let (links, owners, routers) = (&self.machinery.links, &self.machinery.owners, &self.routers);
        let name = |link: IfIndex| {
            let planned = || routers.get(&owners.of_vmac(link)?)?.attachment.as_ref()?.vmac_at(link);
            links.get(link).map(|link| link.name.clone()).or_else(|| planned().map(|vmac| vmac.name.clone()))
        };
        let attachments = routers.values().filter_map(|managed| managed.attachment.as_ref());
        let possible = attachments.flat_map(|attachment| &attachment.footprint.active);
        let to_undo = self.machinery.ledger.to_undo(possible);
        let record = Record::new(self.place.clone(), name, to_undo);
        if matches!(&self.recorded, Recorded::All(recorded) if *recorded == record) {
            return;
        }
        // A disk may make us wait as the kernel does.
        match self.pulse.in_kernel(|| self.state_dir.replace(RECORD, &record.to_bytes())) {
            Ok(()) => self.recorded = Recorded::All(record),
            Err(error) => self.refuse_additions(error),
        }
    }

    /// What could not be written is written as soon as it can be: the machine was changed all the same.
    pub(super) fn retry_record(&mut self) {
        match self.recorded {
            Recorded::Refused => self.write_record(),
            Recorded::Nothing | Recorded::All(_) => {}
        }
    }

    /// Leaves for the guardian what takes a router's addresses away.
    pub(super) fn show_footprint(&mut self, id: RouterId) {
        let Some(attachment) = self.attachment(id) else { return self.footprints.clear(id) };
        if self.page.duty() == Duty::Off {
            // There is no guardian. A reload that brings one plans all routers anew.
            return;
        }
        let (links, active) = (&self.machinery.links, attachment.footprint.active.iter());
        let name = |link: IfIndex| {
            let planned = || attachment.vmac_at(link).map(|vmac| vmac.name.clone());
            links.get(link).map(|link| link.name.clone()).or_else(planned)
        };
        // Routes that have lost their source lead nowhere, and whose they are only the whole record shows.
        let undo = active.filter(|op| !op.is_routing()).filter_map(Op::inverse);
        let bytes = Record::new(self.place.clone(), name, undo).to_bytes();
        self.footprints.put(id, &bytes);
    }

    /// What a setting was given by somebody else is about to be overwritten: it must be on record first.
    pub(super) fn record_first(&mut self) {
        if self.machinery.ledger.take_unrecorded() {
            self.write_record();
        }
    }

    /// The record cannot be written: routers that would add a link to the machine are held down until it can.
    fn refuse_additions(&mut self, error: io::Error) {
        match std::mem::replace(&mut self.recorded, Recorded::Refused) {
            Recorded::Nothing | Recorded::All(_) => {
                self.machinery.tell(None, HostFact::RecordUnwritten { file: RECORD, error });
            }
            // It was told.
            Recorded::Refused => {}
        }
        self.refuse_unrecorded_statics();
        let adds_link = |plan: &Exchange<_>| plan.redo.iter().any(|task| matches!(task.op, Op::Add(Item::Link(_))));
        let refused: BTreeSet<RouterId> =
            self.work.planned.iter().filter(|(_, plan)| adds_link(plan)).map(|(id, _)| *id).collect();
        for id in &refused {
            if let Some(plan) = self.work.planned.get_mut(id) {
                plan.redo.clear();
            }
        }
        self.detach(&refused.iter().copied().collect::<Vec<_>>());
        self.hold_down(&refused);
        refused.iter().for_each(|id| self.report_parent(*id));
    }

    /// Everything is undone: nothing to recover.
    pub(super) fn forget_record(&self) {
        forget_record(&self.state_dir);
    }
}
