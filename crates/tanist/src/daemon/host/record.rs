//! The record on disk: written before the machine is changed, read by a later start.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use host::{HostError, Item, Kernel as _, Op, Record};
use linux::{Machine, instance};
use vrrp::types::{IfIndex, RouterId};

use super::HostThread;
use super::links::Links;
use super::machinery::is_missing;
use super::managed::Managed;
use crate::ports::events::HostFact;

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("ledger.json")
}

impl HostThread {
    /// Writes what a later start must undo if this process is killed. What cannot be put on record is not done.
    pub(super) fn write_record(&mut self) {
        self.work.unrecorded = false;
        let (links, routers) = (&self.machinery.links, &self.routers);
        let name = |link: IfIndex| {
            let planned = || routers.values().filter_map(Managed::vmac).find(|vmac| vmac.index == link);
            links.get(link).map(|link| link.name.clone()).or_else(|| planned().map(|vmac| vmac.name.clone()))
        };
        let attachments = routers.values().filter_map(|managed| managed.attachment.as_ref());
        let addresses = attachments.flat_map(|attachment| attachment.footprint.addresses());
        let written = place().and_then(|(boot, namespace)| {
            let record = Record::new(boot, namespace, name, self.machinery.ledger.done(), addresses);
            if self.recorded.as_ref() == Some(&record) {
                return Ok(record);
            }
            replace(&path(&self.state_dir), &record).map(|()| record)
        });
        match written {
            Ok(record) => self.recorded = Some(record),
            Err(error) => self.refuse_additions(error),
        }
    }

    /// The record cannot be written: routers that would add a link to the machine are held down until it can.
    fn refuse_additions(&mut self, error: io::Error) {
        self.recorded = None;
        self.machinery.tell(None, HostFact::RecordUnwritten { path: path(&self.state_dir), error });
        let adds_link = |ops: &Vec<Op>| ops.iter().any(|op| matches!(op, Op::Add(Item::Link(_))));
        let refused: BTreeSet<RouterId> =
            self.work.planned.iter().filter(|(_, ops)| adds_link(ops)).map(|(id, _)| *id).collect();
        for id in &refused {
            if let Some(ops) = self.work.planned.get_mut(id) {
                ops.retain(|op| matches!(op, Op::Remove(_)));
            }
        }
        self.detach(&refused.iter().copied().collect::<Vec<_>>());
        self.hold_down(&refused);
        refused.iter().for_each(|id| self.report_parent(*id));
    }

    /// Everything is undone: nothing to recover.
    pub(super) fn forget_record(&self) {
        // A record that stays is harmless: nothing in it applies any more.
        fs::remove_file(path(&self.state_dir)).ok();
    }
}

/// Makes sure that a record can be written: a daemon that could not clean up after itself does not start.
///
/// # Errors
/// What the file system says.
pub(crate) fn reserve(state_dir: &Path) -> io::Result<()> {
    /// Room for the record of a few dozen routers.
    const ROOM: usize = 64 << 10;
    let probe = path(state_dir).with_extension("new");
    let written = fs::write(&probe, vec![b' '; ROOM]);
    fs::remove_file(&probe).ok();
    written
}

/// Undoes what a killed daemon left on this machine. Returns one line per thing undone.
///
/// # Errors
/// If the kernel does not let us look.
pub(crate) fn recover(state_dir: &Path, machine: &mut Machine) -> Result<Vec<String>, HostError> {
    let Some(record) = read(&path(state_dir)) else { return Ok(Vec::new()) };
    if !place().is_ok_and(|place| place == (record.boot.clone(), record.network_namespace)) {
        return Ok(Vec::new());
    }
    let links = Links::read(machine)?;
    let known = |index| links.get(index).map(|link| (link.name.clone(), link.alias.clone()));
    let ops = record.recovery(known, |key| machine.read(key).ok());
    let failures = machine.apply(&ops);
    let failed = |position| failures.iter().find(|failure| failure.position == position);
    Ok(ops
        .iter()
        .enumerate()
        .filter_map(|(position, op)| match failed(position) {
            None => Some(format!("left by a daemon that was killed: {}", links.in_words(&op.to_string()))),
            Some(failure) if is_missing(failure) => None,
            Some(failure) => Some(format!("left by a daemon that was killed: {}", failure.error)),
        })
        .collect())
}

/// This boot and this network namespace: a record of another one says nothing about this machine.
fn place() -> io::Result<(String, u64)> {
    Ok((instance::boot_id()?, instance::netns_inode()?))
}

fn read(path: &Path) -> Option<Record> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn replace(path: &Path, record: &Record) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, serde_json::to_vec(record)?)?;
    fs::rename(new, path)
}
