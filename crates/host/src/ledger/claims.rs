//! Who has what: things and settings are claimed by holders, and end with the last claim.

use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::shared::SharedSetting;
use super::{Claim, Ledger};
use crate::kernel::Task;
use crate::op::{Identity, Layer, Op, Setting, SettingKey};

impl<H: Copy + Eq + Hash> Ledger<H> {
    /// Whether doing `op` changes in place what `claim` has.
    pub(super) fn is_renewed_by(&self, identity: Identity, claim: Claim<H>, op: &Op) -> bool {
        let is_shared = shared_key(identity).is_some();
        let had = self.things.get(&identity).and_then(|thing| thing.wanted_by(claim));
        is_shared || had.is_some_and(|had| had.is_renewed_by(op))
    }

    pub(super) fn unclaim(&mut self, identity: Identity, claim: Claim<H>) {
        if let Some(key) = shared_key(identity) {
            self.shared.get_mut(&key).into_iter().for_each(|shared| shared.unclaim(claim));
        } else {
            self.things.get_mut(&identity).into_iter().for_each(|thing| thing.unclaim(claim));
        }
    }

    /// Whether the setting can be read.
    pub(super) fn claim_shared(
        &mut self,
        setting: &Setting,
        claim: Claim<H>,
        read: &mut impl FnMut(SettingKey) -> Option<i32>,
    ) -> bool {
        let shared = match self.shared.entry(setting.key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => match read(setting.key) {
                Some(found) => new.insert(SharedSetting::new(found)),
                None => return false,
            },
        };
        shared.claim(claim, setting.value);
        true
    }

    /// What gives a setting the value that it must have now, if that is another than was ordered last.
    pub(super) fn order_shared(
        &mut self,
        key: SettingKey,
        read: &mut impl FnMut(SettingKey) -> Option<i32>,
    ) -> Option<Op> {
        let shared = self.shared.get_mut(&key)?;
        if shared.is_ordered() {
            return None;
        }
        self.is_off_record |= read(key).is_some_and(|found| shared.note(found));
        shared.order(key).map(Op::Set)
    }

    /// Ends claims; returns what undoes the things of which these were the last. Settings come once all are ended, so that
    /// each gets one value, and before what goes with this process anyway.
    pub(super) fn release(
        &mut self,
        claims: &[Claim<H>],
        read: &mut impl FnMut(SettingKey) -> Option<i32>,
    ) -> Vec<Task<H>> {
        let (mut tasks, mut settings) = (Vec::new(), Vec::new());
        for claim in claims {
            for identity in self.held.remove(claim).unwrap_or_default().into_iter().rev() {
                self.unclaim(identity, *claim);
                if let Some(key) = shared_key(identity) {
                    settings.push((claim.0, key));
                } else if let Some(op) = self.end_of_thing(identity) {
                    tasks.push(Task::new(claim.0, op));
                }
            }
        }
        let settings: Vec<Task<H>> = settings
            .into_iter()
            .filter_map(|(holder, key)| Some(Task::new(holder, self.end_of_setting(key, read)?)))
            .collect();
        in_order([settings, tasks].concat())
    }

    /// What undoes a thing, if nobody has it any more; else what makes it again as others want it, if that is otherwise.
    pub(super) fn end_of_thing(&mut self, identity: Identity) -> Option<Op> {
        let thing = self.things.get_mut(&identity)?;
        if thing.is_claimed() {
            return thing.give_back();
        }
        thing.undoing().or_else(|| self.forget_thing(identity))
    }

    /// What gives a setting the value that it must have now that there is one claim less.
    pub(super) fn end_of_setting(
        &mut self,
        key: SettingKey,
        read: &mut impl FnMut(SettingKey) -> Option<i32>,
    ) -> Option<Op> {
        let shared = self.shared.get(&key)?;
        let is_somebody_elses = !shared.is_claimed() && read(key).is_some_and(|found| !shared.is_ours(found));
        let op = if is_somebody_elses { None } else { self.order_shared(key, read) };
        op.or_else(|| self.forget_thing(Identity::Setting(key, Layer::Shared)))
    }

    /// What nobody has is forgotten: there is nothing to undo.
    pub(super) fn forget_thing(&mut self, identity: Identity) -> Option<Op> {
        if self.things.get(&identity).is_some_and(|thing| !thing.is_claimed()) {
            self.things.remove(&identity);
        }
        if let Identity::Setting(key, Layer::Shared | Layer::Switch) = identity
            && self.shared.get(&key).is_some_and(|shared| !shared.is_claimed())
        {
            self.shared.remove(&key);
        }
        None
    }
}

/// The setting of somebody else's link that an identity stands for.
pub(super) const fn shared_key(identity: Identity) -> Option<SettingKey> {
    if let Identity::Setting(key, Layer::Shared) = identity { Some(key) } else { None }
}

/// In the order of undoing, within a stage as they come.
pub(super) fn in_order<H>(mut tasks: Vec<Task<H>>) -> Vec<Task<H>> {
    tasks.sort_by_key(|task| task.op.stage());
    tasks
}
