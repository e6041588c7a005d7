//! `tanist runner`: runs scripts for the daemon, each router's in order, with a time limit.

use std::collections::HashMap;
use std::os::unix::process::CommandExt as _;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Job;
use crate::cli::RunnerArgs;
use crate::logging;

/// Jobs of one router that may wait.
const QUEUE: usize = 256;
/// A script that runs longer is ended.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// How long scripts may still run when there are no more jobs.
const LAST_SCRIPTS: Duration = Duration::from_secs(5);
/// Variables that could make a script load code of someone else.
const WITHHELD: [&str; 3] = ["IFS", "LD_PRELOAD", "LD_LIBRARY_PATH"];

/// Reads jobs from standard input until it ends, then waits for the scripts that are left.
pub(crate) fn run(options: &RunnerArgs) -> ExitCode {
    let _log = logging::start(options.log_format());
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!("script runner: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(serve());
    ExitCode::SUCCESS
}

async fn serve() {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut queues: HashMap<String, mpsc::Sender<Job>> = HashMap::new();
    let mut workers = JoinSet::new();
    // Signals to the whole process group are for the daemon: it ends its scripts by closing the pipe.
    let _ignored = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(job) = serde_json::from_str::<Job>(&line) else { continue };
        let queue = queues.entry(job.queue.clone()).or_insert_with(|| {
            let (sender, jobs) = mpsc::channel(QUEUE);
            workers.spawn(work(jobs));
            sender
        });
        if let Err(error) = queue.try_send(job) {
            let job = error.into_inner();
            tracing::error!("{}: script {} dropped: {QUEUE} wait already", job.queue, job.argv.join(" "));
        }
    }
    drop(queues);
    let finished = async { while workers.join_next().await.is_some() {} };
    if tokio::time::timeout(LAST_SCRIPTS, finished).await.is_err() {
        tracing::warn!("scripts still run after {LAST_SCRIPTS:?}: they are ended");
        workers.shutdown().await;
    }
}

/// Runs the jobs of one router, one after the other.
async fn work(mut jobs: mpsc::Receiver<Job>) {
    while let Some(job) = jobs.recv().await {
        let outcome = tokio::time::timeout(TIME_LIMIT, execute(&job)).await;
        let name = job.argv.join(" ");
        match outcome {
            Ok(Ok(status)) if status.success() => tracing::debug!("{}: script {name} done", job.queue),
            Ok(Ok(status)) => tracing::warn!("{}: script {name} ended with {status}", job.queue),
            Ok(Err(error)) => tracing::error!("{}: script {name} cannot run: {error}", job.queue),
            Err(_) => tracing::error!("{}: script {name} ran for {TIME_LIMIT:?} and was ended", job.queue),
        }
    }
}

async fn execute(job: &Job) -> std::io::Result<ExitStatus> {
    let Some((program, arguments)) = job.argv.split_first() else {
        return Err(std::io::ErrorKind::InvalidInput.into());
    };
    let mut command = std::process::Command::new(program);
    command.args(arguments).stdin(Stdio::null()).process_group(0);
    for variable in WITHHELD {
        command.env_remove(variable);
    }
    if let Some(identity) = &job.identity {
        let own = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
        if own != (identity.uid, identity.gid) {
            command.gid(identity.gid).uid(identity.uid);
        }
        if let Some(home) = &identity.home {
            command.env("HOME", home);
        }
    }
    let mut child = Command::from(command).spawn()?;
    let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let status = child.wait().await;
    group.ended();
    status
}

/// The process group of a script, which is ended with it when nobody waits for it any more.
struct Group(Option<Pid>);

impl Group {
    /// The script has ended by itself; what it left running is meant to run.
    fn ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may just have ended.
            rustix::process::kill_process_group(group, Signal::KILL).ok();
        }
    }
}
