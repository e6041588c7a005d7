//! What can be asked.

use std::collections::HashMap;
use std::hash::Hash;

use vrrp::types::IfIndex;

use super::Ledger;
use super::thing::{Maker, Thing};
use crate::op::{Identity, Layer, Op, Restore, Setting, SettingKey};

impl<H: Copy + Eq + Hash> Ledger<H> {
    /// Everything that holders have on the machine, but for settings of somebody else's links.
    pub fn done(&self) -> impl Iterator<Item = &Op> {
        self.things.values().filter(|thing| thing.is_claimed()).map(|thing| &thing.op)
    }

    /// What is held under this identity, so that it must be put back when it vanishes.
    #[must_use]
    pub fn held(&self, identity: Identity) -> Option<&Op> {
        self.things.get(&identity).filter(|thing| thing.is_claimed()).map(|thing| &thing.op)
    }

    /// Whether it is there as wanted, and somebody else's.
    #[must_use]
    pub fn is_made_by_others(&self, identity: Identity) -> bool {
        self.things.get(&identity).is_some_and(|thing| thing.maker == Maker::Others)
    }

    /// Whether this was done and is not known to be undone, whoever has it.
    #[must_use]
    pub fn has(&self, identity: Identity) -> bool {
        self.things.contains_key(&identity)
    }

    /// The value that each setting of these links must have now: to be compared with those of the machine.
    #[must_use]
    pub fn settings(&self, is_asked: impl Fn(IfIndex) -> bool) -> Vec<Setting> {
        let mut topmost: HashMap<SettingKey, (Layer, Setting)> = HashMap::new();
        for (identity, thing) in &self.things {
            if let (Identity::Setting(key, layer), Op::Set(setting)) = (identity, &thing.op)
                && is_asked(key.link)
                && thing.is_claimed()
            {
                let known = topmost.entry(*key).or_insert((*layer, *setting));
                if known.0 < *layer {
                    *known = (*layer, *setting);
                }
            }
        }
        let own = topmost.into_values().map(|(_, setting)| setting);
        let shared = self.shared.iter().filter(|(key, _)| is_asked(key.link));
        own.chain(shared.filter_map(|(key, shared)| shared.wanted(*key))).collect()
    }

    /// What undoes everything that is done, and what holders may do at any time, for the record on disk.
    pub fn to_undo<'a>(&'a self, possible: impl Iterator<Item = &'a Op>) -> impl Iterator<Item = Op> {
        let done = self.things.values().filter_map(Thing::undoing);
        let back = self.shared.iter().flat_map(|(key, shared)| shared.to_undo(*key));
        let possible = possible.filter_map(|op| match op {
            // Routes and rules do not show whose they are: they are on record once they are about to be made.
            Op::Add(_) if !op.is_routing() && !self.is_made_by_others(op.identity()) => op.inverse(),
            Op::Set(setting) if setting.restore == Restore::ToFound => {
                Some(Op::Set(self.shared.get(&setting.key)?.bring_back(setting.key, setting.value)))
            }
            // Those of our links go with these.
            Op::Add(_) | Op::Set(_) | Op::Remove(_) => None,
        });
        done.chain(back).chain(possible)
    }
}
