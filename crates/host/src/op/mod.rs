//! Operations: everything tanist does to a machine, as data with an inverse.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vrrp::types::{Family, IfIndex, MacAddr};

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

/// Something that is there or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Item {
    /// A virtual router's macvlan. Made in bridge mode and down.
    Link(MacvlanLink),
    /// An address on a link. Adding it where it is already replaces its lifetime and flags.
    Address(LinkAddress),
    /// Membership of the VRRP group on a link.
    Membership(Membership),
}

/// A macvlan interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacvlanLink {
    /// Its index, chosen by us so that later operations of the batch can name it.
    #[serde(with = "ifindex")]
    pub index: IfIndex,
    /// Its name, at most 15 bytes.
    pub name: String,
    /// The interface it sits on.
    #[serde(with = "ifindex")]
    pub parent: IfIndex,
    /// Its address.
    #[serde(with = "mac")]
    pub mac: MacAddr,
    /// Alias that tells whose it is: `tanist:INSTANCE`.
    pub alias: String,
}

/// An address on a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkAddress {
    /// The link.
    #[serde(with = "ifindex")]
    pub link: IfIndex,
    /// The address.
    pub address: IpAddr,
    /// Prefix length.
    pub prefix_len: u8,
    /// Scope (IPv4).
    pub scope: Scope,
    /// Label (IPv4): `eth0:vip`.
    pub label: Option<String>,
    /// Broadcast address (IPv4).
    pub broadcast: Option<Ipv4Addr>,
    /// Whether the kernel makes a route to the prefix.
    pub prefix_route: PrefixRoute,
    /// How long it stays without being renewed.
    pub lifetime: Lifetime,
    /// IPv6: never chosen as source by the kernel (preferred lifetime 0).
    pub deprecated: bool,
}

/// Scope of an IPv4 address, the kernel's number: 0 global, 200 site, 253 link, 254 host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope(pub u8);

/// Whether the kernel adds a connected route for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrefixRoute {
    /// Yes.
    Kernel,
    /// No (`noprefixroute`): the parent has one already.
    None,
}

/// Lifetime of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifetime {
    /// Until it is removed.
    Forever,
    /// The kernel removes it after this time (whole seconds) unless it is added again: a daemon that was killed, frozen
    /// or starved holds no address.
    Lease(Duration),
}

/// Membership of 224.0.0.18 or ff02::12 on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Membership {
    /// The link.
    #[serde(with = "ifindex")]
    pub link: IfIndex,
    /// Which group.
    #[serde(with = "family")]
    pub family: Family,
}

/// A value that is changed. `previous` is what the inverse brings back; the ledger fills it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Which.
    pub key: SettingKey,
    /// The new value.
    pub value: i32,
    /// The value before; `None` if it is not to be brought back (it goes with its link).
    pub previous: Option<i32>,
}

impl Setting {
    /// In `previous`: the value before is to be read when the operation is done, and brought back.
    pub const UNREAD: i32 = i32::MIN;
}

/// Names a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SettingKey {
    /// The link.
    #[serde(with = "ifindex")]
    pub link: IfIndex,
    /// What of it.
    pub setting: LinkSetting,
}

/// Per-link settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LinkSetting {
    /// IFF_UP: 1 or 0.
    AdminUp,
    /// How the kernel makes link-local addresses: see [`AddrGenMode`].
    AddrGenMode,
    /// `net.ipv4.conf.LINK.*`
    Ipv4(Ipv4Setting),
    /// `net.ipv6.conf.LINK.*`
    Ipv6(Ipv6Setting),
}

/// Values of [`LinkSetting::AddrGenMode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddrGenMode {
    /// EUI-64, the kernel's default.
    Eui64 = 0,
    /// No automatic link-local address.
    None = 1,
}

