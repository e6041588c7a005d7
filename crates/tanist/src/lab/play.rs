//! What happens on the stage, and what must come of it.

use std::time::Duration;

use lab::{Captured, Held, Takeover};
use linux::clock;
use vrrp::time::Instant;

use super::judge::judge;
use super::narrate::Narrator;
use super::picture::Mark;
use super::scene::{Act, Bound, Farewell, SceneResult, Unnoticed, frozen_length};
use super::setup::Side;
use super::stage::{PROBE_PERIOD, Stage};
use super::stop::Stop;
use crate::control::api::RouterStatus;

/// The play.
const SCRIPT: [Act; 10] = [
    Act::Start,
    Act::Restart,
    Act::Kill,
    Act::Return,
    Act::Stop,
    Act::Return,
    Act::Freeze,
    Act::Thaw,
    Act::Cut,
    Act::Heal,
];

/// Pings answered in a row after which the address counts as reached again; fewer may still be on their way.
const ANSWERED: usize = 50;
/// How long the address may stay out of reach after a takeover before the scene goes on all the same.
const REACH_TIMEOUT: Duration = Duration::from_secs(3);
/// A program that takes longer than this part of an interval to start may be missed by its peers when it restarts: that machine is
/// too slow, or that build, for the scene to show anything.
const START_SHARE: u32 = 8;
/// How long a change is waited for beyond its bound before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(6);

/// Plays all scenes, and marks when each began. Stops at one that ends without the right master: the next ones would make no sense.
pub(super) fn play(stage: &mut Stage<'_>, narrator: &mut Narrator, marks: &mut Vec<Mark>) -> Result<(), Stop> {
    let mut master = Side::Favourite;
    for act in SCRIPT {
        if act == Act::Restart && is_too_slow(stage, master) {
            narrator.restart_left_out(stage.slowest_start);
            continue;
        }
        let result = scene(stage, narrator, act, master)?;
        let went_on = result.takeover.is_some() || result.master == master;
        let failures = judge(stage, &result);
        let subject = stage.setup.member(subject(act, master)).name;
        let lost = (act != Act::Start).then_some(result.probes.lost);
        marks.push(Mark { at: result.begin, caption: act.caption(subject), lost });
        narrator.result(stage.setup, &result, &failures);
        if !went_on {
            return Ok(());
        }
        master = result.master;
    }
    Ok(())
}

/// Whether programs start too slowly here for a restart that goes unnoticed.
fn is_too_slow(stage: &Stage<'_>, master: Side) -> bool {
    stage.slowest_start * START_SHARE > interval(stage.status(master).as_ref())
}

/// Plays one scene: acts, waits for the new master, lets it settle.
fn scene(stage: &mut Stage<'_>, narrator: &mut Narrator, act: Act, master: Side) -> Result<SceneResult, Stop> {
    let next = next_master(stage, act, master);
    narrator.act(act, stage.setup.member(subject(act, master)).name, stage.setup.member(next).name);
    let entry_before = stage.client_entry();
    let noted_before = if act == Act::Restart { stage.noted(next.other()) } else { Vec::new() };
    let status_before = if act == Act::Thaw { None } else { stage.status(next) };
    let (begin, captured, probed) = (clock::now(), stage.watch.now(), stage.probe.position());
    perform(stage, act, master)?;
    let status = status_before.or_else(|| stage.status(next));
    let patience = status.as_ref().map_or(PATIENCE, |status| milliseconds(status.down_interval_ms) + PATIENCE);
    let changes = act == Act::Start || next != master;
    let takeover = if changes { await_takeover(stage, captured, next, patience)? } else { None };
    narrator.master(stage.setup.member(next).name, reason(stage, next)?.as_deref());
    settle(stage, status.as_ref())?;
    if act == Act::Freeze {
        stage.pause(frozen_length(interval(status.as_ref())).saturating_sub(clock::now().since(begin)))?;
    }
    if act == Act::Stop && !stage.reap(master) {
        narrator.fail("the stopped daemon did not end with success");
    }
    let farewell = farewell(stage, captured, next, takeover);
    let probes = stage.probe.tally(probed, stage.probe.position().saturating_sub(ANSWERED));
    let restart = (act == Act::Restart).then(|| {
        let most = interval(status.as_ref()) * 3 / 2;
        let noted = stage.noted(next.other()).into_iter().filter(|line| !noted_before.contains(line)).collect();
        Unnoticed { silence: silence(stage, captured, begin, master), most, noted }
    });
    Ok(SceneResult {
        act,
        begin,
        master: next,
        takeover,
        bound: status.as_ref().map(|status| bound(act, farewell, status)),
        status: stage.status(next),
        farewell,
        probes,
        held: Held::between(&stage.holders.changes(), begin, clock::now()),
        entry_before,
        entry_after: stage.client_entry(),
        other_adverts: other_adverts(stage, captured, next, takeover),
        restart,
    })
}

/// Who is acted upon.
const fn subject(act: Act, master: Side) -> Side {
    match act {
        Act::Start => Side::Favourite,
        Act::Restart | Act::Kill | Act::Stop | Act::Freeze | Act::Cut => master,
        Act::Return | Act::Thaw | Act::Heal => master.other(),
    }
}

