//! What tracked objects do to a router.

use crate::types::TrackerId;

/// How one tracked object acts on one router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracking {
    pub tracker: TrackerId,
    pub effect: Effect,
}

/// What the readings of an object do to a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    pub sense: Sense,
    pub kind: EffectKind,
}

/// keepalived's `reverse`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sense {
    #[default]
    Plain,
    /// What is added is subtracted; without weight, the router does not take part while the object is up.
    Reverse,
}

impl Sense {
    /// What `weight` adds to the priority.
    #[must_use]
    pub const fn of(self, weight: i32) -> i32 {
        match self {
            Self::Plain => weight,
            Self::Reverse => weight.saturating_neg(),
        }
    }
}

/// keepalived's `weight`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectKind {
    /// Weight 0: the router does not take part while the object is down.
    Fault,
    /// A positive weight is added to the priority while the object is up, a negative one while it is down.
    Weight(i16),
    /// The weight of a number: level times factor is added to the priority; a product of -254 or less stops the router.
    /// Down counts as level 1, up as 0.
    Factor(i16),
}

impl Effect {
    #[must_use]
    pub const fn plain(kind: EffectKind) -> Self {
        Self { sense: Sense::Plain, kind }
    }

    #[must_use]
    pub const fn reverse(kind: EffectKind) -> Self {
        Self { sense: Sense::Reverse, kind }
    }
}
