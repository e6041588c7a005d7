//! What metrics tell of, at one moment.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use linux::clock;
use vrrp::input::Reading;
use vrrp::snapshot::Snapshot;
use vrrp::time::Instant;

use super::page::Label;
use crate::control::inquiry::NoAnswer;
use crate::control::state::Control;
use crate::logging;
use crate::ports::directory::Directory;
use crate::ports::host::{HostView, HostViews};
use crate::ports::protocol::Snapshots;
use crate::ports::question::Asked;
use crate::ports::released::Released;
use crate::ports::tracking::TrackerKey;

/// Everything that metrics tell.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) snapshots: Arc<Snapshots>,
    /// `None`: the host thread does not answer.
    pub(super) machine: Option<Arc<HostViews>>,
    pub(super) directory: Arc<Directory>,
    pub(super) counts: Counts,
    pub(super) guardian: Guardian,
    pub(super) released: Released,
    pub(super) now: Moment,
}

/// What is counted of the whole daemon.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) events_lost: u64,
    pub(super) log_lines_dropped: u64,
    pub(super) mails_sent: u64,
    pub(super) mails_lost: u64,
    pub(super) pipe_lines_lost: u64,
    pub(super) scripts_superseded: u64,
}

/// The process that stands in for the daemon.
#[derive(Clone, Copy, Debug)]
pub(super) enum Guardian {
    /// There is to be none.
    Unwanted,
    Missing {
        deaths: u64,
    },
    There {
        deaths: u64,
    },
}

/// A moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) at: Instant,
    /// Since 1970.
    pub(super) wall: Duration,
}

/// One router, and what the host thread says of it.
pub(super) struct Seen<'a> {
    pub(super) router: &'a conf::model::Router,
    pub(super) snapshot: &'a Snapshot,
    pub(super) view: Option<&'a HostView>,
    pub(super) labels: [Label<'a>; 4],
}

impl Scene {
    /// Asks the threads.
    ///
    /// # Errors
    /// If the protocol thread does not answer.
    pub(super) async fn look(control: &Control) -> Result<Self, NoAnswer> {
        let (snapshots, machine) = tokio::join!(control.protocol.get(Asked::All), control.host.get(Asked::All));
        let deaths = control.guarded.deaths();
        Ok(Self {
            snapshots: snapshots?,
            machine: machine.ok(),
            directory: Arc::clone(&control.directory.borrow()),
            counts: Counts {
                events_lost: control.events.lost(),
                log_lines_dropped: logging::lines_dropped(),
                mails_sent: control.mails.sent(),
                mails_lost: control.mails.lost(),
                pipe_lines_lost: control.tally.lines_lost(),
                scripts_superseded: control.tally.scripts_superseded(),
            },
            guardian: match (control.guarded.is_wanted(), control.guarded.pid()) {
                (false, _) => Guardian::Unwanted,
                (true, None) => Guardian::Missing { deaths },
                (true, Some(_)) => Guardian::There { deaths },
            },
            released: control.released.clone(),
            now: Moment { at: clock::now(), wall: Duration::from_nanos(clock::wall().nanos()) },
        })
    }

    /// The routers that run, by name.
    pub(super) fn routers(&self) -> Vec<Seen<'_>> {
        let mut seen: Vec<Seen<'_>> = self.snapshots.routers.iter().filter_map(|it| self.seen(it)).collect();
        seen.sort_by(|a, b| a.router.name.cmp(&b.router.name));
        seen
    }

    fn seen<'a>(&'a self, snapshot: &'a Snapshot) -> Option<Seen<'a>> {
        let router: &conf::model::Router = self.directory.router(snapshot.router)?;
        let view = self.machine.as_ref().and_then(|views| views.routers.get(&snapshot.router));
        Some(Seen { router, snapshot, view, labels: labels(router) })
    }

    /// What is tracked by any router, and the reading of each.
    pub(super) fn trackers(&self) -> BTreeMap<&TrackerKey, Reading> {
        let tracked = self.snapshots.tracked.values().flatten();
        tracked.filter_map(|it| Some((self.directory.tracker(it.tracker)?, it.reading))).collect()
    }

    /// The time of day, in seconds since 1970, of a time that has passed.
    pub(super) fn timestamp(&self, at: Instant) -> f64 {
        self.now.wall.saturating_sub(self.now.at.since(at)).as_secs_f64()
    }
}

fn labels(router: &conf::model::Router) -> [Label<'_>; 4] {
    [
        ("router", Cow::from(&router.name)),
        ("interface", Cow::from(&router.interface)),
        ("vrid", router.vrid.value().to_string().into()),
        ("family", router.family.to_string().into()),
    ]
}
