//! Ethernet headers.

use core::net::IpAddr;

use super::write;
use crate::types::{Family, MacAddr};

pub const ETHERNET_LEN: usize = 14;

pub(super) const ETHERTYPE_IPV4: [u8; 2] = [0x08, 0x00];
pub(super) const ETHERTYPE_ARP: [u8; 2] = [0x08, 0x06];
pub(super) const ETHERTYPE_IPV6: [u8; 2] = [0x86, 0xdd];

/// Writes the header of a frame that carries an IP packet to the start of `frame`. `None` if there is no room for it.
#[must_use = "whether there was room"]
pub fn write_ethernet(frame: &mut [u8], destination: MacAddr, source: MacAddr, family: Family) -> Option<usize> {
    let ethertype = match family {
        Family::Ipv4 => ETHERTYPE_IPV4,
        Family::Ipv6 => ETHERTYPE_IPV6,
    };
    write(frame, &[&destination.0, &source.0, &ethertype])
}

/// Whose MAC a frame bears as its source; all zeros if it is too short for a header.
#[must_use]
pub fn ethernet_source(frame: &[u8]) -> MacAddr {
    MacAddr(frame.get(6..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default())
}

/// The Ethernet address of a multicast group: RFC 1112 §6.4, RFC 2464 §7.
#[must_use]
pub const fn multicast_mac(group: IpAddr) -> MacAddr {
    match group {
        IpAddr::V4(group) => {
            let [_, b, c, d] = group.octets();
            MacAddr([0x01, 0x00, 0x5e, b & 0x7f, c, d])
        }
        IpAddr::V6(group) => {
            let [.., a, b, c, d] = group.octets();
            MacAddr([0x33, 0x33, a, b, c, d])
        }
    }
}
