//! How the routers of one virtual router reach each other.

use alloc::vec::Vec;
use core::net::IpAddr;

use crate::types::Family;
use crate::wire;

/// How adverts travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Medium {
    /// To a group on the parent's link, of the router's family. Only what came from this link counts (TTL 255).
    Multicast { group: IpAddr },
    /// To each peer by itself, never to a group. Not in the RFC; as in keepalived.
    Unicast(Unicast),
}

/// Unicast adverts: to whom, and from whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unicast {
    /// Of the router's family. The router's own source address among them is passed over, so that one list serves all
    /// members. With none the router does not take part.
    pub peers: Vec<UnicastPeer>,
    /// TTL or hop limit of our adverts.
    pub hop_limit: u8,
    pub sources: SourceCheck,
}

/// A router that unicast adverts go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnicastPeer {
    pub address: IpAddr,
    /// Least and largest TTL or hop limit with which its adverts arrive. With least above largest none is accepted.
    pub min_ttl: u8,
    pub max_ttl: u8,
}

/// Whose unicast adverts are accepted (`check_unicast_src`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceCheck {
    /// Anybody's, with any TTL. One that is no peer is reported.
    Anybody,
    /// Those of peers, with a TTL in their range.
    Peers,
}

impl Medium {
    /// The group of RFC 9568 §5.1.1.2 and §5.1.2.2.
    #[must_use]
    pub const fn multicast(family: Family) -> Self {
        Self::Multicast { group: wire::group(family) }
    }

    /// The group that must be joined to hear the others.
    #[must_use]
    pub const fn group(&self) -> Option<IpAddr> {
        match self {
            Self::Multicast { group } => Some(*group),
            Self::Unicast(_) => None,
        }
    }
}

impl Unicast {
    /// The peer with this address.
    #[must_use]
    pub fn peer(&self, address: IpAddr) -> Option<&UnicastPeer> {
        self.peers.iter().find(|peer| peer.address == address)
    }
}

impl UnicastPeer {
    /// A peer whose adverts may have any TTL.
    #[must_use]
    pub const fn new(address: IpAddr) -> Self {
        Self { address, min_ttl: 0, max_ttl: u8::MAX }
    }
}
