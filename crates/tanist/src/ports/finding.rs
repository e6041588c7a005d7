//! Why a router has the role it has, as data: `control` finds it, `wording` says it.

use std::net::IpAddr;

use vrrp::discard::Discard;
use vrrp::event::{Cause, Peer, Remedy};
use vrrp::input::Reading;
use vrrp::snapshot::{Outcome, Speaker};
use vrrp::time::Instant;
use vrrp::types::{MacAddr, Priority};

use super::events::Unusable;
use super::host::Dropping;
use super::sightings::Unheard;
use super::tracking::TrackerKey;

/// One thing that makes a router master or keeps it from that, or may make it seem so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// It takes no part for want of this.
    Lacks(Cause),
    /// It takes no part, because the machine cannot do what it needs.
    Unusable(Option<Unusable>),
    /// It is held down after a refusal of the kernel.
    HeldDown { until: Instant },
    /// The thread that holds the addresses does not answer.
    HostThreadSilent,
    /// It starts then.
    StartupDelay { until: Instant },
    /// A tracked object: what it does to the router.
    Tracker { key: TrackerKey, reading: Reading, since: Option<Instant>, outcome: Outcome },
    /// A router of its sync group that takes no part, for these reasons.
    GroupMember { name: String, lacks: Vec<Cause> },
    /// It would be master, also in the place of one with a lower priority, but for these routers of its group.
    GroupHears { heard: Option<Speech>, others: Vec<String> },
    /// It hears a master, and does not displace it.
    Master { heard: Speech, why: Obeys },
    /// It displaces the master that it hears at this time, unless a better one is heard.
    Displaces { heard: Speech, at: Option<Instant> },
    /// It hears nobody, and takes over at this time.
    HearsNobody { last: Option<Peer>, at: Option<Instant> },
    /// It is master because its priority is 255.
    Owner,
    /// It is master, and heard nobody who is better.
    HearsNoBetter,
    /// It is master, and another says it is one as well.
    OtherMaster { heard: Speech, better_by: BetterBy },
    /// It hears two masters.
    TwoMasters { others: Vec<Speech> },
    /// Its priority is not the configured one.
    Priority { base: Priority, effective: Priority },
    /// Adverts of somebody are refused.
    Refused { heard: Speech, reason: Discard, count: u64 },
    /// Adverts of other virtual routers arrive, and none of this one.
    OtherVrids { count: u64 },
    /// Adverts arrive on the interface but not at the daemon.
    Unheard(Unheard),
    /// A peer does not heed its answers: this is done about it.
    DeafPeer(Remedy),
    /// It is master, but its addresses are not all on the machine.
    AddressesMissing,
    /// It is master and accepts no packets to its addresses.
    Dropping(Dropping),
}

/// What another router said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Speech {
    pub(crate) speaker: Speaker,
    /// The MAC it was sent from, if somebody looked.
    pub(crate) mac: Option<MacAddr>,
}

/// Why a backup leaves a master alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obeys {
    /// Its priority is higher.
    Higher,
    /// Its priority is the same: a backup displaces nobody because of an address.
    Same,
    /// `nopreempt`.
    NoPreempt,
    /// `preempt_delay`, until then.
    Delay { until: Instant },
}

/// What makes a master better than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BetterBy {
    Priority,
    /// The priorities are the same; ours is this address.
    Address(IpAddr),
}

impl Finding {
    /// Whose words it is about.
    pub(crate) const fn speech(&self) -> Option<&Speech> {
        match self {
            Self::Master { heard, .. }
            | Self::Displaces { heard, .. }
            | Self::OtherMaster { heard, .. }
            | Self::Refused { heard, .. } => Some(heard),
            Self::GroupHears { heard, .. } => heard.as_ref(),
            Self::Lacks(_)
            | Self::Unusable(_)
            | Self::HeldDown { .. }
            | Self::HostThreadSilent
            | Self::StartupDelay { .. }
            | Self::Tracker { .. }
            | Self::GroupMember { .. }
            | Self::HearsNobody { .. }
            | Self::Owner
            | Self::HearsNoBetter
            | Self::TwoMasters { .. }
            | Self::Priority { .. }
            | Self::OtherVrids { .. }
            | Self::Unheard(_)
            | Self::DeafPeer(_)
            | Self::AddressesMissing
            | Self::Dropping(_) => None,
        }
    }

    /// When it is over by itself.
    pub(crate) const fn ends(&self) -> Option<Instant> {
        match self {
            Self::HeldDown { until } | Self::StartupDelay { until } => Some(*until),
            Self::Master { why: Obeys::Delay { until }, .. } => Some(*until),
            Self::Displaces { at, .. } | Self::HearsNobody { at, .. } => *at,
            Self::Master { why: Obeys::Higher | Obeys::Same | Obeys::NoPreempt, .. }
            | Self::Lacks(_)
            | Self::Unusable(_)
            | Self::HostThreadSilent
            | Self::Tracker { .. }
            | Self::GroupMember { .. }
            | Self::GroupHears { .. }
            | Self::Owner
            | Self::HearsNoBetter
            | Self::OtherMaster { .. }
            | Self::TwoMasters { .. }
            | Self::Priority { .. }
            | Self::Refused { .. }
            | Self::OtherVrids { .. }
            | Self::Unheard(_)
            | Self::DeafPeer(_)
            | Self::AddressesMissing
            | Self::Dropping(_) => None,
        }
    }
}
