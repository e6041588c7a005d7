//! Bugs planted on purpose, to show that the invariants find them.
//!
//! The engine itself is not touched: it is lied to in such a way that it behaves as if it had the bug.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::RouterConfig;
use vrrp::wire::{Advert, Message};
use vrrp::{Envelope, Priority, Snapshot, StateName};

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// None.
    None,
    /// Everybody believes to win a tie: equal priorities are heard as lower ones.
    WinsTies,
    /// Skew_Time is taken for zero.
    NoSkew,
}

impl Mutation {
    /// The message as a router with this bug hears it.
    pub(super) fn heard(self, envelope: &Envelope, bytes: Vec<u8>, config: &RouterConfig, ours: Priority) -> Vec<u8> {
        match self {
            Self::None | Self::NoSkew => bytes,
            Self::WinsTies => with_ties_lost(envelope, &bytes, config, ours).unwrap_or(bytes),
        }
    }

    /// How much too early the timer of a router with this bug expires.
    pub(super) fn haste(self, snapshot: impl FnOnce() -> Option<Snapshot>) -> Duration {
        match self {
            Self::None | Self::WinsTies => Duration::ZERO,
            Self::NoSkew => snapshot()
                .filter(|snapshot| snapshot.state == StateName::Backup)
                .map_or(Duration::ZERO, |snapshot| snapshot.skew),
        }
    }
}

/// The same message with a lower priority if it has ours.
fn with_ties_lost(envelope: &Envelope, bytes: &[u8], config: &RouterConfig, ours: Priority) -> Option<Vec<u8>> {
    let message = Message::parse(envelope, bytes, None).ok()?;
    if message.priority() != ours {
        return None;
    }
    let advert = Advert {
        version: message.version(),
        vrid: message.vrid()?,
        priority: Priority::new(ours.value().saturating_sub(1).max(1)),
        interval: message.interval()?,
        addresses: &message.addresses().iter().collect::<Vec<IpAddr>>(),
        authentication: config.authentication,
    };
    let mut lied = bytes.to_vec();
    advert.emit(&envelope.source, message.checksum_form(), &mut lied)?;
    Some(lied)
}
