//! The control packet (RFC 5880 §4.1).

use core::num::NonZeroU32;
use core::time::Duration;

use super::discard::Discard;
use super::state::{Diag, SessionState};

/// Bytes of a packet without authentication.
pub const PACKET_LEN: usize = 24;
/// A packet is authenticated.
const AUTHENTICATED: u8 = 0x04;
const MULTIPOINT: u8 = 0x01;
const POLL: u8 = 0x20;
const FINAL: u8 = 0x10;
const VERSION: u8 = 1;

/// What a packet has to do with a Poll Sequence (RFC 5880 §6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// Nothing.
    None,
    /// Its sender wants an answer at once.
    Poll,
    /// It is that answer.
    Final,
}

/// A control packet without authentication. What it may ask for beside is left alone: demand mode is never entered, and
/// nothing is echoed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlPacket {
    pub diag: Diag,
    pub state: SessionState,
    pub sequence: Sequence,
    /// Missed packets after which the sender's peer takes the session for lost.
    pub multiplier: u8,
    /// Names the session at the sender.
    pub my_discriminator: NonZeroU32,
    /// Names it at the receiver; `None` while the sender does not know.
    pub your_discriminator: Option<NonZeroU32>,
    /// Desired Min TX Interval, whole microseconds.
    pub desired_tx: Duration,
    /// Required Min RX Interval, whole microseconds; zero: the sender wants no periodic packets.
    pub required_rx: Duration,
}

impl ControlPacket {
    /// Reads the payload of a UDP packet, with the checks that need no session.
    ///
    /// # Errors
    /// Why it is dropped.
    pub fn read(payload: &[u8]) -> Result<Self, Discard> {
        let packet: &[u8; PACKET_LEN] = payload.first_chunk().ok_or(Discard::TooShort)?;
        let [first, flags, multiplier, length, ..] = *packet;
        if first >> 5 != VERSION {
            return Err(Discard::Version);
        }
        if usize::from(length) < PACKET_LEN {
            return Err(Discard::Length);
        }
        if usize::from(length) > payload.len() {
            return Err(Discard::TooShort);
        }
        if multiplier == 0 {
            return Err(Discard::Multiplier);
        }
        if flags & MULTIPOINT != 0 {
            return Err(Discard::Multipoint);
        }
        let my_discriminator = NonZeroU32::new(word(packet, 4)).ok_or(Discard::NoDiscriminator)?;
        let (state, your_discriminator) = (SessionState::from_bits(flags >> 6), NonZeroU32::new(word(packet, 8)));
        if let (None, SessionState::Init | SessionState::Up) = (your_discriminator, state) {
            return Err(Discard::NotNamed);
        }
        if flags & AUTHENTICATED != 0 {
            return Err(Discard::Authentication);
        }
        Ok(Self {
            diag: Diag(first & 0x1f),
            state,
            // Both at once stand for nothing (§6.5): to answer is harmless.
            sequence: match (flags & POLL, flags & FINAL) {
                (0, 0) => Sequence::None,
                (0, _) => Sequence::Final,
                (_, _) => Sequence::Poll,
            },
            multiplier,
            my_discriminator,
            your_discriminator,
            desired_tx: Duration::from_micros(word(packet, 12).into()),
            required_rx: Duration::from_micros(word(packet, 16).into()),
        })
    }

    /// The packet as bytes.
    #[must_use]
    pub fn write(&self) -> [u8; PACKET_LEN] {
        let sequence = match self.sequence {
            Sequence::None => 0,
            Sequence::Poll => POLL,
            Sequence::Final => FINAL,
        };
        let mut packet = [0; PACKET_LEN];
        packet[0] = (VERSION << 5) | (self.diag.0 & 0x1f);
        packet[1] = (self.state.bits() << 6) | sequence;
        packet[2] = self.multiplier;
        packet[3] = 24;
        let discriminators = [self.my_discriminator.get(), self.your_discriminator.map_or(0, NonZeroU32::get)];
        // Required Min Echo RX Interval stays 0: nothing is echoed.
        let words = discriminators.into_iter().chain([micros(self.desired_tx), micros(self.required_rx)]);
        for (place, word) in packet[4..].chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        packet
    }
}

fn word(packet: &[u8; PACKET_LEN], at: usize) -> u32 {
    packet.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |word| u32::from_be_bytes(*word))
}

/// What the packet can hold of it: up to 71 minutes.
fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}
