//! `tanist runner`: runs scripts for the daemon, each router's in order, with a time limit.

use std::collections::HashMap;
use std::os::unix::process::CommandExt as _;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Job;
use crate::cli::RunnerArgs;
use crate::logging::{self, Reader};

/// Jobs of one router that may wait.
const QUEUE: usize = 256;
/// A script that runs longer is ended.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Variables that could make a script load code of someone else.
const WITHHELD: [&str; 3] = ["IFS", "LD_PRELOAD", "LD_LIBRARY_PATH"];

/// Reads jobs from standard input until it ends, then waits for the scripts that are left.
pub(crate) fn run(options: &RunnerArgs) -> ExitCode {
    logging::start(Reader::new(options.foreground));
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
    // The daemon stops its scripts by closing the pipe; a terminal's Ctrl-C is for the daemon alone.
    let mut interrupts = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).ok();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line,
            () = ignored(&mut interrupts) => continue,
        };
        let Ok(Some(line)) = line else { break };
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
    while workers.join_next().await.is_some() {}
}

async fn ignored(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
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
    Command::from(command).kill_on_drop(true).spawn()?.wait().await
}
