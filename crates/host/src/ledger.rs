//! What is done and not undone. Nothing reaches the kernel that is not first in the ledger.
//!
//! Several holders may need the same thing (a setting of their parent, the membership of the group): it is done for the
//! first and undone after the last. Each holder has things in phases, which it enters and leaves as a whole. What the
//! kernel did not let us undo is still done: `unfinished` keeps it until it is undone or wanted again.

use std::collections::HashMap;
use std::hash::Hash;

use vrrp::types::IfIndex;

use crate::footprint::Footprint;
use crate::kernel::{Failure, Task};
use crate::op::{Identity, Item, Layer, Op, Restore, Setting, SettingKey, merge_values};

mod unfinished;

use unfinished::Unfinished;

/// The phases of a footprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// [`Footprint::standing`].
    Standing,
    /// [`Footprint::up`].
    Up,
    /// [`Footprint::active`].
    Active,
    /// [`Footprint::draining`].
    Draining,
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

/// The ledger. `H` names whom things are done for.
#[derive(Debug)]
pub struct Ledger<H> {
    entries: HashMap<Identity, Entry<H>>,
    held: HashMap<(H, Phase), Vec<Identity>>,
    unfinished: Unfinished<H>,
    /// See [`Ledger::take_other_restores`].
    has_other_restores: bool,
}

/// One thing done.
#[derive(Debug)]
struct Entry<H> {
    op: Op,
    claims: Vec<(H, Phase)>,
    /// Of a setting of somebody else's link: the value that was laid over it, which the machine may still show when that
    /// is undone.
    laid_over: Option<i32>,
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
        Self {
            entries: HashMap::new(),
            held: HashMap::new(),
            unfinished: Unfinished::default(),
            has_other_restores: false,
        }
    }
}

impl<H: Copy + Eq + Hash> Ledger<H> {
    /// Moves a holder from the footprint it has to another: what is gone is undone and what is new is done, in an order in
    /// which no address waits for its link. Phases it is not in stay so, but for the standing one.
    pub fn move_to(
        &mut self,
        holder: H,
        footprint: &Footprint,
        mut read: impl FnMut(SettingKey) -> Option<i32>,
    ) -> Exchange<H> {
        let active = self.exchange(holder, Phase::Active, footprint, &mut read);
        let mut up = self.exchange(holder, Phase::Up, footprint, &mut read);
        let mut standing = self.exchange(holder, Phase::Standing, footprint, &mut read);
        standing.redo.extend(self.enter(holder, Phase::Standing, footprint, read));
        if standing.undo.iter().any(|task| matches!(task.op, Op::Remove(Item::Link(_)))) {
            // What was done to the link goes with the link.
            self.forget(holder, Phase::Draining);
            up.undo.clear();
        }
        Exchange {
            undo: [up.undo, active.undo, standing.undo].concat(),
            redo: [standing.redo, up.redo, active.redo].concat(),
        }
    }

    /// Undoes all that these holders have: addresses first, then links, then the rest. What was done to their links goes
    /// with the links.
    pub fn let_go(&mut self, holders: &[H], mut read: impl FnMut(SettingKey) -> Option<i32>) -> Vec<Task<H>> {
        let mut tasks = Vec::new();
        for holder in holders {
            self.forget(*holder, Phase::Up);
            self.forget(*holder, Phase::Draining);
            tasks.extend(self.leave(*holder, Phase::Active, &mut read));
            tasks.extend(self.leave(*holder, Phase::Standing, &mut read));
        }
        in_order(tasks)
    }

