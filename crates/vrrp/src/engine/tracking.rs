//! What tracked objects add up to: pure functions of readings.

use crate::config::{Effect, EffectKind, Sense, Tracking};
use crate::event::Causes;
use crate::input::Reading;
use crate::snapshot::Outcome;
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
            match outcome(*effect, reading_of(*tracker)) {
                Outcome::Pending => sum.causes = sum.causes.with(Causes::TRACKER_PENDING),
                Outcome::Fault => sum.causes = sum.causes.with(Causes::TRACKER),
                Outcome::Weight(weight) => sum.weight = sum.weight.saturating_add(weight),
            }
        }
        sum
    }
}

/// A number times its factor that is this low stops the router (keepalived-config §2.8).
const LOWEST_PRODUCT: i32 = -254;

/// What a reading does to a router.
pub(crate) fn outcome(effect: Effect, reading: Reading) -> Outcome {
    let Some(level) = level(reading) else { return Outcome::Pending };
    match effect.kind {
        EffectKind::Fault => match (level, effect.sense) {
            (0, Sense::Plain) | (1.. | ..0, Sense::Reverse) => Outcome::Weight(0),
            (1.. | ..0, Sense::Plain) | (0, Sense::Reverse) => Outcome::Fault,
        },
        EffectKind::Weight(weight) => {
            let weight = if level == 0 { weight.max(0) } else { weight.min(0) };
            Outcome::Weight(effect.sense.of(weight.into()))
        }
        EffectKind::Factor(factor) => match level.saturating_mul(effect.sense.of(factor.into())) {
            ..=LOWEST_PRODUCT => Outcome::Fault,
            product => Outcome::Weight(product),
        },
    }
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
