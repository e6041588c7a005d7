//! `auth_hmac`: keepalived's own authentication, since 2.4.0. Not carried out yet: such a router does not run.

use std::time::Duration;

/// `auth_hmac`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hmac {
    /// `key`, in the order of the text; numbers are unique.
    pub keys: Vec<HmacKey>,
    /// `active_key`: the number of the key that signs.
    pub active: Option<u8>,
    /// `anti_replay`
    pub anti_replay: Freshness,
    /// `time_window`: how old a packet may be.
    pub window: Duration,
    /// `mode`
    pub mode: HmacMode,
}

impl Hmac {
    /// All defaults, and no key.
    pub(crate) const fn unread(window: Duration) -> Self {
        Self { keys: Vec::new(), active: None, anti_replay: Freshness::Time, window, mode: HmacMode::Enforce }
    }
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HmacKey {
    /// Its number, from 1.
    pub id: u8,
    /// As written: text, `hex:…` or `file:PATH`.
    pub value: String,
}

/// What makes a packet fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// The sender's clock.
    Time,
    /// A counter that only rises.
    Monotonic,
}

/// What becomes of packets without a good signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HmacMode {
    /// They are refused.
    Enforce,
    /// They are taken; ours are signed.
    Permissive,
    /// They are taken; ours are not signed.
    ReceiveOnly,
}

impl Freshness {
    /// As written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Monotonic => "monotonic",
        }
    }
}

impl HmacMode {
    /// As written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Permissive => "permissive",
            Self::ReceiveOnly => "receive-only",
        }
    }
}
