//! What can be asked of a router: a copy of its state and counters.

use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::action::TransmitFrom;
use crate::discard::{Discard, Discards};
use crate::event::{Causes, Peer, Reason, StateName};
use crate::input::Reading;
use crate::time::{Deadline, Instant};
use crate::types::{GroupId, Interval, Priority, RouterId, TrackerId, Vrid};
use crate::wire::ChecksumForm;

/// Most other speakers that a snapshot lists.
pub const SPEAKERS: usize = 8;

/// What a router is called on the wire, and how fast it is missed there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outline {
    pub vrid: Vrid,
    /// For how long it keeps its addresses after its priority 0, if it hears no successor.
    pub linger: Duration,
    /// Active_Down_Interval.
    pub down_interval: Duration,
}

/// One router at one moment. Making one allocates nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub router: RouterId,
    pub state: StateName,
    /// Empty unless in Initialize.
    pub waiting_for: Causes,
    /// When the state was entered.
    pub since: Instant,
    /// Why it was entered; `None` if the router never left its first state and nothing was reported of it.
    pub reason: Option<Reason>,
    /// It has left and keeps its addresses until a successor is heard, at the longest until then.
    pub leaving_until: Option<Instant>,
    /// Priority as configured.
    pub base_priority: Priority,
    /// Priority after tracking.
    pub priority: Priority,
    /// Our own interval.
    pub interval: Interval,
    /// Active_Adver_Interval: what the master advertises (VRRPv3), else our own.
    pub active_interval: Interval,
    /// Skew_Time.
    pub skew: Duration,
    /// Active_Down_Interval.
    pub down_interval: Duration,
    /// The address we send from.
    pub source: Option<IpAddr>,
    /// The master last heard.
    pub master: Option<Peer>,
    pub next: Option<Deadline>,
    /// The sync group it is in.
    pub group: Option<GroupId>,
    pub claim: Claim,
    /// A Backup that accepts an inferior master because of `preempt_delay` no longer does so from then on.
    pub preempts_at: Option<Instant>,
    /// Source MACs of adverts.
    pub from: TransmitFrom,
    pub checksums: Checksums,
    /// Other speakers of this VRID, most of them the last heard ones, in no particular order.
    pub speakers: [Option<Speaker>; SPEAKERS],
    /// Since the router was added.
    pub counters: Counters,
}

/// Whether a Backup would be Active but for its sync group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claim {
    No,
    /// Active_Down_Timer has run out; the router waits for those of other routers of the group.
    Made,
}

/// A sync group at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSnapshot {
    pub group: GroupId,
    /// That of its routers, which have one state; but a router that has just joined may still be in Initialize, and one
    /// that is stopped by plan does not count.
    pub state: StateName,
    /// When the state was entered.
    pub since: Instant,
    /// That of the router that decided; `None` while nothing was reported of the group.
    pub reason: Option<Reason>,
    pub members: Vec<RouterId>,
}

/// Checksum forms in which adverts are sent. Says something for VRRPv3 over IPv4 only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksums {
    One(ChecksumForm),
    /// A peer heeds the second form only, and others may know no other than the first.
    Both(ChecksumForm, ChecksumForm),
}

/// What a router tracks, and what it does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracked {
    pub tracker: TrackerId,
    pub reading: Reading,
    /// When this reading came; `None` without one.
    pub since: Option<Instant>,
    pub outcome: Outcome,
}

/// What a reading does to a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is known: a router does not start.
    Pending,
    /// The router does not take part.
    Fault,
    /// This is added to the priority.
    Weight(i32),
}

/// Somebody who sends packets for our VRID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speaker {
    pub address: IpAddr,
    /// As its last packet says, even if that was dropped; `None` if it was too short to say.
    pub priority: Option<Priority>,
    /// When its last packet was received.
    pub heard: Instant,
    /// Why that packet was dropped; `None`: it was accepted.
    pub discarded: Option<Discard>,
}

/// Counters of one router (RFC 6527 names where they exist).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    pub became_active: u64,
    /// Adverts sent, copies not counted.
    pub sent: u64,
    /// Of these with priority 0.
    pub sent_priority_zero: u64,
    /// Adverts that could not be sent (V3-TX-11).
    pub send_failed: u64,
    /// Adverts that passed all checks.
    pub received: u64,
    /// Of these with priority 0.
    pub received_priority_zero: u64,
    /// Inferior adverts that were answered at once.
    pub answered: u64,
    /// Inferior adverts that were not answered because the rate limit was reached.
    pub answers_suppressed: u64,
    /// Adverts of the master that came when less than an interval was left of Active_Down_Timer.
    pub near_failovers: u64,
    /// How often another master went on although this router was Active.
    pub two_masters: u64,
    /// How often nobody was known any more who would take over.
    pub redundancy_lost: u64,
    /// Adverts with another interval (kept in VRRPv3).
    pub interval_mismatches: u64,
    /// Adverts with another address list.
    pub address_mismatches: u64,
    pub discarded: Discards,
}
