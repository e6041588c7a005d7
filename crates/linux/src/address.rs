//! Addresses of interfaces, as the kernel describes them.

use std::net::IpAddr;
use std::time::Duration;

use host::{Lifetime, PresentAddress};
use vrrp::types::IfIndex;

use crate::netlink::{Attributes, Message};

const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
/// Length of `struct ifaddrmsg`.
const HEADER_LEN: usize = 8;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_CACHEINFO: u16 = 6;
const IFA_FLAGS: u16 = 8;
const IFA_PROTO: u16 = 11;
const IFA_F_DADFAILED: u32 = 0x08;
const IFA_F_TENTATIVE: u32 = 0x40;
/// The lifetime of what does not end.
const FOREVER: u32 = u32::MAX;

/// An address on an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressInfo {
    /// The interface that has it.
    pub link: IfIndex,
    /// Of this end, on a point-to-point link.
    pub address: IpAddr,
    /// The other end of a point-to-point link.
    pub peer: Option<IpAddr>,
    /// 0–32 or 0–128.
    pub prefix_len: u8,
    /// The kernel's scope number: 0 global, 253 link, 254 host.
    pub scope: u8,
    /// Whether it can be used already.
    pub readiness: Readiness,
    /// How long it stays; of a lease what was left at the time of the message.
    pub lifetime: Lifetime,
    /// Who made it (IFA_PROTO): [`host::ADDRESS_PROTOCOL`], 0 unknown, 1–3 the kernel.
    pub protocol: u8,
}

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

impl AddressInfo {
    /// What shows whose it is.
    #[must_use]
    pub const fn present(&self) -> PresentAddress {
        PresentAddress {
            link: self.link,
            address: self.address,
            prefix_len: self.prefix_len,
            protocol: self.protocol,
            lifetime: self.lifetime,
        }
    }

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
        let end = |kind| attributes.find(kind).and_then(|address| address.address());
        let (local, address) = (end(IFA_LOCAL), end(IFA_ADDRESS));
        let flags = attributes.find(IFA_FLAGS).and_then(|long| long.u32()).unwrap_or_else(|| flags.into());
        Some(Self {
            link: IfIndex::new(u32::from_ne_bytes([i0, i1, i2, i3]))?,
            address: local.or(address)?,
            peer: address.filter(|address| local.is_some_and(|local| local != *address)),
            prefix_len,
            scope,
            readiness: readiness(flags),
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
