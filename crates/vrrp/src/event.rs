//! Everything worth reporting, as data. Words are made by whoever shows it.

use core::net::IpAddr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::discard::Discard;
use crate::time::{Instant, WallTime};
use crate::types::{GroupId, Interval, Priority, RouterId};

/// Something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub subject: Subject,
    pub at: Instant,
    /// `None` while the driver has not given [`Input::WallClock`](crate::Input::WallClock).
    pub wall: Option<WallTime>,
    pub kind: EventKind,
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Router(RouterId),
    /// A sync group: only [`EventKind::Transition`], [`EventKind::WaitingFor`] and [`EventKind::Flapping`] are about one.
    Group(GroupId),
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    Transition(Transition),
    /// A router that has not started yet cannot, for these reasons; or one that could not start for another reason has
    /// been stopped by plan. Not for [`Causes::PENDING`]: until the first reading a router waits in silence.
    WaitingFor {
        causes: Causes,
        /// Effective priority now; 0 of a group, which has none.
        priority: Priority,
    },
    /// The router changed state so often that changes are not reported one by one, and is again in the state reported
    /// last.
    Flapping {
        /// Changes since the last report.
        unreported: u32,
    },
    PriorityChanged {
        from: Priority,
        to: Priority,
    },
    /// An inferior master was heard: for the first time, or again after a silence; while it goes on, ever less often. It is
    /// answered.
    InferiorAdvert(Peer),
    /// An inferior master went on advertising although it was answered. What is done about it stays in force for this
    /// router.
    DeafPeer {
        peer: Peer,
        remedy: Remedy,
    },
    /// A Backup that was about to take over heard its master after all: told once a minute, counted each time.
    NearFailover {
        peer: Peer,
        /// How long nothing of it was heard.
        silent: Duration,
        /// What was left of Active_Down_Timer: less than an interval.
        left: Duration,
    },
    /// Another master goes on advertising although this router is Active: two routers hold the addresses.
    TwoMasters {
        peer: Peer,
        /// Why its adverts are dropped here; `None`: they are accepted, and it is inferior.
        dropped: Option<Discard>,
    },
    /// The master before went silent or left, and within another Active_Down_Interval, one second at least, nobody was
    /// heard: nobody is known who would take over. Backups are silent, so that somebody may be there.
    RedundancyLost {
        gone: IpAddr,
        /// How long this router has been Active.
        alone: Duration,
    },
    /// Somebody is heard again after that: told by an Active, which it may remain.
    RedundancyBack(Peer),
    /// Another router has our priority (V3-RX-16).
    SamePriority(Peer),
    /// Another router claims to own the addresses as we do (V3-RX-15, EID 8298).
    OwnerConflict(Peer),
    /// A peer advertises another interval (V3-RX-13); VRRPv3 follows it.
    IntervalMismatch {
        peer: Peer,
        heard: Interval,
        ours: Interval,
    },
    /// A peer advertises another address list (V3-RX-14).
    AddressMismatch(Peer),
    /// A unicast router heard somebody who is none of its peers, and obeys: it may not hear us.
    UnlistedPeer(Peer),
    /// A packet was dropped, for the first time in a while for this reason.
    Discarded {
        reason: Discard,
        source: IpAddr,
    },
    /// This process was late by more than the down interval (stopped, paused, starved): it listens before it speaks.
    Stalled {
        late: Duration,
    },
}

/// Another router of the same virtual router, as its advert says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Its address on the link.
    pub address: IpAddr,
    pub priority: Priority,
}

/// What is done so that a peer hears us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Remedy {
    /// Each advert is sent in both checksum forms: the peer may accept its own only.
    BothChecksums,
    /// Each advert is sent from the physical MAC as well: the peer does not hear the virtual one (keepalived with
    /// `vmac_xmit_base`).
    PhysicalMac,
}

/// A change of state, or several of which only the last is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The state reported last.
    pub from: StateName,
    pub to: StateName,
    /// Of the last change; for a group that of the router that decided.
    pub reason: Reason,
    /// Effective priority now; 0 of a group, which has none.
    pub priority: Priority,
    /// Time from the last reported change to this one.
    pub after: Duration,
    /// Changes in between that were not reported, because there were too many.
    pub unreported: u32,
}

/// Names of the states of RFC 9568 §6.4, without what they carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StateName {
    /// Not taking part. keepalived calls it FAULT when something is missing.
    Initialize,
    Backup,
    /// Holding the addresses. keepalived says MASTER.
    Active,
}

