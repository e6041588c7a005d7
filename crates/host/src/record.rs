//! The ledger on disk: what a later start must undo if this process is killed.
//!
//! Written when the standing part of the ledger changes, never on a failover: what a router *may* put in is recorded
//! before it does.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use vrrp::types::IfIndex;

use crate::leftovers::Mark;
use crate::op::{Identity, Item, Op, SettingKey};
use crate::present::Present;

/// The form of the record that this program writes and reads. It goes up when an older program would misread the new
/// form, or this one the old.
const VERSION: u32 = 1;

/// Which machine a record speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Boot id of the kernel: after a reboot nothing is left.
    pub boot: String,
    /// Inode number of the network namespace.
    pub network_namespace: u64,
}

/// Everything that a killed daemon may have left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    version: u32,
    place: Place,
    /// Names of the links that appear in `undo`, by index.
    links: BTreeMap<u32, String>,
    /// What undoes everything, in order.
    undo: Vec<Op>,
}

/// Why the bytes of a record say nothing. Keep them aside: somebody may want to know what was left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Another version of this program wrote it.
    #[error("it is of version {found}, and this program reads version {VERSION}")]
    Version {
        /// The version it says.
        found: u32,
    },
    /// It is not what any version writes.
    #[error("it cannot be read: {0}")]
    Damaged(String),
}

impl Record {
    /// The record of what undoes everything ([`crate::Ledger::to_undo`]).
    pub fn new(place: Place, name: impl Fn(IfIndex) -> Option<String>, to_undo: impl Iterator<Item = Op>) -> Self {
        let mut seen = HashSet::new();
        // One setting may be there several times: it is brought back from whatever it shows of ours.
        let key = |op: &Op| match op {
            Op::Set(setting) => (op.identity(), Some((setting.value, setting.restore))),
            Op::Add(_) | Op::Remove(_) => (op.identity(), None),
        };
        let mut undo: Vec<Op> = to_undo.filter(|op| !op.ends_with_process() && seen.insert(key(op))).collect();
        undo.sort_by_key(|op| (op.stage(), op.identity()));
        let links = undo.iter().flat_map(|op| op.links());
        let links = links.filter_map(|link| Some((link.value(), name(*link)?))).collect();
        Self { version: VERSION, place, links, undo }
    }

    /// For the disk.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Numbers, text and lists: there is nothing that JSON could refuse.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// From the disk.
    ///
    /// # Errors
    /// If this program did not write it: say so, for what it speaks of stays on the machine.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        /// What every version has.
        #[derive(Deserialize)]
        struct Versioned {
            /// Before there were versions: 0.
            #[serde(default)]
            version: u32,
        }
        let damaged = |error: serde_json::Error| RecordError::Damaged(error.to_string());
        let Versioned { version: found } = serde_json::from_slice(bytes).map_err(damaged)?;
        if found != VERSION {
            return Err(RecordError::Version { found });
        }
        serde_json::from_slice(bytes).map_err(damaged)
    }

    /// Whether it speaks of this machine as it is booted now.
    #[must_use]
    pub fn is_of(&self, place: &Place) -> bool {
        self.place == *place
    }

    /// What to undo on `machine`, whose settings `read` returns. Left alone is whatever is no longer what we made: an index
    /// that now names another link, a setting that someone changed after us, an address that someone put back by hand.
    pub fn recovery(&self, machine: &Present, mut read: impl FnMut(SettingKey) -> Option<i32>) -> Vec<Op> {
        let has = |name: &str| machine.links().any(|link| link.name == name);
        // One that was renamed meanwhile is still it.
        let is_same = |index: IfIndex| {
            let recorded = self.links.get(&index.value()).zip(machine.link(index));
            recorded.is_some_and(|(name, link)| link.name == *name || !has(name))
        };
        let mut values = HashMap::new();
        let (mut left, mut ops): (Vec<&Op>, Vec<Op>) = (self.undo.iter().collect(), Vec::new());
        // What is switched back may bring to light what was found: that is brought back then.
        loop {
            let known = ops.len();
            left.retain(|op| {
                let mut present = |key| values.get(&key).copied().or_else(|| read(key));
                let applies = op.undoes_what_was_left(machine, &is_same, &mut present);
                if applies {
                    if let Op::Set(setting) = op {
                        values.insert(setting.key, setting.value);
                    }
                    ops.push((*op).clone());
                }
                !applies
            });
            if ops.len() == known {
                return ops;
            }
        }
    }

    /// What it speaks of.
    pub fn identities(&self) -> impl Iterator<Item = Identity> {
        self.undo.iter().map(Op::identity)
    }

    /// The recorded macvlans that are still there, each as what shows whose it is.
    pub(crate) fn marks<'a>(&'a self, machine: &'a Present) -> impl Iterator<Item = (IfIndex, Mark)> + 'a {
        self.undo.iter().filter_map(|op| match op {
            Op::Remove(Item::Link(link)) if link.is(machine.link(link.index)?) => Some((link.index, Mark::Recorded)),
            Op::Add(_) | Op::Remove(_) | Op::Set(_) => None,
        })
    }
}

#[cfg(test)]
mod tests;
