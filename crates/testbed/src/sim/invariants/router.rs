//! Rules about one router.

use std::collections::VecDeque;
use std::time::Duration;

use vrrp::{
    Deadline, HostState, Instant, LinkState, Parent, Peer, Priority, Reading, Reason, StateName, Transition, Transmit,
    Why,
};

use super::{Broken, Invariant, require};
use crate::sim::node::protocol::{Kept, Successor};
use crate::sim::node::router::{Placed, Router, Stop, Tracked};

/// Adverts in one interval: one in turn and two answers, twice as the window may lie across two intervals, and two for a
/// takeover in the middle of it. Anything done to the router from outside may add two.
const ADVERTS_PER_INTERVAL: usize = 8;
const ADVERTS_PER_PROVOCATION: usize = 2;

/// Formulas may differ by a fraction of the 256ths that they count in.
const ROUNDING: Duration = Duration::from_micros(1);

/// What is known when a router reports a change of its state.
#[derive(Debug)]
pub(in crate::sim) struct Change<'a> {
    pub(in crate::sim) now: Instant,
    pub(in crate::sim) transition: &'a Transition,
    /// What the tracked objects say.
    pub(in crate::sim) tracked: Tracked,
    pub(in crate::sim) priority: Priority,
    /// When the first advert that it must respect and has not read was received; else the present.
    pub(in crate::sim) silent_until: Instant,
    /// Adverts that left with this change.
    pub(in crate::sim) sent: &'a [Priority],
}

/// What must hold at a report of a change.
pub(in crate::sim) fn sound_change(router: &Router, change: &Change<'_>) -> Result<(), Broken> {
    let transition = change.transition;
    let from = transition.from;
    require(Invariant::StatesJoin, from == router.reported, || {
        format!("left {from:?} but had entered {:?}", router.reported)
    })?;
    // A stall is noticed before the message is obeyed that wakes the router.
    let counts = [Some(change.priority), router.former];
    require(Invariant::TrackedPriority, counts.contains(&Some(transition.priority)), || {
        format!("counts with priority {}, but base and readings make {}", transition.priority, change.priority)
    })?;
    starts_with_readings(from, change.tracked)?;
    if change.is_fresh(router) {
        farewell(router, change)?;
    }
    match transition.reason {
        Reason::Ready => require(
            Invariant::OwnerStarts,
            !router.config.parameters.priority.is_owner() || router.is_grouped(),
            || "an owner started as Backup".to_owned(),
        ),
        Reason::Preempted { .. } => {
            require(Invariant::Preemption, router.preempts(), || "displaced a master without preemption".to_owned())
        }
        Reason::MasterSilent { .. } => long_silence(router, change),
        Reason::SuperiorAdvert { peer, .. } if change.is_fresh(router) => superior(router, change.priority, peer),
        Reason::SuperiorAdvert { .. }
        | Reason::OwnerReady
        | Reason::GroupIsActive
        | Reason::GroupYielded
        | Reason::Stalled { .. }
        | Reason::MasterLeft { .. }
        | Reason::Lost { .. }
        | Reason::Shutdown => Ok(()),
    }
}

fn starts_with_readings(from: StateName, tracked: Tracked) -> Result<(), Broken> {
    require(Invariant::AwaitsReadings, from != StateName::Initialize || tracked == Tracked::Fine, || {
        format!("started although what it tracks is: {tracked:?}")
    })
}

impl Change<'_> {
    /// Whether it happened just now. A router that flaps reports later.
    fn is_fresh(&self, router: &Router) -> bool {
        router.since == self.now && self.transition.unreported == 0
    }
}

/// RFC 9568 §6.4.2: only after Active_Down_Interval without an advert that counts. Those in the socket count.
fn long_silence(router: &Router, change: &Change<'_>) -> Result<(), Broken> {
    let Some(respected) = router.respects().filter(|_| change.is_fresh(router)) else { return Ok(()) };
    let silence = change.silent_until.since(respected.at);
    let needed = router.down_interval(Some(respected), change.priority);
    require(Invariant::LiveMasterIsHeard, silence >= needed, || {
        format!("took over after {silence:?} of silence, {needed:?} are due")
    })
}

