//! VRRPv2 type 2: HMAC-MD5-96 in an IPsec AH (RFC 2403), with sequence numbers as keepalived counts them.

use core::net::IpAddr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;

use serde::{Deserialize, Serialize};

use crate::config::Password;
use crate::discard::Discard;
use crate::input::IpHeader;
use crate::time::WallTime;
use crate::types::Family;
use crate::wire::{
    self, AH_LEN, AH_PROTOCOL, Advert, AuthenticationHeader, ChecksumForm, IpFields, covered, ip_header_len,
    write_header,
};

/// Numbers that a clock gives count sixteenths of a second, from the year 2026 on (seconds since 1970). Two masters that
/// answer each other send no more: each an advert and two answers a second, in two copies. So the clock is ahead of what was
/// sent. The numbers last until December 2033.
const PER_SECOND: u64 = 16;
const EPOCH: u64 = 1_767_225_600;
/// No number is taken from a clock that shows a later time: peers would follow it, and the numbers run out. From then on
/// routers count on from what they have sent and heard, as keepalived does, for years; one that restarts learns the number
/// from the first advert that it hears.
const LATEST: u32 = 0xf000_0000;

/// The number that a virtual router has reached: all its routers count together, so that whoever takes over goes on where
/// the master was, and what anybody sent before is old.
///
/// Our own numbers are never behind the clock. So those of a router that has restarted are higher than any that it or its
/// peers have sent, unless its clock was set back; then it learns from the first advert that it hears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counter(u32);

impl Counter {
    /// The number of the next packet. It begins again after the last there is.
    pub(crate) fn next(&mut self, wall: Option<WallTime>) -> u32 {
        let clock = wall.and_then(of_clock).unwrap_or(0);
        self.0 = self.0.checked_add(1).unwrap_or(1).max(clock);
        self.0
    }

    /// Whether a number is higher than all that were heard or sent.
    pub(super) const fn check(self, sequence: u32) -> Result<(), Discard> {
        if sequence > self.0 { Ok(()) } else { Err(Discard::Replay) }
    }

    pub(super) fn heard(&mut self, sequence: u32) {
        self.0 = self.0.max(sequence);
    }
}

fn of_clock(wall: WallTime) -> Option<u32> {
    let ticks = wall.nanos() / (1_000_000_000 / PER_SECOND);
    let number = ticks.checked_sub(EPOCH * PER_SECOND)?;
    u32::try_from(number).ok().filter(|number| *number < LATEST)
}

/// Writes the IP packet of an advert in an authentication header. Returns its length; `None` if `out` is too small, or IPv6
/// was asked for.
pub(crate) fn write(
    key: &Password,
    sequence: u32,
    advert: &Advert<'_>,
    ip: &IpFields<'_>,
    out: &mut [u8],
) -> Option<usize> {
    let IpAddr::V4(spi) = *ip.source else { return None };
    let (headers, rest) = out.split_at_mut_checked(ip_header_len(Family::Ipv4) + AH_LEN)?;
    let length = advert.emit(ip.source, ip.destination, ChecksumForm::Rfc9568, rest)?;
    let unsigned = AuthenticationHeader { spi, sequence, signature: [0; 12] };
    let signature = sign(key, &ip.received_as(AH_PROTOCOL), &unsigned, rest.get(..length)?)?;
    let start = write_header(headers, ip, AH_PROTOCOL, AH_LEN + length)?;
    wire::write(headers.get_mut(start..)?, &[&AuthenticationHeader { signature, ..unsigned }.bytes()])?;
    Some(headers.len() + length)
}

/// The signature of a message behind `ip` and `header`. `None` if the packet is none that can be signed: IPv6, or too long.
fn sign(key: &Password, ip: &IpHeader, header: &AuthenticationHeader, message: &[u8]) -> Option<[u8; 12]> {
    digest(key, ip, header, message)?.finalize().into_bytes().first_chunk().copied()
}

pub(super) fn verify(
    key: &Password,
    ip: &IpHeader,
    header: &AuthenticationHeader,
    message: &[u8],
) -> Result<(), Discard> {
    let digest = digest(key, ip, header, message).ok_or(Discard::AuthenticationData)?;
    digest.verify_truncated_left(&header.signature).map_err(|_| Discard::AuthenticationData)
}

fn digest(key: &Password, ip: &IpHeader, header: &AuthenticationHeader, message: &[u8]) -> Option<Hmac<Md5>> {
    let mut digest = Hmac::<Md5>::new_from_slice(key.expose()).ok()?;
    digest.update(&covered(ip, header, message.len())?);
    digest.update(message);
    Some(digest)
}
