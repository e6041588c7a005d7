//! What is reported of a session: that it comes up, goes down, or does not come up. A peer can make it do so more often than
//! anybody wants to read.

use serde::{Deserialize, Serialize};

use super::discard::Discard;
use super::{EventKind, Reason};
use crate::input::Reading;
use crate::reports::{Credit, DropReports, PERIOD};
use crate::time::Instant;

/// What was reported of a session, and how much more may be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Reporting {
    /// Not handed over: a reason is reported anew then.
    #[serde(skip)]
    pub(super) drops: DropReports<{ Discard::ALL.len() }>,
    credit: Credit,
    /// What was reported last, and since when it was so.
    reported: Reading,
    since: Instant,
    /// Changes since then, and why the last of them came about.
    unreported: Option<(u32, Reason)>,
    /// When the last of them is reported.
    report_by: Option<Instant>,
}

impl Reporting {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            drops: DropReports::default(),
            credit: Credit::new(now),
            reported: Reading::Unknown,
            since: now,
            unreported: None,
            report_by: None,
        }
    }

    pub(super) const fn report_by(&self) -> Option<Instant> {
        self.report_by
    }

    /// It reads `reading` since `since`. Returns what is to be reported of it now.
    pub(super) fn changed(
        &mut self,
        now: Instant,
        reading: Reading,
        since: Instant,
        reason: Reason,
    ) -> Option<EventKind> {
        let changes = self.unreported.map_or(0, |(changes, _)| changes).saturating_add(1);
        self.unreported = Some((changes, reason));
        if self.credit.is_spent(now) {
            self.report_by = self.report_by.or(Some(now + PERIOD));
            return None;
        }
        self.overdue(now, reading, since)
    }

    /// What there is to report.
    pub(super) fn overdue(&mut self, now: Instant, reading: Reading, since: Instant) -> Option<EventKind> {
        self.report_by = None;
        let (changes, reason) = self.unreported.take()?;
        // It is credited for what has passed.
        self.credit.is_spent(now);
        self.credit.spend();
        let (before, after) = (self.reported, since.since(self.since));
        (self.reported, self.since) = (reading, since);
        if before == reading {
            return Some(EventKind::Flapping { unreported: changes });
        }
        Some(EventKind::Changed { from: before, to: reading, reason, after, unreported: changes - 1 })
    }
}
