//! Bidirectional Forwarding Detection (RFC 5880) over one hop (RFC 5881) and several (RFC 5883): sessions as data.
//!
//! Asynchronous mode. There is no authentication; demand mode is not entered, neither on our nor on a peer's wish (who gets
//! packets that it can do without); nothing is echoed.
//!
//! [`Sessions`] are driven like an [`Engine`](crate::Engine): [`Sessions::handle`], then [`Sessions::poll_action`] until there
//! is nothing left, then [`Sessions::poll_timeout`]. The driver's promises are the same: whatever woke it, it reads the
//! sockets before it gives [`Input::Wake`], and packets bear the kernel's receive times. So a process that was late takes no
//! live peer for lost.

mod damping;
mod discard;
mod outbox;
mod packet;
mod pause;
mod reporting;
mod session;
mod sessions;
mod snapshot;
mod state;
mod timing;

use core::net::IpAddr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::discard::{Discard, Discards};
pub use self::packet::{ControlPacket, PACKET_LEN, Sequence};
pub use self::pause::{Consent, SILENCE};
pub use self::session::KnownSession;
pub use self::sessions::Sessions;
pub use self::snapshot::{Counters, Remote, Snapshot};
pub use self::state::{Diag, SessionState};
use crate::input::Reading;
use crate::time::Instant;
use crate::types::{IfIndex, TrackerId};

slotmap::new_key_type! {
    /// Names a session. Generational: the id of a removed session never names a later one.
    pub struct SessionId;
}

/// A session as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    /// What routers that track it know it by.
    pub tracker: TrackerId,
    pub neighbor: IpAddr,
    /// Our address; `None`: any of the machine's.
    pub source: Option<IpAddr>,
    pub hops: Hops,
    /// Packets with a lower TTL or hop limit are dropped.
    pub least_hop_limit: u8,
    /// Shortest time between packets that we send.
    pub min_tx: Duration,
    /// Shortest time between packets that we take.
    pub min_rx: Duration,
    /// Time between packets while the session is not up, a second at least.
    pub idle_tx: Duration,
    /// Missed packets after which the peer takes the session for lost, not 0.
    pub multiplier: u8,
    pub role: SessionRole,
}

/// How far away the peer is: each has its UDP port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Hops {
    /// On the same link (RFC 5881).
    Single,
    /// Behind routers (RFC 5883).
    Multiple,
}

impl Hops {
    /// The UDP port to which packets are sent.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Single => 3784,
            Self::Multiple => 4784,
        }
    }
}

/// Who may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionRole {
    Active,
    /// Says nothing before the peer did.
    Passive,
}

/// One thing that happened.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    Packet(Packet<'a>),
    /// A packet of the session did not leave.
    SendFailed(SessionId),
    /// Time has passed. Whatever was received before `heard_until` has been handed in: a peer is lost up to then only.
    Wake {
        heard_until: Instant,
    },
    /// Nothing will be sent for up to [`SILENCE`], and no peer is to take its session for lost: all are asked, by a Poll Sequence.
    /// Answered by [`Action::Consent`].
    Pause,
    /// The pause is over, or does not come: the configured intervals are in force again.
    EndPause,
    /// All sessions are stopped on purpose, which their peers are told.
    Shutdown,
}

/// A UDP packet to one of our ports.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    pub hops: Hops,
    /// The interface that it came in on.
    pub link: Option<IfIndex>,
    pub source: IpAddr,
    pub destination: IpAddr,
    /// TTL or hop limit; `None` if the kernel did not tell, which counts as 0.
    pub hop_limit: Option<u8>,
    /// When the kernel received it.
    pub received: Instant,
    pub payload: &'a [u8],
}

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// To the neighbor of the session.
    Transmit {
        session: SessionId,
        packet: [u8; PACKET_LEN],
    },
    /// Routers are to see this.
    Reading {
        tracker: TrackerId,
        reading: Reading,
    },
    Event(Event),
    /// What became of [`Input::Pause`].
    Consent(Consent),
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub tracker: TrackerId,
    pub at: Instant,
    pub kind: EventKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Routers that track the session see something else.
    Changed {
        from: Reading,
        to: Reading,
        reason: Reason,
        /// How long it was as before.
        after: Duration,
        /// Changes in between that were not reported, as they came too fast.
        unreported: u32,
    },
    /// It went down and came up, or the reverse, too fast to be reported, and is as before.
    Flapping { unreported: u32 },
    /// A packet of the peer was dropped; the same reason is reported once a minute.
    Discarded { reason: Discard, source: IpAddr },
}

/// Why a session went up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// The peer was not heard for this long.
    Silent { detection_time: Duration },
    /// The peer says that it is in this state, and why.
    Signalled { state: SessionState, diag: Diag },
    /// A new session did not come up.
    NeverUp {
        /// When the peer was heard last, if it was.
        last_heard: Option<Instant>,
    },
}
