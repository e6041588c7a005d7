//! Operations: everything tanist does to a machine, as data with an inverse.
//!
//! What the ledger, the record and a machine in memory have to know of a thing, they ask the operation for. So a new kind
//! of thing is a file beside this one, its arm in [`Item`], and the message that makes it in `linux`.

mod address;
mod dropping;
mod ip_route;
mod ip_rule;
mod link;
mod membership;
mod owner;
mod route;
mod serial;
mod setting;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vrrp::types::{Family, IfIndex};

use crate::names::{Describe, LinkNames};
use crate::present::Present;

pub use address::{ADDRESS_PROTOCOL, AddressFlag, Lifetime, LinkAddress, PrefixRoute, Scope, UseAsSource};
pub use dropping::{DropTable, DroppedAddress};
pub use ip_route::{
    Encap, Features, Hops, Insertion, IpRoute, Lock, Lockable, MAIN_TABLE, Metric, Network, OnLink, Realms, RouteHop,
    RouteKind, RoutePreference, TtlPropagate, Tunnel,
};
pub use ip_rule::{FwMark, IpRule, Lookup, Meets, Range, RuleAction};
pub use link::{ALIAS_PREFIX, FIRST_LINK_INDEX, IpvlanMode, MacvlanLink, MacvlanMode, OwnKind};
pub use membership::Membership;
pub use owner::OwnerTable;
pub use route::{LinkRoute, ROUTE_PROTOCOL};
pub use setting::{Ipv4Setting, Ipv6Setting, Layer, LinkSetting, Restore, Setting, SettingKey};

/// One change of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Make it.
    Add(Item),
    /// Take it away.
    Remove(Item),
    /// Change a value.
    Set(Setting),
}

/// Something that is there or not. There are a dozen for each router, so what is large is boxed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Item {
    /// A virtual router's interface.
    Link(Box<MacvlanLink>),
    /// An address on a link.
    Address(Box<LinkAddress>),
    /// Membership of a multicast group on a link.
    Membership(Membership),
    /// A route to the subnet of a link.
    Route(LinkRoute),
    /// The virtual MAC in what an owner's interface says of its addresses.
    #[serde(alias = "OwnerArp")]
    OwnerTable(Box<OwnerTable>),
    /// What drops packets.
    DropTable(DropTable),
    /// Whose packets are dropped.
    DroppedAddress(DroppedAddress),
    /// A route that was asked for.
    IpRoute(Box<IpRoute>),
    /// A rule that was asked for.
    IpRule(Box<IpRule>),
}

impl From<MacvlanLink> for Item {
    fn from(link: MacvlanLink) -> Self {
        Self::Link(Box::new(link))
    }
}

impl From<LinkAddress> for Item {
    fn from(address: LinkAddress) -> Self {
        Self::Address(Box::new(address))
    }
}

impl From<OwnerTable> for Item {
    fn from(table: OwnerTable) -> Self {
        Self::OwnerTable(Box::new(table))
    }
}

/// What an operation is about: the ledger takes two operations with one identity for the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Identity {
    /// By index.
    Link(IfIndex),
    /// By link, address and prefix length.
    Address(IfIndex, IpAddr, u8),
    /// By link and group.
    Membership(IfIndex, IpAddr),
    /// By link, network, prefix length and metric.
    Route(IfIndex, IpAddr, u8, u32),
    /// By the virtual router's link.
    OwnerTable(IfIndex),
    /// By its number.
    DropTable(u64),
    /// By table, link and address.
    DroppedAddress(u64, IfIndex, IpAddr),
    /// By family, priority and a digest of all the rest. (A rule is undone before a route.)
    IpRule(Family, u32, u64),
    /// By network, prefix length and a digest of all the rest.
    IpRoute(IpAddr, u8, u64),
    /// By what its end brings back.
    Setting(SettingKey, Layer),
}

/// Ranks of undoing: what is first here is undone first, within a rank what was done last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A link is made to keep silent about what follows.
    Silence,
    /// Rules and routes, which may use addresses.
    Routing,
    /// Addresses and the connected routes that go with them.
    Traffic,
    /// The links that carried them.
    Links,
    /// The settings that kept the links quiet, and what no packet depends on.
    Rest,
}

/// What is asked of every kind of thing.
trait Thing: Describe {
    fn identity(&self) -> Identity;

    /// The links whose end is its end.
    fn links(&self) -> &[IfIndex];

    /// The links that must be there before it is made.
    fn needs(&self) -> &[IfIndex] {
        self.links()
    }

    fn stage(&self) -> Stage {
        Stage::Rest
    }

    fn is_leased(&self) -> bool {
        false
    }

    fn is_vital(&self) -> bool {
        false
    }

    fn is_optional(&self) -> bool {
        false
    }

    fn ends_with_process(&self) -> bool {
        false
    }

    /// Whether the one on this machine is the one that a killed process made; `is_same` returns whether an index
    /// still names the link that it named then.
    fn is_left(&self, machine: &Present, is_same: &dyn Fn(IfIndex) -> bool) -> bool;
}

impl Item {
    fn thing(&self) -> &dyn Thing {
        match self {
            Self::Link(link) => &**link,
            Self::Address(address) => &**address,
            Self::Membership(membership) => membership,
            Self::Route(route) => route,
            Self::OwnerTable(arp) => &**arp,
            Self::DropTable(table) => table,
            Self::DroppedAddress(address) => address,
            Self::IpRoute(route) => &**route,
            Self::IpRule(rule) => &**rule,
        }
    }
}

