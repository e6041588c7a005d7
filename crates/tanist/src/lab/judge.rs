//! What must come of a scene.

use std::time::Duration;

use conf::model::Switch;

use super::play::milliseconds;
use super::scene::{Act, Bound, Farewell, SceneResult, Unnoticed};
use super::stage::{PROBE_PERIOD, Stage};

/// Time beyond the protocol's bound that is forgiven: the machine may be busy.
const TOLERANCE: Duration = Duration::from_millis(250);
/// Time before the bound that is forgiven: the capture's clock is not the daemon's.
const EARLY_TOLERANCE: Duration = Duration::from_millis(5);

/// The time before which the new master must not speak.
const fn earliest(bound: Bound) -> Duration {
    match bound {
        Bound::DownInterval(length) | Bound::Skew(length) => length.saturating_sub(EARLY_TOLERANCE),
        Bound::Interval(_) => Duration::ZERO,
    }
}

/// The expectations that the scene failed, in words.
pub(super) fn judge(stage: &Stage<'_>, result: &SceneResult) -> Vec<String> {
    let mut failures = Vec::new();
    let master = stage.setup.member(result.master).name;
    match &result.status {
        Some(status) if status.state == "MASTER" => {}
        Some(status) => {
            failures.push(format!("{master} should be master but says {}: {}", status.state, status.reason))
        }
        None => failures.push(format!("{master} should be master but its daemon does not answer")),
    }
    failures.extend(judge_timing(result));
    failures.extend(judge_farewell(stage, result));
    if result.other_adverts > 0 {
        failures.push(format!("two masters: the other one sent {} more advertisements", result.other_adverts));
    }
    failures.extend(judge_client(stage, result));
    failures.extend(judge_restart(result));
    failures
}

/// The takeover came neither early nor late.
fn judge_timing(result: &SceneResult) -> Option<String> {
    let bound = result.bound?;
    let gap = result.takeover?.gap()?;
    if gap > bound.duration() + TOLERANCE {
        return Some(format!("the takeover came late: {gap:.1?} instead of {:.1?}", bound.duration()));
    }
    (gap < earliest(bound)).then(|| format!("the takeover came early: {gap:.1?} instead of {:.1?}", bound.duration()))
}

/// Nobody notices a restart.
fn judge_restart(result: &SceneResult) -> Vec<String> {
    let Some(Unnoticed { silence, most, noted }) = &result.restart else { return Vec::new() };
    let long = silence.filter(|silence| *silence > *most + TOLERANCE);
    let long = long.map(|silence| format!("no advertisement for {silence:.1?} instead of at most {most:.1?}"));
    long.into_iter().chain(noted.iter().map(|line| format!("the other router noted: {line}"))).collect()
}

/// Who leaves says so, and so does a guardian for a daemon that dies. For one that stands still the backup may be first.
fn judge_farewell(stage: &Stage<'_>, result: &SceneResult) -> Option<String> {
    let old = stage.setup.member(result.master.other());
    let who = match (result.act, old.guardian, result.farewell) {
        (Act::Stop, _, Farewell::Unsaid) => old.name.to_owned(),
        (Act::Kill, Switch::On, Farewell::Unsaid) => format!("the guardian of {}", old.name),
        _ => return None,
    };
    Some(format!("{who} did not say priority 0"))
}

/// The client reached the address again in time, at the right MAC address.
fn judge_client(stage: &Stage<'_>, result: &SceneResult) -> Vec<String> {
    let mut failures = Vec::new();
    let allowed = match (result.act, result.bound) {
        (Act::Start, _) | (_, None) => Duration::MAX,
        (Act::Restart | Act::Return | Act::Thaw | Act::Heal, Some(_)) => TOLERANCE,
        (Act::Stop, Some(bound)) => bound.duration() + TOLERANCE,
        // How soon a busy machine lets a guardian run is shown, not judged.
        (Act::Kill | Act::Freeze | Act::Cut, Some(bound)) => {
            let down = result.status.as_ref().map_or(Duration::ZERO, |status| milliseconds(status.down_interval_ms));
            bound.duration().max(down) + TOLERANCE
        }
    };
    let interruption = PROBE_PERIOD * u32::try_from(result.probes.longest_gap).unwrap_or(u32::MAX);
    if interruption > allowed {
        failures.push(format!("the client was cut off for {interruption:.1?}"));
    }
    let mac = stage.router(result.master).host.mac;
    let expected = stage.setup.virtual_mac(result.master).unwrap_or(mac);
    match result.entry_after {
        Some(entry) if entry == expected => {}
        Some(entry) => failures.push(format!("the client has the address at {entry} instead of {expected}")),
        None => failures.push("the client did not learn where the address is".into()),
    }
    failures
}
