//! The daemon's end of the runner: a thread that feeds the process and reports what it says.

use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::NAME;
use super::link::{Close, Process};
use super::queue::{self, Hurry, Queue};
use super::report::{Outcome, Report};
use super::wire::{Job, JobId, Reply, Request};

/// Least time between two starts of a runner that keeps dying.
const RESTART: Duration = Duration::from_secs(1);
/// How long a stop waits for scripts. Then those that still run are ended: whoever stops the daemon sees its end within a second, as of
/// keepalived, and some kill it soon after.
pub(super) const STOP_TIME: Duration = Duration::from_millis(900);
/// The part of it after which the scripts of older states make room for those of the last.
pub(super) const CALM_TIME: Duration = Duration::from_millis(450);
/// How long the process may take to end its scripts and itself. Then it is killed.
pub(super) const END_TIME: Duration = Duration::from_millis(500);
/// How long the thread may take beyond that.
const SLACK: Duration = Duration::from_secs(1);

/// Runs scripts: in a process of its own, so that a script never meets the daemon's memory, sockets or scheduling class; fed
/// by a thread of its own, so that neither a slow script nor a slow process holds anyone up.
pub(crate) struct Runner {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    /// Says nothing; disconnected when the thread has ended.
    ended: mpsc::Receiver<()>,
}

/// What a runner is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Scripts that states of routers cause.
    States,
    /// Checks of trackers.
    Checks,
}

impl Lane {
    /// Name of the thread.
    const fn name(self) -> &'static str {
        match self {
            Self::States => "scripts",
            Self::Checks => "checks",
        }
    }

    /// Scripts that run at a time.
    const fn limit(self) -> usize {
        match self {
            Self::States => queue::RUNNING,
            Self::Checks => queue::CHECKS,
        }
    }
}

/// What the thread and those who have scripts to run share.
pub(super) struct Shared {
    work: Mutex<Work>,
    changed: Notify,
    lane: Lane,
    subscriber: Box<Subscriber>,
}

/// Gets every report, in the thread that makes it. It may be slow, but scripts then start later.
type Subscriber = dyn Fn(Report) + Send + Sync;

struct Work {
    queue: Queue,
    phase: Phase,
    /// How what runs is to be ended; as many as may run at a time.
    endings: Vec<Request>,
}

/// Whether there may be more to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Run,
    /// Nothing is added any more.
    Finish,
    /// Nothing is run any more, and what runs is ended.
    Abandon,
}

impl Runner {
    /// Starts the thread, and that the process. `subscriber` gets every report, in the thread that makes it.
    ///
    /// # Errors
    /// If the thread cannot be started. A process that cannot be started is reported and tried again.
    pub(crate) fn start(lane: Lane, subscriber: impl Fn(Report) + Send + Sync + 'static) -> io::Result<Self> {
        Self::with_program(lane, own_program, subscriber)
    }

    fn with_program(
        lane: Lane,
        program: fn() -> Command,
        subscriber: impl Fn(Report) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let work = Work { queue: Queue::new(lane.limit()), phase: Phase::Run, endings: Vec::new() };
        let shared = Shared { work: Mutex::new(work), changed: Notify::new(), lane, subscriber: Box::new(subscriber) };
        let shared = Arc::new(shared);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (alive, ended) = mpsc::channel();
        let of_thread = Arc::clone(&shared);
        let body = move || {
            runtime.block_on(feed(&of_thread, program));
            drop(alive);
        };
        let thread = thread::Builder::new().name(lane.name().into()).spawn(body)?;
        Ok(Self { shared, thread, ended })
    }

    /// Queues the scripts of one state of one router, to be run in order behind those of its earlier states. Never waits.
    pub(crate) fn submit(&self, scripts: Vec<Job>) {
        let mut work = self.shared.work();
        let superseded = work.queue.push(scripts);
        let total = work.queue.superseded();
        drop(work);
        self.shared.changed.notify_one();
        self.shared.report_all(superseded, || Outcome::Superseded { total });
    }

    /// Runs nothing of this queue any more, and ends what runs of it.
    pub(crate) fn cancel(&self, queue: &str) {
        let mut work = self.shared.work();
        let running = work.queue.cancel(queue);
        work.endings.extend(running.map(|id| Request::End { id }));
        drop(work);
        self.shared.changed.notify_one();
    }

    /// Asks what runs of this queue to end, and runs this instead, when it has.
    pub(crate) fn replace(&self, queue: &str, job: Option<Job>) {
        let mut work = self.shared.work();
        let running = work.queue.cancel(queue);
        work.endings.extend(running.map(|id| Request::Ask { id }));
        work.queue.push(job.into_iter().collect());
        drop(work);
        self.shared.changed.notify_one();
    }

    /// Scripts that were superseded so far.
    pub(crate) fn superseded(&self) -> u64 {
        self.shared.work().queue.superseded()
    }