impl Op {
    /// What undoes this. `None` for a setting that is not to be brought back.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        match self {
            Self::Add(item) => Some(Self::Remove(item.clone())),
            Self::Remove(item) => Some(Self::Add(item.clone())),
            Self::Set(setting) => setting.inverse().map(Self::Set),
        }
    }

    /// See [`Identity`]. An operation and its inverse have the same.
    #[must_use]
    pub fn identity(&self) -> Identity {
        match self {
            Self::Add(item) | Self::Remove(item) => item.thing().identity(),
            Self::Set(setting) => setting.identity(),
        }
    }

    /// The links whose end undoes it.
    #[must_use]
    pub fn links(&self) -> &[IfIndex] {
        match self {
            Self::Add(item) | Self::Remove(item) => item.thing().links(),
            Self::Set(setting) => std::slice::from_ref(&setting.key.link),
        }
    }

    /// The links without which it cannot be carried out.
    #[must_use]
    pub fn needs(&self) -> &[IfIndex] {
        match self {
            Self::Add(item) => item.thing().needs(),
            Self::Remove(_) | Self::Set(_) => self.links(),
        }
    }

    /// The links that its text calls by name.
    #[must_use]
    pub fn mentions(&self) -> &[IfIndex] {
        match self {
            Self::Add(item) | Self::Remove(item) => item.thing().needs(),
            Self::Set(_) => self.links(),
        }
    }

    /// Whether it is undone by the end of `link`.
    #[must_use]
    pub fn touches(&self, link: IfIndex) -> bool {
        self.links().contains(&link)
    }

    /// When it has its turn among operations that undo.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::Add(_) => Stage::Rest,
            Self::Remove(item) => item.thing().stage(),
            Self::Set(setting) => setting.stage(),
        }
    }

    /// Whether the kernel undoes it by itself unless it is done again in time.
    #[must_use]
    pub fn is_leased(&self) -> bool {
        match self {
            Self::Add(item) => item.thing().is_leased(),
            Self::Remove(_) | Self::Set(_) => false,
        }
    }

    /// Whether a master for whom it is refused cannot hold its addresses.
    #[must_use]
    pub fn is_vital(&self) -> bool {
        match self {
            Self::Add(item) => item.thing().is_vital(),
            Self::Remove(_) => false,
            Self::Set(setting) => setting.is_vital(),
        }
    }

    /// Whether a router does its work without it, where the kernel cannot do it.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        match self {
            Self::Add(item) | Self::Remove(item) => item.thing().is_optional(),
            Self::Set(_) => false,
        }
    }

    /// Whether the kernel undoes it when the process ends. What does not end must be in the record.
    #[must_use]
    pub fn ends_with_process(&self) -> bool {
        match self {
            Self::Add(item) | Self::Remove(item) => item.thing().ends_with_process(),
            Self::Set(_) => false,
        }
    }

    /// Whether it makes a route or rule that was asked for. Others may have made the same one, which is theirs then, and
    /// keepalived and other daemons of ours number theirs alike: that one is ours only the record can tell.
    #[must_use]
    pub const fn is_routing(&self) -> bool {
        matches!(self, Self::Add(Item::IpRoute(_) | Item::IpRule(_)) | Self::Remove(Item::IpRoute(_) | Item::IpRule(_)))
    }

    /// Whether it concerns IPv6 settings only, so that its refusal by a kernel without IPv6 does not matter.
    #[must_use]
    pub const fn is_about_ipv6(&self) -> bool {
        match self {
            Self::Add(_) | Self::Remove(_) => false,
            Self::Set(setting) => setting.is_about_ipv6(),
        }
    }

    /// Whether doing `wanted` over this changes it in place, without undoing it first.
    #[must_use]
    pub fn is_renewed_by(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Add(Item::Address(done)), Self::Add(Item::Address(wanted))) => done.is_renewed_by(wanted),
            (Self::Add(Item::OwnerTable(done)), Self::Add(Item::OwnerTable(wanted))) => done.vmac == wanted.vmac,
            (Self::Set(done), Self::Set(wanted)) => done.key == wanted.key,
            (Self::Add(_) | Self::Remove(_) | Self::Set(_), _) => self == wanted,
        }
    }

    /// As it is to be done again after it has been done for this time.
    #[must_use]
    pub fn aged(&self, age: Duration) -> Self {
        match self {
            Self::Add(Item::Address(address)) => Self::Add(Item::from(address.aged(age))),
            Self::Add(_) | Self::Remove(_) | Self::Set(_) => self.clone(),
        }
    }

    /// As [`Thing::is_left`], for an operation that would undo it: `read` returns the present value of a setting.
    pub(crate) fn undoes_what_was_left(
        &self,
        machine: &Present,
        is_same: &dyn Fn(IfIndex) -> bool,
        read: &mut dyn FnMut(SettingKey) -> Option<i32>,
    ) -> bool {
        match self {
            Self::Add(_) => false,
            Self::Remove(item) => item.thing().is_left(machine, is_same),
            Self::Set(setting) => match setting.restore {
                Restore::To(ours) => is_same(setting.key.link) && read(setting.key) == Some(ours),
                Restore::WithLink | Restore::ToFound => false,
            },
        }
    }
}

impl Describe for Item {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.thing().describe(names, f)
    }
}

impl Describe for Op {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(item) => write!(f, "add {}", item.named(names)),
            Self::Remove(item) => write!(f, "remove {}", item.named(names)),
            Self::Set(setting) => write!(f, "set {}", setting.named(names)),
        }
    }
}
