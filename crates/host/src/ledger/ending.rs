//! What ends: with its link, or because nobody has it any more, undone or refused.

use std::hash::Hash;

use vrrp::types::IfIndex;

use super::Ledger;
use super::claims::{in_order, shared_key};
use super::shared::SharedSetting;
use super::thing::{End, Thing};
use crate::kernel::{Failure, Task};
use crate::op::{Identity, Op, Setting, SettingKey};

impl<H: Copy + Eq + Hash> Ledger<H> {
    /// Forgets everything on a link that is gone: the kernel has undone it. Returns what this process still holds of it
    /// and must let go, although the kernel may refuse. Phases stay entered for what is elsewhere; a holder whose own
    /// link is gone leaves and enters again.
    pub fn link_gone(&mut self, link: IfIndex) -> Vec<Task<H>> {
        let mut still_held = Vec::new();
        self.shared.retain(|key, _| key.link != link);
        for (_, thing) in self.things.extract_if(|_, thing| thing.op.touches(link)) {
            let undo = thing.op.inverse().filter(Op::ends_with_process);
            still_held.extend(thing.holder().zip(undo).map(|(holder, op)| Task::new(holder, op)));
        }
        let (things, shared) = (&self.things, &self.shared);
        let is_there = |identity: &Identity| {
            let is_shared = shared_key(*identity).is_some_and(|key| shared.contains_key(&key));
            is_shared || things.contains_key(identity)
        };
        self.held.values_mut().for_each(|identities| identities.retain(is_there));
        still_held
    }

    /// Takes note of how a batch went that undoes something: what the kernel refused is to be tried again, what is missing
    /// is as good as undone. Returns the refusals.
    pub fn undone(&mut self, tasks: &[Task<H>], failures: Vec<Failure<H>>) -> Vec<Failure<H>> {
        let (mut refused, mut failures) = (Vec::new(), failures.into_iter().peekable());
        for task in tasks {
            match failures.next_if(|failure| failure.op == task.op).filter(|failure| !failure.is_missing()) {
                Some(failure) => {
                    self.refused(&task.op);
                    refused.push(failure);
                }
                None => drop(self.forget_thing(task.op.identity())),
            }
        }
        refused
    }

    /// What an earlier daemon left, and was refused when it was to be undone at the start.
    pub fn take_over(&mut self, failures: Vec<Failure<H>>) {
        for failure in failures.into_iter().filter(|failure| !failure.is_missing()) {
            self.refused(&failure.op);
        }
    }

    /// What was refused and is still to be undone, to be tried again ([`Ledger::undone`] says how that went). What
    /// somebody has changed since is theirs.
    pub fn retries(&mut self, holder: H, mut read: impl FnMut(SettingKey) -> Option<i32>) -> Vec<Task<H>> {
        let things = self.things.values().filter(|thing| thing.end == End::Refused).filter_map(Thing::undoing);
        let mut ops: Vec<Op> = things.collect();
        self.shared.retain(|key, shared| {
            let op = shared.retry(*key, || read(*key));
            let stays = op.is_some() || !shared.is_refused();
            ops.extend(op.map(Op::Set));
            stays
        });
        in_order(ops.into_iter().map(|op| Task::new(holder, op)).collect())
    }

    /// Whether nothing was refused that is still to be undone.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        !self.things.values().any(|thing| thing.end == End::Refused)
            && !self.shared.values().any(SharedSetting::is_refused)
    }

    /// Before what was planned is carried out: drops what contradicts what holders have by now, and what would overwrite
    /// the value that somebody else has given a setting meanwhile, which is what it gets back in the end.
    pub fn bring_up_to_date(&mut self, tasks: &mut Vec<Task<H>>, mut read: impl FnMut(SettingKey) -> Option<i32>) {
        tasks.retain(|task| match &task.op {
            Op::Add(_) => self.held(task.op.identity()).is_some(),
            Op::Remove(_) => self.held(task.op.identity()).is_none(),
            Op::Set(setting) => self.is_due(setting, &mut read),
        });
    }

    fn is_due(&mut self, setting: &Setting, read: &mut impl FnMut(SettingKey) -> Option<i32>) -> bool {
        let Some(shared) = self.shared.get_mut(&setting.key) else { return true };
        let found = read(setting.key);
        self.is_off_record |= found.is_some_and(|found| shared.note(found));
        if !shared.is_claimed() && found.is_some_and(|found| !shared.is_ours(found)) {
            // It is somebody else's by now.
            self.shared.remove(&setting.key);
            return false;
        }
        shared.target() == setting.value
    }

    /// The kernel refused to undo something.
    fn refused(&mut self, op: &Op) {
        let identity = op.identity();
        let shared = match op {
            Op::Set(setting) => self.shared.get_mut(&setting.key),
            Op::Add(_) | Op::Remove(_) => None,
        };
        if let Some(shared) = shared {
            return shared.refused();
        }
        if let Some(thing) = self.things.get_mut(&identity) {
            return thing.refused();
        }
        // What an earlier daemon left.
        match op {
            Op::Set(setting) => {
                self.shared.extend(SharedSetting::left(setting).map(|shared| (setting.key, shared)));
            }
            Op::Add(_) | Op::Remove(_) => {
                self.things.extend(op.inverse().map(|op| (identity, Thing::left(op))));
            }
        }
    }
}
