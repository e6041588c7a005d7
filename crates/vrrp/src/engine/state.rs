//! The states of RFC 9568 §6.4, each with what only it has.
//!
//! ```text
//!                  everything is there            +------------+
//!            +---------------------------------->|            |
//!            |  priority < 255                    |   Backup   |
//!     +------------+                              |            |<-----------------+
//!     |            |<-----------------------------+------------+                  |
//!     | Initialize |   something missing, stop          |        better rival,    |
//!     |            |<----------------+                  |        standstill       |
//!     +------------+                 |                  | Active_Down_Timer       |
//!            |                 +------------+           |                         |
//!            |  priority 255   |            |<----------+                         |
//!            +---------------->|   Active   |-------------------------------------+
//!                              +------------+
//! ```

use core::net::IpAddr;
use core::time::Duration;

use crate::action::AnnounceCause;
use crate::config::AnnouncePlan;
use crate::event::{Causes, Rival, StateName};
use crate::time::{Instant, Why};
use crate::types::Interval;

/// State of one router. A timer exists in the state that has it and nowhere else (V3-ST-14).
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
pub(crate) struct Backup {
    /// When Active_Down_Timer was started.
    pub(crate) from: Instant,
    /// How long it runs.
    pub(crate) span: Span,
    /// What its expiry means.
    pub(crate) outlook: Outlook,
    /// Active_Adver_Interval as learned; `None`: our own (V3-TM-01).
    pub(crate) learned: Option<Interval>,
    /// When a worse master was first heard: start of the preemption delay.
    pub(crate) held_since: Option<Instant>,
}

/// Length of Active_Down_Timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// Active_Down_Interval.
    Down,
    /// Skew_Time: the master said that it leaves.
    Skew,
}

/// What it will mean that Active_Down_Timer expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// Nobody is heard.
    Silence,
    /// This router left with priority 0.
    Left(IpAddr),
    /// This worse master is heard.
    Preemption(Rival),
}

impl Backup {
    /// A Backup that has heard nothing yet.
    pub(crate) const fn new(from: Instant) -> Self {
        Self { from, span: Span::Down, outlook: Outlook::Silence, learned: None, held_since: None }
    }
}

/// What an Active knows.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    /// Adver_Timer.
    pub(crate) next_advert: Instant,
    /// Advertisements that may be sent out of turn before the next one in turn.
    pub(crate) answers_left: u8,
    /// When the addresses are announced again.
    pub(crate) announcements: Announcements,
}

/// Most advertisements sent out of turn in one interval: else a peer could make us send one for each of its own
/// (V3-SE-06).
pub(crate) const ANSWERS_PER_INTERVAL: u8 = 2;

impl Active {
    /// An Active that sends its first advertisement now.
    pub(crate) fn new(now: Instant, interval: Interval, plan: &AnnouncePlan) -> Self {
        Self {
            next_advert: now + interval.duration(),
            answers_left: ANSWERS_PER_INTERVAL,
            announcements: Announcements::new(now, plan),
        }
    }

    /// Adver_Timer has expired: the next one is due at a multiple of the interval after the last, however late we are,
    /// so that the rate does not drift and what was missed is not sent in a burst.
    pub(crate) fn advance(&mut self, now: Instant, interval: Interval) {
        let interval = interval.duration();
        let missed = now.since(self.next_advert).as_nanos() / interval.as_nanos();
        let missed = u32::try_from(missed).unwrap_or(u32::MAX);
        self.next_advert = self.next_advert + interval.saturating_mul(missed.saturating_add(1));
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
}

/// Gratuitous ARP and unsolicited NA to come.
#[derive(Clone, Debug)]
pub(crate) struct Announcements {
    delayed: Option<Instant>,
    refresh: Option<Instant>,
    losing_rival: Option<Instant>,
    /// No announcement because of a losing rival before this.
    rival_quiet_until: Instant,
}

impl Announcements {
    fn new(now: Instant, plan: &AnnouncePlan) -> Self {
        Self {
            delayed: nonzero(plan.delay).map(|delay| now + delay),
            refresh: nonzero(plan.refresh).map(|refresh| now + plan.delay + refresh),
            losing_rival: None,
            rival_quiet_until: now,
        }
    }

    fn next(&self) -> Option<Instant> {
        [self.delayed, self.refresh, self.losing_rival].into_iter().flatten().min()
    }

    /// Takes one announcement that is due: its cause and the number of rounds.
    pub(crate) fn take_due(&mut self, now: Instant, plan: &AnnouncePlan) -> Option<(AnnounceCause, u32)> {
        let is_due = |at: &mut Instant| *at <= now;
        if self.delayed.take_if(is_due).is_some() {
            Some((AnnounceCause::Delayed, plan.repeat))
        } else if self.losing_rival.take_if(is_due).is_some() {
            Some((AnnounceCause::LosingRival, plan.lower_prio_repeat))
        } else if self.refresh.take_if(is_due).is_some() {
            self.refresh = nonzero(plan.refresh).map(|refresh| now + refresh);
            Some((AnnounceCause::Refresh, plan.refresh_repeat))
        } else {
            None
        }
    }

    /// A losing rival was heard: the rounds to announce now, 0 if that was done less than an interval ago.
    pub(crate) fn losing_rival(&mut self, now: Instant, interval: Interval, plan: &AnnouncePlan) -> u32 {
        if now < self.rival_quiet_until {
            return 0;
        }
        self.rival_quiet_until = now + interval.duration();
        self.losing_rival = nonzero(plan.lower_prio_delay).map(|delay| now + delay);
        plan.lower_prio_repeat
    }

    /// The plan has changed.
    pub(crate) fn replan(&mut self, now: Instant, plan: &AnnouncePlan) {
        self.refresh = nonzero(plan.refresh).map(|refresh| now + refresh);
    }
}

fn nonzero(duration: Duration) -> Option<Duration> {
    (!duration.is_zero()).then_some(duration)
}
