//! What the options of a route are, as the kernel and `ip route` know them.

use serde::{Deserialize, Serialize};

/// What becomes of packets (RTN_*).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// Whether the kernel checks that the next router is on the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OnLink {
    /// It does.
    #[default]
    Checked,
    /// `onlink`: it takes it for granted.
    Assumed,
}

/// `features`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Features {
    /// None.
    #[default]
    None,
    /// Explicit congestion notification.
    Ecn,
}

/// Preference of an IPv6 route (RFC 4191 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Insertion {
    /// `prepend`: before them.
    #[default]
    Prepend,
    /// `add`: only if there are none.
    Add,
    /// `append`: behind them.
    Append,
}
