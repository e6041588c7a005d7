//! What can be asked of a router.

use super::router::{Copies, Router};
use super::state::State;
use crate::event::Causes;
use crate::snapshot::Snapshot;
use crate::time::Deadline;

impl Router {
    /// What it waits for next.
    pub(super) fn next(&self) -> Option<Deadline> {
        self.deadline().map(|(at, why)| Deadline { at, router: self.id, why })
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            router: self.id,
            state: self.state.name(),
            waiting_for: self.waiting_for(),
            since: self.since,
            reason: self.reason,
            base_priority: self.config.priority,
            priority: self.priority,
            interval: self.config.interval,
            active_interval: self.active_interval(),
            skew: self.skew(),
            down_interval: self.down_interval(),
            source: self.parent.source,
            master: self.master,
            next: self.next(),
            physical_copies: self.copies == Copies::Physical,
            counters: self.counters.clone(),
        }
    }

    const fn waiting_for(&self) -> Causes {
        match &self.state {
            State::Initialize { waiting_for } => *waiting_for,
            State::Backup(_) | State::Active(_) => Causes::NONE,
        }
    }
}
