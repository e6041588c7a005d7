//! The record on disk: written before the machine is changed, read by a later start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use host::{HostError, Kernel as _, Record};
use linux::{Machine, instance};
use vrrp::types::IfIndex;

use super::links::Links;
use super::{HostThread, is_missing};
use crate::ports::events::HostFact;

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("ledger.json")
}

impl HostThread {
    /// Writes what a later start must undo if this process is killed.
    pub(super) fn write_record(&self) {
        let name = |link: IfIndex| {
            let planned = self.routers.values().filter_map(|m| m.binding.as_ref()?.vmac.as_ref());
            let known = self.links.get(link).map(|link| link.name.clone());
            known.or_else(|| planned.into_iter().find(|vmac| vmac.index == link).map(|vmac| vmac.name.clone()))
        };
        let written = place().and_then(|(boot, namespace)| {
            let record = Record::new(boot, namespace, name, self.ledger.done(), self.virtual_addresses());
            replace(&path(&self.state_dir), &record)
        });
        if let Err(error) = written {
            self.tell_event(None, HostFact::RecordUnwritten { path: path(&self.state_dir), error });
        }
    }

    /// Everything is undone: nothing to recover.
    pub(super) fn forget_record(&self) {
        if self.unfinished.is_empty() {
            // A record that stays is harmless: nothing in it applies any more.
            fs::remove_file(path(&self.state_dir)).ok();
        }
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