    /// Enters a phase: returns the operations to carry out, those that nobody has done yet, with the values to restore
    /// taken from `read`. A setting that cannot be read is left alone. Entering a phase twice changes nothing.
    pub fn enter(
        &mut self,
        holder: H,
        phase: Phase,
        footprint: &Footprint,
        mut read: impl FnMut(SettingKey) -> Option<i32>,
    ) -> Vec<Task<H>> {
        if self.held.contains_key(&(holder, phase)) {
            return Vec::new();
        }
        let (mut todo, mut identities) = (Vec::new(), Vec::new());
        for op in phase.of(footprint) {
            let identity = op.identity();
            if let Some(entry) = self.entries.get_mut(&identity) {
                entry.claims.push((holder, phase));
            } else {
                // What is still to be undone need not be any more; a setting would have had that value.
                let pending = self.unfinished.take(op).map(|setting| setting.value);
                let Some(op) = with_found_value(op, |key| pending.or_else(|| read(key))) else { continue };
                self.note_switch(identity, &op, &mut read);
                let claims = vec![(holder, phase)];
                self.entries.insert(identity, Entry { op: op.clone(), claims, laid_over: None });
                todo.push(Task::new(holder, op));
            }
            identities.push(identity);
        }
        self.held.insert((holder, phase), identities);
        todo
    }

    /// Leaves a phase: returns what is to be undone, by stage, and within a stage last done first. What others hold
    /// stays, and so does a setting of somebody else's link whose value, which `read` returns, has changed since.
    pub fn leave(&mut self, holder: H, phase: Phase, mut read: impl FnMut(SettingKey) -> Option<i32>) -> Vec<Task<H>> {
        let identities = self.held.remove(&(holder, phase)).unwrap_or_default();
        let undo =
            identities.into_iter().rev().filter_map(|identity| self.release(identity, (holder, phase), &mut read));
        let tasks: Vec<Task<H>> = undo.map(|op| Task::new(holder, op)).collect();
        in_order(tasks)
    }

    /// Leaves a phase without undoing it: its link is about to be removed, and all of it goes with the link.
    pub fn forget(&mut self, holder: H, phase: Phase) {
        drop(self.leave(holder, phase, |_| None));
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
        let mut exchange = Exchange { undo: Vec::new(), redo: Vec::new() };
        let Some(old) = self.held.remove(&(holder, phase)) else { return exchange };
        let wanted: HashMap<Identity, &Op> = phase.of(footprint).iter().map(|op| (op.identity(), op)).collect();
        let mut renewed = Vec::new();
        for identity in old.into_iter().rev() {
            let Some(entry) = self.entries.get_mut(&identity) else { continue };
            let Some(op) = wanted.get(&identity).filter(|op| entry.op.is_renewed_by(op)) else {
                let undo = self.release(identity, (holder, phase), &mut read);
                exchange.undo.extend(undo.map(|op| Task::new(holder, op)));
                continue;
            };
            // It is claimed again below, and keeps the value to restore.
            entry.claims.retain(|claim| *claim != (holder, phase));
            if !does_the_same(&entry.op, op) {
                entry.op = changed_to(&entry.op, op);
                renewed.push(Task::new(holder, entry.op.clone()));
            }
        }
        exchange.undo = in_order(exchange.undo);
        exchange.redo = self.enter(holder, phase, footprint, read);
        exchange.redo.extend(renewed);
        exchange
    }

    /// Forgets everything on a link that is gone: the kernel has undone it. Returns what this process still holds of it
    /// and must let go, although the kernel may refuse. Phases stay entered for what is elsewhere; a holder whose own
    /// link is gone leaves and enters again.
    pub fn link_gone(&mut self, link: IfIndex) -> Vec<Task<H>> {
        let mut still_held = Vec::new();
        self.unfinished.link_gone(link);
        let gone = |_: &Identity, entry: &mut Entry<H>| entry.op.touches(link);
        for (identity, entry) in self.entries.extract_if(gone) {
            for claim in &entry.claims {
                if let Some(identities) = self.held.get_mut(claim) {
                    identities.retain(|held| *held != identity);
                }
            }
            let undo = entry.op.inverse().filter(Op::ends_with_process);
            still_held.extend(entry.claims.first().zip(undo).map(|((holder, _), op)| Task::new(*holder, op)));
        }
        still_held
    }

    /// Everything that holders have.
    pub fn done(&self) -> impl Iterator<Item = &Op> {
        self.entries.values().map(|entry| &entry.op)
    }

