//! Routes as `ip route` makes them.

mod encap;
mod kinds;
mod metric;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use vrrp::types::IfIndex;

use super::serial;
use super::{Identity, ROUTE_PROTOCOL, Scope, Stage, Thing};
use crate::names::{Describe, LinkNames};
use crate::present::Present;

pub use encap::{Encap, Tunnel};
pub use kinds::{Features, Insertion, OnLink, RouteKind, RoutePreference, TtlPropagate};
pub use metric::{Lock, Lockable, Metric};

/// The kernel's number of the main table.
pub const MAIN_TABLE: u32 = 254;

/// A network: its address, and the length of its prefix in bits.
pub type Network = (IpAddr, u8);

/// A route that somebody has asked for, with all that makes it another than those beside it. Of two that are the same but
/// for one option the kernel keeps both (IPv4), or refuses the second (IPv6). It goes with its links, and of IPv4 with its
/// source address, and then nobody is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IpRoute {
    /// What becomes of packets.
    pub kind: RouteKind,
    /// Where they go to.
    pub destination: Network,
    /// Ways that share the traffic; none if packets end here.
    pub hops: Hops,
    /// Source address of packets from here.
    pub source: Option<IpAddr>,
    /// Source of packets that are meant, IPv6.
    pub from: Option<Network>,
    /// The kernel's number of the table.
    pub table: u32,
    /// The kernel takes the lowest.
    pub metric: u32,
    /// Packets of this type of service only, IPv4; 0: all.
    pub tos: u8,
    /// Who made it (`rtm_protocol`).
    pub protocol: u8,
    /// IPv4 only.
    pub scope: Scope,
    /// What the kernel keeps for its connections.
    pub metrics: BTreeMap<Metric, Lockable<u32>>,
    /// See [`Features`].
    pub features: Features,
    /// A congestion control algorithm.
    pub congestion: Option<Lockable<String>>,
    /// IPv6.
    pub preference: Option<RoutePreference>,
    /// Seconds after which the kernel takes it away, IPv6.
    pub expires: Option<u32>,
    /// See [`TtlPropagate`].
    pub ttl_propagate: Option<TtlPropagate>,
    /// Its place among those of one destination.
    pub insertion: Insertion,
}

/// Ways, and the links that they name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hops {
    hops: Vec<RouteHop>,
    #[serde(with = "serial::ifindexes")]
    links: Vec<IfIndex>,
}

impl Hops {
    /// No way at all.
    pub const NONE: Self = Self { hops: Vec::new(), links: Vec::new() };

    /// All ways.
    pub fn iter(&self) -> std::slice::Iter<'_, RouteHop> {
        self.hops.iter()
    }
}

impl From<Vec<RouteHop>> for Hops {
    fn from(hops: Vec<RouteHop>) -> Self {
        let mut links: Vec<IfIndex> = hops.iter().filter_map(|hop| hop.link).collect();
        links.sort_unstable();
        links.dedup();
        Self { hops, links }
    }
}

/// One way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RouteHop {
    /// The next router, of the family of the route.
    pub gateway: Option<IpAddr>,
    /// `None`: that over which the next router is reached.
    #[serde(with = "serial::maybe_ifindex")]
    pub link: Option<IfIndex>,
    /// See [`OnLink`].
    pub on_link: OnLink,
    /// IPv4.
    pub realms: Option<Realms<u16>>,
    /// See [`Encap`].
    pub encap: Option<Encap<u8>>,
    /// Its share, 1 to 256.
    pub weight: u16,
}

/// Realms, IPv4. `N` is a number that may have a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Realms<N> {
    /// Of the source.
    pub from: Option<N>,
    /// Of the destination.
    pub to: N,
}

impl<N> Realms<N> {
    /// The same with other numbers.
    pub fn map<M>(&self, mut number: impl FnMut(&N) -> M) -> Realms<M> {
        Realms { from: self.from.as_ref().map(&mut number), to: number(&self.to) }
    }
}

/// As they are written: `[FROM/]TO`.
impl<N: fmt::Display> fmt::Display for Realms<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(from) = &self.from {
            write!(f, "{from}/")?;
        }
        self.to.fmt(f)
    }
}

impl IpRoute {
    /// A route of ours in the main table that ends packets.
    #[must_use]
    pub const fn new(kind: RouteKind, destination: Network) -> Self {
        Self {
            kind,
            destination,
            hops: Hops::NONE,
            source: None,
            from: None,
            table: MAIN_TABLE,
            metric: 0,
            tos: 0,
            protocol: ROUTE_PROTOCOL,
            scope: Scope(0),
            metrics: BTreeMap::new(),
            features: Features::None,
            congestion: None,
            preference: None,
            expires: None,
            ttl_propagate: None,
            insertion: Insertion::Prepend,
        }
    }
}

impl Thing for IpRoute {
    fn identity(&self) -> Identity {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        let (network, prefix_len) = self.destination;
        Identity::IpRoute(network, prefix_len, hasher.finish())
    }

    fn links(&self) -> &[IfIndex] {
        &self.hops.links
    }

    fn stage(&self) -> Stage {
        Stage::Routing
    }

    fn is_optional(&self) -> bool {
        true
    }

    /// (That it is not there is found when it is removed.)
    fn is_left(&self, _: &Present, is_same: &dyn Fn(IfIndex) -> bool) -> bool {
        self.hops.links.iter().all(|link| is_same(*link))
    }
}

impl Describe for IpRoute {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (network, prefix_len) = self.destination;
        f.write_str("route ")?;
        if self.kind != RouteKind::Unicast {
            write!(f, "{} ", self.kind.name())?;
        }
        write!(f, "{network}/{prefix_len}")?;
        for (number, hop) in self.hops.iter().enumerate() {
            f.write_str(if number == 0 { "" } else { " and" })?;
            if let Some(gateway) = hop.gateway {
                write!(f, " via {gateway}")?;
            }
            if let Some(link) = hop.link {
                write!(f, " on {}", link.named(names))?;
            }
        }
        if self.table != MAIN_TABLE {
            write!(f, " in table {}", self.table)?;
        }
        if let Some(source) = self.source {
            write!(f, " with source {source}")?;
        }
        if self.metric != 0 {
            write!(f, " with metric {}", self.metric)?;
        }
        Ok(())
    }
}