    /// Whether nothing waits, and nothing runs that will end by itself.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.shared.work().queue.is_at_rest()
    }

    /// Whether something of this queue waits or runs.
    pub(crate) fn has(&self, queue: &str) -> bool {
        self.shared.work().queue.has(queue)
    }

    /// Ends what runs, and the process, in the time that the process may take for that.
    pub(crate) fn abandon(self) {
        self.end(Phase::Abandon, END_TIME + SLACK);
    }

    /// Runs what is queued, and ends the process. Waits no longer than a stop may take, whatever scripts and process do.
    pub(crate) fn finish(self) {
        self.end(Phase::Finish, STOP_TIME + END_TIME + SLACK);
    }

    fn end(self, phase: Phase, patience: Duration) {
        self.shared.work().phase = phase;
        self.shared.changed.notify_one();
        match self.ended.recv_timeout(patience) {
            // It waits for its subscriber.
            Err(RecvTimeoutError::Timeout) => tracing::error!("the thread that feeds the script runner does not end"),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                if self.thread.join().is_err() {
                    tracing::error!("the thread that feeds the script runner panicked");
                }
            }
        }
    }
}

impl Shared {
    fn work(&self) -> MutexGuard<'_, Work> {
        // Nothing that holds it can panic half-way.
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something has changed since the last call: there is more to run, or the phase is another.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    pub(super) fn phase(&self) -> Phase {
        self.work().phase
    }

    /// Whether nothing waits and nothing runs.
    pub(super) fn is_done(&self) -> bool {
        self.work().queue.is_empty()
    }

    /// The next script that may start now.
    pub(super) fn next(&self) -> Option<(JobId, Job)> {
        self.work().queue.next()
    }

    /// How what runs is to be ended, each once.
    pub(super) fn endings(&self) -> Vec<Request> {
        std::mem::take(&mut self.work().endings)
    }

    pub(super) fn report(&self, report: Report) {
        (self.subscriber)(report);
    }

    fn report_all(&self, jobs: Vec<Job>, outcome: impl Fn() -> Outcome) {
        for job in jobs {
            self.report(Report::Script { job, outcome: outcome() });
        }
    }

    /// Takes what the process says.
    pub(super) fn take(&self, reply: Reply) {
        let (id, outcome) = match reply {
            Reply::Started { id } => return self.work().queue.started(id),
            Reply::Weak { id, weakness } => {
                let job = self.work().queue.job(id).cloned();
                if let Some(job) = job.filter(|job| job.known.as_ref() != Some(&weakness)) {
                    self.report(Report::Script { job, outcome: Outcome::Weak(weakness) });
                }
                return;
            }
            Reply::Stuck { id } => return self.stuck(id),
            Reply::Ended { id, status, took } => (id, Outcome::Ended { status: ExitStatus::from_raw(status), took }),
            Reply::TimedOut { id } => (id, Outcome::TimedOut),
            Reply::Killed { id } => (id, Outcome::EndedByStop),
            Reply::EndedAsAsked { id } => (id, Outcome::EndedAsAsked),
            Reply::Refused { id, weakness } => (id, Outcome::Refused(weakness)),
            Reply::CannotRun { id, why } => (id, Outcome::CannotRun(why)),
        };
        let job = self.work().queue.ended(id);
        if let Some(job) = job {
            self.report(Report::Script { job, outcome });
        }
    }

    /// A job cannot be ended. A state must be told all the same; a check would only hang as well.
    fn stuck(&self, id: JobId) {
        let mut work = self.work();
        let job = match self.lane {
            Lane::States => work.queue.ended(id),
            Lane::Checks => work.queue.job(id).cloned(),
        };
        drop(work);
        if let Some(job) = job {
            self.report(Report::Script { job, outcome: Outcome::Stuck });
        }
    }

    /// Of each router only the scripts of the last state still run. Returns how others are to be ended for that.
    pub(super) fn hurry(&self) -> Vec<Request> {
        let mut work = self.work();
        let Hurry { superseded, end, ask } = work.queue.hurry();
        let total = work.queue.superseded();
        drop(work);
        self.report_all(superseded, || Outcome::Superseded { total });
        let end = end.into_iter().map(|id| Request::End { id });
        end.chain(ask.into_iter().map(|id| Request::Ask { id })).collect()
    }

    /// The process is gone. What it had not started yet is run by the next.
    pub(super) fn lost_process(&self, status: io::Result<ExitStatus>) {
        let interrupted = self.work().queue.lost_runner();
        self.report(Report::RunnerEnded(status));
        self.report_all(interrupted, || Outcome::Interrupted);
    }

    /// No process runs any more, and none will.
    fn give_up(&self) {
        let (interrupted, waiting) = self.work().queue.give_up();
        self.report_all(interrupted, || Outcome::EndedByStop);
        self.report_all(waiting, || Outcome::NotRun);
    }

    /// Waits until `time`, or until everything is to finish.
    async fn finishes_before(&self, time: Instant) {
        while self.phase() == Phase::Run && timeout_at(time, self.changed()).await.is_ok() {}
    }
}

/// The program that runs scripts: this one, in the version that runs.
fn own_program() -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0(NAME.to_string_lossy().as_ref()).arg("runner");
    command
}

/// Keeps a process running and fed, until all is done.
async fn feed(shared: &Shared, program: fn() -> Command) {
    loop {
        let started = Instant::now();
        match Process::start(program()) {
            Ok(process) => match process.run(shared).await {
                Close::Finished => break,
                Close::Lost => {}
            },
            Err(error) => shared.report(Report::RunnerUnavailable(error)),
        }
        shared.finishes_before(started + RESTART).await;
        if shared.phase() != Phase::Run {
            break;
        }
    }
    shared.give_up();
}

#[cfg(test)]
mod tests;
