//! Every reason for which a received packet is dropped, in the order of the checks (RFC 9568 §7.1, RFC 3768 §7.1).

use serde::{Deserialize, Serialize};

use crate::tally::{Tally, counted};

/// Why a packet was dropped. Each has a counter; none of them touches a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Discard {
    /// IP protocol is neither 112 (§5.1.1.4) nor that of an authentication header around it: the payload is no VRRP
    /// message.
    Protocol,
    /// Multicast router: sent to one host instead of the group. It hears no unicast (V3-RX-01).
    Unicast,
    /// Unicast router: sent to a group. It hears no multicast.
    Multicast,
    /// Multicast router: sent to another group (V3-RX-01). Unicast router: not sent to the address we send from.
    WrongDestination,
    /// Our own packet came back, or another router has our address (V3-RX-02).
    OwnPacket,
    /// Unicast router that listens to its peers only: sent by none of them.
    UnlistedSource,
    /// Unicast router that listens to its peers only: TTL or hop limit is not in the peer's range.
    PeerHopLimit,
    /// TTL or hop limit is not 255 (V3-RX-03): it did not start on this link.
    HopLimit,
    /// Shorter than a VRRP header (V3-RX-04).
    TooShort,
    /// Not the version this router speaks (V3-RX-04, V2-RX-02).
    Version,
    /// Not an advert (V3-RX-05).
    Type,
    /// Does not hold the addresses it announces, or holds more (V3-RX-06, V2-RX-03).
    Length,
    /// Neither checksum form fits (V3-RX-07).
    Checksum,
    /// No router with this VRID and family on this interface (V3-RX-08).
    UnknownVrid,
    /// VRRPv2: another authentication type than ours (V2-RX-06).
    AuthenticationType,
    /// `auth_hmac`, mode `enforce`: not signed.
    SignatureMissing,
    /// `auth_hmac`: signed in a way that we do not know.
    SignatureKind,
    /// `auth_hmac`: signed with a key of a number that we have not.
    SignatureKey,
    /// Wrong password, or a signature that our password or key does not make (V2-AU-01, V2-AU-02).
    AuthenticationData,
    /// No address at all (V3-RX-10).
    NoAddress,
    /// The first IPv6 address is not link-local (V3-RX-11); only in strict mode.
    FirstNotLinkLocal,
    /// Interval 0 (V3-RX-12).
    IntervalZero,
    /// VRRPv2, strict mode: another address list than ours (V2-RX-08).
    AddressList,
    /// VRRPv2: another interval than ours (V2-RX-09).
    IntervalMismatch,
    /// An owner that hears nobody (`owner_ignore_adverts`).
    OwnerIgnores,
    /// The router is not taking part (V3-ST-03).
    NotRunning,
    /// `auth_hmac`: well signed, but at another time of day: a packet that somebody has recorded, or the clocks of two
    /// routers differ.
    Stale,
    /// Well signed, but not newer than what was heard or sent before: a packet that somebody has recorded, or the peer has
    /// begun to count anew and has not heard us yet (V2-AU-02).
    Replay,
}

impl Discard {
    /// All reasons, in the order of the checks.
    pub const ALL: [Self; 28] = [
        Self::Protocol,
        Self::Unicast,
        Self::Multicast,
        Self::WrongDestination,
        Self::OwnPacket,
        Self::UnlistedSource,
        Self::PeerHopLimit,
        Self::HopLimit,
        Self::TooShort,
        Self::Version,
        Self::Type,
        Self::Length,
        Self::Checksum,
        Self::UnknownVrid,
        Self::AuthenticationType,
        Self::SignatureMissing,
        Self::SignatureKind,
        Self::SignatureKey,
        Self::AuthenticationData,
        Self::NoAddress,
        Self::FirstNotLinkLocal,
        Self::IntervalZero,
        Self::AddressList,
        Self::IntervalMismatch,
        Self::OwnerIgnores,
        Self::NotRunning,
        Self::Stale,
        Self::Replay,
    ];

    /// Whether a packet that is dropped for this may be of our virtual router: unicast beside multicast, and other peers,
    /// make others of the same VRID.
    #[must_use]
    pub const fn may_be_ours(self) -> bool {
        match self {
            Self::Protocol
            | Self::Unicast
            | Self::Multicast
            | Self::WrongDestination
            | Self::OwnPacket
            | Self::UnlistedSource
            | Self::UnknownVrid => false,
            Self::PeerHopLimit
            | Self::HopLimit
            | Self::TooShort
            | Self::Version
            | Self::Type
            | Self::Length
            | Self::Checksum
            | Self::AuthenticationType
            | Self::SignatureMissing
            | Self::SignatureKind
            | Self::SignatureKey
            | Self::AuthenticationData
            | Self::NoAddress
            | Self::FirstNotLinkLocal
            | Self::IntervalZero
            | Self::AddressList
            | Self::IntervalMismatch
            | Self::OwnerIgnores
            | Self::NotRunning
            | Self::Stale
            | Self::Replay => true,
        }
    }

    /// Short name for counters and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Unicast => "unicast",
            Self::Multicast => "multicast",
            Self::WrongDestination => "wrong_destination",
            Self::OwnPacket => "own_packet",
            Self::UnlistedSource => "unlisted_source",
            Self::PeerHopLimit => "peer_hop_limit",
            Self::HopLimit => "hop_limit",
            Self::TooShort => "too_short",
            Self::Version => "version",
            Self::Type => "type",
            Self::Length => "length",
            Self::Checksum => "checksum",
            Self::UnknownVrid => "unknown_vrid",
            Self::AuthenticationType => "authentication_type",
            Self::SignatureMissing => "signature_missing",
            Self::SignatureKind => "signature_kind",
            Self::SignatureKey => "signature_key",
            Self::AuthenticationData => "authentication_data",
            Self::NoAddress => "no_address",
            Self::FirstNotLinkLocal => "first_not_link_local",
            Self::IntervalZero => "interval_zero",
            Self::AddressList => "address_list",
            Self::IntervalMismatch => "interval_mismatch",
            Self::OwnerIgnores => "owner_ignores",
            Self::NotRunning => "not_running",
            Self::Stale => "stale",
            Self::Replay => "replay",
        }
    }
}

/// A counter for each [`Discard`].
pub type Discards = Tally<Discard, { Discard::ALL.len() }>;

counted!(Discard);