    /// What undoes everything that is done, also what `planned` has yet to undo, for the record on disk: only when it is
    /// carried out does it stop being done.
    pub fn to_undo<'a>(&'a self, planned: impl Iterator<Item = &'a Op>) -> impl Iterator<Item = Op> {
        let held = self.entries.values().filter_map(|entry| entry.op.inverse());
        held.chain(self.unfinished.ops().cloned()).chain(planned.cloned())
    }

    /// Whether a setting gets another value in the end than when this was asked last: to be put on record before the value
    /// that it has now is overwritten.
    pub const fn take_other_restores(&mut self) -> bool {
        std::mem::replace(&mut self.has_other_restores, false)
    }

    /// Takes note of how a batch went that undoes something: what the kernel refused is to be tried again, what is missing
    /// is as good as undone. Returns the refusals.
    pub fn undone(&mut self, failures: Vec<Failure<H>>) -> Vec<Failure<H>> {
        let refused: Vec<_> = failures.into_iter().filter(|failure| !failure.is_missing()).collect();
        for failure in &refused {
            if self.is_wanted(&failure.op) {
                self.unfinished.add(Task::new(failure.holder, failure.op.clone()));
            }
        }
        refused
    }

    /// What is still to be undone, to be tried again: what fails comes back by [`Ledger::undone`].
    pub fn take_unfinished(&mut self) -> Vec<Task<H>> {
        self.unfinished.take_all()
    }

    /// Whether all that was to be undone is.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.unfinished.is_empty()
    }

    /// Before what was planned is carried out: drops what is wanted otherwise by now (planned for one holder, and another
    /// has switched it since), and notes what somebody gave a setting meanwhile, which is what it gets back in the end.
    pub fn bring_up_to_date(&mut self, tasks: &mut Vec<Task<H>>, mut read: impl FnMut(SettingKey) -> Option<i32>) {
        tasks.retain(|task| self.is_wanted(&task.op));
        for task in tasks {
            let Op::Set(Setting { key, value, restore: Restore::To(before) }) = task.op else { continue };
            if let Some(found) = read(key).filter(|found| ![value, before].contains(found)) {
                self.note_foreign_value(key, found);
            }
        }
    }

    /// Whether this does not contradict what holders have.
    fn is_wanted(&self, op: &Op) -> bool {
        match op {
            Op::Add(_) => true,
            Op::Remove(_) => !self.entries.contains_key(&op.identity()),
            Op::Set(setting) => self.value(setting.key).is_none_or(|value| value == setting.value),
        }
    }

    /// What is held under this identity, so that it must be put back when it vanishes.
    #[must_use]
    pub fn held(&self, identity: Identity) -> Option<&Op> {
        self.entries.get(&identity).map(|entry| &entry.op)
    }

    /// The value that each setting must have now: to be compared with those of the machine.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let mut topmost: HashMap<SettingKey, (Layer, Setting)> = HashMap::new();
        for (identity, entry) in &self.entries {
            if let (Identity::Setting(key, layer), Op::Set(setting)) = (identity, &entry.op) {
                let known = topmost.entry(*key).or_insert((*layer, *setting));
                if known.0 < *layer {
                    *known = (*layer, *setting);
                }
            }
        }
        topmost.into_values().map(|(_, setting)| setting).collect()
    }

    /// Somebody else gave a setting that is kept here another value: that is what it gets in the end, for the last one
    /// who says something is right. (Two daemons on one parent: the first saves 0 and sets 1, the second finds 1; when
    /// the first stops it writes 0, which is now what the second restores.)
    pub fn note_foreign_value(&mut self, key: SettingKey, found: i32) {
        // Our own values may be found as well: one that was switched and could not be switched back, or that was set for
        // one router after another had switched it.
        if let Some(Entry { op: Op::Set(setting), laid_over, .. }) =
            self.entries.get_mut(&Identity::Setting(key, Layer::Shared))
            && setting.value != found
            && *laid_over != Some(found)
        {
            self.has_other_restores |= setting.restore != Restore::To(found);
            setting.restore = Restore::To(found);
        }
    }

    /// The value that a setting must have now.
    fn value(&self, key: SettingKey) -> Option<i32> {
        [Layer::Switch, Layer::Shared, Layer::Base].into_iter().find_map(|layer| self.value_in(key, layer))
    }

    fn value_in(&self, key: SettingKey, layer: Layer) -> Option<i32> {
        match &self.entries.get(&Identity::Setting(key, layer))?.op {
            Op::Set(setting) => Some(setting.value),
            Op::Add(_) | Op::Remove(_) => None,
        }
    }

    /// A setting that is shared is switched to another value for a while. What somebody else gave it since it was set
    /// would be lost with that.
    fn note_switch(&mut self, identity: Identity, op: &Op, read: &mut impl FnMut(SettingKey) -> Option<i32>) {
        let (Identity::Setting(key, Layer::Switch), Op::Set(setting)) = (identity, op) else { return };
        let is_shared = self.value_in(key, Layer::Shared).is_some();
        if let Some(found) = is_shared.then(|| read(key)).flatten() {
            self.note_foreign_value(key, found);
        }
        if let Some(shared) = self.entries.get_mut(&Identity::Setting(key, Layer::Shared)) {
            shared.laid_over = Some(setting.value);
        }
    }

    /// Ends a claim; returns what undoes the thing if that was the last.
    fn release(
        &mut self,
        identity: Identity,
        claim: (H, Phase),
        read: &mut impl FnMut(SettingKey) -> Option<i32>,
    ) -> Option<Op> {
        let entry = self.entries.get_mut(&identity)?;
        entry.claims.retain(|other| *other != claim);
        if !entry.claims.is_empty() {
            return None;
        }
        let Entry { op, laid_over, .. } = self.entries.remove(&identity)?;
        let pending = self.unfinished.take(&op);
        let is_ours =
            |found: i32, other: Option<i32>| matches!(&op, Op::Set(it) if it.value == found) || other == Some(found);
        let changed_since = match identity {
            Identity::Setting(key, Layer::Shared) => read(key).is_some_and(|found| !is_ours(found, laid_over)),
            // One that is switched on a link of ours is switched back in any case.
            Identity::Setting(key, Layer::Switch) => self
                .value_in(key, Layer::Shared)
                .is_some_and(|shared| read(key).is_some_and(|found| !is_ours(found, Some(shared)))),
            Identity::Setting(_, Layer::Base)
            | Identity::Link(_)
            | Identity::Address(..)
            | Identity::Membership(..)
            | Identity::Route(..) => false,
        };
        let mut undo = op.inverse().filter(|_| !changed_since);
        if let (Some(Op::Set(undo)), Some(pending)) = (&mut undo, pending) {
            // The machine still has the value that was to be replaced before.
            undo.restore = pending.restore;
        }
        undo
    }
}

