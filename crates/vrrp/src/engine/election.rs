//! Who wins: pure functions of priorities and addresses.

use core::net::IpAddr;

use crate::config::{Effect, RouterConfig};
use crate::event::WonBy;
use crate::input::Verdict;
use crate::types::Priority;

/// Whether a backup may displace a running master right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preemption {
    Allowed,
    Forbidden,
}

/// What an advertisement means to a Backup (V3-ST-06, -07, -08).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BackupHears {
    /// The master leaves: wait for the skew time only.
    Release,
    /// A master to follow: learn its interval, restart the timer. Addresses do not count here.
    Master,
    /// A worse master: let the timer run on.
    WorseMaster,
}

/// What an advertisement means to an Active (V3-ST-11, -12, -13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActiveHears {
    /// Somebody leaves: confirm that we are here.
    Release,
    /// A better rival: yield.
    BetterRival(WonBy),
    /// A worse rival: assert ourselves.
    WorseRival,
}

/// RFC 9568 §6.4.2.
pub(crate) fn backup_hears(ours: Priority, theirs: Priority, preemption: Preemption) -> BackupHears {
    match preemption {
        _ if theirs == Priority::RELEASE => BackupHears::Release,
        Preemption::Allowed if theirs < ours => BackupHears::WorseMaster,
        Preemption::Allowed | Preemption::Forbidden => BackupHears::Master,
    }
}

/// RFC 9568 §6.4.3. Addresses compare as unsigned integers in network byte order.
pub(crate) fn active_hears(ours: (Priority, IpAddr), theirs: (Priority, IpAddr)) -> ActiveHears {
    if theirs.0 == Priority::RELEASE {
        ActiveHears::Release
    } else if theirs.0 > ours.0 {
        ActiveHears::BetterRival(WonBy::Priority)
    } else if theirs > ours {
        ActiveHears::BetterRival(WonBy::Address)
    } else {
        ActiveHears::WorseRival
    }
}

/// What the tracked objects of a router add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tracked {
    /// Sum of the weights that apply.
    pub(crate) weight: i32,
    /// Whether an object without weight forbids the router to take part.
    pub(crate) verdict: Verdict,
}

impl Tracked {
    /// Adds up the effects. `verdict_of` says how an object is.
    pub(crate) fn by(config: &RouterConfig, verdict_of: impl Fn(crate::types::TrackerId) -> Verdict) -> Self {
        let mut sum = Self { weight: 0, verdict: Verdict::Up };
        for tracking in &config.tracking {
            match (tracking.effect, verdict_of(tracking.tracker)) {
                (Effect::FaultWhileDown, Verdict::Down) | (Effect::FaultWhileUp, Verdict::Up) => {
                    sum.verdict = Verdict::Down;
                }
                (Effect::FaultWhileDown, Verdict::Up) | (Effect::FaultWhileUp, Verdict::Down) => {}
                (Effect::Weight(weight), Verdict::Up) | (Effect::ReverseWeight(weight), Verdict::Down) => {
                    sum.weight += i32::from(weight.max(0));
                }
                (Effect::Weight(weight), Verdict::Down) | (Effect::ReverseWeight(weight), Verdict::Up) => {
                    sum.weight += i32::from(weight.min(0));
                }
            }
        }
        sum
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
