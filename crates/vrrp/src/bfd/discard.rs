//! Every reason for which a received packet is dropped, in the order of the checks (RFC 5880 §6.8.6).

use crate::tally::{Tally, counted};

/// Why a packet was dropped. Each has a counter; none of them touches a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Discard {
    /// Shorter than a control packet, or than it says itself.
    TooShort,
    /// Another version than 1.
    Version,
    /// Its length is less than that of a control packet.
    Length,
    /// Detect Mult is 0.
    Multiplier,
    /// It is of a point-to-multipoint session.
    Multipoint,
    /// My Discriminator is 0.
    NoDiscriminator,
    /// It does not name our session, although the sender's is beyond Down.
    NotNamed,
    /// It belongs to no session here, or names one with another neighbor or another address of ours.
    NoSession,
    /// It came over more hops than the session allows (RFC 5881 §5).
    HopLimit,
    /// It does not name a session that is up, and came over another link than those that do.
    WrongLink,
    /// It is authenticated, and no session here is.
    Authentication,
}

impl Discard {
    /// All reasons.
    pub const ALL: [Self; 11] = [
        Self::TooShort,
        Self::Version,
        Self::Length,
        Self::Multiplier,
        Self::Multipoint,
        Self::NoDiscriminator,
        Self::NotNamed,
        Self::NoSession,
        Self::HopLimit,
        Self::WrongLink,
        Self::Authentication,
    ];

    /// Short name for counters and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::Version => "version",
            Self::Length => "length",
            Self::Multiplier => "multiplier",
            Self::Multipoint => "multipoint",
            Self::NoDiscriminator => "no_discriminator",
            Self::NotNamed => "not_named",
            Self::NoSession => "no_session",
            Self::HopLimit => "hop_limit",
            Self::WrongLink => "wrong_link",
            Self::Authentication => "authentication",
        }
    }
}

/// A counter for each [`Discard`].
pub type Discards = Tally<Discard, { Discard::ALL.len() }>;

counted!(Discard);
