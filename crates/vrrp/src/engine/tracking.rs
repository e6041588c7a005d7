//! What tracked objects add up to: pure functions of readings.

use crate::config::{Effect, EffectKind, Sense, Tracking};
use crate::event::Causes;
use crate::input::Reading;
use crate::types::{Priority, TrackerId};

/// What the tracked objects of a router add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tracked {
    /// Sum of what applies to the priority.
    pub(crate) weight: i32,
    /// [`Causes::TRACKER`], [`Causes::TRACKER_PENDING`], both or none.
    pub(crate) causes: Causes,
}

impl Tracked {
    pub(crate) fn sum(tracking: &[Tracking], reading_of: impl Fn(TrackerId) -> Reading) -> Self {
        let mut sum = Self { weight: 0, causes: Causes::NONE };
        for Tracking { tracker, effect } in tracking {
            match level(reading_of(*tracker)) {
                None => sum.causes = sum.causes.with(Causes::TRACKER_PENDING),
                Some(level) => sum.add(*effect, level),
            }
        }
        sum
    }

    fn add(&mut self, effect: Effect, level: i32) {
        let object = match (level, effect.sense) {
            (0, Sense::Plain) | (1.. | ..0, Sense::Reverse) => Object::Up,
            (1.. | ..0, Sense::Plain) | (0, Sense::Reverse) => Object::Down,
        };
        let weight = match (effect.kind, object) {
            (EffectKind::Fault, Object::Up) => 0,
            (EffectKind::Fault, Object::Down) => {
                self.causes = self.causes.with(Causes::TRACKER);
                0
            }
            (EffectKind::Weight(weight), Object::Up) => i32::from(weight.max(0)),
            (EffectKind::Weight(weight), Object::Down) => i32::from(weight.min(0)),
            (EffectKind::Factor(factor), _) => match effect.sense {
                Sense::Plain => level.saturating_mul(i32::from(factor)),
                Sense::Reverse => level.saturating_mul(i32::from(factor).saturating_neg()),
            },
        };
        self.weight = self.weight.saturating_add(weight);
    }
}

/// An object as an effect sees it, reversal included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Object {
    Up,
    Down,
}

/// A reading as a number: 0 is up. `None` while nothing is known.
const fn level(reading: Reading) -> Option<i32> {
    match reading {
        Reading::Unknown => None,
        Reading::Up => Some(0),
        Reading::Down => Some(1),
        Reading::Level(level) => Some(level),
    }
}

/// The priority that counts: base plus weights, within 1–254. An owner's does not move (V3-OW-05).
pub(crate) fn effective_priority(base: Priority, weight: i32) -> Priority {
    if base.is_owner() {
        return base;
    }
    let (lowest, highest) = (i32::from(Priority::LOWEST.value()), i32::from(Priority::HIGHEST.value()));
    let sum = i32::from(base.value()).saturating_add(weight).clamp(lowest, highest);
    u8::try_from(sum).map_or(base, Priority::new)
}
