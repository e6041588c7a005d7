//! The answer to why a router is master or not.

use vrrp::snapshot::{Outcome, Snapshot, Tracked};
use vrrp::time::Instant;
use vrrp::types::Priority;

use super::{Known, Machine, place};
use crate::control::api::{Why, WhyCause};
use crate::control::status;
use crate::ports::directory::Directory;
use crate::ports::finding::Finding;
use crate::ports::host::HostViews;
use crate::ports::protocol::Snapshots;
use crate::ports::sightings::Sightings;
use crate::ports::tracking::TrackerKey;
use crate::wording;

/// What the threads say.
pub(in crate::control) struct Answers<'a> {
    pub(in crate::control) snapshots: &'a Snapshots,
    /// `None`: the host thread does not answer.
    pub(in crate::control) machine: Option<&'a HostViews>,
    pub(in crate::control) directory: &'a Directory,
    pub(in crate::control) sightings: &'a Sightings,
}

impl Answers<'_> {
    /// `None` if no router has this name.
    pub(in crate::control) fn why(&self, name: &str) -> Option<Why> {
        let ids = self.directory.named(name);
        let snapshot = self.snapshots.routers.iter().find(|snapshot| ids.contains(&snapshot.router))?;
        let router = self.directory.router(snapshot.router)?;
        let now = linux::clock::now();
        let mac = |address| self.sightings.mac(&router.interface, address);
        let known = Known {
            now,
            router,
            snapshot,
            tracked: self.tracked(snapshot),
            machine: match self.machine.map(|views| views.routers.get(&snapshot.router)) {
                None => Machine::Silent,
                Some(None) => Machine::Unattached,
                Some(Some(view)) => Machine::Known(view),
            },
            others: self.others(snapshot),
            mac: &mac,
            unheard: self.sightings.unheard(snapshot.router),
            other_vrids: self.snapshots.no_such_router.of(vrrp::Discard::UnknownVrid),
        };
        let group = snapshot.group.map(|group| self.directory.group(group));
        let places = self.directory.places();
        let cause = |finding: &Finding| WhyCause {
            place: place(finding, name, group, places).map(|place| place.to_string()),
            ..cause(finding, now, snapshot.priority)
        };
        let heard = snapshot.speakers.iter().flatten();
        Some(Why {
            name: name.to_owned(),
            place: places.router(name).map(|place| place.to_string()),
            state: wording::state(snapshot.state).to_owned(),
            reason: snapshot.reason.map_or_else(|| "just started".to_owned(), |reason| wording::reason(&reason)),
            since_seconds: now.since(snapshot.since).as_secs_f64(),
            priority: snapshot.priority.value(),
            base_priority: snapshot.base_priority.value(),
            causes: known.findings().iter().map(cause).collect(),
            heard: heard.map(|it| status::heard(it, snapshot, mac(it.address), now)).collect(),
        })
    }

    fn tracked(&self, snapshot: &Snapshot) -> Vec<(TrackerKey, Tracked)> {
        let tracked = self.snapshots.tracked.get(&snapshot.router).map_or(&[][..], Vec::as_slice);
        // One that a reload has just brought has no name yet.
        tracked.iter().filter_map(|it| Some((self.directory.tracker(it.tracker)?.clone(), *it))).collect()
    }

    fn others(&self, snapshot: &Snapshot) -> Vec<(&str, &Snapshot)> {
        let others = self.snapshots.routers.iter().filter(|other| {
            snapshot.group.is_some() && other.group == snapshot.group && other.router != snapshot.router
        });
        others.map(|other| (self.directory.name(other.router), other)).collect()
    }
}

/// A finding as the API says it, without its place.
fn cause(finding: &Finding, now: Instant, ours: Priority) -> WhyCause {
    let wording::Said { kind, text, change } = wording::finding(finding, now, ours);
    let heard = finding.speech();
    WhyCause {
        cause: kind.to_owned(),
        text,
        change,
        place: None,
        address: heard.map(|heard| heard.speaker.address.to_string()),
        mac: heard.and_then(|heard| heard.mac).map(|mac| mac.to_string()),
        priority: heard.and_then(|heard| heard.speaker.priority).map(Priority::value),
        seconds_ago: heard.map(|heard| now.since(heard.speaker.heard).as_secs_f64()),
        in_seconds: finding.ends().map(|end| end.since(now).as_secs_f64()),
        weight: if let Finding::Tracker { outcome: Outcome::Weight(weight), .. } = finding {
            Some(*weight)
        } else {
            None
        },
        count: if let Finding::Refused { count, .. } | Finding::OtherVrids { count } = finding {
            Some(*count)
        } else {
            None
        },
    }
}
