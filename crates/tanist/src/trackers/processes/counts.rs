//! `vrrp_track_process`: what numbers of processes come to.

use std::collections::BTreeMap;

use conf::model::Config;
use conf::model::watch::{TrackProcess, TrackerKind};
use tokio::time::Instant;
use vrrp::input::Reading;
use vrrp::types::TrackerId;

use super::Processes;
use super::pattern::Pattern;
use super::quorum::{Limits, Quorum};
use crate::ports::tracking::{Found, ProcessCount, TrackerKey};
use crate::trackers::Registry;
use crate::trackers::teller::Teller;

/// A `vrrp_track_process` that routers track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::trackers) struct ProcessPlan {
    key: TrackerKey,
    pattern: Pattern,
    limits: Limits,
}

/// The processes of a configuration that routers track.
pub(in crate::trackers) fn plan(config: &Config, registry: &Registry) -> BTreeMap<TrackerId, ProcessPlan> {
    let processes = registry.watched(TrackerKind::Process, &config.watched.processes, |process| &process.name);
    processes.into_iter().map(|(id, key, process)| (id, plan_process(key, process))).collect()
}

fn plan_process(key: TrackerKey, tracked: &TrackProcess) -> ProcessPlan {
    let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let limits = Limits {
        fewest: number(tracked.quorum),
        most: tracked.quorum_max.map(number),
        more: tracked.fork_delay,
        fewer: tracked.terminate_delay,
    };
    ProcessPlan { key, pattern: Pattern::new(tracked), limits }
}

/// All tracked processes.
pub(in crate::trackers) struct Counts {
    all: BTreeMap<TrackerId, Kind>,
    processes: Processes,
}

/// Processes of one kind.
struct Kind {
    plan: ProcessPlan,
    quorum: Quorum,
    /// What routers were told.
    said: Reading,
}

impl Counts {
    pub(in crate::trackers) fn new() -> Self {
        Self { all: BTreeMap::new(), processes: Processes::new() }
    }

    /// Watches these. If others are to be counted, the old reading stays until they are.
    pub(in crate::trackers) fn follow(&mut self, plan: &BTreeMap<TrackerId, ProcessPlan>, teller: &mut Teller) {
        teller.keep_planned(&mut self.all, plan);
        for (&id, process) in plan {
            let fresh = || Kind { plan: process.clone(), quorum: Quorum::default(), said: Reading::Unknown };
            let kind = self.all.entry(id).or_insert_with(fresh);
            if kind.plan.pattern != process.pattern {
                kind.quorum = Quorum::default();
            } else if kind.plan.limits != process.limits {
                kind.quorum.limit(Instant::now(), process.limits);
            }
            kind.plan = process.clone();
        }
        self.processes.follow(plan.iter().map(|(id, process)| (*id, process.pattern.clone())).collect());
    }

    /// When [`Counts::tell`] is to be called; `None`: not at all.
    pub(in crate::trackers) fn deadline(&self) -> Option<Instant> {
        self.all.values().filter_map(|kind| kind.quorum.deadline()).min()
    }

    /// Waits until there may be more or fewer processes.
    pub(in crate::trackers) async fn counted(&mut self) -> BTreeMap<TrackerId, usize> {
        self.processes.counted().await
    }

    /// Counts them.
    pub(in crate::trackers) fn take(&mut self, counts: &BTreeMap<TrackerId, usize>) {
        let now = Instant::now();
        for (id, count) in counts {
            if let Some(kind) = self.all.get_mut(id) {
                kind.quorum.take(now, *count, kind.plan.limits);
            }
        }
    }

    /// Tells what has lasted long enough.
    pub(in crate::trackers) fn tell(&mut self, teller: &mut Teller) {
        let now = Instant::now();
        for (&id, kind) in &mut self.all {
            let Kind { plan, quorum, said } = kind;
            let reading = quorum.reading(now, plan.limits);
            if reading != *said && reading != Reading::Unknown {
                let count = ProcessCount {
                    count: quorum.count(),
                    fewest: plan.limits.fewest,
                    most: plan.limits.most,
                    watch: self.processes.watch(),
                };
                teller.tell(id, &plan.key, said, reading, Found::Processes(count));
            }
        }
    }
}