/// RFC 9568 §6.4.3: the higher priority wins, then the higher address.
fn superior(router: &Router, priority: Priority, peer: Peer) -> Result<(), Broken> {
    let is_taken = router.taken.contains(&(peer.address, peer.priority));
    require(Invariant::OnlyAuthentic, is_taken, || {
        format!("yielded to {} with priority {}, which is not authentic or not new", peer.address, peer.priority)
    })?;
    let ours = (priority, router.parent.source);
    require(Invariant::SuperiorOnly, (peer.priority, Some(peer.address)) > ours, || {
        format!("yielded to {} with priority {}, having {priority}", peer.address, peer.priority)
    })
}

/// An Active whose parent still exists says that it leaves, unless a superior one is there.
fn farewell(router: &Router, change: &Change<'_>) -> Result<(), Broken> {
    let Transition { from, to, reason, .. } = *change.transition;
    let leaves = from == StateName::Active && to != StateName::Active;
    let leaves_a_gap = matches!(reason, Reason::Lost { .. } | Reason::Shutdown | Reason::GroupYielded);
    let is_due = leaves && leaves_a_gap && router.parent.ifindex.is_some();
    require(Invariant::Farewell, !is_due || change.sent.contains(&Priority::RELEASE), || {
        "stopped without saying priority 0".to_owned()
    })
}

/// Whether it may send this.
pub(in crate::sim) fn has_source(parent: &Parent, transmit: &Transmit) -> Result<(), Broken> {
    let is_allowed = transmit.priority == Priority::RELEASE || parent.source == Some(transmit.stamp.source);
    require(Invariant::HasSource, is_allowed, || {
        format!("sent from {}, its parent being {:?}", transmit.stamp.source, parent.source)
    })
}

/// Whether a router that has left may go on keeping its addresses at the end of a turn; of one that was removed nothing else
/// is known.
pub(in crate::sim) fn may_keep(kept: &Kept, router: Option<&Router>, now: Instant) -> Result<(), Broken> {
    require(Invariant::GivesWay, now <= kept.until && kept.successor == Successor::Awaited, || {
        format!("keeps its addresses although it was to let go: {kept:?}, now {now:?}")
    })?;
    let Some(Router { parent, host, config, .. }) = router.filter(|router| router.id == kept.id) else { return Ok(()) };
    let is_able = parent.link == LinkState::Up && parent.source.is_some() && *host == HostState::Ready;
    require(Invariant::GivesWay, is_able && !config.addresses.is_empty(), || {
        format!("keeps its addresses with {parent:?} and {host:?}")
    })
}

/// Whether the timer is one of the state.
pub(in crate::sim) fn timer_of_state(deadline: &Deadline, state: StateName) -> Result<(), Broken> {
    let fits = match deadline.why {
        Why::Start => state == StateName::Initialize,
        Why::ActiveDown => state == StateName::Backup,
        Why::Advertise | Why::Announce => state == StateName::Active,
        Why::LetGo => state != StateName::Active,
    };
    require(Invariant::TimerOfState, fits, || format!("waits for {:?} while {state:?}", deadline.why))
}

/// What keeps a router out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sim) enum Lacks {
    Nothing,
    /// Perhaps something: it does not start, but goes on if it runs.
    Unknown,
    Something,
}

/// What a router lacks itself.
pub(in crate::sim) fn lacks(router: &Router, readings: &[Reading]) -> Lacks {
    let tracked = router.pull(readings).fault;
    let Router { parent, host, stop, config, .. } = router;
    let lacks = *host == HostState::Failed
        || *stop == Stop::Planned
        || (parent.ifindex.is_none() || parent.link == LinkState::Down || parent.source.is_none())
        || config.addresses.is_empty();
    match tracked {
        Tracked::Fault => Lacks::Something,
        Tracked::Fine | Tracked::Unknown if lacks => Lacks::Something,
        Tracked::Unknown => Lacks::Unknown,
        Tracked::Fine => Lacks::Nothing,
    }
}

