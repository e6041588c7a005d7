//! The daemon's end of the runner.

use std::io::{self, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Job;
use crate::logging::LogFormat;

/// Jobs that may wait for the runner.
const JOBS: usize = 4096;
/// Least time between two starts of a runner that keeps dying.
const RESTART: Duration = Duration::from_secs(1);

/// The runner: a process of its own, so that a script never meets the daemon's memory, sockets or scheduling class,
/// and a thread that feeds it, so that a runner that is slow never holds anyone up.
pub(crate) struct Runner {
    jobs: mpsc::SyncSender<Job>,
    feeder: JoinHandle<()>,
}

/// The process and the pipe to it.
struct Process {
    child: Child,
    pipe: ChildStdin,
    started: Instant,
}

impl Runner {
    /// Starts the process.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn start(format: LogFormat) -> io::Result<Self> {
        let process = Process::start(format)?;
        let (jobs, waiting) = mpsc::sync_channel(JOBS);
        let feeder = thread::Builder::new().name("scripts".into()).spawn(move || feed(&waiting, process, format))?;
        Ok(Self { jobs, feeder })
    }

    /// Queues a job. One that finds the queue full is dropped and reported.
    pub(crate) fn submit(&self, job: Job) {
        if let Err(mpsc::TrySendError::Full(job) | mpsc::TrySendError::Disconnected(job)) = self.jobs.try_send(job) {
            tracing::error!("{}: script {} dropped: the runner does not keep up", job.queue, job.argv.join(" "));
        }
    }

    /// Lets the scripts that are queued finish. The runner ends those that take too long.
    pub(crate) fn finish(self) {
        drop(self.jobs);
        if self.feeder.join().is_err() {
            tracing::error!("the thread that feeds the script runner panicked");
        }
    }
}

impl Process {
    fn start(format: LogFormat) -> io::Result<Self> {
        let mut child = Command::new("/proc/self/exe").args(["runner", format.flag()]).stdin(Stdio::piped()).spawn()?;
        let pipe = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self { child, pipe, started: Instant::now() })
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.pipe, "{line}")
    }

    /// Replaces a runner that has died.
    fn again(mut self, format: LogFormat) -> io::Result<Self> {
        self.child.kill().ok();
        let status = self.child.wait()?;
        tracing::error!("the script runner ended ({status}): it is started again");
        thread::sleep(RESTART.saturating_sub(self.started.elapsed()));
        Self::start(format)
    }

    /// Closes the pipe, which tells the runner that there is no more, and waits for it.
    fn finish(mut self) {
        drop(self.pipe);
        if let Err(error) = self.child.wait() {
            tracing::error!("script runner: {error}");
        }
    }
}

/// Writes jobs to the runner until there are no more.
fn feed(jobs: &mpsc::Receiver<Job>, mut process: Process, format: LogFormat) {
    for job in jobs {
        let Ok(line) = serde_json::to_string(&job) else { continue };
        if process.write(&line).is_ok() {
            continue;
        }
        process = match process.again(format) {
            Ok(process) => process,
            Err(error) => return tracing::error!("scripts no longer run: {error}"),
        };
        if let Err(error) = process.write(&line) {
            tracing::error!("{}: script {} not run: {error}", job.queue, job.argv.join(" "));
        }
    }
    process.finish();
}
