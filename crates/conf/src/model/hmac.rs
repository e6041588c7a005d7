//! `auth_hmac`: keepalived's own authentication, since 2.4.0.

use std::time::Duration;

use vrrp::config::{self, HmacMode, Secret};

/// `auth_hmac`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hmac {
    /// `key`, in the order of the text; numbers are unique.
    pub keys: Vec<HmacKey>,
    /// `active_key`: the number of the key that signs. A router that has no such key is left out.
    pub active: Option<u8>,
    /// `anti_replay`
    pub anti_replay: AntiReplay,
    /// `time_window`
    pub window: Duration,
    /// `mode`
    pub mode: HmacMode,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HmacKey {
    /// Its number, from 1.
    pub id: u8,
    /// As written: text, `hex:…` or `file:PATH`.
    pub written: Secret<String>,
    /// What that stands for.
    pub bytes: Secret<Vec<u8>>,
}

/// What makes a packet new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AntiReplay {
    /// The sender's clock.
    Time,
    /// A counter that only rises.
    Monotonic,
}

impl Hmac {
    /// All defaults, and no key.
    pub(crate) const fn unread(window: Duration) -> Self {
        Self { keys: Vec::new(), active: None, anti_replay: AntiReplay::Time, window, mode: HmacMode::Enforce }
    }

    /// The key that signs, if there is one of that number.
    #[must_use]
    pub fn active_key(&self) -> Option<&HmacKey> {
        self.keys.iter().find(|key| Some(key.id) == self.active)
    }

    /// What the engine must know of it.
    pub(super) fn carried_out(&self) -> config::Hmac {
        let key = |key: &HmacKey| config::HmacKey { id: key.id, bytes: key.bytes.clone() };
        config::Hmac {
            keys: self.keys.iter().map(key).collect(),
            active: self.active.unwrap_or_default(),
            freshness: match self.anti_replay {
                AntiReplay::Time => config::Freshness::Time { window: self.window },
                AntiReplay::Monotonic => config::Freshness::Monotonic,
            },
            mode: self.mode,
        }
    }
}

impl AntiReplay {
    /// As written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Monotonic => "monotonic",
        }
    }
}
