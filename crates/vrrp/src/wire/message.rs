//! Reading a VRRP message: the bytes as received, verified.
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

use core::net::IpAddr;

use super::HOP_LIMIT;
use super::checksum::{ChecksumForm, plain, with_pseudo_header};
use crate::discard::Discard;
use crate::input::Envelope;
use crate::types::{Family, Interval, Priority, Version, Vrid};

/// Message type of an advertisement, the only one there is (V3-RX-05).
const ADVERTISEMENT: u8 = 1;

/// A message whose form is right: whole, of a known version and type, with a fitting checksum. Its values are as
/// received, not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    version: Version,
    vrid: u8,
    priority: u8,
    interval: u16,
    addresses: Addresses<'a>,
    authentication: Option<AuthenticationField>,
    form: ChecksumForm,
}

/// Authentication as a VRRPv2 message carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthenticationField {
    /// Type: 0 none, 1 password, 2 IP authentication header.
    pub kind: u8,
    /// Data; meaningful with type 1 only.
    pub data: [u8; 8],
}

/// The VRID field of a message that may be anything else: to find the router whose counters a failing check moves.
#[must_use]
pub fn vrid(bytes: &[u8]) -> Option<Vrid> {
    bytes.get(1).and_then(|vrid| Vrid::new(*vrid))
}

impl<'a> Message<'a> {
    /// Reads and verifies `bytes` in the order of RFC 9568 §7.1: hop limit, version, type, length, checksum
    /// (V3-RX-03 to V3-RX-07). `expected` is the version the router speaks; `None` takes any.
    ///
    /// # Errors
    /// The first check that fails: [`Discard::HopLimit`], [`Discard::TooShort`], [`Discard::Version`],
    /// [`Discard::Type`], [`Discard::Length`], [`Discard::Checksum`]. Count it and forget the packet.
    pub fn parse(envelope: &Envelope, bytes: &'a [u8], expected: Option<Version>) -> Result<Self, Discard> {
        if envelope.hop_limit != Some(HOP_LIMIT) {
            return Err(Discard::HopLimit);
        }
        let &[version_and_type, vrid, priority, count, high, low, _, _, ref body @ ..] = bytes else {
            return Err(Discard::TooShort);
        };
        let family = envelope.family();
        let version = known_version(version_and_type >> 4, family).ok_or(Discard::Version)?;
        if expected.is_some_and(|expected| expected != version) {
            return Err(Discard::Version);
        }
        if version_and_type & 0x0f != ADVERTISEMENT {
            return Err(Discard::Type);
        }
        let (addresses, trailer) = split_body(body, count, family).ok_or(Discard::Length)?;
        let (interval, authentication) = match version {
            Version::V2 => (u16::from(low) * 100, Some(AuthenticationField { kind: high, data: exact(trailer)? })),
            Version::V3 => {
                let []: [u8; 0] = exact(trailer)?;
                (u16::from_be_bytes([high & 0x0f, low]), None)
            }
        };
        let form = verify(envelope, bytes, version).ok_or(Discard::Checksum)?;
        Ok(Self { version, vrid, priority, interval, addresses, authentication, form })
    }

    /// Protocol version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Virtual router identifier; `None` if it is 0, which no router has.
    #[must_use]
    pub const fn vrid(&self) -> Option<Vrid> {
        Vrid::new(self.vrid)
    }

    /// Priority.
    #[must_use]
    pub const fn priority(&self) -> Priority {
        Priority::new(self.priority)
    }

    /// The sender's interval, VRRPv2 seconds converted (V3-IO-05); `None` if it is 0 (EID 8301).
    #[must_use]
    pub const fn interval(&self) -> Option<Interval> {
        Interval::from_centis(self.interval)
    }

    /// Addresses, none for count 0.
    #[must_use]
    pub const fn addresses(&self) -> Addresses<'a> {
        self.addresses
    }

    /// Authentication; `None` in VRRPv3, which has none.
    #[must_use]
    pub const fn authentication(&self) -> Option<AuthenticationField> {
        self.authentication
    }

    /// Which form of checksum fitted. Says something for VRRPv3 over IPv4 only.
    #[must_use]
    pub const fn checksum_form(&self) -> ChecksumForm {
        self.form
    }
}

/// The version a nibble names; VRRPv2 exists over IPv4 only (V2-PK-02).
const fn known_version(nibble: u8, family: Family) -> Option<Version> {
    match (nibble, family) {
        (2, Family::Ipv4) => Some(Version::V2),
        (3, Family::Ipv4 | Family::Ipv6) => Some(Version::V3),
        _ => None,
    }
}

/// Addresses and what follows them.
fn split_body(body: &[u8], count: u8, family: Family) -> Option<(Addresses<'_>, &[u8])> {
    let (addresses, trailer) = body.split_at_checked(usize::from(count) * address_len(family))?;
    Some((Addresses { bytes: addresses, family }, trailer))
}

/// `trailer` as exactly N bytes: one that is longer holds something we do not know (V3-RX-06, V2-RX-03).
fn exact<const N: usize>(trailer: &[u8]) -> Result<[u8; N], Discard> {
    <[u8; N]>::try_from(trailer).map_err(|_| Discard::Length)
}

/// The form in which the checksum fits, if any.
fn verify(envelope: &Envelope, bytes: &[u8], version: Version) -> Option<ChecksumForm> {
    let with = || with_pseudo_header(&envelope.source, &envelope.destination, bytes) == 0;
    let without = || plain(bytes) == 0;
    match (version, envelope.family()) {
        (Version::V2, _) => without().then_some(ChecksumForm::Rfc9568),
        (Version::V3, Family::Ipv6) => with().then_some(ChecksumForm::Rfc5798),
        (Version::V3, Family::Ipv4) if with() => Some(ChecksumForm::Rfc5798),
        (Version::V3, Family::Ipv4) => without().then_some(ChecksumForm::Rfc9568),
    }
}

/// Bytes of one address.
const fn address_len(family: Family) -> usize {
    match family {
        Family::Ipv4 => 4,
        Family::Ipv6 => 16,
    }
}

/// The address list of a message, in the order sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses<'a> {
    bytes: &'a [u8],
    family: Family,
}

impl<'a> Addresses<'a> {
    /// How many.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bytes.len() / address_len(self.family)
    }

    /// Whether there is none (V3-RX-10).
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> + Clone + use<'a> {
        self.bytes.chunks_exact(address_len(self.family)).filter_map(address)
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
}

/// The address in 4 or 16 bytes.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = || <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
    let v6 = || <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from);
    v4().or_else(v6)
}
