//! What the daemon and the runner say to each other: a JSON object a line, over a socket that each end closes to say that it
//! has no more to say.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::security::Weakness;
use super::user::Identity;

/// Names a job in what follows; never used twice by a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct JobId(pub(super) u64);

/// A script to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The router or sync group, by name: its jobs run one after the other.
    pub(crate) queue: String,
    /// Program and arguments; never empty. A program without `/` is looked up in PATH.
    pub(crate) argv: Vec<String>,
    /// `None`: as the daemon itself.
    pub(crate) identity: Option<Identity>,
    /// What to do if somebody else can change what it does.
    pub(crate) if_weak: IfWeak,
    /// How long it may run; what runs all the time has no limit.
    pub(crate) time_limit: Duration,
    pub(crate) life: Life,
    /// Where what it prints goes.
    pub(crate) output: Output,
    /// A weakness that was logged when the configuration was loaded. It is not sent to the runner.
    #[serde(skip)]
    pub(crate) known: Option<Weakness>,
    /// Tells runs of one script apart, for whoever submits them. It is not sent to the runner.
    #[serde(skip)]
    pub(crate) run: u64,
}

/// Whether a script is to end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Life {
    /// It does its work and ends.
    Once,
    /// It runs until it is told to end, also through the death of its runner.
    Always,
}

/// Where what a script prints goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Output {
    /// Where the daemon's own output goes.
    Inherited,
    /// Nowhere: what runs every second would fill the log.
    Discarded,
}

/// What becomes of a script that others than its user can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IfWeak {
    /// It does not run.
    Refuse,
    /// It runs, which is reported.
    Report,
}

/// What the daemon says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// Run this now.
    Run { id: JobId, job: Job },
    /// Kill what still runs of this.
    End { id: JobId },
    /// Ask what still runs of this to end (SIGTERM); kill it if it does not.
    Ask { id: JobId },
}

/// What the runner answers. Every job gets one of `Ended` and those behind it; `Stuck` is not the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// The script is weak, and is run all the same.
    Weak { id: JobId, weakness: Weakness },
    /// The script runs; from now on it may have had effects.
    Started { id: JobId },
    /// It ended by itself. `status` is that of wait(2).
    Ended { id: JobId, status: i32, took: Duration },
    /// It ran for longer than its limit and was killed.
    TimedOut { id: JobId },
    /// It ran for longer than its limit and was killed, but has not ended; `Killed` follows when it has.
    Stuck { id: JobId },
    /// It was killed as the daemon said, or because the daemon has no more to say.
    Killed { id: JobId },
    /// It was asked to end, and has ended or was killed.
    EndedAsAsked { id: JobId },
    /// It is weak, and was not run.
    Refused { id: JobId, weakness: Weakness },
    /// It cannot be run.
    CannotRun { id: JobId, why: String },
}
