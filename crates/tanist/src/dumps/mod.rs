//! Dumps: what keepalived writes to files when signals ask for it, for programs that look there.
//!
//! They show what the protocol and the host thread answer, as `tanist status` does, in keepalived's words. Times are of the
//! moment of the dump. Nothing is written unless a signal asks for it.

mod data;
mod file;
mod json;
mod lines;
mod places;
mod stats;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use conf::model::{Config, Router, Switch};
use linux::clock;
use tokio::sync::{mpsc, watch};
use vrrp::snapshot::{Snapshot, Tracked};
use vrrp::time::Instant;
use vrrp::types::RouterId;

use self::places::{Content, Names};
use crate::control::state::Control;
use crate::control::statistics::Statistics;
use crate::ports::directory::Directory;
use crate::ports::host::{HostView, HostViews};
use crate::ports::protocol::Snapshots;
use crate::ports::question::Asked;

/// Dumps that may wait. Of more, one would say what the other says.
const WAITING: usize = 8;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Data,
    Statistics,
    /// And the counters of dumps begin anew.
    StatisticsOnce,
    Json,
}

impl Wanted {
    const fn content(self) -> Content {
        match self {
            Self::Data => Content::Data,
            Self::Statistics | Self::StatisticsOnce => Content::Statistics,
            Self::Json => Content::Json,
        }
    }
}

/// How the main thread asks for dumps.
#[derive(Debug)]
pub(crate) struct Dumps {
    wanted: mpsc::Sender<Wanted>,
    config: watch::Sender<Option<Arc<Config>>>,
}

/// What is asked, for the services thread.
#[derive(Debug)]
pub(crate) struct Requests {
    wanted: mpsc::Receiver<Wanted>,
    config: watch::Receiver<Option<Arc<Config>>>,
    /// The namespace and the name of the daemon, which no reload changes.
    names: Names,
}

impl Dumps {
    /// For the daemon in this namespace and of this name.
    pub(crate) fn new(namespace: Option<&str>, instance: Option<&str>) -> (Self, Requests) {
        let ((wanted, requests), (config, configs)) = (mpsc::channel(WAITING), watch::channel(None));
        let names = Names::new(namespace, instance);
        (Self { wanted, config }, Requests { wanted: requests, config: configs, names })
    }

    /// The configuration of which dumps tell from now on.
    pub(crate) fn follow(&self, config: Arc<Config>) {
        self.config.send_replace(Some(config));
    }

    /// Asks for a dump. Never waits.
    pub(crate) fn want(&self, wanted: Wanted) {
        if self.wanted.try_send(wanted).is_err() {
            tracing::debug!("a dump is not written: {WAITING} others wait");
        }
    }
}

/// Writes what is asked for.
pub(crate) struct Dumper {
    requests: Requests,
    control: Arc<Control>,
    /// What the counters of routers were when they began anew.
    baselines: HashMap<RouterId, Statistics>,
}

impl Dumper {
    pub(crate) fn new(requests: Requests, control: Arc<Control>) -> Self {
        Self { requests, control, baselines: HashMap::new() }
    }

    /// Writes dumps until the main thread has ended.
    pub(crate) async fn run(mut self) {
        while let Some(wanted) = self.requests.wanted.recv().await {
            let config = self.requests.config.borrow().clone();
            if let Some(config) = &config {
                self.dump(wanted, config).await;
            }
        }
    }

    async fn dump(&mut self, wanted: Wanted, config: &Config) {
        let content = wanted.content();
        let (snapshots, machine) =
            tokio::join!(self.control.protocol.get(Asked::All), self.control.host.get(Asked::All));
        let Ok(snapshots) = snapshots else {
            tracing::error!("{} is not written: the protocol thread does not answer", content.name());
            return;
        };
        let directory = Arc::clone(&self.control.directory.borrow());
        let picture = Picture::new(config, &snapshots, machine.as_deref().ok(), &directory);
        let statistics = |it: &Seen<'_>| Statistics::of(it.snapshot).since(self.baselines.get(&it.snapshot.router));
        let text = match content {
            Content::Data => data::text(&picture),
            Content::Statistics => stats::text(&picture, statistics),
            Content::Json => json::text(&picture, statistics),
        };
        let path = places::of(content, &config.global.dumps, &self.requests.names);
        if write(path, text).await && wanted == Wanted::StatisticsOnce {
            let counters = picture.routers.iter().map(|it| (it.snapshot.router, Statistics::of(it.snapshot)));
            self.baselines = counters.collect();
        }
    }
}

/// Writes a file, which a disk may take long for. Returns whether it is there.
async fn write(path: PathBuf, text: String) -> bool {
    let written = tokio::task::spawn_blocking(move || {
        let outcome = file::write(&path, text.as_bytes());
        match &outcome {
            // Programs ask several times a minute.
            Ok(()) => tracing::debug!("{} is written", path.display()),
            Err(error) => tracing::error!("{} cannot be written: {error}", path.display()),
        }
        outcome.is_ok()
    });
    written.await.unwrap_or(false)
}

/// Everything that dumps tell, at one moment.
struct Picture<'a> {
    config: &'a Config,
    /// Those that run, in the order of the configuration.
    routers: Vec<Seen<'a>>,
    directory: &'a Directory,
    now: Moment,
}

/// One router.
struct Seen<'a> {
    router: &'a Router,
    snapshot: &'a Snapshot,
    /// `None` if the host thread does not answer.
    host: Option<&'a HostView>,
    tracked: &'a [Tracked],
}

impl<'a> Picture<'a> {
    fn new(
        config: &'a Config,
        snapshots: &'a Snapshots,
        machine: Option<&'a HostViews>,
        directory: &'a Directory,
    ) -> Self {
        let named: HashMap<&str, &Snapshot> = snapshots
            .routers
            .iter()
            .filter_map(|snapshot| Some((directory.router(snapshot.router)?.name.as_str(), snapshot)))
            .collect();
        let seen = |router: &'a Router| {
            let snapshot = *named.get(router.name.as_str())?;
            let id = snapshot.router;
            let tracked = snapshots.tracked.get(&id).map_or(&[][..], Vec::as_slice);
            Some(Seen { router, snapshot, host: machine.and_then(|views| views.routers.get(&id)), tracked })
        };
        Self { config, routers: config.routers.iter().filter_map(seen).collect(), directory, now: Moment::now() }
    }
}

/// A moment on both clocks, to tell times of the one as times of the other.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at: Instant,
    /// Microseconds since 1970.
    wall: u64,
}

impl Moment {
    fn now() -> Self {
        Self { at: clock::now(), wall: clock::wall().nanos() / 1000 }
    }

    /// The time of day, in microseconds since 1970, of a time before or after now.
    fn micros_of(self, time: Instant) -> u64 {
        let micros = |duration: std::time::Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let before = micros(self.at.since(time));
        self.wall.saturating_sub(before).saturating_add(micros(time.since(self.at)))
    }
}

/// Whether a switch is on.
fn is_on(switch: Switch) -> bool {
    switch == Switch::On
}
