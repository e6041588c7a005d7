//! A limit to what is reported of role changes. Valid adverts can make a router change between Backup and Active some
//! thirty times a second; the RFC wants it to, but each report runs scripts and fills logs.

use serde::{Deserialize, Serialize};

use crate::event::{EventKind, Reason, StateName, Transition};
use crate::reports::Credit;
use crate::time::Instant;
use crate::types::Priority;

/// What was reported of a router's state, and how much more may be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FlapLimit {
    credit: Credit,
    /// The state reported last, and when it was entered.
    reported: StateName,
    since: Instant,
    /// Changes since then.
    pub(crate) unreported: u32,
}

impl FlapLimit {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { credit: Credit::new(now), reported: StateName::Initialize, since: now, unreported: 0 }
    }

    /// Counts a change of state.
    pub(crate) const fn count(&mut self) {
        self.unreported = self.unreported.saturating_add(1);
    }

    /// Whether changes come faster than they may be reported.
    pub(crate) fn is_reached(&mut self, now: Instant) -> bool {
        self.credit.is_spent(now)
    }

    /// Takes what there is to report, now that the router is in `to` since `since`: at least one change.
    pub(crate) fn event(&mut self, to: StateName, since: Instant, reason: Reason, priority: Priority) -> EventKind {
        let (from, after, changes) = (self.reported, since.since(self.since), self.unreported);
        self.credit.spend();
        (self.reported, self.since, self.unreported) = (to, since, 0);
        if from == to {
            return EventKind::Flapping { unreported: changes };
        }
        let unreported = changes.saturating_sub(1);
        EventKind::Transition(Transition { from, to, reason, priority, after, unreported })
    }
}
