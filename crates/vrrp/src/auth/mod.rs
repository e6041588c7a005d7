//! Whether an advert is from one of us, and how ours show it.
//!
//! | part | knows |
//! |---|---|
//! | this one | what the kinds have in common |
//! | `ah` | VRRPv2 type 2: signature and sequence numbers |
//!
//! Bytes are read and written in `wire`; what follows from a failure is the engine's business.

pub(crate) mod ah;

use subtle::ConstantTimeEq as _;

use crate::config::Authentication;
use crate::discard::Discard;
use crate::input::Packet;
use crate::types::Version;
use crate::wire::{AH_LEN, AH_PROTOCOL, AuthenticationField, AuthenticationHeader, Message, message_of};

/// What a router remembers of adverts that were signed. It outlives changes of the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) ah: ah::Counter,
}

/// What an authentic advert shows beside its message, to be remembered once it has passed all checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    None,
    /// Its sequence number.
    Ah(u32),
}

impl Authentication {
    /// The kind as it is carried out: VRRPv3 has neither of VRRPv2's.
    pub(crate) const fn in_version(&self, version: Version) -> &Self {
        match (self, version) {
            (_, Version::V2) | (Self::None, _) => self,
            (Self::Password(_) | Self::Ah(_), Version::V3) => &Self::None,
        }
    }

    /// What stands in the message itself (V2-AU-01, V2-AU-02).
    #[must_use]
    pub const fn field(&self) -> AuthenticationField {
        match self {
            Self::None => AuthenticationField::NONE,
            Self::Password(password) => AuthenticationField { kind: 1, data: *password.expose() },
            Self::Ah(_) => AuthenticationField { kind: 2, ..AuthenticationField::NONE },
        }
    }

    /// Bytes that it adds to a packet.
    pub(crate) const fn overhead(&self) -> usize {
        match self {
            Self::None | Self::Password(_) => 0,
            Self::Ah(_) => AH_LEN,
        }
    }
}

/// Whether a packet around a VRRPv2 message is authentic as `expected`: type and data are two reasons (V2-AU-05).
pub(crate) fn check_v2(
    packet: &Packet<'_>,
    message: &Message<'_>,
    expected: &Authentication,
) -> Result<Proof, Discard> {
    let Some(field) = message.authentication() else { return Ok(Proof::None) };
    let header = match packet.ip.protocol {
        AH_PROTOCOL => AuthenticationHeader::read(packet.payload),
        _ => None,
    };
    match (expected, field.kind, header) {
        (Authentication::None, 0, None) => Ok(Proof::None),
        (Authentication::Password(password), 1, None) => {
            let is_ours: bool = password.expose().ct_eq(&field.data).into();
            if is_ours { Ok(Proof::None) } else { Err(Discard::AuthenticationData) }
        }
        (Authentication::Ah(key), 2, Some(header)) => {
            ah::verify(key, &packet.ip, &header, message_of(packet.ip.protocol, packet.payload))?;
            Ok(Proof::Ah(header.sequence))
        }
        (Authentication::None | Authentication::Password(_) | Authentication::Ah(_), _, _) => {
            Err(Discard::AuthenticationType)
        }
    }
}

impl Memory {
    /// Whether an advert that passed all other checks is new.
    pub(crate) const fn check_age(&self, proof: Proof) -> Result<(), Discard> {
        match proof {
            Proof::None => Ok(()),
            Proof::Ah(sequence) => self.ah.check(sequence),
        }
    }

    /// An advert passed all checks.
    pub(crate) fn heard(&mut self, proof: Proof) {
        match proof {
            Proof::None => {}
            Proof::Ah(sequence) => self.ah.heard(sequence),
        }
    }
}
