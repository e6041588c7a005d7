//! Writing a VRRP advert.

use core::net::IpAddr;

use super::checksum::{ChecksumForm, plain, with_pseudo_header};
use super::ip::{IpFields, ip_header_len, write_header};
use super::message::{ADVERTISEMENT, AuthenticationField};
use super::{PROTOCOL, group, write};
use crate::types::{Family, Interval, Priority, Version, Vrid};

/// Length of an advert with so many addresses as an IP packet.
#[must_use]
pub const fn packet_len(version: Version, family: Family, addresses: usize) -> usize {
    let authentication = match version {
        Version::V2 => 8,
        Version::V3 => 0,
    };
    ip_header_len(family) + 8 + addresses * family.address_len() + authentication
}

/// An advert as meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advert<'a> {
    /// VRRPv2 over IPv4 only.
    pub version: Version,
    pub vrid: Vrid,
    /// Priority of the sender, or [`Priority::RELEASE`].
    pub priority: Priority,
    /// The sender's interval. One that the version cannot carry is written as the nearest it can (V3-IO-03).
    pub interval: Interval,
    /// Addresses in configuration order (V3-PK-09), all of one family.
    pub addresses: &'a [IpAddr],
    /// Of VRRPv2; VRRPv3 has none.
    pub authentication: AuthenticationField,
}

impl Advert<'_> {
    /// Writes the message with its checksum to the start of `out`, as sent from `source` to `destination` (V3-CK-09).
    /// `form` matters to VRRPv3 over IPv4 only. Returns the length.
    ///
    /// `None` if `out` is too small, there are more than 255 addresses, or the families do not agree: nothing that
    /// could be sent has come out.
    pub fn emit(&self, source: &IpAddr, destination: &IpAddr, form: ChecksumForm, out: &mut [u8]) -> Option<usize> {
        let family = Family::of(source);
        let count = u8::try_from(self.addresses.len()).ok()?;
        let (version, [high, low]) = match (self.version, family) {
            (Version::V2, Family::Ipv4) => (2, [self.authentication.kind, self.seconds()]),
            (Version::V3, _) => (3, self.interval.min(Interval::LONGEST_V3).centis().to_be_bytes()),
            (Version::V2, Family::Ipv6) => return None,
        };
        let header = [version << 4 | ADVERTISEMENT, self.vrid.value(), self.priority.value(), count, high, low, 0, 0];
        let mut length = write(out, &[&header])?;
        for address in self.addresses {
            length += write_address(out.get_mut(length..)?, address, family)?;
        }
        if self.version == Version::V2 {
            length += write(out.get_mut(length..)?, &[&self.authentication.data])?;
        }
        let message = out.get_mut(..length)?;
        let sum = match (self.version, family, form) {
            (Version::V3, Family::Ipv6, _) | (Version::V3, Family::Ipv4, ChecksumForm::Rfc5798) => {
                with_pseudo_header(source, destination, message)
            }
            (Version::V3, Family::Ipv4, ChecksumForm::OldUnicast) => {
                with_pseudo_header(source, &group(Family::Ipv4), message)
            }
            (Version::V2, _, _) | (Version::V3, Family::Ipv4, ChecksumForm::Rfc9568) => plain(message),
        };
        write(message.get_mut(6..)?, &[&sum.to_be_bytes()])?;
        Some(length)
    }

    /// Writes the whole IP packet. Otherwise as [`emit`](Self::emit).
    pub fn emit_packet(&self, ip: &IpFields<'_>, form: ChecksumForm, out: &mut [u8]) -> Option<usize> {
        let start = ip_header_len(Family::of(ip.source));
        let length = self.emit(ip.source, ip.destination, form, out.get_mut(start..)?)?;
        Some(write_header(out, ip, PROTOCOL, length)? + length)
    }

    /// The interval in whole seconds: 1 for less than one (V3-IO-03).
    fn seconds(&self) -> u8 {
        u8::try_from(self.interval.centis() / 100).unwrap_or(u8::MAX).max(1)
    }
}

/// Writes one address; `None` if it is of another family or does not fit.
fn write_address(out: &mut [u8], address: &IpAddr, family: Family) -> Option<usize> {
    match (address, family) {
        (IpAddr::V4(address), Family::Ipv4) => write(out, &[&address.octets()]),
        (IpAddr::V6(address), Family::Ipv6) => write(out, &[&address.octets()]),
        (IpAddr::V4(_), Family::Ipv6) | (IpAddr::V6(_), Family::Ipv4) => None,
    }
}
