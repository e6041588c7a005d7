//! What must come of a scene.

use std::time::Duration;

use super::scenes::{Act, Bound, Outcome};
use super::stage::{PROBE_PERIOD, Stage};

/// Time beyond the protocol's bound that is forgiven: the machine may be busy.
const TOLERANCE: Duration = Duration::from_millis(250);
/// Time before the bound that is forgiven: the capture's clock is not the daemon's.
const EARLY_TOLERANCE: Duration = Duration::from_millis(5);

impl Bound {
    /// Its length.
    pub(super) const fn duration(self) -> Duration {
        match self {
            Self::DownInterval(length) | Self::Skew(length) | Self::Interval(length) => length,
        }
    }

    /// The time before which the new master must not speak.
    const fn earliest(self) -> Duration {
        match self {
            Self::DownInterval(length) | Self::Skew(length) => length.saturating_sub(EARLY_TOLERANCE),
            Self::Interval(_) => Duration::ZERO,
        }
    }
}

/// The expectations that the scene failed, in words.
pub(super) fn judge(stage: &Stage<'_>, outcome: &Outcome) -> Vec<String> {
    let mut failures = Vec::new();
    let master = stage.plan.node(outcome.master).name;
    match &outcome.status {
        Some(status) if status.state == "MASTER" => {}
        Some(status) => {
            failures.push(format!("{master} should be master but says {}: {}", status.state, status.reason))
        }
        None => failures.push(format!("{master} should be master but its daemon does not answer")),
    }
    failures.extend(judge_timing(outcome));
    if outcome.rival_claims > 0 {
        failures.push(format!("two masters: the other one sent {} more advertisements", outcome.rival_claims));
    }
    failures.extend(judge_client(stage, outcome));
    failures
}

/// The takeover came neither early nor late.
fn judge_timing(outcome: &Outcome) -> Option<String> {
    let bound = outcome.bound?;
    let gap = outcome.takeover?.gap()?;
    if gap > bound.duration() + TOLERANCE {
        return Some(format!("the takeover came late: {gap:.1?} instead of {:.1?}", bound.duration()));
    }
    (gap < bound.earliest()).then(|| format!("the takeover came early: {gap:.1?} instead of {:.1?}", bound.duration()))
}

/// The client reached the address again in time, at the right MAC address.
fn judge_client(stage: &Stage<'_>, outcome: &Outcome) -> Vec<String> {
    let mut failures = Vec::new();
    let allowed = match (outcome.act, outcome.bound) {
        (Act::Start, _) | (_, None) => Duration::MAX,
        (Act::Return | Act::Heal, Some(_)) => TOLERANCE,
        (Act::Kill | Act::Stop | Act::Cut, Some(bound)) => bound.duration() + TOLERANCE,
    };
    let interruption = PROBE_PERIOD * u32::try_from(outcome.probes.longest_gap).unwrap_or(u32::MAX);
    if interruption > allowed {
        failures.push(format!("the client was cut off for {interruption:.1?}"));
    }
    let mac = stage.network.router(outcome.master).mac;
    let expected = stage.plan.virtual_mac(outcome.master).unwrap_or(mac);
    match outcome.entry_after {
        Some(entry) if entry == expected => {}
        Some(entry) => failures.push(format!("the client has the address at {entry} instead of {expected}")),
        None => failures.push("the client did not learn where the address is".into()),
    }
    failures
}
