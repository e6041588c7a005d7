//! What a daemon that was killed has left on the machine, and how it is undone: by its next start, or by its guardian.

pub(crate) mod links;

use std::collections::HashSet;
use std::io;

use conf::model::Config;
use host::{
    Company, Describe as _, Failure, Holder, HostError, Item, Kernel as _, Mark, Op, OwnKind, Record, Task, WantedVmac,
    left_links,
};
use linux::state::{StateDir, StateError};
use linux::{Machine, instance};
use vrrp::types::RouterId;

pub(crate) use self::links::Links;

/// The record's name in the state directory.
pub(crate) const RECORD: &str = "ledger.json";

/// Everything is undone: nothing to recover.
pub(crate) fn forget_record(state_dir: &StateDir) {
    // A record that stays is harmless: nothing in it applies any more.
    state_dir.remove(RECORD).ok();
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

/// Undoes what a killed daemon left on this machine, and adds one line per thing undone to `lines`. Its links are known by the
/// record, by their alias or as one of `wanted`. Returns what the kernel refused to undo.
///
/// # Errors
/// If the kernel does not let us look.
pub(crate) fn take_leftovers_away(
    record: Option<Record>,
    machine: &mut Machine,
    wanted: &HashSet<WantedVmac>,
    company: Company,
    lines: &mut Vec<String>,
) -> Result<Vec<Failure<Holder<RouterId>>>, HostError> {
    let record = record.filter(|record| instance::place().is_ok_and(|place| record.is_of(&place)));
    let links = Links::read(machine)?;
    let present = links.present();
    let mut ops = record.as_ref().map_or_else(Vec::new, |it| it.recovery(&present, |key| machine.read(key).ok()));
    let left = left_links(&present, record.as_ref(), wanted, company);
    // Those of the record are in its recovery.
    let unrecorded = left.into_iter().filter(|(_, mark)| *mark != Mark::Recorded);
    ops.extend(unrecorded.map(|(link, _)| Op::Remove(Item::from(link))));
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
pub(crate) fn wanted_vmacs(config: &Config, links: &Links) -> HashSet<WantedVmac> {
    let places = config.routers.iter().flat_map(|router| router.vmac_places().into_iter().map(move |it| (router, it)));
    // An ipvlan has no MAC by which it could be known.
    let places = places.filter(|(router, place)| router.kind_at(place) == OwnKind::Macvlan);
    let wanted = places.filter_map(|(router, place)| {
        Some(WantedVmac { parent: links.named(&place.interface)?.index, mac: router.virtual_mac(&place) })
    });
    wanted.collect()
}
