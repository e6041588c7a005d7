//! What can be asked of a session: a copy of what it knows.

use core::net::IpAddr;
use core::num::NonZeroU32;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::discard::Discards;
use super::packet::ControlPacket;
use super::state::{Diag, SessionState};
use crate::time::Instant;
use crate::types::TrackerId;

/// One session at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub tracker: TrackerId,
    pub neighbor: IpAddr,
    pub state: SessionState,
    pub since: Instant,
    /// It is up, and counts as down until then, because it was lost often.
    pub counts_from: Option<Instant>,
    /// Why it changed its state last.
    pub diag: Diag,
    pub discriminator: NonZeroU32,
    /// What the peer said last; `None` while it is not heard.
    pub remote: Option<Remote>,
    /// When its last packet was received, if there ever was one.
    pub heard: Option<Instant>,
    /// Longest time between our packets; each comes up to a quarter of it earlier. `None`: none are sent.
    pub transmit_interval: Option<Duration>,
    /// How long the peer may be silent; `None` while it is not heard.
    pub detection_time: Option<Duration>,
    pub counters: Counters,
}

/// The other end, as its last packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    pub discriminator: NonZeroU32,
    pub state: SessionState,
    pub diag: Diag,
    /// Desired Min TX Interval.
    pub desired_tx: Duration,
    /// Required Min RX Interval.
    pub required_rx: Duration,
    pub multiplier: u8,
}

impl Remote {
    pub(super) const fn of(packet: &ControlPacket) -> Self {
        Self {
            discriminator: packet.my_discriminator,
            state: packet.state,
            diag: packet.diag,
            desired_tx: packet.desired_tx,
            required_rx: packet.required_rx,
            multiplier: packet.multiplier,
        }
    }
}

/// Counters of one session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Packets made, of which some were not sent.
    pub sent: u64,
    pub send_failed: u64,
    /// Packets that passed all checks.
    pub received: u64,
    pub discarded: Discards,
}
