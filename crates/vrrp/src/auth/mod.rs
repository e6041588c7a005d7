//! Whether an advert is from one of us, and how ours show it.
//!
//! | part | knows |
//! |---|---|
//! | this one | what the kinds have in common |
//! | `ah` | VRRPv2 type 2: signature and sequence numbers |
//! | `hmac` | keepalived's trailer: signature and sequence numbers |
//!
//! Bytes are read and written in `wire`; what follows from a failure is the engine's business.

pub(crate) mod ah;
pub(crate) mod hmac;

use subtle::ConstantTimeEq as _;

use serde::{Deserialize, Serialize};

use crate::config::Authentication;
use crate::discard::Discard;
use crate::input::Packet;
use crate::time::WallTime;
use crate::types::Version;
use crate::wire::{AH_LEN, AH_PROTOCOL, AuthenticationField, AuthenticationHeader, Message, TRAILER_LEN, message_of};

/// What a router remembers of adverts that were signed. It outlives changes of the configuration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) ah: ah::Counter,
    pub(crate) hmac: hmac::Counter,
    marks: hmac::Marks,
}

/// What an authentic advert shows beside its message, to be remembered once it has passed all checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    None,
    /// Its sequence number.
    Ah(u32),
    Hmac(hmac::Signed),
}

impl Authentication {
    /// The kind as it is carried out: VRRPv3 has neither of VRRPv2's.
    pub(crate) const fn in_version(&self, version: Version) -> &Self {
        match (self, version) {
            (_, Version::V2) | (Self::None | Self::Hmac(_), _) => self,
            (Self::Password(_) | Self::Ah(_), Version::V3) => &Self::None,
        }
    }

    /// What stands in the message itself (V2-AU-01, V2-AU-02).
    #[must_use]
    pub const fn field(&self) -> AuthenticationField {
        match self {
            Self::None | Self::Hmac(_) => AuthenticationField::NONE,
            Self::Password(password) => AuthenticationField { kind: 1, data: *password.expose() },
            Self::Ah(_) => AuthenticationField { kind: 2, ..AuthenticationField::NONE },
        }
    }

    /// Bytes that it adds to a packet.
    pub(crate) const fn overhead(&self) -> usize {
        match self {
            Self::None | Self::Password(_) => 0,
            Self::Ah(_) => AH_LEN,
            Self::Hmac(hmac) if hmac.signs() => TRAILER_LEN,
            Self::Hmac(_) => 0,
        }
    }
}

/// Whether a packet around a message of this version is authentic as `expected`.
pub(crate) fn check(
    packet: &Packet<'_>,
    message: &Message<'_>,
    version: Version,
    expected: &Authentication,
) -> Result<Proof, Discard> {
    let proof = match version {
        Version::V2 => check_v2(packet, message, expected)?,
        // It has no such authentication, so nobody who is meant puts a header around it.
        Version::V3 if packet.ip.protocol == AH_PROTOCOL => return Err(Discard::AuthenticationType),
        Version::V3 => Proof::None,
    };
    match (expected, message.signed()) {
        (Authentication::Hmac(expected), _) => {
            Ok(hmac::verify(expected, packet.ip.source, message)?.map_or(Proof::None, Proof::Hmac))
        }
        (Authentication::None | Authentication::Password(_) | Authentication::Ah(_), None) => Ok(proof),
        (Authentication::None | Authentication::Password(_) | Authentication::Ah(_), Some(_)) => {
            Err(Discard::AuthenticationType)
        }
    }
}

/// Whether a packet around a VRRPv2 message is authentic as `expected`: type and data are two reasons (V2-AU-05).
fn check_v2(packet: &Packet<'_>, message: &Message<'_>, expected: &Authentication) -> Result<Proof, Discard> {
    let Some(field) = message.authentication() else { return Ok(Proof::None) };
    let header = match packet.ip.protocol {
        AH_PROTOCOL => AuthenticationHeader::read(packet.payload),
        _ => None,
    };
    match (expected, field.kind, header) {
        (Authentication::None | Authentication::Hmac(_), 0, None) => Ok(Proof::None),
        (Authentication::Password(password), 1, None) => {
            let is_ours: bool = password.expose().ct_eq(&field.data).into();
            if is_ours { Ok(Proof::None) } else { Err(Discard::AuthenticationData) }
        }
        (Authentication::Ah(key), 2, Some(header)) => {
            ah::verify(key, &packet.ip, &header, message_of(packet.ip.protocol, packet.payload))?;
            Ok(Proof::Ah(header.sequence))
        }
        (
            Authentication::None | Authentication::Password(_) | Authentication::Ah(_) | Authentication::Hmac(_),
            _,
            _,
        ) => Err(Discard::AuthenticationType),
    }
}

impl Memory {
    /// Whether an advert that passed all other checks, and came at this time of day, is new.
    pub(crate) fn check_age(&self, proof: Proof, wall: Option<WallTime>) -> Result<(), Discard> {
        match proof {
            Proof::None => Ok(()),
            Proof::Ah(sequence) => self.ah.check(sequence),
            Proof::Hmac(signed) => self.marks.check(signed, wall),
        }
    }

    /// An advert passed all checks.
    pub(crate) fn heard(&mut self, proof: Proof) {
        match proof {
            Proof::None => {}
            Proof::Ah(sequence) => self.ah.heard(sequence),
            Proof::Hmac(signed) => self.marks.heard(signed),
        }
    }
}
