//! What the engine wants done and the driver has not fetched yet.

use alloc::collections::VecDeque;

use crate::action::{Action, Transmit};
use crate::event::{Event, EventKind};
use crate::time::Instant;
use crate::types::RouterId;

/// Two queues, so that all transmissions of a batch come before anything else. Each keeps its order, and its room.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    transmits: VecDeque<Transmit>,
    others: VecDeque<Action>,
}

impl Outbox {
    pub(crate) fn transmit(&mut self, transmit: Transmit) {
        self.transmits.push_back(transmit);
    }

    /// Anything but a transmission.
    pub(crate) fn act(&mut self, action: Action) {
        self.others.push_back(action);
    }

    pub(crate) fn tell(&mut self, at: Instant, router: RouterId, kind: EventKind) {
        self.act(Action::Tell(Event { router, at, kind }));
    }

    pub(crate) fn next(&mut self) -> Option<Action> {
        self.transmits.pop_front().map(Action::Transmit).or_else(|| self.others.pop_front())
    }
}
