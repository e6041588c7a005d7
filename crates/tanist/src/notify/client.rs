//! The daemon's end of the runner.

use std::io::{self, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::Job;
use crate::logging::Reader;

/// Jobs that may wait for the runner.
const JOBS: usize = 4096;

/// The runner: a process of its own, so that a script never meets the daemon's memory, sockets or scheduling class,
/// and a thread that feeds it, so that a runner that is slow never holds anyone up.
pub(crate) struct Runner {
    jobs: mpsc::SyncSender<Job>,
    child: Child,
}

impl Runner {
    /// Starts the process.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn start(reader: Reader) -> io::Result<Self> {
        let mut child = Command::new("/proc/self/exe").args(["runner", reader.flag()]).stdin(Stdio::piped()).spawn()?;
        let pipe = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (jobs, waiting) = mpsc::sync_channel(JOBS);
        thread::Builder::new().name("scripts".into()).spawn(move || feed(&waiting, pipe))?;
        Ok(Self { jobs, child })
    }

    /// Queues a job. One that finds the queue full is dropped and reported.
    pub(crate) fn submit(&self, job: Job) {
        if let Err(mpsc::TrySendError::Full(job) | mpsc::TrySendError::Disconnected(job)) = self.jobs.try_send(job) {
            tracing::error!("{}: script {} dropped: the runner does not keep up", job.queue, job.argv.join(" "));
        }
    }

    /// Lets the scripts that are queued finish, for at most `patience`.
    pub(crate) fn finish(mut self, patience: Duration) {
        drop(self.jobs);
        let end = Instant::now() + patience;
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        tracing::warn!("scripts still run after {patience:?}: they are ended");
        // It may have ended meanwhile.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Writes jobs to the runner until there are no more; dropping the pipe tells it so.
fn feed(jobs: &mpsc::Receiver<Job>, mut pipe: ChildStdin) {
    for job in jobs {
        let written = serde_json::to_string(&job).map_err(io::Error::from).and_then(|line| writeln!(pipe, "{line}"));
        if let Err(error) = written {
            tracing::error!("the script runner is gone: {error}");
            return;
        }
    }
}