/// Why a state was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// Everything the router waited for is there (Startup event).
    Ready,
    /// The same for the owner of the addresses (priority 255).
    OwnerReady,
    /// No acceptable advert for the down interval.
    MasterSilent {
        /// The last master heard, if any.
        last: Option<Peer>,
        /// Active_Down_Interval.
        down_interval: Duration,
    },
    /// The master left with priority 0 and the skew time has passed.
    MasterLeft {
        peer: IpAddr,
        /// Skew_Time.
        skew: Duration,
    },
    /// Our priority is higher than that of the running master.
    Preempted { peer: Peer },
    /// Another router has the better claim.
    SuperiorAdvert { peer: Peer, by: WonBy },
    /// A router that joins a sync group which is Active.
    GroupIsActive,
    /// Another router of the sync group gave up its role for a reason of its own.
    GroupYielded,
    /// Something the router needs is missing.
    Lost { waiting_for: Causes },
    /// A planned stop.
    Shutdown,
    /// This process was late by this much; others may have taken over meanwhile.
    Stalled { late: Duration },
}

/// What decided an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WonBy {
    Priority,
    /// Equal priority, higher source address (unsigned, network order).
    Address,
}

/// One thing a router in Initialize waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The parent interface does not exist.
    NoInterface,
    /// The parent interface is down or has no carrier.
    LinkDown,
    /// The parent interface has no address to send from.
    NoSource,
    /// A tracked object is in a state that forbids the router to take part.
    Tracker,
    /// Of a tracked object nothing is known yet.
    TrackerPending,
    /// A planned stop.
    Shutdown,
    /// The router has no address to advertise.
    NoAddress,
    /// The machine cannot hold the router's addresses.
    HostFailed,
    /// The machine does not have the configured source address.
    SourceAbsent,
    /// A unicast router has no peers.
    NoPeer,
    /// Another router of the sync group lacks something.
    Group,
    /// Another router of the sync group cannot start yet, but may soon.
    GroupPending,
    /// The daemon or the machine has just started (`vrrp_startup_delay`, `vrrp_delay_after_boot`).
    StartupDelay,
}

/// What a router in Initialize waits for: a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Causes(u16);

impl Causes {
    pub const NONE: Self = Self(0);
    pub const NO_INTERFACE: Self = Self::of(Cause::NoInterface);
    pub const LINK_DOWN: Self = Self::of(Cause::LinkDown);
    pub const NO_SOURCE: Self = Self::of(Cause::NoSource);
    pub const TRACKER: Self = Self::of(Cause::Tracker);
    pub const TRACKER_PENDING: Self = Self::of(Cause::TrackerPending);
    pub const SHUTDOWN: Self = Self::of(Cause::Shutdown);
    pub const NO_ADDRESS: Self = Self::of(Cause::NoAddress);
    pub const HOST_FAILED: Self = Self::of(Cause::HostFailed);
    pub const SOURCE_ABSENT: Self = Self::of(Cause::SourceAbsent);
    pub const NO_PEER: Self = Self::of(Cause::NoPeer);
    pub const GROUP: Self = Self::of(Cause::Group);
    pub const GROUP_PENDING: Self = Self::of(Cause::GroupPending);
    pub const STARTUP_DELAY: Self = Self::of(Cause::StartupDelay);
    /// What keeps a router from starting, but is no reason to stop.
    pub const PENDING: Self = Self::TRACKER_PENDING.with(Self::GROUP_PENDING).with(Self::STARTUP_DELAY);

    const EACH: [Cause; 13] = [
        Cause::NoInterface,
        Cause::LinkDown,
        Cause::NoSource,
        Cause::Tracker,
        Cause::TrackerPending,
        Cause::Shutdown,
        Cause::NoAddress,
        Cause::HostFailed,
        Cause::SourceAbsent,
        Cause::NoPeer,
        Cause::Group,
        Cause::GroupPending,
        Cause::StartupDelay,
    ];

    pub const fn of(cause: Cause) -> Self {
        Self(1 << cause as u16)
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` are in.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Cause> {
        Self::EACH.into_iter().filter(move |cause| self.contains(Self::of(*cause)))
    }
}

impl FromIterator<Self> for Causes {
    fn from_iter<T: IntoIterator<Item = Self>>(sets: T) -> Self {
        sets.into_iter().fold(Self::NONE, Self::with)
    }
}
