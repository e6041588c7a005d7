//! Addresses of interfaces, as the kernel describes them.

use std::net::IpAddr;
use std::time::Duration;

use host::Lifetime;
use vrrp::types::IfIndex;

use crate::netlink::{Attributes, Message};

const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
/// Length of `struct ifaddrmsg`.
const HEADER_LEN: usize = 8;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_LABEL: u16 = 3;
const IFA_CACHEINFO: u16 = 6;
const IFA_FLAGS: u16 = 8;
const IFA_PROTO: u16 = 11;
const IFA_F_SECONDARY: u32 = 0x01;
const IFA_F_DADFAILED: u32 = 0x08;
const IFA_F_DEPRECATED: u32 = 0x20;
const IFA_F_TENTATIVE: u32 = 0x40;
/// The lifetime of what does not end.
const FOREVER: u32 = u32::MAX;

/// An address on an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressInfo {
    /// The interface.
    pub link: IfIndex,
    /// The address (of this end, on a point-to-point link).
    pub address: IpAddr,
    /// Prefix length.
    pub prefix_len: u8,
    /// The kernel's scope number: 0 global, 253 link, 254 host.
    pub scope: u8,
    /// Label (IPv4).
    pub label: Option<String>,
    /// Whether it can be used already.
    pub readiness: Readiness,
    /// Whether the kernel takes it as a source by itself.
    pub preference: Preference,
    /// IPv4: whether it is the first of its subnet on the link.
    pub rank: Rank,
    /// How long it stays.
    pub lifetime: Lifetime,
    /// Who made it (IFA_PROTO): [`OURS`], 0 unknown, 1–3 the kernel.
    pub protocol: u8,
}

/// The number by which our addresses are known (IFA_PROTO, Linux ≥ 5.18): the last byte of VRRP's IP protocol, 112.
pub const OURS: u8 = 112;

/// Whether an address can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Yes.
    Usable,
    /// IPv6: it is still being asked for on the link.
    Tentative,
    /// IPv6: another node has it.
    Duplicate,
}

/// Whether the kernel takes an address as a source by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// Yes.
    Preferred,
    /// Only if there is no other.
    Deprecated,
}

/// Place among the addresses of one subnet on one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// The first: the source of what is sent there.
    Primary,
    /// Another.
    Secondary,
}

impl AddressInfo {
    /// The address that a message brings. `None` for other messages.
    pub(crate) fn read(message: &Message<'_>) -> Option<Self> {
        if message.kind == RTM_NEWADDR { Self::parse(message.payload) } else { None }
    }

    /// The address that a message takes away. `None` for other messages.
    pub(crate) fn read_end(message: &Message<'_>) -> Option<Self> {
        if message.kind == RTM_DELADDR { Self::parse(message.payload) } else { None }
    }

    fn parse(payload: &[u8]) -> Option<Self> {
        let [_, prefix_len, flags, scope, i0, i1, i2, i3]: [u8; HEADER_LEN] = *payload.first_chunk()?;
        let attributes = Attributes::after(payload, HEADER_LEN);
        let flags = attributes.find(IFA_FLAGS).and_then(|long| long.u32()).unwrap_or_else(|| flags.into());
        Some(Self {
            link: IfIndex::new(u32::from_ne_bytes([i0, i1, i2, i3]))?,
            address: attributes.find(IFA_LOCAL).or_else(|| attributes.find(IFA_ADDRESS))?.address()?,
            prefix_len,
            scope,
            label: attributes.find(IFA_LABEL).map(|label| label.text()),
            readiness: readiness(flags),
            preference: if flags & IFA_F_DEPRECATED == 0 { Preference::Preferred } else { Preference::Deprecated },
            rank: if flags & IFA_F_SECONDARY == 0 { Rank::Primary } else { Rank::Secondary },
            lifetime: lifetime(attributes),
            protocol: attributes.find(IFA_PROTO).and_then(|protocol| protocol.u8()).unwrap_or_default(),
        })
    }
}

const fn readiness(flags: u32) -> Readiness {
    if flags & IFA_F_DADFAILED != 0 {
        Readiness::Duplicate
    } else if flags & IFA_F_TENTATIVE != 0 {
        Readiness::Tentative
    } else {
        Readiness::Usable
    }
}

/// From `struct ifa_cacheinfo`: preferred lifetime, valid lifetime, two times of creation; seconds.
fn lifetime(attributes: Attributes<'_>) -> Lifetime {
    let valid_secs = attributes
        .find(IFA_CACHEINFO)
        .and_then(|info| info.value.get(4..)?.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes)));
    match valid_secs {
        None | Some(FOREVER) => Lifetime::Forever,
        Some(seconds) => Lifetime::Lease(Duration::from_secs(seconds.into())),
    }
}
