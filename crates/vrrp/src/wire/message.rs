//! Reading a VRRP message: what the bytes say, field by field. Which of it is acceptable is not asked here.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-------+-------+---------------+---------------+---------------+
//! |Version| Type 1|     VRID      |   Priority    | Address count |
//! +-------+-------+---------------+---------------+---------------+
//! |Reserve|  Interval, centisec.  |           Checksum            |  VRRPv3
//! |   Auth type   |Interval, secs.|           Checksum            |  VRRPv2
//! +-------+-----------------------+-------------------------------+
//! |                addresses, 4 or 16 bytes each                  |
//! +---------------------------------------------------------------+
//! |             authentication data, 8 bytes (VRRPv2)             |
//! +---------------------------------------------------------------+
//! ```

use core::fmt;
use core::net::IpAddr;

use super::checksum::{ChecksumForm, plain, with_pseudo_header};
use super::{TRAILER_LEN, group};
use crate::input::IpHeader;
use crate::types::{Family, Interval, Priority, Version, Vrid};

/// Message type of an advert, the only one there is (V3-RX-05).
pub const ADVERTISEMENT: u8 = 1;
/// Bytes before the addresses.
const HEADER_LEN: usize = 8;
/// Bytes of VRRPv2's authentication data.
const AUTHENTICATION_LEN: usize = 8;

/// A message that holds at least the fields before the addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    ip: IpHeader,
    header: [u8; HEADER_LEN],
    bytes: &'a [u8],
}

/// Authentication as a VRRPv2 message carries it. Its data shows itself in no output: it may be a password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthenticationField {
    /// Type: 0 none, 1 password, 2 IP authentication header.
    pub kind: u8,
    /// Meaningful with type 1 only.
    pub data: [u8; AUTHENTICATION_LEN],
}

impl AuthenticationField {
    /// Type 0 (V2-TX-02).
    pub const NONE: Self = Self { kind: 0, data: [0; AUTHENTICATION_LEN] };
}

impl fmt::Debug for AuthenticationField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticationField").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The VRID field of a message that may be anything else: to find the router whose counters a failing check moves.
#[must_use]
pub fn vrid(bytes: &[u8]) -> Option<Vrid> {
    bytes.get(1).and_then(|vrid| Vrid::new(*vrid))
}

impl<'a> Message<'a> {
    /// The message in the payload of an IP packet. `None` if it is too short to be one.
    #[must_use]
    pub fn read(ip: &IpHeader, bytes: &'a [u8]) -> Option<Self> {
        Some(Self { ip: *ip, header: *bytes.first_chunk()?, bytes })
    }

    /// `None` if there is no such version, or not over this family: VRRPv2 exists over IPv4 only (V2-PK-02).
    #[must_use]
    pub const fn version(&self) -> Option<Version> {
        let [first, ..] = self.header;
        match (first >> 4, self.ip.family()) {
            (2, Family::Ipv4) => Some(Version::V2),
            (3, Family::Ipv4 | Family::Ipv6) => Some(Version::V3),
            _ => None,
        }
    }

