//! A ledger that goes on in another process: what stands on the machine is not done again, and will be undone there.

use std::hash::Hash;

use serde::{Deserialize, Serialize};

use super::claims::shared_key;
use super::shared::SharedSetting;
use super::thing::Thing;
use super::{Claim, Ledger};
use crate::op::{Identity, SettingKey};

/// What a ledger knows, as data. `H` names holders to whoever goes on with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LedgerState<H> {
    things: Vec<Thing<H>>,
    shared: Vec<(SettingKey, SharedSetting<H>)>,
    held: Vec<(Claim<H>, Vec<Identity>)>,
}

impl<H: Copy + Eq + Hash> Ledger<H> {
    /// All that it knows.
    #[must_use]
    pub fn state(&self) -> LedgerState<H> {
        LedgerState {
            things: self.things.values().cloned().collect(),
            shared: self.shared.iter().map(|(key, shared)| (*key, shared.clone())).collect(),
            held: self.held.iter().map(|(claim, identities)| (*claim, identities.clone())).collect(),
        }
    }

    /// The ledger that goes on from `state`. What has ended with the process before is not in it, and is done anew when its
    /// holders are moved to their footprints.
    #[must_use]
    pub fn resume(state: LedgerState<H>) -> Self {
        let things = state.things.into_iter().filter(|thing| !thing.op.ends_with_process());
        let mut ledger = Self {
            things: things.map(|thing| (thing.op.identity(), thing)).collect(),
            shared: state.shared.into_iter().collect(),
            held: state.held.into_iter().collect(),
            is_off_record: false,
        };
        let (things, shared) = (&ledger.things, &ledger.shared);
        let is_there = |identity: &Identity| match shared_key(*identity) {
            Some(key) => shared.contains_key(&key),
            None => things.contains_key(identity),
        };
        ledger.held.values_mut().for_each(|identities| identities.retain(is_there));
        ledger
    }
}

impl<H> LedgerState<H> {
    /// The same with other names for its holders; `None` if one has none.
    #[must_use]
    pub fn renamed<G>(self, name: impl Fn(H) -> Option<G>) -> Option<LedgerState<G>> {
        let claim = |(holder, phase): Claim<H>| Some((name(holder)?, phase));
        let thing = |Thing { op, claims, end, maker }: Thing<H>| {
            let claims = claims.into_iter().map(|(of, op)| Some((claim(of)?, op))).collect::<Option<_>>()?;
            Some(Thing { op, claims, end, maker })
        };
        let shared = |(key, it): (SettingKey, SharedSetting<H>)| Some((key, it.renamed(claim)?));
        let held = |(of, identities): (Claim<H>, Vec<Identity>)| Some((claim(of)?, identities));
        Some(LedgerState {
            things: self.things.into_iter().map(thing).collect::<Option<_>>()?,
            shared: self.shared.into_iter().map(shared).collect::<Option<_>>()?,
            held: self.held.into_iter().map(held).collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use vrrp::types::IfIndex;

    use super::*;
    use crate::footprint::Footprint;
    use crate::ledger::Phase;
    use crate::op::{Ipv4Setting, Item, LinkSetting, Membership, Op, Restore, Setting};

    #[test]
    fn what_stands_is_not_done_again_and_what_ended_with_the_process_is() {
        let link = IfIndex::new(7).unwrap();
        let group = IpAddr::from([224, 0, 0, 18]);
        let key = SettingKey { link, setting: LinkSetting::Ipv4(Ipv4Setting::ArpIgnore) };
        let membership = Op::Add(Item::Membership(Membership { link, group }));
        let setting = Op::Set(Setting { key, value: 1, restore: Restore::ToFound });
        let switch = Op::Set(Setting {
            key: SettingKey { link, setting: LinkSetting::AdminUp },
            value: 1,
            restore: Restore::To(0),
        });
        let footprint =
            Footprint { standing: vec![membership.clone(), setting], active: vec![switch], ..Footprint::default() };
        let mut before = Ledger::<u64>::default();
        before.move_to(1, &footprint, |_| Some(0));
        before.become_active(1, &footprint, |_| Some(0));
        let text = serde_json::to_string(&before.state()).unwrap();
        let state: LedgerState<u64> = serde_json::from_str(&text).unwrap();
        assert!(state.clone().renamed(|_| None::<u64>).is_none());
        let mut after = Ledger::resume(state.renamed(|_| Some(5_u64)).unwrap());
        assert!(after.holds(5, Phase::Active) && !after.holds(1, Phase::Active));
        // The machine shows what we made of the setting.
        let exchange = after.move_to(5, &footprint, |_| Some(1));
        let redone: Vec<&Op> = exchange.redo.iter().map(|task| &task.op).collect();
        assert_eq!((exchange.undo, redone), (vec![], vec![&membership]));
        assert_eq!(after.become_active(5, &footprint, |_| Some(1)), []);
        let end: Vec<Op> = after.let_go(&[5], |_| Some(1)).into_iter().map(|task| task.op).collect();
        let end_of_one = before.let_go(&[1], |_| Some(1)).into_iter().map(|task| task.op).collect::<Vec<_>>();
        assert_eq!(end, end_of_one);
        let brought_back = Op::Set(Setting { key, value: 0, restore: Restore::To(1) });
        assert!(end.contains(&brought_back), "{end:?}");
    }
}
