//! One line of `virtual_routes` or `static_routes`, as meant. Its text is a line that means the same.

mod encap;
mod metric;
mod part;
mod text;

use std::collections::BTreeMap;
use std::net::IpAddr;

use vrrp::types::Family;

pub use encap::{Encap, Tunnel};
pub use metric::{Lock, Lockable, Metric};
pub(in crate::model) use part::Text;
pub use part::{Named, Prefix, Realms, Tracking};

/// A route. What is `None` is the kernel's to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub const fn to(destination: Prefix) -> Self {
        Self {
            kind: RouteKind::Unicast,
            destination,
            hop: Hop { via: None, dev: None, onlink: OnLink::Checked, realms: None, encap: None },
            nexthops: Vec::new(),
            source: None,
            from: None,
            table: None,
            metric: None,
            tos: None,
            protocol: None,
            scope: None,
            vrf: None,
            metrics: BTreeMap::new(),
            features: Features::None,
            congestion: None,
            preference: None,
            expires: None,
            ttl_propagate: None,
            insertion: Insertion::Prepend,
            tracking: Tracking::Own,
        }
    }

    /// Its address family.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.destination.family()
    }
}

/// What becomes of packets (RTN_*).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RouteKind {
    /// They go on.
    #[default]
    Unicast,
    /// They are ours.
    Local,
    /// They go to all on the link.
    Broadcast,
    /// They are ours, and never a source.
    Anycast,
    /// They go to a group.
    Multicast,
    /// They are dropped.
    Blackhole,
    /// They are answered with "host unreachable".
    Unreachable,
    /// They are answered with "administratively prohibited".
    Prohibit,
    /// The next rule decides.
    Throw,
}

impl RouteKind {
    /// All of them, by rising number.
    pub const ALL: [Self; 9] = [
        Self::Unicast,
        Self::Local,
        Self::Broadcast,
        Self::Anycast,
        Self::Multicast,
        Self::Blackhole,
        Self::Unreachable,
        Self::Prohibit,
        Self::Throw,
    ];

    /// As written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unicast => "unicast",
            Self::Local => "local",
            Self::Broadcast => "broadcast",
            Self::Anycast => "anycast",
            Self::Multicast => "multicast",
            Self::Blackhole => "blackhole",
            Self::Unreachable => "unreachable",
            Self::Prohibit => "prohibit",
            Self::Throw => "throw",
        }
    }

    /// Whether packets end here, so that the route has no next hop.
    #[must_use]
    pub const fn ends(self) -> bool {
        match self {
            Self::Unicast | Self::Local | Self::Broadcast | Self::Anycast | Self::Multicast => false,
            Self::Blackhole | Self::Unreachable | Self::Prohibit | Self::Throw => true,
        }
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

/// Whether the kernel checks that the next router is on the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnLink {
    /// It does.
    #[default]
    Checked,
    /// `onlink`: it takes it for granted.
    Assumed,
}

/// `features`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Features {
    /// None.
    #[default]
    None,
    /// Explicit congestion notification.
    Ecn,
}

/// Preference of an IPv6 route (RFC 4191 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoutePreference {
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
}

impl RoutePreference {
    /// As written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Whether MPLS copies the TTL into the IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TtlPropagate {
    /// `enabled`
    Enabled,
    /// `disabled`
    Disabled,
}

impl TtlPropagate {
    /// As written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }
}

/// Place among routes of one destination, TOS and metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Insertion {
    /// `prepend`: before them.
    #[default]
    Prepend,
    /// `add`: only if there are none.
    Add,
    /// `append`: behind them.
    Append,
}
