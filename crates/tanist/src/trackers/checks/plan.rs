//! What is checked: made of a configuration by whoever loads it.

use std::collections::BTreeMap;
use std::time::Duration;

use conf::model::check::Check;
use conf::model::watch::{TrackScript, TrackerKind};
use conf::model::{Config, Script, Switch};
use linux::routes::Network;
use vrrp::types::TrackerId;

use super::builtin::BuiltIn;
use super::check::Timing;
use super::debounce::Limits;
use crate::ports::tracking::TrackerKey;
use crate::runner::security::Weakness;
use crate::runner::user::Identity;
use crate::runner::{Admission, Job, Output};
use crate::trackers::Registry;

/// The least time between two starts of a check.
const SHORTEST: Duration = Duration::from_millis(1);

/// A `vrrp_script` that routers track.
#[derive(Clone, Debug)]
pub(in crate::trackers) struct ScriptPlan {
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

/// The scripts of a configuration that routers track, and those that should not run.
pub(in crate::trackers) fn plan(config: &Config, registry: &Registry) -> (BTreeMap<TrackerId, ScriptPlan>, Vec<Doubt>) {
    let mut admission = Admission::new(&config.global);
    let mut doubts = Vec::new();
    let scripts = registry.watched(TrackerKind::Script, &config.watched.scripts, |script| &script.name);
    let plans =
        scripts.into_iter().map(|(id, key, script)| (id, plan_script(key, script, &mut admission, &mut doubts)));
    (plans.collect(), doubts)
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
