//! The record on disk: written before the machine is changed, read by a later start.

use std::collections::{BTreeSet, HashSet};
use std::io;

use conf::model::Config;
use host::{
    Company, Describe as _, Exchange, Failure, Holder, HostError, Item, Kernel as _, Mark, Op, OwnKind, Record, Task,
    WantedVmac, left_links,
};
use linux::state::{StateDir, StateError};
use linux::{Machine, instance};
use vrrp::types::{IfIndex, RouterId};

use super::HostThread;
use super::links::Links;
use super::work::OnRecord;
use crate::ports::events::HostFact;

/// Its name in the state directory.
const RECORD: &str = "ledger.json";

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
        let written = instance::place().and_then(|place| {
            let record = Record::new(place, name, to_undo);
            if self.recorded.as_ref() == Some(&record) {
                return Ok(record);
            }
            // A disk may make us wait as the kernel does.
            self.pulse.in_kernel(|| self.state_dir.replace(RECORD, &record.to_bytes())).map(|()| record)
        });
        match written {
            Ok(record) => self.recorded = Some(record),
            Err(error) => self.refuse_additions(error),
        }
    }

    /// What a setting was given by somebody else is about to be overwritten: it must be on record first.
    pub(super) fn record_first(&mut self) {
        if self.machinery.ledger.take_unrecorded() {
            self.write_record();
        }
    }

    /// The record cannot be written: routers that would add a link to the machine are held down until it can.
    fn refuse_additions(&mut self, error: io::Error) {
        self.recorded = None;
        self.machinery.tell(None, HostFact::RecordUnwritten { file: RECORD, error });
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
        // A record that stays is harmless: nothing in it applies any more.
        self.state_dir.remove(RECORD).ok();
    }
}

/// Makes sure that a record can be written: a daemon that could not clean up after itself does not start.
///
/// # Errors
/// What the file system says.
pub(crate) fn reserve(state_dir: &StateDir) -> io::Result<()> {
    /// Room for the record of a few dozen routers.
    const ROOM: usize = 64 << 10;
    state_dir.reserve(RECORD, ROOM)
}

/// Reads what an earlier daemon wrote down. One that this program cannot read is kept aside, and why is added to `lines`.
///
/// # Errors
/// If somebody else may have written it.
pub(crate) fn read_record(state_dir: &StateDir, lines: &mut Vec<String>) -> Result<Option<Record>, StateError> {
    let Some(bytes) = state_dir.read(RECORD)? else { return Ok(None) };
    match Record::from_bytes(&bytes) {
        Ok(record) => Ok(Some(record)),
        Err(error) => {
            let kept = match state_dir.set_aside(RECORD) {
                Ok(name) => format!("it is kept as {name}"),
                Err(error) => format!("it cannot be kept aside: {error}"),
            };
            lines.push(format!(
                "the record {RECORD} of an earlier daemon is of no use: {error}; {kept}. Interfaces and addresses that \
                 bear our mark are removed; settings of other interfaces stay as they are: look at arp_ignore and \
                 arp_announce"
            ));
            Ok(None)
        }
    }
}

/// Undoes what a killed daemon left on this machine, and adds one line per thing undone to `lines`. Returns what the
/// kernel refused to undo.
///
/// # Errors
/// If the kernel does not let us look.
pub(crate) fn take_leftovers_away(
    record: Option<Record>,
    machine: &mut Machine,
    config: &Config,
    company: Company,
    lines: &mut Vec<String>,
) -> Result<Vec<Failure<Holder<RouterId>>>, HostError> {
    let record = record.filter(|record| instance::place().is_ok_and(|place| record.is_of(&place)));
    let links = Links::read(machine)?;
    let present = links.present();
    let mut ops = record.as_ref().map_or_else(Vec::new, |it| it.recovery(&present, |key| machine.read(key).ok()));
    let left = left_links(&present, record.as_ref(), &wanted_vmacs(config, &links), company);
    // Those of the record are in its recovery.
    let unrecorded = left.into_iter().filter(|(_, mark)| *mark != Mark::Recorded);
    ops.extend(unrecorded.map(|(link, _)| Op::Remove(Item::Link(link))));
    match company {
        Company::Alone => ops.extend(machine.left_tables().into_iter().map(Op::Remove)),
        Company::Others => {}
    }
    ops.sort_by_key(Op::stage);
    let tasks: Vec<Task<_>> = ops.into_iter().map(|op| Task::new(Holder::Machine, op)).collect();
    let failures = machine.apply(&tasks);
    let line = |task: &Task<_>| {
        let text = match failures.iter().find(|failure| failure.op == task.op) {
            None => task.op.named(&links).to_string(),
            Some(failure) if failure.is_missing() => return None,
            Some(failure) => HostError::from(failure.clone()).named(&links).to_string(),
        };
        Some(format!("undoing what a killed daemon left: {text}"))
    };
    lines.extend(tasks.iter().filter_map(line));
    Ok(failures)
}

/// The virtual MAC interfaces that the configuration asks for, on the parents that are there.
fn wanted_vmacs(config: &Config, links: &Links) -> HashSet<WantedVmac> {
    let places = config.routers.iter().flat_map(|router| router.vmac_places().into_iter().map(move |it| (router, it)));
    // An ipvlan has no MAC by which it could be known.
    let places = places.filter(|(router, place)| router.kind_at(place) == OwnKind::Macvlan);
    let wanted = places.filter_map(|(router, place)| {
        Some(WantedVmac { parent: links.named(&place.interface)?.index, mac: router.virtual_mac(&place) })
    });
    wanted.collect()
}