/// The same as the others of its group see it: nothing is known of one that is new.
pub(in crate::sim) fn lacks_of_group(router: &Router, readings: &[Reading]) -> Lacks {
    match router.placed {
        Placed::No => Lacks::Unknown,
        Placed::Yes => lacks(router, readings),
    }
}

/// A router that lacks something, or whose group does, is in Initialize, and one that lacks nothing is not. One of whose
/// objects nothing is known goes on if it runs, and waits if it does not.
pub(in crate::sim) fn takes_part(router: &Router, readings: &[Reading], others: Lacks) -> Result<(), Broken> {
    let own = lacks(router, readings);
    let runs = router.state != StateName::Initialize;
    let is_right = match own.max(others) {
        Lacks::Nothing => runs,
        Lacks::Unknown => true,
        Lacks::Something => !runs,
    };
    let Router { parent, host, stop, config, .. } = router;
    let rule = if *host == HostState::Failed { Invariant::FailedHostLeaves } else { Invariant::TakesPart };
    require(rule, is_right, || {
        format!(
            "is {:?}, lacks {own:?}, its group {others:?}, with {parent:?}, {host:?}, {stop:?}, {:?}",
            router.state, config.addresses
        )
    })
}

/// Nothing that was due is left undone at the end of a turn in which all sockets were emptied.
pub(in crate::sim) fn is_in_time(router: &Router, now: Instant, priority: Priority) -> Result<(), Broken> {
    match router.state {
        StateName::Initialize => Ok(()),
        StateName::Backup if router.is_grouped() => Ok(()),
        StateName::Backup => {
            let Some(respected) = router.respects() else { return Ok(()) };
            let from = respected.at.max(router.since).max(router.last_provoked);
            let (waited, due) = (now.since(from), router.down_interval(Some(respected), priority));
            require(Invariant::TakesOver, waited <= due + ROUNDING, || {
                format!("waits for {waited:?} without an advert that counts, {due:?} are enough")
            })
        }
        StateName::Active => {
            let silent = now.since(router.since.max(router.last_provoked).max(router.last_sent));
            let interval = router.config.parameters.interval.duration();
            require(Invariant::KeepsSpeaking, silent <= interval, || {
                format!("has said nothing for {silent:?}, its interval is {interval:?}")
            })
        }
    }
}

/// No more adverts in one interval than there can be reasons for. Forgets what lies further back.
pub(in crate::sim) fn no_storm(router: &mut Router, now: Instant) -> Result<(), Broken> {
    let interval = router.config.parameters.interval.duration();
    let forget = |times: &mut VecDeque<Instant>| {
        while times.front().is_some_and(|at| now.since(*at) >= interval) {
            times.pop_front();
        }
        times.len()
    };
    let (sent, provoked) = (forget(&mut router.sent), forget(&mut router.provoked));
    let most = ADVERTS_PER_INTERVAL + provoked * ADVERTS_PER_PROVOCATION;
    require(Invariant::NoStorm, sent <= most, || format!("{sent} adverts within {interval:?}"))
}

/// Since everything settled `watched` ago the Active has sent at its interval and everybody else nothing.
pub(in crate::sim) fn steady_adverts(router: &Router, watched: Duration) -> Result<(), Broken> {
    let sent = u128::from(router.adverts);
    let expected = match router.state {
        StateName::Active => watched.as_nanos() / router.config.parameters.interval.duration().as_nanos(),
        StateName::Initialize | StateName::Backup => 0,
    };
    let is_steady = sent.abs_diff(expected) <= 1 && (expected > 0 || sent == 0);
    require(Invariant::SteadyAdverts, is_steady, || {
        format!("a settled router that is {:?} sent {sent} adverts, not {expected}", router.state)
    })
}

/// How long an Active may be away before a Backup has had the time to take over.
pub(in crate::sim) fn patience(router: &Router, priority: Priority) -> Duration {
    router.config.parameters.interval.duration() + router.down_interval(None, priority)
}