/// Who must be master at the end of the scene.
fn next_master(stage: &Stage<'_>, act: Act, master: Side) -> Side {
    match (act, subject(act, master)) {
        (Act::Start, _) => Side::Favourite,
        (Act::Restart, _) => master,
        (Act::Kill | Act::Stop | Act::Freeze | Act::Cut, victim) => victim.other(),
        (Act::Return | Act::Thaw | Act::Heal, Side::Favourite) => stage.setup.after_return(),
        (Act::Return | Act::Thaw | Act::Heal, Side::Deputy) => master,
    }
}

fn perform(stage: &mut Stage<'_>, act: Act, master: Side) -> Result<(), Stop> {
    let side = subject(act, master);
    match act {
        Act::Start => {
            stage.start(Side::Favourite)?;
            stage.start(Side::Deputy)
        }
        Act::Restart => stage.restart(side),
        Act::Kill => stage.kill(side),
        Act::Return => stage.start(side),
        Act::Stop => stage.terminate(side),
        Act::Freeze => stage.freeze(side),
        Act::Thaw => stage.thaw(side),
        Act::Cut => Ok(stage.lan.cut(&stage.router(side).host)?),
        Act::Heal => Ok(stage.lan.restore(&stage.router(side).host)?),
    }
}

/// What the protocol allows the next master, by its own words.
fn bound(act: Act, farewell: Farewell, status: &RouterStatus) -> Bound {
    match (act, farewell) {
        (Act::Start | Act::Kill | Act::Freeze | Act::Cut, Farewell::Unsaid) | (Act::Start, Farewell::Said) => {
            Bound::DownInterval(milliseconds(status.down_interval_ms))
        }
        (Act::Stop, _) | (Act::Kill | Act::Freeze | Act::Cut, Farewell::Said) => {
            Bound::Skew(milliseconds(status.skew_ms))
        }
        (Act::Restart | Act::Return | Act::Thaw | Act::Heal, _) => Bound::Interval(interval(Some(status))),
    }
}

/// Whether the last word of the old master was priority 0.
fn farewell(stage: &Stage<'_>, since: Captured, next: Side, takeover: Option<Takeover>) -> Farewell {
    let zero = stage.watch.priority_zero(since, &stage.router(next.other()).host, Duration::ZERO);
    match (zero, takeover) {
        (Some(zero), Some(takeover)) if takeover.last == Some(zero.at) => Farewell::Said,
        (Some(_) | None, _) => Farewell::Unsaid,
    }
}

fn await_takeover(
    stage: &mut Stage<'_>,
    since: Captured,
    next: Side,
    patience: Duration,
) -> Result<Option<Takeover>, Stop> {
    stage.wait_for(patience, |stage| {
        let (new, old) = (&stage.router(next).host, &stage.router(next.other()).host);
        stage.watch.takeover(since, new, old, Duration::ZERO)
    })
}

/// Why the router is master, by its own words; `None` if it does not say that it is.
fn reason(stage: &mut Stage<'_>, master: Side) -> Result<Option<String>, Stop> {
    stage.wait_for(REACH_TIMEOUT, |stage| {
        let status = stage.status(master).filter(|status| status.state == "MASTER")?;
        Some(status.reason)
    })
}

/// Gives the old master the time in which it would speak again, and the client the time to reach the new one.
fn settle(stage: &mut Stage<'_>, status: Option<&RouterStatus>) -> Result<(), Stop> {
    stage.pause(interval(status) + PROBE_PERIOD * 2)?;
    let reached = |stage: &mut Stage<'_>| {
        let end = stage.probe.position().saturating_sub(2);
        (stage.probe.tally(end.saturating_sub(ANSWERED), end).lost == 0).then_some(())
    };
    stage.wait_for(REACH_TIMEOUT, reached).map(|_| ())
}

/// Advertisements of the other router, as master, after the new one had spoken; one that crossed is forgiven.
fn other_adverts(stage: &Stage<'_>, since: Captured, master: Side, takeover: Option<Takeover>) -> usize {
    const CROSSING: Duration = Duration::from_millis(50);
    let adverts = stage.watch.adverts(since, &stage.router(master.other()).host);
    takeover.map_or(0, |takeover| adverts.iter().filter(|advert| advert.at > takeover.first + CROSSING).count())
}

/// The longest time between two advertisements of the master, from the last before the scene on.
fn silence(stage: &Stage<'_>, since: Captured, begin: Instant, master: Side) -> Option<Duration> {
    let host = &stage.router(master).host;
    let last = stage.watch.last_advert(host, begin).map(|advert| advert.at);
    let times: Vec<Instant> = last.into_iter().chain(stage.watch.adverts(since, host).iter().map(|it| it.at)).collect();
    times.windows(2).map(|pair| pair[1].since(pair[0])).max()
}

fn interval(status: Option<&RouterStatus>) -> Duration {
    status.map_or(Duration::ZERO, |status| Duration::from_millis(status.interval_ms))
}

pub(super) fn milliseconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value / 1000.0).unwrap_or_default()
}
