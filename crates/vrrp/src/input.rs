//! Everything that can happen to an engine.

use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::action::Transmit;
use crate::time::{Instant, WallTime};
use crate::types::{Family, IfIndex, RouterId, TrackerId};

/// One thing that happened.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    Packet(Packet<'a>),
    /// What is known of a router's parent interface; replaces what was known before.
    Parent {
        router: RouterId,
        parent: Parent,
    },
    /// The state of a tracked object. A router that tracks an object waits in Initialize until the first reading; one
    /// that runs already goes on, as if the object moved nothing.
    Reading {
        tracker: TrackerId,
        reading: Reading,
    },
    /// A planned stop of one router, or of all (`None`): priority 0, addresses out, at once or when a successor is heard.
    /// Ended by [`Input::Resume`] only. The other routers of its sync group go on.
    Shutdown {
        router: Option<RouterId>,
    },
    Resume {
        router: RouterId,
    },
    /// Somebody said priority 0 in the name of all routers that are Active, because this process had stood still: their role is
    /// gone. They listen before they speak.
    RoleTaken {
        since: Since,
    },
    /// Routers that have left and keep their addresses ([`Action::KeepAddresses`](crate::Action::KeepAddresses)) are to
    /// withdraw them now, whether a successor was heard or not.
    LetGo(Leavers),
    /// Whether the machine can hold the router's addresses. A master that cannot would be a black hole: a router whose
    /// machine has failed does not take part.
    HostState {
        router: RouterId,
        state: HostState,
    },
    /// No router starts before then; one that runs goes on. Replaces what was said before.
    StartupDelay {
        until: Instant,
    },
    /// A packet of an advert, or a copy of it, did not leave: the advert is not counted as sent, but as failed, once.
    SendFailed(Transmit),
    /// The time of day at this moment. To be given at the start and whenever it may have been set: events bear it.
    WallClock(WallTime),
    /// Time has passed: expire what is due.
    ///
    /// Whatever was received before `heard_until` has been handed in. Later packets may wait in a socket, and one of
    /// them may be the advert that is missed: Active_Down_Timers expire up to `heard_until` only. Adverts and
    /// announcements, which no packet calls off, leave whenever they are due.
    Wake {
        heard_until: Instant,
    },
}

/// Routers that keep their addresses although they are no longer Active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leavers {
    All,
    /// Those that were removed ([`Engine::remove`](crate::Engine::remove)).
    Removed,
}

/// An IP packet that may be an advert.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Interface it came in on.
    pub link: IfIndex,
    /// When the kernel received it, on the engine's clock.
    pub received: Instant,
    pub ip: IpHeader,
    /// What follows the IP header and its options, an authentication header included.
    pub payload: &'a [u8],
}

/// What the IP layer knows of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpHeader {
    pub source: IpAddr,
    /// The group, or an address of ours.
    pub destination: IpAddr,
    /// TTL or hop limit; `None` if the kernel did not tell, which counts as wrong (V3-RX-03).
    pub hop_limit: Option<u8>,
    /// IP protocol number of the payload.
    pub protocol: u8,
    /// Identification of IPv4, which an authentication header covers; 0 of IPv6.
    pub identification: u16,
}

impl IpHeader {
    #[must_use]
    pub const fn family(&self) -> Family {
        Family::of(&self.source)
    }
}

/// State of a router's parent interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// `None` while there is no such interface.
    pub ifindex: Option<IfIndex>,
    pub link: LinkState,
    /// The address our adverts come from, of the router's family: the primary address (IPv4), a link-local address
    /// (IPv6), or the configured one. `None` while there is none, or the machine must have the configured one and does
    /// not.
    pub source: Option<IpAddr>,
}

/// What routers did since their role was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Since {
    /// Nothing: they stay silent.
    Silent,
    /// An advert may have left, by which others took the master for one that is there: it leaves once more.
    Spoken,
}

/// State of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LinkState {
    /// Administratively up and with a carrier.
    Up,
    Down,
}

/// Whether the machine can hold a router's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HostState {
    Ready,
    /// The kernel refused an address or the interface it belongs on.
    Failed,
}

/// What a tracker says of its object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reading {
    /// Nothing yet, or no longer. What was known before is forgotten.
    #[default]
    Unknown,
    Down,
    Up,
    /// A number, as a tracked file holds. 0 counts as up, everything else as down.
    Level(i32),
}
