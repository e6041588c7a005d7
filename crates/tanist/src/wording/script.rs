//! What becomes of scripts, and of the process that runs them.

use super::Severity;
use crate::runner::security::Weakness;
use crate::runner::user::Identity;
use crate::runner::{Job, Life, Outcome, Report};

/// A report as a line of the log.
pub(crate) fn report(report: &Report) -> (Severity, String) {
    match report {
        Report::Script { job, outcome } => {
            let (severity, text) = outcome_of(job, outcome);
            (severity, format!("{}: script {} {text}", job.queue, job.argv.join(" ")))
        }
        Report::RunnerEnded(status) => {
            let status = status.as_ref().map_or_else(ToString::to_string, ToString::to_string);
            (Severity::Error, format!("the script runner ended ({status}): it is started again"))
        }
        Report::RunnerUnavailable(error) => (Severity::Error, format!("the script runner cannot be started: {error}")),
        Report::RunnerStuck => {
            (Severity::Error, "the script runner did not end within its time at the stop: it was killed".to_owned())
        }
    }
}

/// What became of a script: what follows its name.
fn outcome_of(job: &Job, outcome: &Outcome) -> (Severity, String) {
    match outcome {
        Outcome::Ended { status, took } if job.life == Life::Always => {
            let severity = if status.success() { Severity::Info } else { Severity::Warning };
            (severity, format!("ended with {status} after {took:?}; a reload starts it again"))
        }
        Outcome::Ended { status, took } if status.success() => (Severity::Debug, format!("done in {took:?}")),
        Outcome::Ended { status, took } => (Severity::Warning, format!("ended with {status} after {took:?}")),
        Outcome::TimedOut => (Severity::Error, format!("ran for {:?} and was ended", job.time_limit)),
        Outcome::Stuck => (Severity::Error, format!("ran for {:?} and cannot be ended", job.time_limit)),
        Outcome::CannotRun(why) => (Severity::Error, format!("cannot run: {why}")),
        Outcome::Weak(weakness) => {
            (Severity::Warning, format!("is not safe: {}", weak(weakness, job.identity.as_ref())))
        }
        Outcome::Refused(weakness) => {
            let text = format!("was not run, because enable_script_security is set: {weakness}");
            (Severity::Error, text)
        }
        Outcome::Superseded { total } => {
            let why = "the scripts of this router do not keep up, and newer states wait";
            (Severity::Error, format!("was not run: {why} ({total} scripts so far)"))
        }
        Outcome::Interrupted => (Severity::Error, "was ended, because the script runner ended".to_owned()),
        Outcome::EndedAsAsked => (Severity::Debug, "has ended as it was asked".to_owned()),
        Outcome::EndedByStop => (Severity::Warning, "still ran and was ended, because the daemon stops".to_owned()),
        Outcome::NotRun => (Severity::Error, "was not run, because the daemon stops".to_owned()),
    }
}

/// Of a script that others can change, and that runs all the same.
pub(crate) fn weak(weakness: &Weakness, identity: Option<&Identity>) -> String {
    let is_root = identity.map_or_else(|| rustix::process::geteuid().is_root(), |identity| identity.uid == 0);
    let rights = if is_root { "as root" } else { "with the capabilities of the daemon" };
    format!("{weakness}; it runs {rights} all the same, because enable_script_security is not set")
}
