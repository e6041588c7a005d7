//! keepalived's `auth_hmac`: a trailer with a signature by HMAC-SHA256, a key number and a sequence number.

use core::net::IpAddr;

use hmac::{Hmac as Digest, KeyInit as _, Mac as _};
use sha2::Sha256;

use serde::{Deserialize, Serialize};

use crate::config::{Freshness, Hmac, HmacKey, HmacMode};
use crate::discard::Discard;
use crate::time::WallTime;
use crate::types::Family;
use crate::wire::{
    Advert, ChecksumForm, IpFields, Message, PROTOCOL, TRAILER_LEN, Trailer, ip_header_len, write,
    write_checksum_of_all, write_header,
};

/// Senders whose numbers are remembered one by one.
const SENDERS: usize = 8;

/// A trailer that fits the message: who signed it, and with which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    source: IpAddr,
    sequence: Sequence,
    freshness: Freshness,
}

/// A sequence number: seconds since 1970, of which the 32 low bits count, 1/65536 of them, and a counter. It begins again
/// after the last there is, so two are compared by the shorter way between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sequence(u64);

impl Sequence {
    fn of_clock(wall: WallTime) -> Self {
        const SECOND: u64 = 1_000_000_000;
        let (seconds, nanos) = (wall.nanos() / SECOND, wall.nanos() % SECOND);
        Self(seconds << 32 | ((nanos << 16) / SECOND) << 16)
    }

    const fn is_after(self, other: Self) -> bool {
        self.0.wrapping_sub(other.0).cast_signed() > 0
    }

    fn later(self, other: Self) -> Self {
        if other.is_after(self) { other } else { self }
    }

    /// Whole seconds between two numbers.
    const fn seconds_to(self, other: Self) -> u64 {
        let seconds = (self.0 >> 32).wrapping_sub(other.0 >> 32) as u32;
        seconds.cast_signed().unsigned_abs() as u64
    }
}

/// The number of the advert sent last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counter(Option<Sequence>);

impl Counter {
    /// The number of the next advert: the time of day, and always a higher one than the last. A clock that was set back by
    /// more than the window is followed, if numbers must be near it.
    pub(crate) fn next(&mut self, wall: Option<WallTime>, freshness: Freshness) -> u64 {
        let clock = wall.map(Sequence::of_clock);
        let after_last = self.0.map(|last| Sequence(last.0.wrapping_add(1)));
        let next = match (clock, after_last) {
            (Some(clock), Some(after_last)) if is_stale(after_last, clock, freshness) => clock,
            (Some(clock), Some(after_last)) => clock.later(after_last),
            (clock, after_last) => clock.or(after_last).unwrap_or(Sequence(1)),
        };
        self.0 = Some(next);
        next.0
    }
}

/// Whether a number is none of this time.
fn is_stale(sequence: Sequence, clock: Sequence, freshness: Freshness) -> bool {
    match freshness {
        Freshness::Time { window } => sequence.seconds_to(clock) > window.as_secs(),
        Freshness::Monotonic => false,
    }
}

/// The highest number of each sender. Where there are more senders than places, the lowest of these numbers becomes one
/// that senders without a place must exceed: so nothing that was heard is ever new again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marks {
    of: [Option<(IpAddr, Sequence)>; SENDERS],
    others: Option<Sequence>,
}

