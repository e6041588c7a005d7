//! What is done and not undone. Nothing reaches the kernel that is not first in the ledger.
//!
//! Several routers may need the same thing (a setting of their parent, the membership of the group): it is done for the
//! first and undone after the last. Each router holds things in phases, which it enters and leaves as a whole.

use std::collections::HashMap;

use vrrp::types::{Family, IfIndex};

use crate::footprint::Footprint;
use crate::op::{Item, LinkAddress, Op, Setting, SettingKey};

/// The phases of a router's footprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// [`Footprint::standing`].
    Standing,
    /// [`Footprint::up`].
    Up,
    /// [`Footprint::active`].
    Active,
    /// [`Footprint::quiet`].
    Quiet,
}

impl Phase {
    /// In the order in which they are undone.
    pub const TEAR_DOWN: [Self; 4] = [Self::Active, Self::Quiet, Self::Up, Self::Standing];

    /// The operations of this phase.
    #[must_use]
    pub fn of(self, footprint: &Footprint) -> &[Op] {
        match self {
            Self::Standing => &footprint.standing,
            Self::Up => &footprint.up,
            Self::Active => &footprint.active,
            Self::Quiet => &footprint.quiet,
        }
    }
}

/// Who holds something: `H` names a router.
type Holder<H> = (H, Phase);

/// The ledger. `H` is whatever names a router.
#[derive(Debug)]
pub struct Ledger<H> {
    entries: HashMap<Key, Entry<H>>,
    held: HashMap<Holder<H>, Vec<Key>>,
}

/// One thing done.
#[derive(Debug)]
struct Entry<H> {
    op: Op,
    holders: Vec<Holder<H>>,
}

/// What an operation is about: two operations with one key are the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Link(IfIndex),
    Address(IfIndex, std::net::IpAddr, u8),
    Membership(IfIndex, Family),
    Setting(SettingKey, Owner),
}

/// A setting that goes with its link may be changed again by a later phase: those are entries of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Owner {
    WithLink,
    Restored,
}

impl<H> Default for Ledger<H> {
    fn default() -> Self {
        Self { entries: HashMap::new(), held: HashMap::new() }
    }
}

