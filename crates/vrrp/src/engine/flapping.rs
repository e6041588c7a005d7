//! A limit to what is reported of role changes. Valid adverts can make a router change between Backup and Active some
//! thirty times a second; the RFC wants it to, but each report runs scripts and fills logs.

use core::time::Duration;

use crate::event::{EventKind, Reason, StateName, Transition};
use crate::time::Instant;
use crate::types::Priority;

/// Role changes reported one by one in a row.
const AT_ONCE: u32 = 20;
/// Further ones are reported once in this time, the last one for all.
const PERIOD: Duration = Duration::from_secs(1);

/// What was reported of a router's state, and how much more may be.
#[derive(Clone, Debug)]
pub(crate) struct FlapLimit {
    /// Reports that may be given at once.
    credit: u32,
    /// Since when the credit grows.
    credited: Instant,
    /// The state reported last, and when it was entered.
    reported: StateName,
    since: Instant,
    /// Changes since then.
    pub(crate) unreported: u32,
}

impl FlapLimit {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { credit: AT_ONCE, credited: now, reported: StateName::Initialize, since: now, unreported: 0 }
    }

    /// Counts a change of state.
    pub(crate) const fn count(&mut self) {
        self.unreported = self.unreported.saturating_add(1);
    }

    /// Whether changes come faster than they may be reported.
    pub(crate) fn is_reached(&mut self, now: Instant) -> bool {
        let periods = now.since(self.credited).as_nanos() / PERIOD.as_nanos();
        let earned = u32::try_from(periods).unwrap_or(u32::MAX);
        if self.credit.saturating_add(earned) >= AT_ONCE {
            (self.credit, self.credited) = (AT_ONCE, now);
        } else {
            self.credit += earned;
            self.credited = self.credited + PERIOD * earned;
        }
        self.credit == 0
    }

    /// Takes what there is to report, now that the router is in `to` since `since`: at least one change.
    pub(crate) fn event(&mut self, to: StateName, since: Instant, reason: Reason, priority: Priority) -> EventKind {
        let (from, after, changes) = (self.reported, since.since(self.since), self.unreported);
        self.credit = self.credit.saturating_sub(1);
        (self.reported, self.since, self.unreported) = (to, since, 0);
        if from == to {
            return EventKind::Flapping { unreported: changes };
        }
        let unreported = changes.saturating_sub(1);
        EventKind::Transition(Transition { from, to, reason, priority, after, unreported })
    }
}
