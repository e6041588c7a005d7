//! Bugs planted on purpose, to show that the invariants find them.
//!
//! The engine itself is not touched: it is lied to in such a way that it behaves as if it had the bug.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::RouterConfig;
use vrrp::wire::{Advert, Message};
use vrrp::{Instant, Priority, Snapshot, StateName};

use super::node::Received;

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// None.
    None,
    /// Everybody believes to win a tie: equal priorities are heard as lower ones.
    WinsTies,
    /// Skew_Time is taken for zero.
    NoSkew,
    /// The driver lets timers expire although it has not read everything that was received by then.
    UnreadExpiry,
}

impl Mutation {
    /// The message as a router with this bug hears it.
    pub(super) fn heard(self, received: &Received, config: &RouterConfig, ours: Priority) -> Vec<u8> {
        let lied = match self {
            Self::None | Self::NoSkew | Self::UnreadExpiry => None,
            Self::WinsTies => with_ties_lost(received, config, ours),
        };
        lied.unwrap_or_else(|| received.payload.clone())
    }

    /// Up to when a driver with this bug says that it has read everything.
    pub(super) const fn heard_until(self, really: Instant, now: Instant) -> Instant {
        match self {
            Self::None | Self::WinsTies | Self::NoSkew => really,
            Self::UnreadExpiry => now,
        }
    }

    /// How much too early the timer of a router with this bug expires.
    pub(super) fn haste(self, snapshot: impl FnOnce() -> Option<Snapshot>) -> Duration {
        match self {
            Self::None | Self::WinsTies | Self::UnreadExpiry => Duration::ZERO,
            Self::NoSkew => snapshot()
                .filter(|snapshot| snapshot.state == StateName::Backup)
                .map_or(Duration::ZERO, |snapshot| snapshot.skew),
        }
    }
}

/// The same message with a lower priority if it has ours.
fn with_ties_lost(received: &Received, config: &RouterConfig, ours: Priority) -> Option<Vec<u8>> {
    let message = Message::read(&received.ip, &received.payload)?;
    if message.priority() != ours {
        return None;
    }
    let advert = Advert {
        version: message.version()?,
        vrid: message.vrid()?,
        priority: Priority::new(ours.value().saturating_sub(1).max(1)),
        interval: message.interval()?,
        addresses: &message.addresses()?.iter().collect::<Vec<IpAddr>>(),
        authentication: config.authentication,
    };
    let mut lied = received.payload.clone();
    advert.emit(&received.ip.source, &received.ip.destination, message.checksum_form()?, &mut lied)?;
    Some(lied)
}
