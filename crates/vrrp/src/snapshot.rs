//! What can be asked of a router: a copy of its state and counters.

use core::net::IpAddr;
use core::time::Duration;

use crate::discard::Discard;
use crate::event::{Causes, Reason, Rival, StateName};
use crate::time::{Deadline, Instant};
use crate::types::{Interval, Priority, RouterId};

/// One router at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Which router.
    pub router: RouterId,
    /// Its state.
    pub state: StateName,
    /// What it waits for; empty unless in Initialize.
    pub waiting_for: Causes,
    /// When the state was entered.
    pub since: Instant,
    /// Why it was entered; `None` if the router never left its first state.
    pub reason: Option<Reason>,
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
    pub master: Option<Rival>,
    /// What the router waits for next.
    pub next: Option<Deadline>,
    /// Whether advertisements are also sent from the physical MAC.
    pub physical_copies: bool,
    /// Counters since the router was added.
    pub counters: Counters,
}

/// Counters of one router (RFC 6527 names where they exist).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Times the router became Active.
    pub became_active: u64,
    /// Advertisements sent, copies not counted.
    pub sent: u64,
    /// Of these with priority 0.
    pub sent_priority_zero: u64,
    /// Advertisements that passed all checks.
    pub received: u64,
    /// Of these with priority 0.
    pub received_priority_zero: u64,
    /// Losing advertisements that were answered at once.
    pub answered: u64,
    /// Losing advertisements that were not answered because the rate limit was reached.
    pub answers_suppressed: u64,
    /// Advertisements with another interval (kept in VRRPv3).
    pub interval_mismatches: u64,
    /// Advertisements with another address list.
    pub address_mismatches: u64,
    /// Dropped packets by reason.
    pub discarded: Discards,
}

/// A counter per [`Discard`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discards([u64; Discard::ALL.len()]);

impl Discards {
    /// Counts one.
    pub const fn count(&mut self, reason: Discard) {
        self.0[reason as usize] += 1;
    }

    /// How many for this reason.
    #[must_use]
    pub const fn of(&self, reason: Discard) -> u64 {
        self.0[reason as usize]
    }

    /// All reasons seen, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (Discard, u64)> + '_ {
        Discard::ALL.into_iter().map(|reason| (reason, self.of(reason))).filter(|(_, count)| *count > 0)
    }

    /// How many in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}
