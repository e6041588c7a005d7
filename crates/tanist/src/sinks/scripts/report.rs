//! What is said of scripts in the log.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::runner::security::Weakness;
use crate::runner::user::Identity;
use crate::runner::{Job, Outcome, Report};

/// Least time between two lines about scripts that were superseded: a router that changes its state all the time must not
/// fill the log. Each line has the count.
const SUPERSEDED: Duration = Duration::from_secs(1);

/// Logs what becomes of scripts and of the process that runs them.
pub(crate) fn log() -> impl Fn(Report) + Send + Sync {
    let quiet_until = Mutex::new(Instant::now());
    move |report| {
        if let Report::Script { outcome: Outcome::Superseded { .. }, .. } = report {
            let mut quiet_until = quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
            if Instant::now() < *quiet_until {
                return;
            }
            *quiet_until = Instant::now() + SUPERSEDED;
        }
        line(report);
    }
}

fn line(report: Report) {
    match report {
        Report::Script { job, outcome } => script_line(&job, outcome),
        Report::RunnerEnded(Ok(status)) => tracing::error!("the script runner ended ({status}): it is started again"),
        Report::RunnerEnded(Err(error)) => tracing::error!("the script runner ended ({error}): it is started again"),
        Report::RunnerUnavailable(error) => tracing::error!("the script runner cannot be started: {error}"),
        Report::RunnerStuck => tracing::error!("the script runner did not end when it was told to: it was killed"),
    }
}

fn script_line(job: &Job, outcome: Outcome) {
    let script = format!("{}: script {}", job.queue, job.argv.join(" "));
    match outcome {
        Outcome::Ended { status, took } if status.success() => tracing::debug!("{script} done in {took:?}"),
        Outcome::Ended { status, took } => tracing::warn!("{script} ended with {status} after {took:?}"),
        Outcome::TimedOut => tracing::error!("{script} ran for {:?} and was ended", job.time_limit),
        Outcome::CannotRun(why) => tracing::error!("{script} cannot run: {why}"),
        Outcome::Weak(weakness) => tracing::warn!("{script}: {}", weak(&weakness, job.identity.as_ref())),
        Outcome::Refused(weakness) => {
            tracing::error!("{script} was not run, because enable_script_security is set: {weakness}");
        }
        Outcome::Superseded { total } => tracing::error!(
            "{script} was not run: the scripts of this router do not keep up, and newer states wait ({total} scripts so far)"
        ),
        Outcome::Interrupted => tracing::error!("{script} was ended, because the script runner ended"),
        Outcome::EndedByStop => tracing::warn!("{script} still ran and was ended, because the daemon stops"),
        Outcome::NotRun => tracing::error!("{script} was not run, because the daemon stops"),
    }
}

/// Of a script that others can change, and that runs.
pub(super) fn weak(weakness: &Weakness, identity: Option<&Identity>) -> String {
    let is_root = identity.map_or_else(|| rustix::process::geteuid().is_root(), |identity| identity.uid == 0);
    let rights = if is_root { "as root" } else { "with the capabilities of the daemon" };
    format!("{weakness}; it runs {rights} all the same, because enable_script_security is not set")
}
