//! keepalived's `auth_hmac`: what is expected of a trailer.

use alloc::vec::Vec;
use core::time::Duration;

use super::Secret;

/// Signatures by HMAC-SHA256 in a trailer, of any version and family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hmac {
    /// Any of them verifies; numbers are unique.
    pub keys: Vec<HmacKey>,
    /// Number of the key that signs. If there is none of that number, nothing is sent.
    pub active: u8,
    pub freshness: Freshness,
    pub mode: HmacMode,
}

/// A key that all routers of a virtual router have under one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HmacKey {
    /// From 1.
    pub id: u8,
    pub bytes: Secret<Vec<u8>>,
}

/// What makes an advert a new one. Of one sender each must have a higher number than the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// And the number must be the time of day, give or take this much.
    Time { window: Duration },
    /// And the number is never lower again.
    Monotonic,
}

/// What becomes of adverts without a trailer. One that is there must be right in all modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HmacMode {
    /// They are refused.
    Enforce,
    /// They are taken; ours are signed.
    Permissive,
    /// They are taken; ours are not signed.
    ReceiveOnly,
}

impl Hmac {
    pub(crate) fn key(&self, id: u8) -> Option<&HmacKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// Whether ours have a trailer.
    pub(crate) const fn signs(&self) -> bool {
        match self.mode {
            HmacMode::Enforce | HmacMode::Permissive => true,
            HmacMode::ReceiveOnly => false,
        }
    }
}

impl HmacMode {
    /// As written in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Permissive => "permissive",
            Self::ReceiveOnly => "receive-only",
        }
    }
}
