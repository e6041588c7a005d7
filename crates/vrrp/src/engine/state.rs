//! The states of RFC 9568 §6.4, each with what only it has.
//!
//! ```text
//!                  everything is there            +------------+
//!            +---------------------------------->|            |
//!            |  priority < 255                    |   Backup   |
//!     +------------+                              |            |<-----------------+
//!     |            |<-----------------------------+------------+                  |
//!     | Initialize |   something missing, stop          |        superior advert, |
//!     |            |<----------------+                  |        stall            |
//!     +------------+                 |                  | Active_Down_Timer       |
//!            |                 +------------+           |                         |
//!            |  priority 255   |            |<----------+                         |
//!            +---------------->|   Active   |-------------------------------------+
//!                              +------------+
//! ```

use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::announce::Announcements;
use super::standby::Standby;
use crate::config::AnnouncePlan;
use crate::event::{Causes, Peer, StateName};
use crate::snapshot::Claim;
use crate::time::{Instant, Why};
use crate::types::Interval;

/// State of one router. A timer exists in the state that has it and nowhere else (V3-ST-14).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum State {
    Initialize { waiting_for: Causes },
    Backup(Backup),
    Active(Active),
}

impl State {
    pub(crate) const fn name(&self) -> StateName {
        match self {
            Self::Initialize { .. } => StateName::Initialize,
            Self::Backup(_) => StateName::Backup,
            Self::Active(_) => StateName::Active,
        }
    }
}

/// What a Backup knows. Active_Down_Timer is not kept but computed, from its start and the present priority and
/// interval: so a change of these needs no correction of the timer (V3-TM-12).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Backup {
    /// When Active_Down_Timer was started.
    pub(crate) from: Instant,
    /// How long it runs.
    pub(crate) timer: DownTimer,
    pub(crate) on_expiry: OnExpiry,
    /// Once made, no timer runs until a master is heard.
    pub(crate) claim: Claim,
    /// Active_Adver_Interval as learned; `None`: our own (V3-TM-01).
    pub(crate) learned: Option<Interval>,
    /// When an inferior master was first heard: start of the preemption delay.
    pub(crate) hold_from: Option<Instant>,
}

/// Length of Active_Down_Timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DownTimer {
    /// Active_Down_Interval.
    ActiveDown,
    /// Skew_Time: the master said that it leaves.
    Skew,
}

/// What it means that Active_Down_Timer expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OnExpiry {
    /// Nobody was heard.
    Silence,
    /// This router left with priority 0.
    Left(IpAddr),
    /// This inferior master is displaced.
    Preemption(Peer),
}

impl Backup {
    /// A Backup that has heard nothing yet.
    pub(crate) const fn new(from: Instant) -> Self {
        Self {
            from,
            timer: DownTimer::ActiveDown,
            on_expiry: OnExpiry::Silence,
            claim: Claim::No,
            learned: None,
            hold_from: None,
        }
    }
}

/// What an Active knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Active {
    /// The address its adverts come from. It outlives the loss of that address, so that priority 0 can still be said.
    pub(crate) source: IpAddr,
    /// Adver_Timer.
    pub(crate) next_advert: Instant,
    /// Adverts that may be sent out of turn before the next one in turn.
    pub(crate) answers_left: u8,
    pub(crate) announcements: Announcements,
    pub(crate) standby: Standby,
}

/// Most adverts sent out of turn in one interval: else a peer could make us send one for each of its own (V3-SE-06).
pub(crate) const ANSWERS_PER_INTERVAL: u8 = 2;

impl Active {
    /// An Active that sends its first advert now.
    pub(crate) fn new(now: Instant, source: IpAddr, interval: Interval, plan: &AnnouncePlan) -> Self {
        Self {
            source,
            next_advert: now + interval.duration(),
            answers_left: ANSWERS_PER_INTERVAL,
            announcements: Announcements::new(now, plan),
            standby: Standby::NotMissed,
        }
    }

    /// An advert leaves in turn: the next one is due at a multiple of the interval after the time of this one, however
    /// late we are, so that the rate does not drift and what was missed is not sent in a burst. After an early one the
    /// interval begins anew, for no gap may be longer.
    pub(crate) fn advance(&mut self, now: Instant, interval: Interval) {
        let (interval, due) = (interval.duration(), self.next_advert.min(now));
        let missed = now.since(due).as_nanos() / interval.as_nanos();
        let missed = u32::try_from(missed).unwrap_or(u32::MAX);
        self.next_advert = due + interval.saturating_mul(missed.saturating_add(1));
        self.answers_left = ANSWERS_PER_INTERVAL;
    }

    /// The earlier of the two timers.
    pub(crate) fn deadline(&self) -> (Instant, Why) {
        let advert = (self.next_advert, Why::Advertise);
        match self.announcements.next() {
            Some(at) if at < self.next_advert => (at, Why::Announce),
            Some(_) | None => advert,
        }
    }

    /// Takes one of the adverts that may be sent out of turn. `None` if there are none left.
    pub(crate) fn take_answer(&mut self) -> Option<()> {
        self.answers_left = self.answers_left.checked_sub(1)?;
        Some(())
    }
}