/// IPv4 settings of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ipv4Setting {
    /// Which ARP requests are answered.
    ArpIgnore,
    /// Which sender address ARP requests carry.
    ArpAnnounce,
    /// Whether only the link that routes back answers.
    ArpFilter,
    /// Whether packets from our own addresses are taken.
    AcceptLocal,
    /// Reverse-path check.
    RpFilter,
    /// Forwarding of packets that came in here.
    Forwarding,
    /// Whether removing the first address of a subnet keeps the others.
    PromoteSecondaries,
}

impl Ipv4Setting {
    /// Its file name under `/proc/sys/net/ipv4/conf/LINK`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ArpIgnore => "arp_ignore",
            Self::ArpAnnounce => "arp_announce",
            Self::ArpFilter => "arp_filter",
            Self::AcceptLocal => "accept_local",
            Self::RpFilter => "rp_filter",
            Self::Forwarding => "forwarding",
            Self::PromoteSecondaries => "promote_secondaries",
        }
    }
}

/// IPv6 settings of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ipv6Setting {
    /// Whether IPv6 is off.
    DisableIpv6,
    /// Whether router advertisements are heeded.
    AcceptRa,
    /// Whether addresses are made from router advertisements.
    Autoconf,
    /// Whether the link acts as a router's: sets the Router flag of neighbour advertisements.
    Forwarding,
}

impl Ipv6Setting {
    /// Its file name under `/proc/sys/net/ipv6/conf/LINK`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DisableIpv6 => "disable_ipv6",
            Self::AcceptRa => "accept_ra",
            Self::Autoconf => "autoconf",
            Self::Forwarding => "forwarding",
        }
    }
}

impl Op {
    /// What undoes this. `None` for a setting whose previous value is not to be brought back.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        match self {
            Self::Add(item) => Some(Self::Remove(item.clone())),
            Self::Remove(item) => Some(Self::Add(item.clone())),
            Self::Set(Setting { key, value, previous }) => {
                previous.map(|before| Self::Set(Setting { key: *key, value: before, previous: Some(*value) }))
            }
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(item) => write!(f, "add {item}"),
            Self::Remove(item) => write!(f, "remove {item}"),
            Self::Set(setting) => write!(f, "set {} to {}", setting.key, setting.value),
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(link) => write!(f, "macvlan {} ({}) on interface {}", link.name, link.mac, link.parent),
            Self::Address(address) => {
                write!(f, "address {}/{} on interface {}", address.address, address.prefix_len, address.link)
            }
            Self::Membership(member) => {
                write!(f, "membership of the {} VRRP group on interface {}", member.family, member.link)
            }
        }
    }
}

impl fmt::Display for SettingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.setting {
            LinkSetting::AdminUp => "link state",
            LinkSetting::AddrGenMode => "addr_gen_mode",
            LinkSetting::Ipv4(setting) => setting.name(),
            LinkSetting::Ipv6(setting) => setting.name(),
        };
        write!(f, "{name} of interface {}", self.link)
    }
}

/// Serialises an interface index as its number.
mod ifindex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use vrrp::types::IfIndex;

    pub(super) fn serialize<S: Serializer>(index: &IfIndex, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(index.value())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IfIndex, D::Error> {
        IfIndex::new(u32::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("interface index 0"))
    }
}

/// Serialises a MAC address as its bytes.
mod mac {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use vrrp::types::MacAddr;

    pub(super) fn serialize<S: Serializer>(mac: &MacAddr, serializer: S) -> Result<S::Ok, S::Error> {
        mac.0.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MacAddr, D::Error> {
        Ok(MacAddr(<[u8; 6]>::deserialize(deserializer)?))
    }
}

/// Serialises an address family as 4 or 6.
mod family {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use vrrp::types::Family;

    pub(super) fn serialize<S: Serializer>(family: &Family, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match family {
            Family::Ipv4 => 4,
            Family::Ipv6 => 6,
        })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Family, D::Error> {
        match u8::deserialize(deserializer)? {
            4 => Ok(Family::Ipv4),
            6 => Ok(Family::Ipv6),
            other => Err(D::Error::custom(format!("address family {other}"))),
        }
    }
}
