//! What the services thread watches: made of a configuration by whoever loads it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use conf::model::check::Check;
use conf::model::watch::{TrackProcess, TrackScript};
use conf::model::{Config, Script, Switch};
use linux::routes::Network;
use vrrp::types::TrackerId;

use super::Registry;
use super::builtin::BuiltIn;
use super::check::Timing;
use super::debounce::Limits;
use super::processes::{self, Pattern};
use crate::ports::tracking::TrackerKey;
use crate::runner::security::Weakness;
use crate::runner::user::Identity;
use crate::runner::{Admission, Job, Output};

/// The least time between two starts of a check.
const SHORTEST: Duration = Duration::from_millis(1);

/// Everything that is watched without the host thread.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(super) scripts: BTreeMap<TrackerId, ScriptPlan>,
    pub(super) files: BTreeMap<TrackerId, FilePlan>,
    pub(super) processes: BTreeMap<TrackerId, ProcessPlan>,
}

/// A `track_file` that routers track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FilePlan {
    pub(super) key: TrackerKey,
    pub(super) path: PathBuf,
}

/// A `vrrp_track_process` that routers track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProcessPlan {
    pub(super) key: TrackerKey,
    pub(super) pattern: Pattern,
    pub(super) limits: processes::Limits,
}

/// A `vrrp_script` that routers track.
#[derive(Clone, Debug)]
pub(super) struct ScriptPlan {
    pub(super) key: TrackerKey,
    pub(super) probe: Probe,
    pub(super) timing: Timing,
    /// Whether it counts as failed until it succeeds.
    pub(super) init_fail: Switch,
}

/// How a check is made.
#[derive(Clone, Debug)]
pub(super) enum Probe {
    /// By a program.
    Program(Box<Job>),
    /// By this thread.
    BuiltIn(BuiltIn),
    /// Not at all, for this reason.
    Never(String),
}

impl Probe {
    /// The network to which there must be a route.
    pub(super) const fn network(&self) -> Option<Network> {
        match self {
            Self::BuiltIn(BuiltIn::Route(network)) => Some((network.address, network.len)),
            Self::BuiltIn(BuiltIn::Tcp(_) | BuiltIn::Http(_) | BuiltIn::Ping(_) | BuiltIn::Unit(_))
            | Self::Program(_)
            | Self::Never(_) => None,
        }
    }

    /// Whether this is the same check, so that results of one count for the other.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Program(one), Self::Program(other)) => (&one.argv, &one.identity) == (&other.argv, &other.identity),
            (Self::BuiltIn(one), Self::BuiltIn(other)) => one == other,
            (Self::Never(one), Self::Never(other)) => one == other,
            (Self::Program(_) | Self::BuiltIn(_) | Self::Never(_), _) => false,
        }
    }
}

/// A script that runs although others can change what it does.
#[derive(Debug)]
pub(crate) struct Doubt {
    pub(crate) key: TrackerKey,
    pub(crate) weakness: Weakness,
    /// As whom it runs; `None`: the daemon's user.
    pub(crate) identity: Option<Identity>,
}

impl Plan {
    /// What of a configuration is in the list, and scripts that should not run.
    pub(crate) fn new(config: &Config, registry: &Registry) -> (Self, Vec<Doubt>) {
        let mut admission = Admission::new(&config.global);
        let mut doubts = Vec::new();
        let mut plan = Self::default();
        for script in &config.watched.scripts {
            let key = TrackerKey::Script(script.name.clone());
            // Of several with one name the first is meant.
            if let Some(id) = registry.id(&key).filter(|id| !plan.scripts.contains_key(id)) {
                let script = plan_script(key, script, &mut admission, &mut doubts);
                plan.scripts.insert(id, script);
            }
        }
        for file in &config.watched.files {
            let key = TrackerKey::File(file.name.clone());
            if let Some(id) = registry.id(&key).filter(|id| !plan.files.contains_key(id)) {
                // It fails for an empty path only, which is no file either.
                let path = std::path::absolute(&file.file).unwrap_or_else(|_| file.file.clone().into());
                plan.files.insert(id, FilePlan { key, path });
            }
        }
        for process in &config.watched.processes {
            let key = TrackerKey::Process(process.name.clone());
            if let Some(id) = registry.id(&key).filter(|id| !plan.processes.contains_key(id)) {
                plan.processes.insert(id, plan_process(key, process));
            }
        }
        (plan, doubts)
    }

    /// How many scripts, files and processes are in it.
    #[cfg(test)]
    pub(crate) fn counts(&self) -> [usize; 3] {
        [self.scripts.len(), self.files.len(), self.processes.len()]
    }
}

fn plan_process(key: TrackerKey, tracked: &TrackProcess) -> ProcessPlan {
    let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let limits = processes::Limits {
        fewest: number(tracked.quorum),
        most: tracked.quorum_max.map(number),
        more: tracked.fork_delay,
        fewer: tracked.terminate_delay,
    };
    ProcessPlan { key, pattern: Pattern::new(tracked), limits }
}

fn plan_script(
    key: TrackerKey,
    tracked: &TrackScript,
    admission: &mut Admission,
    doubts: &mut Vec<Doubt>,
) -> ScriptPlan {
    let probe = match &tracked.check {
        Check::Command(script) => command(&key, tracked, script, admission, doubts),
        Check::Tcp(endpoint) => Probe::BuiltIn(BuiltIn::Tcp(endpoint.clone())),
        Check::Http(page) => Probe::BuiltIn(BuiltIn::Http(page.clone())),
        Check::Ping(host) => Probe::BuiltIn(BuiltIn::Ping(host.clone())),
        Check::Unit(unit) => Probe::BuiltIn(BuiltIn::Unit(unit.clone())),
        Check::Route(network) => Probe::BuiltIn(BuiltIn::Route(*network)),
    };
    ScriptPlan {
        key,
        probe,
        timing: Timing {
            interval: tracked.interval.max(SHORTEST),
            timeout: tracked.timeout.max(SHORTEST),
            limits: Limits { rise: tracked.rise, fall: tracked.fall },
        },
        init_fail: tracked.init_fail,
    }
}

fn command(
    key: &TrackerKey,
    tracked: &TrackScript,
    script: &Script,
    admission: &mut Admission,
    doubts: &mut Vec<Doubt>,
) -> Probe {
    let mut script = script.clone();
    admission.name_user(&mut script);
    match admission.admit(&script) {
        // Somebody may put it there, or mend it, while the daemon runs.
        Err(_) if admission.knows_user(&script) => {}
        Err(why) => return Probe::Never(why),
        Ok(weakness) => {
            let identity = admission.identity(&script).cloned();
            doubts.extend(weakness.map(|weakness| Doubt { key: key.clone(), weakness, identity }));
        }
    }
    Probe::Program(Box::new(admission.job(&tracked.name, &script, &[], tracked.timeout, Output::Discarded)))
}
