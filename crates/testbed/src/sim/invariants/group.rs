//! Rules about sync groups.

use vrrp::{Instant, Reading, StateName};

use super::router::{Lacks, lacks_of_group};
use super::{Broken, Invariant, require};
use crate::sim::node::router::{Router, Stop};

/// Rules about one group of a node, at the end of a turn.
pub(in crate::sim) fn holds(members: &[&Router], readings: &[Reading]) -> Result<(), Broken> {
    let is_active = |router: &&&Router| router.state == StateName::Active;
    let is_out = |router: &&&Router| !is_active(router) && counts(router, readings);
    let (active, out) = (members.iter().find(is_active), members.iter().find(is_out));
    require(Invariant::GroupIsWhole, active.is_none() || out.is_none(), || {
        let states: Vec<StateName> = members.iter().map(|router| router.state).collect();
        format!("the routers of a group are {states:?}")
    })
}

/// Whether the others of its group heed a router: one that is stopped by plan is none of theirs, and one that is new is
/// none until it can start.
fn counts(router: &Router, readings: &[Reading]) -> bool {
    let waits = router.state == StateName::Initialize && lacks_of_group(router, readings) == Lacks::Unknown;
    router.stop == Stop::No && !waits
}

/// A group in which each router has heard no advert that counts for Active_Down_Interval takes over at once. After it
/// gave up its role it may wait for another interval.
pub(in crate::sim) fn is_in_time(members: &[&Router], now: Instant, readings: &[Reading]) -> Result<(), Broken> {
    let provoked = members.iter().map(|router| router.last_provoked.max(router.since)).max();
    let Some(provoked) = provoked else { return Ok(()) };
    let is_due = |router: &&Router| {
        let Some(respected) = router.respects() else { return false };
        let due = router.down_interval(Some(respected), router.priority(readings));
        let waited = now.since(respected.at.max(provoked));
        router.state == StateName::Backup && waited > due + 2 * router.config.parameters.interval.duration()
    };
    let all_due = members.iter().filter(|router| counts(router, readings)).all(is_due);
    let any = members.iter().any(|router| counts(router, readings));
    require(Invariant::TakesOver, !(any && all_due), || {
        "no router of a group has heard an advert that counts, and it does not take over".to_owned()
    })
}

/// What the others of its group lack.
pub(in crate::sim) fn others_lack(
    place: usize,
    members: &[usize],
    routers: &[Option<Router>],
    readings: &[Reading],
) -> Lacks {
    let others = members.iter().filter(|other| **other != place).filter_map(|other| routers[*other].as_ref());
    others
        .filter(|other| other.stop == Stop::No)
        .map(|other| lacks_of_group(other, readings))
        .max()
        .unwrap_or(Lacks::Nothing)
}
