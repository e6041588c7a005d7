//! What is done and not undone. Nothing reaches the kernel that is not first in the ledger.
//!
//! Several holders may need the same thing (the membership of a group, a setting of their parent): it is done for the
//! first and undone after the last. Each holder has things in phases, which it enters and leaves as a whole. What nobody
//! has any more stays in the ledger until it is known to be undone ([`Ledger::undone`]): it is on record until then, and
//! is not done anew if somebody wants it again meanwhile.

mod claims;
mod ending;
mod handover;
mod known;
mod shared;
mod thing;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use serde::{Deserialize, Serialize};
use vrrp::types::IfIndex;

use crate::footprint::Footprint;
use crate::kernel::Task;
use crate::op::{Identity, Item, Op, Restore, SettingKey};
use shared::SharedSetting;
use thing::{Maker, Thing};

pub use handover::LedgerState;

/// The phases of a footprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    /// [`Footprint::standing`].
    Standing,
    /// [`Footprint::up`].
    Up,
    /// [`Footprint::draining`].
    Draining,
    /// [`Footprint::active`].
    Active,
}

impl Phase {
    /// In the order in which they are undone.
    pub const TEAR_DOWN: [Self; 4] = [Self::Active, Self::Draining, Self::Up, Self::Standing];

    /// The operations of this phase.
    #[must_use]
    pub fn of(self, footprint: &Footprint) -> &[Op] {
        match self {
            Self::Standing => &footprint.standing,
            Self::Up => &footprint.up,
            Self::Active => &footprint.active,
            Self::Draining => &footprint.draining,
        }
    }
}

/// Who has a thing, and in which phase.
type Claim<H> = (H, Phase);

/// The ledger. `H` names whom things are done for.
#[derive(Debug)]
pub struct Ledger<H> {
    things: HashMap<Identity, Thing<H>>,
    shared: HashMap<SettingKey, SharedSetting<H>>,
    held: HashMap<Claim<H>, Vec<Identity>>,
    /// See [`Ledger::take_unrecorded`].
    is_off_record: bool,
}

/// What to do to get from one footprint to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange<H> {
    /// First: what is no longer wanted is undone.
    pub undo: Vec<Task<H>>,
    /// Then: what is new, and what is changed in place, is done.
    pub redo: Vec<Task<H>>,
}

impl<H> Default for Ledger<H> {
    fn default() -> Self {
        Self { things: HashMap::new(), shared: HashMap::new(), held: HashMap::new(), is_off_record: false }
    }
}

/// Things that a router on a virtual MAC interface has, with some to spare.
const THINGS: usize = 10;

impl<H: Copy + Eq + Hash> Ledger<H> {
    /// Makes room for so many holders more, which are about to come.
    pub fn reserve(&mut self, holders: usize) {
        self.things.reserve(holders * THINGS);
        self.held.reserve(holders * Phase::TEAR_DOWN.len());
    }

    /// Moves a holder from the footprint it has to another: what is gone is undone and what is new is done, in an order in
    /// which no address waits for its link. Phases it is not in stay so, but for the standing one.
    pub fn move_to(
        &mut self,
        holder: H,
        footprint: &Footprint,
        mut read: impl FnMut(SettingKey) -> Option<i32>,
    ) -> Exchange<H> {
        let active = self.exchange(holder, Phase::Active, footprint, &mut read);
        let mut draining = self.exchange(holder, Phase::Draining, footprint, &mut read);
        let mut up = self.exchange(holder, Phase::Up, footprint, &mut read);
        let mut standing = self.exchange(holder, Phase::Standing, footprint, &mut read);
        standing.redo.extend(self.enter(holder, Phase::Standing, footprint, read));
        let removed: Vec<IfIndex> = standing.undo.iter().filter_map(|task| removed_link(&task.op)).collect();
        // What was done to a link goes with the link.
        for undo in [&mut draining.undo, &mut up.undo] {
            let (gone, kept) = undo.drain(..).partition(|task| removed.iter().any(|link| task.op.touches(*link)));
            *undo = kept;
            let gone: Vec<Task<H>> = gone;
            gone.iter().for_each(|task| drop(self.forget_thing(task.op.identity())));
        }
        Exchange {
            undo: [draining.undo, up.undo, active.undo, standing.undo].concat(),
            redo: [standing.redo, up.redo, draining.redo, active.redo].concat(),
        }
    }

    /// Undoes all that these holders have: addresses first, then links, then the rest. What was done to their links goes
    /// with the links.
    pub fn let_go(&mut self, holders: &[H], mut read: impl FnMut(SettingKey) -> Option<i32>) -> Vec<Task<H>> {
        let mut claims = Vec::new();
        for holder in holders {
            self.forget(*holder, Phase::Up);
            self.forget(*holder, Phase::Draining);
            claims.extend([(*holder, Phase::Active), (*holder, Phase::Standing)]);
        }
        self.release(&claims, &mut read)
    }

