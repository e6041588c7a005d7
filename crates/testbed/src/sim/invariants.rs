//! What must be true, whatever happens.
//!
//! | invariant | checked |
//! |---|---|
//! | who is not Active holds no addresses | after every event |
//! | a state is left as it was entered; a master is called silent only after the RFC's time of silence; only a superior peer is yielded to | at every transition |
//! | who was Active and not scheduled for long says nothing before it has listened | at the end of each stall |
//! | a router that stops says priority 0 | at every planned stop and loss of link |
//! | advertisements per interval are bounded | at every advertisement |
//! | one Active per connected set, and one that nobody in it may displace | once settled |
//! | nothing changes, and only the Active advertises, at its own interval | from then on |

use std::collections::VecDeque;
use std::time::Duration;

use vrrp::config::Preempt;
use vrrp::{Instant, Peer, Priority, Reason, StateName, Transition};

use super::lan::Lan;
use super::node::{Life, Node, Outcome};

/// Advertisements in one interval: one in turn and two answers, twice as the window may lie across two intervals, and
/// two for a takeover in the middle of it. Anything done to the router from outside may add two.
const ADVERTS_PER_INTERVAL: usize = 8;
const ADVERTS_PER_PROVOCATION: usize = 2;

/// What must hold at any time.
pub(super) fn hold(nodes: &[Node]) -> Result<(), String> {
    for (place, node) in nodes.iter().enumerate() {
        let may_own = node.state() == StateName::Active && node.life != Life::Dead;
        if node.owns != may_own {
            return Err(format!("router {place} is {:?} and holds addresses: {}", node.state(), node.owns));
        }
    }
    Ok(())
}

/// What must hold at a change of state.
pub(super) fn sound_transition(node: &mut Node, now: Instant, transition: &Transition) -> Result<(), String> {
    if transition.from != node.told_state {
        return Err(format!("left {:?} but had entered {:?}", transition.from, node.told_state));
    }
    node.told_state = transition.to;
    match transition.reason {
        Reason::Ready if transition.priority.is_owner() => Err("an owner started as Backup".to_owned()),
        Reason::Preempted { .. } if !preempts(node) => Err("displaced a master without preemption".to_owned()),
        Reason::MasterSilent { .. } => long_silence(node, now, transition.priority),
        Reason::SuperiorAdvert { peer, .. } => superior(node, transition.priority, &peer),
        Reason::Ready
        | Reason::OwnerReady
        | Reason::Stalled { .. }
        | Reason::MasterLeft { .. }
        | Reason::Preempted { .. }
        | Reason::Lost { .. }
        | Reason::Shutdown => Ok(()),
    }
}

/// RFC 9568 §6.4.2: only after Active_Down_Interval without an advertisement that counts. One that was received by then
/// counts, whether it was read or not.
fn long_silence(node: &Node, now: Instant, priority: Priority) -> Result<(), String> {
    let in_time = |heard: Instant, interval, at| at <= heard + node.must_wait(interval, priority);
    let respects = node.unread().fold(node.respects, |respects, received| match respects {
        Some((heard, interval)) if in_time(heard, interval, received.at) => {
            node.respected(received, priority, respects)
        }
        _ => respects,
    });
    let Some((heard, interval)) = respects else { return Ok(()) };
    let (silence, needed) = (now.since(heard), node.must_wait(interval, priority));
    if silence < needed {
        return Err(format!("took over after {silence:?} of silence, {needed:?} are due"));
    }
    Ok(())
}

/// RFC 9568 §6.4.3: the higher priority wins, then the higher address.
fn superior(node: &Node, priority: Priority, peer: &Peer) -> Result<(), String> {
    let ours = (priority, node.parent.source);
    if (peer.priority, Some(peer.address)) <= ours {
        return Err(format!("yielded to {} with priority {}, having {priority}", peer.address, peer.priority));
    }
    Ok(())
}

