//! What sessions want done and the driver has not fetched yet.

use alloc::collections::VecDeque;

use super::{Action, Consent, Event, SessionId};
use crate::input::Reading;
use crate::types::TrackerId;

/// Sessions that owe a packet come before anything else; each is in there once, whatever it owes.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    ready: VecDeque<SessionId>,
    others: VecDeque<Action>,
}

impl Outbox {
    pub(super) fn ready(&mut self, session: SessionId) {
        self.ready.push_back(session);
    }

    pub(super) fn read(&mut self, tracker: TrackerId, reading: Reading) {
        self.others.push_back(Action::Reading { tracker, reading });
    }

    pub(super) fn report(&mut self, event: Event) {
        self.others.push_back(Action::Event(event));
    }

    pub(super) fn consent(&mut self, consent: Consent) {
        self.others.push_back(Action::Consent(consent));
    }

    pub(super) fn next_ready(&mut self) -> Option<SessionId> {
        self.ready.pop_front()
    }

    pub(super) fn next_other(&mut self) -> Option<Action> {
        self.others.pop_front()
    }
}
