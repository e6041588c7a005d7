//! Rules that say which routing table decides, as `ip rule` makes them.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use vrrp::types::{Family, IfIndex};

use super::ip_route::{Network, Realms};
use super::serial;
use super::{Identity, Stage, Thing};
use crate::names::{Describe, LinkNames};
use crate::present::Present;

/// A rule that somebody has asked for: packets that meet all conditions meet the action. It belongs to no link: interfaces
/// are named, and need not be there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IpRule {
    /// Packets of which family.
    #[serde(with = "serial::family")]
    pub family: Family,
    /// Rules are asked by rising priority.
    pub priority: u32,
    /// See [`Meets`].
    pub meets: Meets,
    /// `None`: all.
    pub from: Option<Network>,
    /// `None`: all.
    pub to: Option<Network>,
    /// The interface that they came in by.
    pub iif: Option<String>,
    /// The interface that their socket is bound to.
    pub oif: Option<String>,
    /// 0: all.
    pub tos: u8,
    /// See [`FwMark`].
    pub mark: Option<FwMark>,
    /// Id of the tunnel they came by.
    pub tunnel: Option<u64>,
    /// Users, from the first to the last.
    pub users: Option<Range<u32>>,
    /// Number of the IP protocol.
    pub ip_protocol: Option<u8>,
    /// See [`Range`].
    pub source_ports: Option<Range<u16>>,
    /// See [`Range`].
    pub destination_ports: Option<Range<u16>>,
    /// What is done with them.
    pub action: RuleAction<u32>,
    /// Who made it (`FRA_PROTOCOL`, Linux ≥ 4.17; older kernels ignore it).
    pub protocol: u8,
}

impl Thing for IpRule {
    fn identity(&self) -> Identity {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        Identity::IpRule(self.family, self.priority, hasher.finish())
    }

    fn links(&self) -> &[IfIndex] {
        &[]
    }

    fn stage(&self) -> Stage {
        Stage::Routing
    }

    fn is_optional(&self) -> bool {
        true
    }

    /// (That it is not there is found when it is removed.)
    fn is_left(&self, _: &Present, _: &dyn Fn(IfIndex) -> bool) -> bool {
        true
    }
}

impl Describe for IpRule {
    fn describe(&self, _: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rule {}:", self.family, self.priority)?;
        if self.meets == Meets::Others {
            f.write_str(" not")?;
        }
        for (name, network) in [("from", self.from), ("to", self.to)] {
            if let Some((address, prefix_len)) = network {
                write!(f, " {name} {address}/{prefix_len}")?;
            }
        }
        for (name, link) in [("iif", &self.iif), ("oif", &self.oif)] {
            if let Some(link) = link {
                write!(f, " {name} {link}")?;
            }
        }
        if let Some(mark) = self.mark {
            write!(f, " fwmark {mark}")?;
        }
        write!(f, " {}", self.action)
    }
}

impl<N: fmt::Display> fmt::Display for RuleAction<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(lookup) => write!(f, "table {}", lookup.table),
            Self::Goto(priority) => write!(f, "goto {priority}"),
            Self::Nop => f.write_str("nop"),
            Self::Blackhole => f.write_str("blackhole"),
            Self::Unreachable => f.write_str("unreachable"),
            Self::Prohibit => f.write_str("prohibit"),
            Self::L3mdev => f.write_str("l3mdev"),
        }
    }
}

/// Which packets a rule meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Meets {
    /// Those of its conditions.
    #[default]
    Described,
    /// `not`: all others.
    Others,
}

/// What a rule does. `N` is a number that may have a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RuleAction<N> {
    /// A table decides.
    Table(Lookup<N>),
    /// `goto`: the rule of this preference is next.
    Goto(u32),
    /// `nop`: the next rule is next.
    Nop,
    /// `blackhole`: packets are dropped.
    Blackhole,
    /// `unreachable`: they are answered with "network unreachable".
    Unreachable,
    /// `prohibit`: they are answered with "administratively prohibited".
    Prohibit,
    /// `l3mdev`: the table of the VRF decides.
    L3mdev,
}

/// `table`, and which of its answers count.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lookup<N> {
    /// The table; never 0.
    pub table: N,
    /// `realms`, IPv4.
    pub realms: Option<Realms<N>>,
    /// `suppress_prefixlength`: prefixes of this length or shorter do not count.
    pub suppress_prefix_len: Option<u32>,
    /// `suppress_ifgroup`: routes over interfaces of this group do not count.
    pub suppress_group: Option<N>,
}

/// A firewall mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FwMark {
    /// Its value.
    pub value: u32,
    /// Bits that count; `None`: all.
    pub mask: Option<u32>,
}

/// Both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Range<T> {
    /// Not above `last`.
    pub first: T,
    /// The last.
    pub last: T,
}

impl fmt::Display for FwMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mask {
            Some(mask) => write!(f, "{:#x}/{mask:#x}", self.value),
            None => write!(f, "{:#x}", self.value),
        }
    }
}

impl<T: fmt::Display> fmt::Display for Range<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}
