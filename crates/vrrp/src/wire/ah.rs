//! The IPsec authentication header (RFC 2402 §2) of VRRPv2 (RFC 2338 §5.3.6.3), as keepalived writes it.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +---------------+---------------+-------------------------------+
//! |Next header 112|   Length 4    |           Reserved            |
//! +---------------+---------------+-------------------------------+
//! |        Security parameters index: the sender's address        |
//! +---------------------------------------------------------------+
//! |                        Sequence number                        |
//! +---------------------------------------------------------------+
//! |                      signature, 12 bytes                      |
//! +---------------------------------------------------------------+
//! ```

use core::net::{IpAddr, Ipv4Addr};

use super::{PROTOCOL, concat};
use crate::input::IpHeader;

/// IP protocol number of AH.
pub const AH_PROTOCOL: u8 = 51;
/// Bytes of a header with a signature of 96 bits.
pub const AH_LEN: usize = 24;
/// Length field of such a header: words of four bytes, less two.
const LENGTH: u8 = 4;

/// An authentication header around a VRRP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthenticationHeader {
    /// The sender's address. Receivers need not compare it: the signature covers the source address itself.
    pub spi: Ipv4Addr,
    pub sequence: u32,
    /// HMAC-MD5-96 over [`covered`] and the message.
    pub signature: [u8; 12],
}

impl AuthenticationHeader {
    /// The header at the start of an IP payload of protocol 51. `None` if it does not hold one, or one around something
    /// else.
    #[must_use]
    pub fn read(payload: &[u8]) -> Option<Self> {
        let [PROTOCOL, LENGTH, 0, 0, a, b, c, d, s0, s1, s2, s3, signature @ ..] = *payload.first_chunk::<AH_LEN>()?
        else {
            return None;
        };
        Some(Self { spi: Ipv4Addr::new(a, b, c, d), sequence: u32::from_be_bytes([s0, s1, s2, s3]), signature })
    }

    #[must_use]
    pub fn bytes(&self) -> [u8; AH_LEN] {
        concat(&[&[PROTOCOL, LENGTH, 0, 0], &self.spi.octets(), &self.sequence.to_be_bytes(), &self.signature])
    }
}

/// What a signature covers before the message: the IP header without what changes on the way (RFC 2402 §3.3.3.1.1.1), and
/// the header with zeros for the signature. As in keepalived the TTL of multicast is covered, which no router passes on.
/// Only an IPv4 header without options is known; with others the signature does not fit. `message` is its length.
#[must_use]
pub fn covered(ip: &IpHeader, header: &AuthenticationHeader, message: usize) -> Option<[u8; 20 + AH_LEN]> {
    let (IpAddr::V4(source), IpAddr::V4(destination)) = (ip.source, ip.destination) else { return None };
    let total = u16::try_from(20 + AH_LEN + message).ok()?;
    let ttl = if destination.is_multicast() { ip.hop_limit? } else { 0 };
    Some(concat(&[
        &[0x45, 0],
        &total.to_be_bytes(),
        &ip.identification.to_be_bytes(),
        &[0, 0, ttl, AH_PROTOCOL, 0, 0],
        &source.octets(),
        &destination.octets(),
        &AuthenticationHeader { signature: [0; 12], ..*header }.bytes(),
    ]))
}
