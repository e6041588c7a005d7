//! Ethernet and IP headers of an advertisement to the group, built in place in front of the message.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::checksum::plain;
use super::{GROUP_V4, GROUP_V6, HOP_LIMIT, PROTOCOL, concat, group_mac, write};
use crate::types::{Family, MacAddr};

const ETHERNET_LEN: usize = 14;
const IPV4_LEN: usize = 20;
const IPV6_LEN: usize = 40;
const ETHERTYPE_IPV4: [u8; 2] = [0x08, 0x00];
pub(super) const ETHERTYPE_IPV6: [u8; 2] = [0x86, 0xdd];
/// Internetwork control, CS6: what every VRRP speaker in the field sends, and switches queue first (V3-TX-09).
const CLASS_CS6: u8 = 0xc0;

/// What varies in the headers of an advertisement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headers {
    /// Source MAC: the virtual one, or the parent's.
    pub source_mac: MacAddr,
    /// Source address; its family is that of the packet.
    pub source: IpAddr,
    /// IPv4 identification; IPv6 has none.
    pub id: u16,
}

/// Length of the headers: where in the frame the message belongs.
#[must_use]
pub const fn headers_len(family: Family) -> usize {
    match family {
        Family::Ipv4 => ETHERNET_LEN + IPV4_LEN,
        Family::Ipv6 => ETHERNET_LEN + IPV6_LEN,
    }
}

/// Writes the headers in front of a message of `message_len` bytes that stands at [`headers_len`] in `frame`. Returns
/// the length of the whole frame. `None` if the frame does not hold all of that, or IP cannot.
#[must_use = "the length of the frame"]
pub fn write_headers(frame: &mut [u8], headers: &Headers, message_len: usize) -> Option<usize> {
    let family = Family::of(&headers.source);
    let length = headers_len(family).checked_add(message_len)?;
    let frame = frame.get_mut(..length)?;
    let (destination, source) = (group_mac(family).0, headers.source_mac.0);
    match headers.source {
        IpAddr::V4(address) => {
            let ip = ipv4(address, headers.id, u16::try_from(IPV4_LEN.checked_add(message_len)?).ok()?);
            write(frame, &[&destination, &source, &ETHERTYPE_IPV4, &ip])?;
        }
        IpAddr::V6(address) => {
            let ip = ipv6(CLASS_CS6, u16::try_from(message_len).ok()?, PROTOCOL, address, GROUP_V6);
            write(frame, &[&destination, &source, &ETHERTYPE_IPV6, &ip])?;
        }
    }
    Some(length)
}

/// IPv4 header: no options, no flags, TTL 255.
fn ipv4(source: Ipv4Addr, id: u16, total: u16) -> [u8; IPV4_LEN] {
    let with_sum = |sum: u16| {
        concat(&[
            &[0x45, CLASS_CS6],
            &total.to_be_bytes(),
            &id.to_be_bytes(),
            &[0, 0, HOP_LIMIT, PROTOCOL],
            &sum.to_be_bytes(),
            &source.octets(),
            &GROUP_V4.octets(),
        ])
    };
    with_sum(plain(&with_sum(0)))
}

/// IPv6 header: no flow label, hop limit 255.
pub(super) fn ipv6(class: u8, payload: u16, next: u8, source: Ipv6Addr, destination: Ipv6Addr) -> [u8; IPV6_LEN] {
    let first = 6 << 28 | u32::from(class) << 20;
    concat(&[&first.to_be_bytes(), &payload.to_be_bytes(), &[next, HOP_LIMIT], &source.octets(), &destination.octets()])
}