/// In the order of undoing, within a stage as they come.
fn in_order<H>(mut tasks: Vec<Task<H>>) -> Vec<Task<H>> {
    tasks.sort_by_key(|task| task.op.stage());
    merge_values(tasks, |task| &mut task.op)
}

/// The operation with the value to restore filled in; `None` if that cannot be read.
fn with_found_value(op: &Op, read: impl FnOnce(SettingKey) -> Option<i32>) -> Option<Op> {
    match op {
        Op::Set(setting) => match setting.restore {
            Restore::ToFound => Some(Op::Set(Setting { restore: Restore::To(read(setting.key)?), ..*setting })),
            Restore::WithLink | Restore::To(_) => Some(op.clone()),
        },
        Op::Add(_) | Op::Remove(_) => Some(op.clone()),
    }
}

/// Whether two operations of one identity do the same, apart from the value to restore.
fn does_the_same(done: &Op, wanted: &Op) -> bool {
    match (done, wanted) {
        (Op::Set(done), Op::Set(wanted)) => done.value == wanted.value,
        (Op::Add(_) | Op::Remove(_) | Op::Set(_), _) => done == wanted,
    }
}

/// What is `wanted`, with the value to restore of what is `done`.
fn changed_to(done: &Op, wanted: &Op) -> Op {
    match (done, wanted) {
        (Op::Set(done), Op::Set(wanted)) => Op::Set(Setting { value: wanted.value, ..*done }),
        (Op::Add(_) | Op::Remove(_) | Op::Set(_), _) => wanted.clone(),
    }
}

#[cfg(test)]
mod tests;
