//! Rules about what the machines hold.

use std::collections::BTreeSet;
use std::time::Duration;

use host::{Item, Op};
use vrrp::{Instant, StateName};

use super::{Broken, Invariant, require};
use crate::sim::lan::Lan;
use crate::sim::node::host::TICK;
use crate::sim::node::pulse::{PERIOD, SILENCE};
use crate::sim::node::router::Router;
use crate::sim::node::{Node, Thread};
use crate::sim::plan::{AddressSet, Mac, Plan};

/// Time in which a healthy host thread brings the machine in line with a role.
pub(in crate::sim) const FOLLOW: Duration = Duration::from_millis(1_500);
/// What schedulers, and looking more than once, may add to a wait.
const SLACK: Duration = Duration::from_millis(600);

/// Since when addresses of a virtual router have more than one holder.
#[derive(Debug)]
pub(in crate::sim) struct Doubles {
    since: Vec<Option<Instant>>,
    /// By virtual router: how long that may last between healthy nodes.
    bounds: Vec<Duration>,
    lease: Duration,
}

impl Doubles {
    pub(in crate::sim) fn new(plan: &Plan) -> Self {
        let is_deaf = |router: usize| plan.nodes.iter().any(|node| node.members[router].mac == Mac::VirtualDeaf);
        let resolved = 2 * plan.longest_interval() + FOLLOW;
        // A deaf peer is found out first.
        let bound = |router| if is_deaf(router) { plan.election_time() + FOLLOW } else { resolved };
        Self {
            since: vec![None; plan.routers.len()],
            bounds: (0..plan.routers.len()).map(bound).collect(),
            lease: plan.longest_lease() + SILENCE + PERIOD + 2 * TICK,
        }
    }

    /// At most one holder for longer than a bound: until the inferior Active has heard the other, or until the lease of a
    /// dead, frozen or hanging daemon has ended.
    pub(in crate::sim) fn look(
        &mut self,
        now: Instant,
        nodes: &[Node],
        lan: &Lan,
        calm: Instant,
    ) -> Result<(), Broken> {
        let doubled = doubled(nodes, lan);
        if doubled.is_empty() || !lan.is_calm() {
            self.since.fill(None);
            return Ok(());
        }
        for router in 0..self.since.len() {
            let here = doubled.both(AddressSet::all(router));
            if here.is_empty() {
                self.since[router] = None;
                continue;
            }
            let began = *self.since[router].get_or_insert(now);
            let holders = || nodes.iter().filter(|node| !node.machine.holds().both(here).is_empty());
            let disturbed = holders().map(|node| node.disturbed).max().unwrap_or(now);
            let healthy = holders().all(Node::is_healthy);
            let bound = if healthy { self.bounds[router] } else { self.lease.max(self.bounds[router]) };
            let lasted = now.since(began.max(disturbed).max(calm));
            require(Invariant::OneHolder, lasted <= bound, || {
                let who: Vec<usize> =
                    (0..nodes.len()).filter(|n| !nodes[*n].machine.holds().both(here).is_empty()).collect();
                format!("nodes {who:?} have held an address of router {router} for {lasted:?}, at most {bound:?}")
            })?;
        }
        Ok(())
    }
}

/// The addresses that more than one machine holds among those that hear each other.
fn doubled(nodes: &[Node], lan: &Lan) -> AddressSet {
    let (mut seen, mut doubled) = ([AddressSet::default(); 2], AddressSet::default());
    for (place, node) in nodes.iter().enumerate().filter(|(_, node)| node.machine.link() == vrrp::LinkState::Up) {
        let seen = &mut seen[usize::from(lan.side(place))];
        doubled = doubled.either(seen.both(node.machine.holds()));
        *seen = seen.either(node.machine.holds());
    }
    doubled
}