    /// Message type; [`ADVERTISEMENT`] is the only one we know.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        let [first, ..] = self.header;
        first & 0x0f
    }

    /// `None` if it is 0, which no router has.
    #[must_use]
    pub const fn vrid(&self) -> Option<Vrid> {
        let [_, vrid, ..] = self.header;
        Vrid::new(vrid)
    }

    pub const fn priority(&self) -> Priority {
        let [_, _, priority, ..] = self.header;
        Priority::new(priority)
    }

    /// The sender's interval, VRRPv2 seconds converted (V3-IO-05). `None` if it is 0 (EID 8301) or the version unknown.
    #[must_use]
    pub const fn interval(&self) -> Option<Interval> {
        let [_, _, _, _, high, low, ..] = self.header;
        match self.version() {
            Some(Version::V2) => Interval::from_secs(low),
            Some(Version::V3) => Interval::from_centis(u16::from_be_bytes([high & 0x0f, low])),
            None => None,
        }
    }

    /// As many as the message says it has. `None` if it is too short for them.
    #[must_use]
    pub fn addresses(&self) -> Option<Addresses<'a>> {
        Some(Addresses { bytes: self.body()?.0, family: self.ip.family() })
    }

    /// What follows the addresses. `None` if the message is too short for these.
    #[must_use]
    pub fn trailer(&self) -> Option<&'a [u8]> {
        Some(self.body()?.1)
    }

    /// The message, and the trailer of a signature behind it: as many bytes as it has, and no other.
    #[must_use]
    pub fn signed(&self) -> Option<(&'a [u8], &'a [u8])> {
        self.bytes.split_at_checked(self.length()?).filter(|(_, behind)| behind.len() == TRAILER_LEN)
    }

    /// Whether nothing but perhaps the trailer of a signature follows the message.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.length() == Some(self.bytes.len()) || self.signed().is_some()
    }

    /// Bytes of the message by what it says. `None` if the version is unknown, or there are too few for the addresses.
    fn length(&self) -> Option<usize> {
        let authentication = match self.version()? {
            Version::V2 => AUTHENTICATION_LEN,
            Version::V3 => 0,
        };
        Some(HEADER_LEN + self.body()?.0.len() + authentication)
    }

    /// `None` in VRRPv3, which has none, and if the message is too short for it.
    #[must_use]
    pub fn authentication(&self) -> Option<AuthenticationField> {
        let [_, _, _, _, kind, ..] = self.header;
        match self.version()? {
            Version::V2 => Some(AuthenticationField { kind, data: *self.trailer()?.first_chunk()? }),
            Version::V3 => None,
        }
    }

    /// The form in which the checksum fits; `None` if it fits in no form, or the message is too short or of an unknown
    /// version. Says something for VRRPv3 over IPv4 only. What follows the message is not part of it (V3-CK-07), but for a trailer over
    /// IPv6, where kernels compute it of all there is.
    #[must_use]
    pub fn checksum_form(&self) -> Option<ChecksumForm> {
        let version = self.version()?;
        let bytes = match (self.ip.family(), self.signed()) {
            (Family::Ipv6, Some(_)) => self.bytes,
            (Family::Ipv4 | Family::Ipv6, _) => self.bytes.get(..self.length()?)?,
        };
        let with = || with_pseudo_header(&self.ip.source, &self.ip.destination, bytes) == 0;
        let without = || plain(bytes) == 0;
        let is_unicast = !self.ip.destination.is_multicast();
        let old = || is_unicast && with_pseudo_header(&self.ip.source, &group(Family::Ipv4), bytes) == 0;
        match (version, self.ip.family()) {
            (Version::V2, _) => without().then_some(ChecksumForm::Rfc9568),
            (Version::V3, Family::Ipv6) => with().then_some(ChecksumForm::Rfc5798),
            (Version::V3, Family::Ipv4) if with() => Some(ChecksumForm::Rfc5798),
            (Version::V3, Family::Ipv4) if without() => Some(ChecksumForm::Rfc9568),
            (Version::V3, Family::Ipv4) => old().then_some(ChecksumForm::OldUnicast),
        }
    }

    /// Addresses and what follows them.
    fn body(&self) -> Option<(&'a [u8], &'a [u8])> {
        let [_, _, _, count, ..] = self.header;
        let length = usize::from(count) * self.ip.family().address_len();
        self.bytes.get(HEADER_LEN..)?.split_at_checked(length)
    }
}

/// The address list of a message, in the order sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses<'a> {
    bytes: &'a [u8],
    family: Family,
}

impl<'a> Addresses<'a> {
    pub const fn len(&self) -> usize {
        self.bytes.len() / self.family.address_len()
    }

    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = IpAddr> + Clone + use<'a> {
        self.bytes.chunks_exact(self.family.address_len()).filter_map(address)
    }

    /// Whether these are the `expected` addresses, in any order (V3-RX-14, V2-RX-08).
    #[must_use]
    pub fn are(&self, expected: &[IpAddr]) -> bool {
        let same_set = || {
            let all_known = self.iter().all(|address| expected.contains(&address));
            all_known && expected.iter().all(|address| self.iter().any(|heard| heard == *address))
        };
        self.len() == expected.len() && (self.iter().eq(expected.iter().copied()) || same_set())
    }

    /// A number that differs for lists that differ, but by rare chance (FNV-1a).
    #[must_use]
    pub fn digest(&self) -> u32 {
        self.bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
    }
}

/// The address in 4 or 16 bytes.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = || <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
    let v6 = || <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from);
    v4().or_else(v6)
}