    /// Enters a phase: returns the operations to carry out, those that nobody has done yet. What settings of somebody
    /// else's link get back in the end is taken from `read`; one that cannot be read is left alone. Entering a phase twice
    /// changes nothing.
    pub fn enter(
        &mut self,
        holder: H,
        phase: Phase,
        footprint: &Footprint,
        mut read: impl FnMut(SettingKey) -> Option<i32>,
    ) -> Vec<Task<H>> {
        let claim = (holder, phase);
        if self.held.contains_key(&claim) {
            return Vec::new();
        }
        let (mut todo, mut identities) = (Vec::new(), Vec::new());
        for op in phase.of(footprint) {
            let identity = op.identity();
            match op {
                Op::Set(setting) if setting.restore == Restore::ToFound => {
                    if !self.claim_shared(setting, claim, &mut read) {
                        continue;
                    }
                    todo.extend(self.order_shared(setting.key, &mut read));
                }
                Op::Add(_) | Op::Remove(_) | Op::Set(_) => {
                    let is_done = match self.things.entry(identity) {
                        Entry::Occupied(known) => known.into_mut().claim(op, claim),
                        Entry::Vacant(new) => {
                            new.insert(Thing::new(op.clone(), claim));
                            false
                        }
                    };
                    if !is_done {
                        self.is_off_record |= op.is_routing();
                        todo.push(op.clone());
                    }
                }
            }
            identities.push(identity);
        }
        self.held.insert(claim, identities);
        todo.into_iter().map(|op| Task::new(holder, op)).collect()
    }

    /// Has the holder become Active: enters [`Phase::Up`] and [`Phase::Active`], and returns the operations to carry out. What
    /// could not be removed before is still in the ledger, and has little left of its lease, or nothing: it is done anew.
    pub fn become_active(
        &mut self,
        holder: H,
        footprint: &Footprint,
        mut read: impl FnMut(SettingKey) -> Option<i32>,
    ) -> Vec<Task<H>> {
        let is_active = self.holds(holder, Phase::Active);
        let mut tasks = self.enter(holder, Phase::Up, footprint, &mut read);
        tasks.extend(self.enter(holder, Phase::Active, footprint, read));
        if !is_active {
            let is_among = |op: &&Op| tasks.iter().any(|task| task.op.identity() == op.identity());
            let left: Vec<Op> = footprint.leased().filter(|op| !is_among(op)).cloned().collect();
            tasks.extend(left.into_iter().map(|op| Task::new(holder, op)));
        }
        tasks
    }

    /// Leaves a phase: returns what is to be undone, by stage, and within a stage last done first. What others hold
    /// stays, and so does a setting of somebody else's link whose value, which `read` returns, has changed since.
    pub fn leave(&mut self, holder: H, phase: Phase, mut read: impl FnMut(SettingKey) -> Option<i32>) -> Vec<Task<H>> {
        self.release(&[(holder, phase)], &mut read)
    }

    /// Leaves a phase without undoing it: its link is about to be removed, and all of it goes with the link.
    pub fn forget(&mut self, holder: H, phase: Phase) {
        for task in self.leave(holder, phase, |_| None) {
            self.forget_thing(task.op.identity());
        }
    }

    /// Whether the holder is in this phase.
    #[must_use]
    pub fn holds(&self, holder: H, phase: Phase) -> bool {
        self.held.contains_key(&(holder, phase))
    }

    /// Exchanges the operations of a phase that the holder is in; what stays is not touched.
    pub fn exchange(
        &mut self,
        holder: H,
        phase: Phase,
        footprint: &Footprint,
        mut read: impl FnMut(SettingKey) -> Option<i32>,
    ) -> Exchange<H> {
        let claim = (holder, phase);
        let Some(old) = self.held.get_mut(&claim).map(std::mem::take) else {
            return Exchange { undo: Vec::new(), redo: Vec::new() };
        };
        let wanted: HashMap<Identity, &Op> = phase.of(footprint).iter().map(|op| (op.identity(), op)).collect();
        let stays = |ledger: &Self, identity: &Identity| {
            wanted.get(identity).is_some_and(|op| ledger.is_renewed_by(*identity, claim, op))
        };
        let (kept, gone): (Vec<Identity>, Vec<Identity>) = old.into_iter().partition(|identity| stays(self, identity));
        self.held.insert(claim, gone);
        let undo = self.release(&[claim], &mut read);
        // They are claimed again at once.
        kept.into_iter().for_each(|identity| self.unclaim(identity, claim));
        Exchange { undo, redo: self.enter(holder, phase, footprint, read) }
    }

    /// What was to be made was there already, so somebody else made it: it stays when nobody here wants it any more. What an
    /// earlier daemon of ours left is ours.
    pub fn made_by_others(&mut self, identity: Identity) {
        if let Some(thing) = self.things.get_mut(&identity) {
            thing.maker = match thing.maker {
                Maker::Earlier => Maker::Us,
                Maker::Us | Maker::Others => Maker::Others,
            };
            self.is_off_record = true;
        }
    }

    /// What somebody else had made was gone, and was made again by us.
    pub fn made_by_us(&mut self, identity: Identity) {
        if let Some(thing) = self.things.get_mut(&identity)
            && thing.maker == Maker::Others
        {
            thing.maker = Maker::Us;
            self.is_off_record = true;
        }
    }

    /// Somebody else gave a setting that is kept here another value: that is what it gets in the end, for the last one
    /// who says something is right. (Two daemons on one parent: the first saves 0 and sets 1, the second finds 1; when
    /// the first stops it writes 0, which is now what the second restores.) Values of ours do not count.
    pub fn note_foreign_value(&mut self, key: SettingKey, found: i32) {
        if let Some(shared) = self.shared.get_mut(&key) {
            self.is_off_record |= shared.note(found);
        }
    }

    /// Whether anything was found out, or is about to be done, since this was asked last that changes what a later start
    /// must undo: a setting gets another value in the end, a route or rule is made, or one is
    /// somebody else's. It is to be put on record first.
    pub const fn take_unrecorded(&mut self) -> bool {
        std::mem::replace(&mut self.is_off_record, false)
    }
}

const fn removed_link(op: &Op) -> Option<IfIndex> {
    if let Op::Remove(Item::Link(link)) = op { Some(link.index) } else { None }
}

#[cfg(test)]
mod tests;
