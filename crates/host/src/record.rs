//! The ledger on disk: what a later start must undo if this process is killed.
//!
//! Written when the standing part of the ledger changes, never on a failover: addresses are recorded as soon as a
//! router *may* hold them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vrrp::types::IfIndex;

use crate::op::{Item, LinkAddress, Op, Setting, SettingKey};

/// Everything that a killed daemon may have left, and how to recognise that it is still the same machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Boot id of the kernel: after a reboot nothing is left.
    pub boot: String,
    /// Identity of the network namespace.
    pub network_namespace: u64,
    /// Names of the links that appear in `undo`, by index.
    pub links: BTreeMap<u32, String>,
    /// The operations that undo everything, in order.
    pub undo: Vec<Op>,
}

impl Record {
    /// The record of what is `done`, and of the addresses that may be added at any time.
    pub fn new<'a>(
        boot: String,
        network_namespace: u64,
        name: impl Fn(IfIndex) -> Option<String>,
        done: impl Iterator<Item = &'a Op>,
        addresses: impl Iterator<Item = &'a LinkAddress>,
    ) -> Self {
        let addresses = addresses.map(|address| Op::Remove(Item::Address(address.clone())));
        let standing = done.filter(|op| is_standing(op)).filter_map(Op::inverse);
        let mut undo: Vec<Op> = addresses.chain(standing).collect();
        undo.sort_by_key(rank);
        let links =
            undo.iter().filter_map(|op| link_of(op).and_then(|link| Some((link.value(), name(link)?)))).collect();
        Self { boot, network_namespace, links, undo }
    }

    /// What to undo on a machine whose links are known to `link` (name and alias by index) and whose settings `read`
    /// tells. Left alone is whatever is no longer what we made it: an index that now names another link, a setting
    /// that someone changed after us.
    pub fn recovery(
        &self,
        link: impl Fn(IfIndex) -> Option<(String, Option<String>)>,
        mut read: impl FnMut(SettingKey) -> Option<i32>,
    ) -> Vec<Op> {
        let same_link =
            |index: IfIndex| link(index).is_some_and(|(name, _)| self.links.get(&index.value()) == Some(&name));
        let applies = |op: &&Op| match op {
            Op::Remove(Item::Link(ours)) => {
                link(ours.index).is_some_and(|(_, alias)| alias.as_deref() == Some(ours.alias.as_str()))
            }
            Op::Remove(Item::Address(address)) => same_link(address.link),
            Op::Set(Setting { key, previous, .. }) => same_link(key.link) && read(*key) == *previous,
            Op::Remove(Item::Membership(_)) | Op::Add(_) => false,
        };
        self.undo.iter().filter(applies).cloned().collect()
    }
}

/// What stands between failovers; memberships end with the process that holds them.
const fn is_standing(op: &Op) -> bool {
    match op {
        Op::Add(Item::Link(_)) | Op::Set(Setting { previous: Some(_), .. }) => true,
        Op::Add(Item::Address(_) | Item::Membership(_)) | Op::Remove(_) | Op::Set(Setting { previous: None, .. }) => {
            false
        }
    }
}

/// Addresses go before the links that carry them, links before the settings that kept them quiet.
const fn rank(op: &Op) -> u8 {
    match op {
        Op::Remove(Item::Address(_)) => 0,
        Op::Remove(Item::Link(_)) => 1,
        Op::Remove(Item::Membership(_)) | Op::Add(_) | Op::Set(_) => 2,
    }
}

const fn link_of(op: &Op) -> Option<IfIndex> {
    match op {
        Op::Add(item) | Op::Remove(item) => match item {
            Item::Link(link) => Some(link.index),
            Item::Address(address) => Some(address.link),
            Item::Membership(member) => Some(member.link),
        },
        Op::Set(setting) => Some(setting.key.link),
    }
}
