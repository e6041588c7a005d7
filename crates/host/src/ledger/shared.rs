//! One setting of a link that others use as well: what holders want of it, and what it gets back in the end.

use serde::{Deserialize, Serialize};

use super::thing::End;
use super::{Claim, Phase};
use crate::op::{Op, Restore, Setting, SettingKey};

/// The setting.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SharedSetting<H> {
    /// The last value that somebody else gave it.
    found: i32,
    /// Who wants which value. The latest phase decides.
    claims: Vec<(Claim<H>, i32)>,
    /// What was ordered last.
    ordered: i32,
    /// All that it was ever wanted to be: what the machine shows of these is ours.
    ours: Vec<i32>,
    end: End,
}

impl<H> SharedSetting<H> {
    /// The same with other names for its claims; `None` if one has none.
    pub(super) fn renamed<G>(self, name: impl Fn(Claim<H>) -> Option<Claim<G>>) -> Option<SharedSetting<G>> {
        let Self { found, claims, ordered, ours, end } = self;
        let claims = claims.into_iter().map(|(claim, value)| Some((name(claim)?, value))).collect::<Option<_>>()?;
        Some(SharedSetting { found, claims, ordered, ours, end })
    }
}

impl<H: Copy + PartialEq> SharedSetting<H> {
    pub(super) const fn new(found: i32) -> Self {
        Self { found, claims: Vec::new(), ordered: found, ours: Vec::new(), end: End::Open }
    }

    /// What an earlier daemon left: `setting` was refused, which would have brought it back.
    pub(super) fn left(setting: &Setting) -> Option<Self> {
        match setting.restore {
            Restore::To(ours) => Some(Self { ours: vec![ours], end: End::Refused, ..Self::new(setting.value) }),
            Restore::WithLink | Restore::ToFound => None,
        }
    }

    pub(super) const fn is_claimed(&self) -> bool {
        !self.claims.is_empty()
    }

    pub(super) fn is_refused(&self) -> bool {
        self.end == End::Refused
    }

    pub(super) fn is_ours(&self, value: i32) -> bool {
        self.ours.contains(&value)
    }

    pub(super) fn claim(&mut self, claim: Claim<H>, value: i32) {
        self.claims.push((claim, value));
        self.end = End::Open;
        if !self.is_ours(value) {
            self.ours.push(value);
        }
    }

    pub(super) fn unclaim(&mut self, claim: Claim<H>) {
        self.claims.retain(|(other, _)| *other != claim);
    }

    /// The value that it must have now.
    pub(super) fn target(&self) -> i32 {
        let phase = |((_, phase), _): &&(Claim<H>, i32)| -> Phase { *phase };
        self.claims.iter().max_by_key(phase).map_or(self.found, |(_, value)| *value)
    }

    /// The same, for as long as anybody wants something of it.
    pub(super) fn wanted(&self, key: SettingKey) -> Option<Setting> {
        self.is_claimed().then(|| Setting { key, value: self.target(), restore: Restore::To(self.found) })
    }

    /// Whether its value is what was ordered last.
    pub(super) fn is_ordered(&self) -> bool {
        self.ordered == self.target()
    }

    /// Orders the value that it must have now.
    pub(super) fn order(&mut self, key: SettingKey) -> Option<Setting> {
        let (before, value) = (self.ordered, self.target());
        self.ordered = value;
        let restore = if self.is_claimed() { self.found } else { before };
        (before != value).then_some(Setting { key, value, restore: Restore::To(restore) })
    }

    /// The machine has this value. Returns whether it gets another one in the end than was known.
    pub(super) fn note(&mut self, value: i32) -> bool {
        let is_news = self.is_claimed() && !self.is_ours(value) && self.found != value;
        if is_news {
            self.found = value;
        }
        is_news
    }

    /// What brings it back from `ours`.
    pub(super) const fn bring_back(&self, key: SettingKey, ours: i32) -> Setting {
        Setting { key, value: self.found, restore: Restore::To(ours) }
    }

    /// What brings it back, whatever it shows of ours.
    pub(super) fn to_undo(&self, key: SettingKey) -> impl Iterator<Item = Op> {
        let others = self.ours.iter().filter(|ours| **ours != self.found);
        others.map(move |ours| Op::Set(self.bring_back(key, *ours)))
    }

    pub(super) const fn refused(&mut self) {
        if !self.is_claimed() {
            self.end = End::Refused;
        }
    }

    /// What brings it back if that was refused and the machine, which `read` asks, shows what is ours.
    pub(super) fn retry(&self, key: SettingKey, read: impl FnOnce() -> Option<i32>) -> Option<Setting> {
        let found = self.is_refused().then(read).flatten();
        let found = found.filter(|found| *found != self.found && self.is_ours(*found))?;
        Some(self.bring_back(key, found))
    }
}
