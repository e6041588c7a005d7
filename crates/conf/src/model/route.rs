//! One line of `virtual_routes` or `static_routes`, as meant. Its text is a line that means the same.

mod part;
mod text;

use std::collections::BTreeMap;
use std::net::IpAddr;

use vrrp::types::Family;

pub use host::{Features, Insertion, Lock, Lockable, Metric, OnLink, RouteKind, RoutePreference, TtlPropagate, Tunnel};
pub(in crate::model) use part::Text;
pub use part::{Named, Prefix, Tracking};

/// What packets are wrapped in.
pub type Encap = host::Encap<Named>;
/// `realms [FROM/]TO`, IPv4.
pub type Realms = host::Realms<Named>;

/// A route. What is `None` is the kernel's to choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// What becomes of packets.
    pub kind: RouteKind,
    /// Where they go to; of IPv4 without host bits.
    pub destination: Prefix,
    /// The way there, unless it is one of `nexthops`.
    pub hop: Hop,
    /// Ways that share the traffic.
    pub nexthops: Vec<NextHop>,
    /// `src`: source address of packets from here.
    pub source: Option<IpAddr>,
    /// `from`: source of packets that are meant, IPv6.
    pub from: Option<Prefix>,
    /// `table`; `None`: main, or that of `vrf`.
    pub table: Option<Named>,
    /// `metric`.
    pub metric: Option<u32>,
    /// `tos`.
    pub tos: Option<Named>,
    /// `protocol`; `None`: our own.
    pub protocol: Option<Named>,
    /// `scope`, IPv4; of IPv6 it is ignored.
    pub scope: Option<Named>,
    /// `vrf`: an interface whose table it goes to.
    pub vrf: Option<String>,
    /// What the kernel keeps for its connections.
    pub metrics: BTreeMap<Metric, Lockable<u32>>,
    /// `features`.
    pub features: Features,
    /// `congctl`: a congestion control algorithm.
    pub congestion: Option<Lockable<String>>,
    /// `pref`, IPv6.
    pub preference: Option<RoutePreference>,
    /// `expires`, IPv6, in seconds.
    pub expires: Option<u32>,
    /// `ttl-propagate`.
    pub ttl_propagate: Option<TtlPropagate>,
    /// Its place among those of one destination.
    pub insertion: Insertion,
    /// `no_track`, `track_group`.
    pub tracking: Tracking,
}

impl Route {
    /// A route with nothing but its destination.
    #[must_use]
    pub fn to(destination: Prefix) -> Self {
        Self { destination, ..Self::default() }
    }

    /// The interfaces that it names.
    pub fn interfaces(&self) -> impl Iterator<Item = &str> {
        let hops = self.nexthops.iter().map(|nexthop| &nexthop.hop).chain([&self.hop]);
        hops.filter_map(|hop| hop.dev.as_deref()).chain(self.vrf.as_deref())
    }

    /// Its address family.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.destination.family()
    }
}

/// One way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hop {
    /// `via`: the next router, of the family of the route.
    pub via: Option<IpAddr>,
    /// `dev`.
    pub dev: Option<String>,
    /// `onlink`.
    pub onlink: OnLink,
    /// `realms`, IPv4.
    pub realms: Option<Realms>,
    /// `encap`.
    pub encap: Option<Encap>,
}

/// `nexthop`: one of several ways.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NextHop {
    /// The way; it has `via` or `dev`.
    pub hop: Hop,
    /// Its share, 1 to 256.
    pub weight: u16,
}
