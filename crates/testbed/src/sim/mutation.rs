//! Bugs planted on purpose, to show that the invariants find them.
//!
//! The engine and the `host` crate are not touched: they are lied to, or driven wrongly, so that the node behaves as if it
//! had the bug.

use std::time::Duration;

use vrrp::config::{Authentication, Medium, RouterConfig};
use vrrp::wire::{Advert, Message};
use vrrp::{Instant, Priority, Reading, RouterId, Snapshot, Transmit};

use super::forge::written;
use super::lan::Packet;
use super::node::pulse::LOOKS;
use super::node::router::Router;
use super::node::trust::Verdict;
use super::plan::Grouped;

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// None.
    None,
    /// Everybody believes to win a tie: equal priorities are heard as lower ones.
    WinsTies,
    /// Skew_Time is taken for zero.
    NoSkew,
    /// Timers expire up to the present although packets wait in a socket.
    UnreadExpiry,
    /// Timers expire up to the packet that was read last, even if the sockets are empty.
    ExpiresToThePacket,
    /// Timers expire before the sockets are read when a signal woke the thread.
    ExpiresWhenInterrupted,
    /// A tracked object of which nothing is known counts as up.
    UnknownIsUp,
    /// The host thread does not install addresses.
    InstallIgnored,
    /// The host thread does not withdraw addresses.
    WithdrawForgotten,
    /// The host thread renews leases although the protocol thread hangs.
    RenewsForTheDead,
    /// The protocol thread does not notice that the host thread hangs.
    IgnoresTheHostThread,
    /// A protocol thread that was frozen calls the host thread silent, which was frozen as well.
    JudgesAfterAFreeze,
    /// The last router of a sync group is not told of its company.
    LosesAMember,
    /// A router that a reload adds does not join its sync group.
    ForgetsNewcomers,
    /// A daemon that starts does not undo what a killed one left.
    RecoversNothing,
    /// A unicast advert goes to the first peer only.
    ForgetsPeers,
    /// A router that has left and keeps its addresses hears nobody.
    DeafWhileLeaving,
    /// A program that goes on in the place of another knows nothing of the roles of its routers.
    ForgetsRoles,
    /// One that does so takes the time in which it heard nothing for a silence of its master.
    CountsDeafTime,
    /// Sequence numbers are not looked at: what is authentic is taken for new.
    TakesReplays,
}

impl Mutation {
    /// The payload of a packet as a router with this bug hears it; `None`: as it is.
    pub(super) fn lie(self, packet: &Packet, (ours, verdict): (Priority, Verdict), router: &Router) -> Option<Vec<u8>> {
        match verdict {
            Verdict::Taken | Verdict::Foreign if self == Self::WinsTies => with_tie_lost(packet, ours, &router.config),
            Verdict::Old if self == Self::TakesReplays => made_new(packet, router),
            Verdict::Taken | Verdict::Old | Verdict::Foreign => None,
        }
    }

    /// The routers that a node with this bug takes for a group; each with whether it was in it before.
    pub(super) fn members_of(self, mut members: Vec<(RouterId, Grouped)>) -> Vec<RouterId> {
        if self == Self::LosesAMember {
            members.pop();
        } else if self == Self::ForgetsNewcomers && members.iter().any(|(_, grouped)| *grouped == Grouped::Yes) {
            members.retain(|(_, grouped)| *grouped == Grouped::Yes);
        }
        members.into_iter().map(|(router, _)| router).collect()
    }

    /// Whether a node with this bug sends a packet of an advert.
    pub(super) fn sends(self, transmit: &Transmit, config: &RouterConfig) -> bool {
        let Medium::Unicast(unicast) = &config.medium else { return true };
        let first = unicast.peers.iter().map(|peer| peer.address).find(|peer| *peer != transmit.stamp.source);
        self != Self::ForgetsPeers || first == Some(transmit.to.address())
    }

    /// How much too early the timer of a router with this bug expires.
    pub(super) fn haste(self, waiting: impl FnOnce() -> Option<Snapshot>) -> Duration {
        if self == Self::NoSkew { waiting().map_or(Duration::ZERO, |snapshot| snapshot.skew) } else { Duration::ZERO }
    }

    /// Up to when a node with this bug lets timers expire that should expire up to `heard_until`.
    pub(super) fn expires_until(self, now: Instant, heard_until: Instant, last_read: Instant) -> Instant {
        if matches!(self, Self::UnreadExpiry | Self::NoSkew) {
            now
        } else if self == Self::ExpiresToThePacket {
            last_read
        } else {
            heard_until
        }
    }

    /// Looks at a silent host thread until a node with this bug calls it hanging.
    pub(super) fn looks(self) -> u32 {
        if self == Self::IgnoresTheHostThread {
            u32::MAX
        } else if self == Self::JudgesAfterAFreeze {
            1
        } else {
            LOOKS
        }
    }

    /// The reading as the engine gets it.
    pub(super) fn read_as(self, reading: Reading) -> Reading {
        if (self, reading) == (Self::UnknownIsUp, Reading::Unknown) { Reading::Up } else { reading }
    }
}

/// The same message with a lower priority if it has ours.
fn with_tie_lost(packet: &Packet, ours: Priority, config: &RouterConfig) -> Option<Vec<u8>> {
    let is_plain = config.authentication == Authentication::None;
    let message = Message::read(&packet.ip, packet.payload());
    let message = message.filter(|message| is_plain && message.priority() == ours)?;
    let advert = Advert {
        version: message.version()?,
        vrid: message.vrid()?,
        priority: Priority::new(ours.value().saturating_sub(1).max(1)),
        interval: message.interval()?,
        addresses: &message.addresses()?.iter().collect::<Vec<_>>(),
        authentication: config.authentication.field(),
    };
    let mut lied = packet.payload().to_vec();
    let length = advert.emit(&packet.ip.source, &packet.ip.destination, message.checksum_form()?, &mut lied)?;
    lied.truncate(length);
    Some(lied)
}

/// The same advert with a number that the router has not heard yet.
fn made_new(packet: &Packet, router: &Router) -> Option<Vec<u8>> {
    let number = router.trust.unheard(packet.ip.source, packet.signature);
    let bytes = written(router.config.clone(), &packet.ip, packet.advert?, number)?;
    Some(bytes[vrrp::wire::ip_header_len(packet.family())..].to_vec())
}
