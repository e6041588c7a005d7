//! What the engine wants done and the driver has not fetched yet.

use alloc::collections::VecDeque;

use crate::action::{Action, Transmit};
use crate::event::{Event, EventKind, Subject};
use crate::time::{Instant, WallClock, WallTime};
use crate::types::RouterId;

/// Two queues, so that all transmissions of a batch come before anything else. Each keeps its order, and its room.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    transmits: VecDeque<Transmit>,
    others: VecDeque<Action>,
    /// IPv4 identification of the advert queued last, of all routers together: they may share a source address.
    identification: u16,
    wall_clock: WallClock,
}

impl Outbox {
    pub(crate) fn transmit(&mut self, transmit: Transmit) {
        self.transmits.push_back(transmit);
    }

    pub(crate) fn next_identification(&mut self) -> u16 {
        self.identification = self.identification.checked_add(1).unwrap_or(1);
        self.identification
    }

    /// Anything but a transmission.
    pub(crate) fn act(&mut self, action: Action) {
        self.others.push_back(action);
    }

    /// The time of day, if the driver has said it.
    pub(crate) fn wall_time(&self, at: Instant) -> Option<WallTime> {
        self.wall_clock.at(at)
    }

    pub(crate) fn report(&mut self, at: Instant, router: RouterId, kind: EventKind) {
        self.report_of(at, Subject::Router(router), kind);
    }

    pub(crate) fn report_of(&mut self, at: Instant, subject: Subject, kind: EventKind) {
        let wall = self.wall_time(at);
        self.act(Action::Event(Event { subject, at, wall, kind }));
    }

    pub(crate) const fn set_wall_clock(&mut self, now: Instant, wall: WallTime) {
        self.wall_clock = WallClock::read(now, wall);
    }

    pub(crate) fn next(&mut self) -> Option<Action> {
        self.transmits.pop_front().map(Action::Transmit).or_else(|| self.others.pop_front())
    }
}
