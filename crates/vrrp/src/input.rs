//! Everything that can happen to an engine.

use core::net::IpAddr;

use crate::time::Instant;
use crate::types::{Family, IfIndex, RouterId, TrackerId};

/// One thing that happened.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A packet of IP protocol 112 arrived.
    Advert {
        /// What the IP layer and the kernel know of it.
        envelope: Envelope,
        /// The VRRP message: the IP payload.
        bytes: &'a [u8],
    },
    /// What is known of a router's parent interface; replaces what was known before.
    Parent {
        /// The router.
        router: RouterId,
        /// Its parent.
        parent: Parent,
    },
    /// A tracked object changed, or its first verdict came.
    Verdict {
        /// The object.
        tracker: TrackerId,
        /// What it is now.
        verdict: Verdict,
    },
    /// A planned stop of one router, or of all (`None`): priority 0, addresses out. There is no way back but
    /// [`Input::Resume`].
    Shutdown {
        /// Which.
        router: Option<RouterId>,
    },
    /// The end of a planned stop.
    Resume {
        /// Which.
        router: RouterId,
    },
    /// Whether the machine lets the router hold its addresses. A master that cannot would be a black hole: while this is
    /// down the router does not take part.
    Holding {
        /// Which.
        router: RouterId,
        /// Whether it can.
        verdict: Verdict,
    },
    /// Time has passed: expire what is due.
    Wake,
}

/// What accompanies a received message: the checks of RFC 9568 §7.1 that concern the IP header are made on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Sender.
    pub source: IpAddr,
    /// Destination: the group, or our address.
    pub destination: IpAddr,
    /// TTL or hop limit; `None` if the kernel did not tell, which counts as wrong (V3-RX-03).
    pub hop_limit: Option<u8>,
    /// Interface it came in on.
    pub ifindex: IfIndex,
    /// When the kernel received it, on the engine's clock.
    pub received: Instant,
}

impl Envelope {
    /// Address family of the packet.
    #[must_use]
    pub const fn family(&self) -> Family {
        Family::of(&self.source)
    }
}

/// State of a router's parent interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// `None` while there is no such interface.
    pub ifindex: Option<IfIndex>,
    /// Whether it is administratively up and has a carrier.
    pub link: Verdict,
    /// The address our advertisements come from, of the router's family: the primary address (IPv4), a link-local
    /// address (IPv6), or the configured one. `None` while there is none.
    pub source: Option<IpAddr>,
}

/// The state of something watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Works.
    Up,
    /// Does not.
    Down,
}