/// Whether a router that was not scheduled since `from` must listen before it speaks: if it was Active and a backup has
/// had the time to take over.
pub(super) fn must_listen(node: &Node, from: Instant, now: Instant) -> bool {
    let interval = node.config.interval;
    let patience = interval.duration() + node.must_wait(interval, node.config.priority);
    node.state() == StateName::Active && now.since(from) > patience
}

/// The priority 0 that a router owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    Due,
    NotDue,
}

impl Farewell {
    /// Whether a router that stops now owes one: if it is Active.
    pub(super) fn due(node: &Node) -> Self {
        if node.state() == StateName::Active { Self::Due } else { Self::NotDue }
    }

    /// The complaint if it was owed and not said.
    pub(super) fn missing(self, outcome: &Outcome) -> Option<String> {
        let said = outcome.packets.iter().any(|(transmit, _)| transmit.priority == Priority::RELEASE);
        match self {
            Self::Due if !said => Some("stopped without saying priority 0".to_owned()),
            Self::Due | Self::NotDue => None,
        }
    }
}

/// No more advertisements in one interval than there can be reasons for. Forgets what lies further back, unless
/// everything is counted because all has settled.
pub(super) fn no_storm(node: &mut Node, now: Instant, settled: bool) -> Result<(), String> {
    if settled {
        return Ok(());
    }
    let interval = node.config.interval.duration();
    let forget = |times: &mut VecDeque<Instant>| {
        while times.front().is_some_and(|at| now.since(*at) >= interval) {
            times.pop_front();
        }
        times.len()
    };
    let (sent, provoked) = (forget(&mut node.sent), forget(&mut node.provoked));
    if sent > ADVERTS_PER_INTERVAL + provoked * ADVERTS_PER_PROVOCATION {
        return Err(format!("{sent} advertisements within {interval:?}"));
    }
    Ok(())
}

/// Exactly one Active among those that can hear each other, and none of them may displace it.
pub(super) fn one_active_per_set(nodes: &[Node], lan: &Lan) -> Result<(), String> {
    for side in [0, 1] {
        let members: Vec<_> =
            (0..nodes.len()).filter(|place| nodes[*place].is_running() && lan.side(*place) == side).collect();
        let active: Vec<_> = members.iter().filter(|place| nodes[**place].state() == StateName::Active).collect();
        match active[..] {
            [] if members.is_empty() => {}
            [active] => members.iter().try_for_each(|peer| may_stay(*active, *peer, nodes))?,
            _ => return Err(format!("of the routers {members:?}, which hear each other, {active:?} are Active")),
        }
    }
    Ok(())
}

/// Whether an Active need not yield to a Backup: only a higher priority displaces it, and only with preemption
/// (RFC 9568 §6.4.2; an owner always, §6.1).
fn may_stay(active: usize, peer: usize, nodes: &[Node]) -> Result<(), String> {
    let (ours, theirs) = (nodes[active].config.priority, nodes[peer].config.priority);
    if theirs > ours && preempts(&nodes[peer]) {
        return Err(format!("router {active} is Active with priority {ours}, but {peer} has {theirs} and preempts"));
    }
    Ok(())
}

/// Whether a router displaces an inferior master, at once or later.
fn preempts(node: &Node) -> bool {
    node.config.priority.is_owner() || node.config.preempt != Preempt::Never
}

/// Since everything settled `watched` ago the Active has sent at its interval and everybody else nothing.
pub(super) fn steady_adverts(node: &Node, watched: Duration) -> Result<(), String> {
    let sent = node.sent.len() as u128;
    let expected = match node.state() {
        StateName::Active => watched.as_nanos() / node.config.interval.duration().as_nanos(),
        StateName::Initialize | StateName::Backup => 0,
    };
    if sent.abs_diff(expected) > 1 || (expected == 0 && sent > 0) {
        return Err(format!("a settled router that is {:?} sent {sent} advertisements, not {expected}", node.state()));
    }
    Ok(())
}