impl Marks {
    /// Whether an advert is new. Without a time of day nothing is of this time.
    pub(super) fn check(&self, signed: Signed, wall: Option<WallTime>) -> Result<(), Discard> {
        let clock = wall.map(Sequence::of_clock);
        let stale = |sequence| match (signed.freshness, clock) {
            (freshness @ Freshness::Time { .. }, Some(clock)) => is_stale(sequence, clock, freshness),
            (Freshness::Time { .. }, None) => true,
            (Freshness::Monotonic, _) => false,
        };
        if stale(signed.sequence) {
            return Err(Discard::Stale);
        }
        // A number of another time is of a clock that was wrong.
        match self.mark(signed.source).filter(|mark| !stale(*mark)) {
            Some(mark) if !signed.sequence.is_after(mark) => Err(Discard::Replay),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn heard(&mut self, signed: Signed) {
        let Signed { source, sequence, .. } = signed;
        let known = self.of.iter_mut().flatten().find(|(sender, _)| *sender == source);
        if let Some((_, mark)) = known {
            *mark = sequence;
        } else if let Some(free) = self.of.iter_mut().find(|place| place.is_none()) {
            *free = Some((source, sequence));
        } else {
            self.replace_lowest(source, sequence);
        }
    }

    fn mark(&self, source: IpAddr) -> Option<Sequence> {
        let known = self.of.iter().flatten().find(|(sender, _)| *sender == source);
        known.map(|(_, mark)| *mark).or(self.others)
    }

    fn replace_lowest(&mut self, source: IpAddr, sequence: Sequence) {
        let places = self.of.iter_mut().flatten();
        let Some(lowest) = places.reduce(|a, b| if b.1.is_after(a.1) { a } else { b }) else { return };
        self.others = Some(self.others.map_or(lowest.1, |others| others.later(lowest.1)));
        *lowest = (source, sequence);
    }
}

/// Writes the IP packet of an advert with a trailer. Returns its length; `None` if `out` is too small, or there is no key to
/// sign with.
pub(crate) fn sign(
    hmac: &Hmac,
    sequence: u64,
    advert: &Advert<'_>,
    (ip, form): (&IpFields<'_>, ChecksumForm),
    out: &mut [u8],
) -> Option<usize> {
    let key = hmac.key(hmac.active)?;
    let family = Family::of(ip.source);
    let start = ip_header_len(family);
    let length = advert.emit(ip.source, ip.destination, form, out.get_mut(start..)?)?;
    let packet = out.get_mut(start..)?.get_mut(..length + TRAILER_LEN)?;
    let (message, trailer) = packet.split_at_mut_checked(length)?;
    let unsigned = Trailer { key: key.id, sequence, signature: [0; 16] };
    let signature = *digest(key, &unsigned, ip.source, message)?.finalize().into_bytes().first_chunk()?;
    write(trailer, &[&Trailer { signature, ..unsigned }.bytes()])?;
    match family {
        Family::Ipv4 => {}
        Family::Ipv6 => write_checksum_of_all(ip.source, ip.destination, packet)?,
    }
    Some(write_header(out, ip, PROTOCOL, length + TRAILER_LEN)? + length + TRAILER_LEN)
}

/// Whether a message is signed as expected; `None` if it need not be and is not.
pub(super) fn verify(hmac: &Hmac, source: IpAddr, message: &Message<'_>) -> Result<Option<Signed>, Discard> {
    let Some((message, bytes)) = message.signed() else {
        return match hmac.mode {
            HmacMode::Enforce => Err(Discard::SignatureMissing),
            HmacMode::Permissive | HmacMode::ReceiveOnly => Ok(None),
        };
    };
    let trailer = Trailer::read(bytes).ok_or(Discard::SignatureKind)?;
    let key = hmac.key(trailer.key).ok_or(Discard::SignatureKey)?;
    let digest = digest(key, &trailer, &source, message).ok_or(Discard::AuthenticationData)?;
    digest.verify_truncated_left(&trailer.signature).map_err(|_| Discard::AuthenticationData)?;
    Ok(Some(Signed { source, sequence: Sequence(trailer.sequence), freshness: hmac.freshness }))
}

fn digest(key: &HmacKey, trailer: &Trailer, source: &IpAddr, message: &[u8]) -> Option<Digest<Sha256>> {
    let mut digest = Digest::<Sha256>::new_from_slice(key.bytes.expose()).ok()?;
    trailer.cover(source, message, |part| digest.update(part))?;
    Some(digest)
}
