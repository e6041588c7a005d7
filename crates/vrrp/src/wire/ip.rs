//! IP headers: those we write in front of an advert, and the one a raw IPv4 socket delivers.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::checksum::plain;
use super::{concat, write};
use crate::input::IpHeader;
use crate::types::Family;

const IPV4_LEN: usize = 20;
const IPV6_LEN: usize = 40;
/// Internetwork control, CS6: what every VRRP speaker in the field sends, and switches queue first (V3-TX-09).
const CLASS_CS6: u8 = 0xc0;

/// What differs from one header that we write to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpFields<'a> {
    pub source: &'a IpAddr,
    pub destination: &'a IpAddr,
    /// Identification of IPv4.
    pub id: u16,
    /// TTL or hop limit.
    pub hop_limit: u8,
}

/// Length of the header we write.
#[must_use]
pub const fn ip_header_len(family: Family) -> usize {
    match family {
        Family::Ipv4 => IPV4_LEN,
        Family::Ipv6 => IPV6_LEN,
    }
}

/// Reads an IPv4 packet as far as its header goes, options included: the header and what follows. `None` if it does not
/// hold what it claims.
#[must_use]
pub fn read_ipv4(packet: &[u8]) -> Option<(IpHeader, &[u8])> {
    let [first, _, _, _, i0, i1, _, _, ttl, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = *packet.first_chunk()?;
    let header_len = usize::from(first & 0xf) * 4;
    let ip = IpHeader {
        source: Ipv4Addr::new(s0, s1, s2, s3).into(),
        destination: Ipv4Addr::new(d0, d1, d2, d3).into(),
        hop_limit: Some(ttl),
        protocol,
        identification: u16::from_be_bytes([i0, i1]),
    };
    Some((ip, packet.get(header_len.max(IPV4_LEN)..)?))
}

impl IpFields<'_> {
    /// The header as its receiver reads it.
    pub(crate) const fn received_as(&self, protocol: u8) -> IpHeader {
        IpHeader {
            source: *self.source,
            destination: *self.destination,
            hop_limit: Some(self.hop_limit),
            protocol,
            identification: self.id,
        }
    }
}

/// Writes the header of a packet of `length` bytes after it to the start of `out`: no options, no flags. Returns the length
/// of the header; `None` if `out` does not hold it, IP cannot carry so much, or the families differ.
pub(crate) fn write_header(out: &mut [u8], fields: &IpFields<'_>, protocol: u8, length: usize) -> Option<usize> {
    match (fields.source, fields.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let total = u16::try_from(IPV4_LEN.checked_add(length)?).ok()?;
            write(out, &[&ipv4(*source, *destination, fields, protocol, total)])
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let length = u16::try_from(length).ok()?;
            write(out, &[&ipv6([CLASS_CS6, protocol, fields.hop_limit], length, *source, *destination)])
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
    }
}

fn ipv4(source: Ipv4Addr, destination: Ipv4Addr, fields: &IpFields<'_>, protocol: u8, total: u16) -> [u8; IPV4_LEN] {
    let with_sum = |sum: u16| {
        concat(&[
            &[0x45, CLASS_CS6],
            &total.to_be_bytes(),
            &fields.id.to_be_bytes(),
            &[0, 0, fields.hop_limit, protocol],
            &sum.to_be_bytes(),
            &source.octets(),
            &destination.octets(),
        ])
    };
    with_sum(plain(&with_sum(0)))
}

/// IPv6 header without flow label: traffic class, next header and hop limit; length of the payload.
pub(super) fn ipv6(
    [class, next, hop_limit]: [u8; 3],
    payload: u16,
    source: Ipv6Addr,
    destination: Ipv6Addr,
) -> [u8; IPV6_LEN] {
    let first = 6 << 28 | u32::from(class) << 20;
    concat(&[&first.to_be_bytes(), &payload.to_be_bytes(), &[next, hop_limit], &source.octets(), &destination.octets()])
}
