//! What the daemon learns of its scripts.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use super::security::Weakness;
use super::wire::Job;

/// Something to know about scripts or the process that runs them.
#[derive(Debug)]
pub(crate) enum Report {
    /// How it went with one.
    Script { job: Job, outcome: Outcome },
    /// The process ended, which it should not; it is started again.
    RunnerEnded(io::Result<ExitStatus>),
    /// The process cannot be started; that is tried again.
    RunnerUnavailable(io::Error),
    /// The process did not end within its time at a stop, and was killed.
    RunnerStuck,
}

/// What became of a script.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It ended by itself.
    Ended { status: ExitStatus, took: Duration },
    /// It ran for longer than its limit and was killed.
    TimedOut,
    /// It ran for longer than its limit and cannot be ended. Of a check one of the other outcomes follows when it has ended,
    /// and until then no further run is started.
    Stuck,
    /// It cannot be run.
    CannotRun(String),
    /// Others can change what it does; it runs all the same. One of the other outcomes follows.
    Weak(Weakness),
    /// Others can change what it does; it was not run.
    Refused(Weakness),
    /// It was not run: newer states of its router wait. `total`: how many scripts that happened to so far.
    Superseded { total: u64 },
    /// The process that ran it ended meanwhile, and it with that.
    Interrupted,
    /// It was asked to end, and has ended.
    EndedAsAsked,
    /// It was killed because the daemon stops or does not want it any more, or at its limit, some time ago.
    EndedByStop,
    /// It was not run because the daemon stops.
    NotRun,
}
