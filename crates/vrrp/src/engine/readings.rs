//! What is known of tracked objects, and whom it concerns.

use hashbrown::HashMap;

use super::tracking::{self, Tracked};
use super::{Engine, Router};
use crate::config::{RouterConfig, Tracking};
use crate::input::Reading;
use crate::snapshot;
use crate::time::Instant;
use crate::types::{RouterId, TrackerId};

impl Engine {
    /// What a router tracks, in the order of its configuration; nothing if there is no such router.
    pub fn tracked(&self, router: RouterId) -> impl Iterator<Item = snapshot::Tracked> + '_ {
        let tracking = self.routers.get(router).map_or(&[][..], Router::tracking);
        tracking.iter().map(|Tracking { tracker, effect }| {
            let known = self.readings.get(tracker).copied();
            let reading = known.map_or(Reading::Unknown, |(reading, _)| reading);
            let outcome = tracking::outcome(*effect, reading);
            snapshot::Tracked { tracker: *tracker, reading, since: known.map(|(_, since)| since), outcome }
        })
    }

    pub(super) fn set_reading(&mut self, now: Instant, tracker: TrackerId, reading: Reading) {
        let before = self.readings.get(&tracker).map_or(Reading::Unknown, |(before, _)| *before);
        if before == reading {
            return;
        }
        match reading {
            Reading::Unknown => self.readings.remove(&tracker),
            Reading::Down | Reading::Up | Reading::Level(_) => self.readings.insert(tracker, (reading, now)),
        };
        self.each(|engine, router| {
            let Some(it) = engine.routers.get(router).filter(|it| it.tracks(tracker)) else { return };
            let tracked = tracked(&it.config, &engine.readings);
            engine.touch(now, router, |it, out| it.set_tracked(now, tracked, out));
        });
        // Only now: what all routers of a group track concerns each by itself.
        self.each_group(|engine, group| engine.follow(now, group, None));
    }
}

/// What the tracked objects of a router add up to.
pub(super) fn tracked(config: &RouterConfig, readings: &HashMap<TrackerId, (Reading, Instant)>) -> Tracked {
    let known = |tracker| readings.get(&tracker).map_or(Reading::Unknown, |(reading, _)| *reading);
    Tracked::sum(&config.tracking, known)
}
