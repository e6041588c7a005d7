//! Bytes and their meaning: VRRP messages, the headers around them, that of their authentication among these, the trailer behind them, gratuitous ARP and unsolicited NA.
//!
//! Nothing here panics, whatever the bytes: reading goes through slice patterns and checked splits, never an index.
//! Nothing here decides: whether a message is acceptable to a router is the engine's business (`engine/admit.rs`).
#![warn(clippy::indexing_slicing)]

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::types::Family;

mod advert;
mod ah;
mod arp;
mod checksum;
mod ethernet;
mod ip;
mod message;
mod ndp;
mod trailer;

pub use advert::{Advert, packet_len};
pub use ah::{AH_LEN, AH_PROTOCOL, AuthenticationHeader, covered};
pub use arp::gratuitous_arp;
pub use checksum::ChecksumForm;
pub use ethernet::{ETHERNET_LEN, ethernet_source, multicast_mac, write_ethernet};
pub(crate) use ip::write_header;
pub use ip::{IpFields, ip_header_len, read_ipv4};
pub use message::{ADVERTISEMENT, Addresses, AuthenticationField, Message, vrid};
pub use ndp::unsolicited_na;
pub(crate) use trailer::write_checksum_of_all;
pub use trailer::{TRAILER_LEN, Trailer};

/// IP protocol number of VRRP.
pub const PROTOCOL: u8 = 112;

/// TTL and hop limit of every multicast VRRP packet (RFC 9568 §5.1.1.3, §5.1.2.3).
pub const HOP_LIMIT: u8 = 255;

/// The group all VRRP routers of a family listen to (RFC 9568 §5.1.1.2, §5.1.2.2).
#[must_use]
pub const fn group(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18)),
        Family::Ipv6 => IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12)),
    }
}

/// The VRRP message in the payload of an IP packet, behind an authentication header if there is one. Empty if there is no
/// room for any.
#[must_use]
pub fn message_of(protocol: u8, payload: &[u8]) -> &[u8] {
    match protocol {
        AH_PROTOCOL => payload.get(AH_LEN..).unwrap_or_default(),
        _ => payload,
    }
}

/// Writes `parts` one after the other from the start of `out`. Returns the bytes written, `None` if they do not fit.
pub(crate) fn write(mut out: &mut [u8], parts: &[&[u8]]) -> Option<usize> {
    let mut written = 0;
    for part in parts {
        let (slot, rest) = out.split_at_mut_checked(part.len())?;
        slot.copy_from_slice(part);
        written += part.len();
        out = rest;
    }
    Some(written)
}

/// `parts` as one array; the caller sees to it that they are `N` bytes together.
fn concat<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut all = [0; N];
    let written = write(&mut all, parts);
    debug_assert_eq!(written, Some(N));
    all
}
