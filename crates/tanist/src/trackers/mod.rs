//! Trackers watch things outside the protocol and give readings of them. Here is the list of the kinds that a task of the
//! services thread watches ([`watcher`]): each has a room that says what is planned of a configuration, and watches it.
//!
//! Interfaces are watched by the host thread, which knows the links anyway (`daemon/host/watch.rs`), BFD sessions by the
//! protocol thread (`daemon/protocol/bfd.rs`), groups of statics by the host thread, which adds them
//! (`daemon/host/statics/groups.rs`).

mod checks;
pub(crate) mod files;
mod processes;
mod readings;
mod registry;
mod teller;
mod watcher;

use std::collections::BTreeMap;

use conf::model::Config;
use tokio::time::Instant;
use vrrp::input::Reading;
use vrrp::types::TrackerId;

use self::checks::Checks;
use self::files::Numbers;
use self::processes::Counts;
use self::teller::Teller;
use crate::runner::Report;

pub(crate) use self::checks::Doubt;
pub(crate) use self::registry::{Registry, trackings};
pub(crate) use self::watcher::{Parts, Watcher};

/// What the services thread watches: made of a configuration by whoever loads it.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    scripts: BTreeMap<TrackerId, checks::ScriptPlan>,
    files: BTreeMap<TrackerId, files::FilePlan>,
    processes: BTreeMap<TrackerId, processes::ProcessPlan>,
    /// What was read by a program before, in whose place this one goes on.
    known: BTreeMap<TrackerId, Reading>,
}

impl Plan {
    /// What of a configuration is in the list, and scripts that should not run.
    pub(crate) fn new(config: &Config, registry: &Registry) -> (Self, Vec<Doubt>) {
        let (scripts, doubts) = checks::plan(config, registry);
        let (files, processes) = (files::plan(config, registry), processes::plan(config, registry));
        (Self { scripts, files, processes, known: BTreeMap::new() }, doubts)
    }

    /// With what was read already.
    pub(crate) fn going_on(self, known: BTreeMap<TrackerId, Reading>) -> Self {
        Self { known, ..self }
    }

    /// How many scripts, files and processes are in it.
    #[cfg(test)]
    pub(crate) fn counts(&self) -> [usize; 3] {
        [self.scripts.len(), self.files.len(), self.processes.len()]
    }
}

/// Those who watch what is planned, a kind each.
struct Kinds {
    checks: Checks,
    numbers: Numbers,
    counts: Counts,
}

impl Kinds {
    /// `complain` takes word of the process that makes checks. To be called inside the runtime that watches.
    fn new(complain: fn(&Report)) -> Self {
        Self { checks: Checks::new(complain), numbers: Numbers::new(), counts: Counts::new() }
    }

    /// Watches what is planned now. What stays the same keeps what was counted.
    fn follow(&mut self, plan: &Plan, teller: &mut Teller) {
        self.checks.follow(&plan.scripts, &plan.known, teller);
        self.numbers.follow(&plan.files, teller);
        self.counts.follow(&plan.processes, teller);
    }

    /// When [`Kinds::act`] is to be called; `None`: not at all.
    fn deadline(&self) -> Option<Instant> {
        self.checks.deadline().into_iter().chain(self.counts.deadline()).min()
    }

    /// Waits until something was found out, and counts it. May be dropped while it waits.
    async fn take(&mut self, teller: &mut Teller) {
        tokio::select! {
            end = self.checks.ended() => self.checks.take(end, teller),
            (id, content) = self.numbers.found() => self.numbers.take(id, content, teller),
            counts = self.counts.counted() => self.counts.take(&counts),
        }
    }

    /// Does what is due, and tells what has lasted long enough.
    fn act(&mut self, teller: &mut Teller) {
        self.checks.make(teller);
        self.counts.tell(teller);
    }

    /// Ends what runs.
    fn abandon(self) {
        self.checks.abandon();
    }
}