/// A machine holds what its Actives need and nothing else, soon after anything was done to it. Kernel and threads must be
/// well; a daemon that is dead has its leases.
pub(in crate::sim) fn follows(node: &Node, now: Instant, lease: Duration) -> Result<(), Broken> {
    let rested = now.since(node.disturbed);
    if node.daemon.is_none() {
        return lease_ends(node, rested, lease);
    }
    protocol_hangs(node, now, lease)?;
    host_hangs(node, now)?;
    let Some(protocol) = node.daemon.as_ref().and_then(|daemon| daemon.protocol.as_ref()) else { return Ok(()) };
    if rested <= FOLLOW || !node.is_healthy() {
        return Ok(());
    }
    for (place, router) in protocol.routers.iter().enumerate() {
        let held = node.machine.holds().both(AddressSet::all(place));
        let active = router.as_ref().filter(|router| router.state == StateName::Active);
        let since = router.as_ref().map_or(Duration::MAX, |router| now.since(router.since));
        // It may have kept them until a moment ago.
        let kept = active.is_none() && now <= protocol.kept_until[place] + FOLLOW;
        if since <= FOLLOW || kept {
            continue;
        }
        if let Some(active) = active {
            let wanted = AddressSet::of(&active.config);
            require(Invariant::ActiveHolds, held == wanted, || {
                format!("router {place} has been Active for {since:?} and its machine holds {held:?}, not {wanted:?}")
            })?;
        } else {
            require(Invariant::OthersHoldNothing, held.is_empty(), || {
                format!("router {place} has not been Active for {since:?} and its machine holds {held:?}")
            })?;
        }
    }
    Ok(())
}

fn lease_ends(node: &Node, dead: Duration, after: Duration) -> Result<(), Broken> {
    require(Invariant::LeaseEnds, dead <= after || node.machine.holds().is_empty(), || {
        format!("a machine holds addresses {dead:?} after its daemon died or hung; {after:?} are allowed")
    })
}

/// Nothing is leased for long on behalf of a protocol thread that hangs.
fn protocol_hangs(node: &Node, now: Instant, lease: Duration) -> Result<(), Broken> {
    let stall = node.daemon.as_ref().and_then(|daemon| daemon.stall(Thread::Protocol));
    let hung = stall.map_or(Duration::ZERO, |stall| now.since(stall.since));
    lease_ends(node, hung, lease + PERIOD + SILENCE + TICK + SLACK)
}

/// While the host thread alone hangs, no router of the node is Active for long.
fn host_hangs(node: &Node, now: Instant) -> Result<(), Broken> {
    let Some(daemon) = &node.daemon else { return Ok(()) };
    let (Some(stall), None) = (daemon.stall(Thread::Host), daemon.stall(Thread::Protocol)) else { return Ok(()) };
    let Some(protocol) = &daemon.protocol else { return Ok(()) };
    let late = daemon.host.pulse.lateness(now).min(now.since(stall.since)).min(now.since(node.disturbed));
    // A Backup that hears nobody looks for the first time when it takes over.
    let has_looked = |router: &Router| now.since(router.since) > PERIOD + SLACK;
    let is_black_hole = |router: &&Router| router.state == StateName::Active && has_looked(router);
    let active = protocol.routers.iter().flatten().find(is_black_hole);
    require(Invariant::FailedHostLeaves, late <= SILENCE + PERIOD + SLACK || active.is_none(), || {
        format!("a router is Active although the host thread hangs, late by {late:?}")
    })
}

/// The ledger says what is on the machine.
pub(in crate::sim) fn ledger_is_true(node: &mut Node) -> Result<(), Broken> {
    let Some(daemon) = &node.daemon else { return Ok(()) };
    let ledger = daemon.host.ledger();
    let is_there: BTreeSet<_> = node.machine.memory().items().map(|item| Op::Add(item.clone()).identity()).collect();
    for op in ledger.done() {
        let missing = matches!(op, Op::Add(_)) && !is_there.contains(&op.identity());
        require(Invariant::LedgerIsTrue, !missing, || format!("{op:?} is in the ledger and not on the machine"))?;
    }
    let stray = node.machine.memory().items().find(|item| is_stray(item, |op| ledger.held(op.identity()).is_some()));
    require(Invariant::LedgerIsTrue, stray.is_none(), || format!("{stray:?} is on the machine and not in the ledger"))?;
    for setting in ledger.settings(|_| true) {
        let found = node.machine.setting(setting.key);
        require(Invariant::LedgerIsTrue, found == Some(setting.value), || {
            format!("{:?} is {found:?} and in the ledger {}", setting.key, setting.value)
        })?;
    }
    Ok(())
}

fn is_stray(item: &Item, is_held: impl Fn(&Op) -> bool) -> bool {
    !is_held(&Op::Add(item.clone()))
}
