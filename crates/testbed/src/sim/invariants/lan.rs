//! Rules about all routers together, once everything has settled.

use std::time::Duration;

use vrrp::StateName;

use super::{Broken, Invariant, machine, require, router as rules};
use crate::sim::lan::Lan;
use crate::sim::node::Node;
use crate::sim::node::router::{Router, Stop};
use crate::sim::plan::{AddressSet, Plan};

/// Everything that must be true now, and from now on.
pub(in crate::sim) fn settled(plan: &Plan, nodes: &mut [Node], lan: &Lan) -> Result<(), Broken> {
    for node in nodes.iter_mut() {
        parents_are_known(node)?;
        machine::ledger_is_true(node)?;
    }
    for router in 0..plan.routers.len() {
        let mut holders = Vec::new();
        for side in [0, 1] {
            holders.extend(one_active(router, nodes, lan, side)?);
        }
        one_holder(router, nodes, &holders)?;
    }
    Ok(())
}

/// Whether sync groups may displace each other in turns for ever: of three machines each lacks another router of a group,
/// so that each is superior to the next.
pub(in crate::sim) fn may_circle(plan: &Plan, nodes: &[Node]) -> bool {
    let differ = |group: &Vec<usize>| {
        let mut grouped = nodes.iter().map(|node| grouped(node, group));
        let first = grouped.next();
        grouped.any(|other| Some(other) != first)
    };
    nodes.len() > 2 && plan.groups.iter().any(differ)
}

/// Which routers of a group of the plan are in it on this machine, and not stopped by plan: such a one does not count.
fn grouped(node: &Node, group: &[usize]) -> Vec<usize> {
    let Some(protocol) = node.daemon.as_ref().and_then(|daemon| daemon.protocol.as_ref()) else { return Vec::new() };
    let is_grouped = |place: &&usize| {
        let router = protocol.routers[**place].as_ref();
        router.is_some_and(|router| router.stop == Stop::No)
            && protocol.groups.iter().any(|group| group.contains(*place))
    };
    group.iter().filter(is_grouped).copied().collect()
}

/// What the protocol thread knows of the parent is what the machine is.
fn parents_are_known(node: &Node) -> Result<(), Broken> {
    for router in routers(node) {
        let (known, machine) = (router.parent, &node.machine);
        let source = machine.source(router.config.family);
        let truth = vrrp::Parent { ifindex: machine.parent(), link: machine.link(), source };
        require(Invariant::TakesPart, known == truth, || {
            format!("the protocol thread knows {known:?}, but the parent is {truth:?}")
        })?;
        require(Invariant::TakesPart, router.host == vrrp::HostState::Ready, || {
            "the host thread has not recovered".to_owned()
        })?;
    }
    Ok(())
}

fn routers(node: &Node) -> impl Iterator<Item = &Router> {
    let protocol = node.daemon.as_ref().and_then(|daemon| daemon.protocol.as_ref());
    protocol.into_iter().flat_map(|protocol| protocol.routers.iter().flatten())
}

/// The router that runs on a node for a virtual router, if it takes part.
fn part_of(node: &Node, router: usize) -> Option<&Router> {
    let protocol = node.daemon.as_ref()?.protocol.as_ref()?;
    protocol.routers[router].as_ref().filter(|router| router.state != StateName::Initialize)
}

/// Exactly one Active among those that take part and hear each other, and none of them may displace it.
fn one_active(place: usize, nodes: &[Node], lan: &Lan, side: u8) -> Result<Option<usize>, Broken> {
    let members: Vec<usize> =
        (0..nodes.len()).filter(|node| part_of(&nodes[*node], place).is_some() && lan.side(*node) == side).collect();
    let is_active = |node: &&usize| nodes[**node].state(place) == StateName::Active;
    let active: Vec<&usize> = members.iter().filter(is_active).collect();
    match active[..] {
        [] if members.is_empty() => Ok(None),
        [] if members.iter().all(|node| is_kept_out(place, *node, nodes, lan)) => Ok(None),
        [active] => {
            let others = members.iter().filter(|other| !is_kept_out(place, **other, nodes, lan));
            others.into_iter().try_for_each(|other| may_stay(place, *active, *other, nodes))?;
            Ok(Some(*active))
        }
        _ => Err((
            Invariant::OneActive,
            format!("of the nodes {members:?}, which hear each other, {active:?} are Active for router {place}"),
        )),
    }
}

/// Whether another router of its group keeps a Backup from taking over: one that heeds a master elsewhere.
fn is_kept_out(place: usize, node: usize, nodes: &[Node], lan: &Lan) -> bool {
    let protocol = nodes[node].daemon.as_ref().and_then(|daemon| daemon.protocol.as_ref());
    let Some(group) = protocol.and_then(|it| it.groups.iter().find(|group| group.contains(&place))) else {
        return false;
    };
    let hears = |other: &usize| *other != node && lan.side(*other) == lan.side(node);
    let heeds = |router: usize| {
        let masters = (0..nodes.len()).filter(hears).filter(|other| nodes[*other].state(router) == StateName::Active);
        let mut masters = masters.filter(|_| part_of(&nodes[node], router).is_some());
        masters.any(|master| may_stay(router, master, node, nodes).is_ok())
    };
    group.iter().any(|router| *router != place && heeds(*router))
}

/// Whether an Active need not yield to a Backup: only a higher priority displaces it, and only with preemption
/// (RFC 9568 §6.4.2; an owner always, §6.1).
fn may_stay(place: usize, active: usize, other: usize, nodes: &[Node]) -> Result<(), Broken> {
    let priority = |node: usize| {
        let protocol = nodes[node].daemon.as_ref()?.protocol.as_ref()?;
        Some(protocol.routers[place].as_ref()?.priority(&protocol.readings))
    };
    let (ours, theirs) = (priority(active), priority(other));
    let preempts = part_of(&nodes[other], place).is_some_and(Router::preempts);
    require(Invariant::RightActive, theirs <= ours || !preempts, || {
        format!("node {active} is Active for router {place} with {ours:?}, but {other} has {theirs:?} and preempts")
    })
}

/// The machine of each Active holds all its addresses, and no other holds any.
fn one_holder(place: usize, nodes: &[Node], active: &[usize]) -> Result<(), Broken> {
    for (number, node) in nodes.iter().enumerate() {
        let held = node.machine.holds().both(AddressSet::all(place));
        let part = part_of(node, place).filter(|_| active.contains(&number));
        let wanted = part.map_or_else(AddressSet::default, |router| AddressSet::of(&router.config));
        require(Invariant::SomeoneHolds, held == wanted, || {
            format!("node {number} holds {held:?} of router {place}, not {wanted:?}; Active: {active:?}")
        })?;
    }
    Ok(())
}

/// Since everything settled `watched` ago the Actives have sent at their interval and everybody else nothing.
pub(in crate::sim) fn steady(nodes: &[Node], watched: Duration) -> Result<(), Broken> {
    nodes.iter().flat_map(routers).try_for_each(|router| rules::steady_adverts(router, watched))
}
