//! How those who watch say what they found.

use std::collections::BTreeMap;

use vrrp::input::Reading;
use vrrp::types::TrackerId;

use super::readings::Readings;
use crate::ports::events::{EventSender, Occurrence};
use crate::ports::tracking::{Found, TrackerEvent, TrackerKey};

/// Tells routers what is read, and the log what was found.
pub(super) struct Teller {
    pub(super) readings: Readings,
    pub(super) events: EventSender,
}

impl Teller {
    /// `said` is what routers were told before, and will have been told.
    pub(super) fn tell(&mut self, id: TrackerId, key: &TrackerKey, said: &mut Reading, reading: Reading, found: Found) {
        if *said != reading {
            *said = reading;
            self.readings.say(id, reading);
        }
        self.events.send(Occurrence::Tracker(TrackerEvent { key: key.clone(), reading, found }));
    }

    /// What is no longer planned is dropped: nobody watches it any more.
    pub(super) fn keep_planned<W, P>(&mut self, watched: &mut BTreeMap<TrackerId, W>, plan: &BTreeMap<TrackerId, P>) {
        watched.retain(|id, _| {
            let stays = plan.contains_key(id);
            if !stays {
                self.forget(*id);
            }
            stays
        });
    }

    /// Nobody watches it any more.
    pub(super) fn forget(&mut self, id: TrackerId) {
        self.readings.say(id, Reading::Unknown);
    }
}