impl<H: Copy + Eq + std::hash::Hash> Ledger<H> {
    /// Enters a phase: returns the operations to carry out, those that nobody has done yet, with the values to restore
    /// taken from `read`. A setting that cannot be read is left alone. Entering a phase twice changes nothing.
    pub fn enter(
        &mut self,
        router: H,
        phase: Phase,
        footprint: &Footprint,
        mut read: impl FnMut(SettingKey) -> Option<i32>,
    ) -> Vec<Op> {
        if self.held.contains_key(&(router, phase)) {
            return Vec::new();
        }
        let mut todo = Vec::new();
        let mut keys = Vec::new();
        for op in phase.of(footprint) {
            let key = Key::of(op);
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.holders.push((router, phase));
            } else {
                let Some(op) = with_previous(op, &mut read) else { continue };
                self.entries.insert(key, Entry { op: op.clone(), holders: vec![(router, phase)] });
                todo.push(op);
            }
            keys.push(key);
        }
        self.held.insert((router, phase), keys);
        todo
    }

    /// Leaves a phase: returns what is to be undone, last done first. What others hold stays.
    pub fn leave(&mut self, router: H, phase: Phase) -> Vec<Op> {
        let keys = self.held.remove(&(router, phase)).unwrap_or_default();
        keys.into_iter().rev().filter_map(|key| self.let_go(key, (router, phase))).collect()
    }

    /// Leaves a phase without undoing it: its link is about to be removed, and all of it goes with the link.
    pub fn forget(&mut self, router: H, phase: Phase) {
        drop(self.leave(router, phase));
    }

    /// Whether the router is in this phase.
    #[must_use]
    pub fn holds(&self, router: H, phase: Phase) -> bool {
        self.held.contains_key(&(router, phase))
    }

    /// Exchanges the operations of a phase that the router is in: undoes what is no longer wanted, then does what is
    /// new; what stays is not touched. Returns both lists.
    pub fn exchange(
        &mut self,
        router: H,
        phase: Phase,
        footprint: &Footprint,
        read: impl FnMut(SettingKey) -> Option<i32>,
    ) -> (Vec<Op>, Vec<Op>) {
        let Some(old) = self.held.remove(&(router, phase)) else { return (Vec::new(), Vec::new()) };
        let wanted: HashMap<Key, &Op> = phase.of(footprint).iter().map(|op| (Key::of(op), op)).collect();
        let stays = |key: &Key, ledger: &Self| {
            wanted.get(key).is_some_and(|op| ledger.entries.get(key).is_some_and(|entry| same(&entry.op, op)))
        };
        let (mut undo, mut renew) = (Vec::new(), Vec::new());
        for key in old.into_iter().rev() {
            if let Some(op) = wanted.get(&key).filter(|op| self.renews(&key, op)) {
                renew.push((*op).clone());
                if let Some(entry) = self.entries.get_mut(&key) {
                    entry.op = (*op).clone();
                    entry.holders.retain(|holder| *holder != (router, phase));
                }
            } else if stays(&key, self) {
                if let Some(entry) = self.entries.get_mut(&key) {
                    entry.holders.retain(|holder| *holder != (router, phase));
                }
            } else {
                undo.extend(self.let_go(key, (router, phase)));
            }
        }
        let mut redo = self.enter(router, phase, footprint, read);
        redo.extend(renew);
        (undo, redo)
    }

    /// Whether `wanted` differs from what is done only in what adding an address again replaces: its lifetime.
    fn renews(&self, key: &Key, wanted: &Op) -> bool {
        match (self.entries.get(key).map(|entry| &entry.op), wanted) {
            (Some(Op::Add(Item::Address(done))), Op::Add(Item::Address(wanted))) => {
                done != wanted && LinkAddress { lifetime: wanted.lifetime, ..done.clone() } == *wanted
            }
            _ => false,
        }
    }

    /// Forgets everything on a link that is gone: there is nothing to undo any more. Phases stay entered for what is
    /// elsewhere; a router whose own link is gone leaves and enters again.
    pub fn link_gone(&mut self, link: IfIndex) {
        self.entries.retain(|key, _| key.link() != link);
        for keys in self.held.values_mut() {
            keys.retain(|key| key.link() != link);
        }
    }

    /// Everything that is done: for drift checks and the record on disk.
    pub fn done(&self) -> impl Iterator<Item = &Op> {
        self.entries.values().map(|entry| &entry.op)
    }

    /// Whether `address` on `link` is held by a router, so that it must be put back when it vanishes.
    #[must_use]
    pub fn address(&self, link: IfIndex, address: std::net::IpAddr, prefix_len: u8) -> Option<&Op> {
        self.entries.get(&Key::Address(link, address, prefix_len)).map(|entry| &entry.op)
    }

    fn let_go(&mut self, key: Key, holder: Holder<H>) -> Option<Op> {
        let entry = self.entries.get_mut(&key)?;
        entry.holders.retain(|other| *other != holder);
        if !entry.holders.is_empty() {
            return None;
        }
        self.entries.remove(&key).and_then(|entry| entry.op.inverse())
    }
}

/// The operation with the value to restore filled in; `None` if that cannot be read.
fn with_previous(op: &Op, read: &mut impl FnMut(SettingKey) -> Option<i32>) -> Option<Op> {
    match op {
        Op::Set(setting @ Setting { previous: Some(Setting::UNREAD), .. }) => {
            Some(Op::Set(Setting { previous: Some(read(setting.key)?), ..*setting }))
        }
        Op::Set(_) | Op::Add(_) | Op::Remove(_) => Some(op.clone()),
    }
}

/// Whether two operations do the same, apart from the value to restore.
fn same(done: &Op, wanted: &Op) -> bool {
    match (done, wanted) {
        (Op::Set(done), Op::Set(wanted)) => done.key == wanted.key && done.value == wanted.value,
        (Op::Add(_) | Op::Remove(_) | Op::Set(_), _) => done == wanted,
    }
}

impl Key {
    const fn of(op: &Op) -> Self {
        match op {
            Op::Add(item) | Op::Remove(item) => match item {
                Item::Link(link) => Self::Link(link.index),
                Item::Address(a) => Self::Address(a.link, a.address, a.prefix_len),
                Item::Membership(member) => Self::Membership(member.link, member.family),
            },
            Op::Set(setting) => match setting.previous {
                None => Self::Setting(setting.key, Owner::WithLink),
                Some(_) => Self::Setting(setting.key, Owner::Restored),
            },
        }
    }

    const fn link(&self) -> IfIndex {
        match self {
            Self::Link(link) | Self::Address(link, _, _) | Self::Membership(link, _) => *link,
            Self::Setting(key, _) => key.link,
        }
    }
}

#[cfg(test)]
mod tests;
