//! Addresses on links.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vrrp::types::IfIndex;

use super::serial;
use super::{Identity, Stage, Thing};
use crate::names::{Describe, LinkNames};
use crate::present::Present;

/// By this number our addresses are known (IFA_PROTO, Linux ≥ 5.18; older kernels ignore it): VRRP's IP protocol.
pub const ADDRESS_PROTOCOL: u8 = vrrp::wire::PROTOCOL;

/// An address on a link. Adding it where it is already replaces its lifetime and flags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkAddress {
    /// The link it is put on.
    #[serde(with = "serial::ifindex")]
    pub link: IfIndex,
    /// Without prefix.
    pub address: IpAddr,
    /// 0–32 or 0–128.
    pub prefix_len: u8,
    /// IPv4 only; the kernel derives that of IPv6 addresses.
    pub scope: Scope,
    /// IPv4 only: `eth0:vip`.
    pub label: Option<String>,
    /// IPv4 only; `None` for no broadcast address.
    pub broadcast: Option<Ipv4Addr>,
    /// What becomes of the route to its prefix.
    pub prefix_route: PrefixRoute,
    /// How long it stays without being renewed.
    pub lifetime: Lifetime,
    /// Whether the kernel may take it as the source of what the machine itself begins to send.
    pub use_as_source: UseAsSource,
    /// The other end of a point-to-point link, of the same family; the prefix is that of this one.
    #[serde(default)]
    pub peer: Option<IpAddr>,
    /// Further options.
    #[serde(default)]
    pub flags: BTreeSet<AddressFlag>,
}

/// A flag that the kernel keeps with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AddressFlag {
    /// IPv6: a Mobile IPv6 home address.
    Home,
    /// IPv6: temporary addresses are made from it; it has a prefix of 64 bits.
    ManageTempAddr,
    /// The address is a multicast group, which the kernel joins.
    AutoJoin,
    /// IPv6: the kernel first asks on the link whether another node has it. Without, it may be used at once.
    Detect,
}

/// Scope of an IPv4 address, the kernel's number: 0 global, 200 site, 253 link, 254 host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Scope(pub u8);

/// The connected route that the kernel makes for an address with a prefix shorter than its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrefixRoute {
    /// With the kernel's metric: 0 for IPv4, 256 for IPv6.
    Kernel,
    /// With this metric (IFA_RT_PRIORITY, Linux ≥ 4.18).
    Metric(u32),
    /// None (`noprefixroute`).
    None,
}

/// Whether an address is a source of its own accord (RFC 6724).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UseAsSource {
    /// As any other.
    Preferred,
    /// IPv6: only if there is no other (preferred lifetime 0).
    Deprecated,
    /// IPv6: as any other for so long, then only if there is no other.
    PreferredFor(Duration),
}

/// Lifetime of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifetime {
    /// Until it is removed.
    Forever,
    /// The kernel removes it after this time (whole seconds, rounded up, at least one) unless it is added again: a daemon
    /// that was killed, frozen or starved holds no address.
    Lease(Duration),
}

impl Lifetime {
    /// Whether both end, or both do not.
    #[must_use]
    pub const fn is_like(self, other: Self) -> bool {
        matches!((self, other), (Self::Forever, Self::Forever) | (Self::Lease(_), Self::Lease(_)))
    }
}

impl LinkAddress {
    /// Whether adding `other` over this one changes only what adding again replaces.
    pub(super) fn is_renewed_by(&self, other: &Self) -> bool {
        Self { lifetime: other.lifetime, use_as_source: other.use_as_source, ..self.clone() } == *other
    }

    /// As it is to be added again after it has been there for this time.
    pub(super) fn aged(&self, age: Duration) -> Self {
        let use_as_source = match self.use_as_source {
            UseAsSource::PreferredFor(time) if time > age => UseAsSource::PreferredFor(time - age),
            UseAsSource::PreferredFor(_) => UseAsSource::Deprecated,
            UseAsSource::Preferred | UseAsSource::Deprecated => self.use_as_source,
        };
        Self { use_as_source, ..self.clone() }
    }
}

impl Thing for LinkAddress {
    fn identity(&self) -> Identity {
        Identity::Address(self.link, self.address, self.prefix_len)
    }

    fn links(&self) -> &[IfIndex] {
        std::slice::from_ref(&self.link)
    }

    fn stage(&self) -> Stage {
        Stage::Traffic
    }

    fn is_leased(&self) -> bool {
        matches!(self.lifetime, Lifetime::Lease(_))
    }

    fn is_vital(&self) -> bool {
        true
    }

    /// Somebody who puts a lost address back by hand neither gives it our number nor a lifetime: that one is theirs.
    fn is_left(&self, machine: &Present, is_same: &dyn Fn(IfIndex) -> bool) -> bool {
        let found = machine.address(self.link, self.address, self.prefix_len);
        is_same(self.link)
            && found.is_some_and(|found| found.protocol == ADDRESS_PROTOCOL && found.lifetime.is_like(self.lifetime))
    }
}

impl Describe for LinkAddress {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "address {}/{} on {}", self.address, self.prefix_len, self.link.named(names))
    }
}
