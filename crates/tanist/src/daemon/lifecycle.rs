//! `startup_script` and `shutdown_script`: run by the main thread, before the other threads start and after they have ended.

use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use conf::model::Config;
use conf::model::notify::TimedScript;
use signal_hook::consts::SIGHUP;

use crate::manager;
use crate::ports::main::{MainEvent, MainHandle};
use crate::runner::{Admission, Job, Lane, Outcome, Output, Report, Runner};
use crate::sinks::{self, scripts::admitted};

/// What the service manager grants beyond the time limit of a script.
const SLACK: Duration = Duration::from_secs(10);

/// The two scripts, as far as they may run.
#[derive(Clone, Debug, Default)]
pub(super) struct Lifecycle {
    startup: Option<Job>,
    shutdown: Option<Job>,
}

/// What signals said while a script ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Nothing,
    Reload,
    Stop,
}

impl Lifecycle {
    /// Says of a script that will not run, or should not, why.
    pub(super) fn new(config: &Config) -> Self {
        let mut admission = Admission::new(&config.global);
        let mut complaints = Vec::new();
        let mut job = |keyword: &str, timed: Option<&TimedScript>| {
            let TimedScript { script, time_limit } = timed?;
            let script = admitted(&mut admission, script, keyword, &mut complaints)?;
            Some(admission.job(keyword, &script, &[], *time_limit, Output::Inherited))
        };
        let scripts = &config.global.lifecycle;
        let lifecycle = Self {
            startup: job("startup_script", scripts.startup.as_ref()),
            shutdown: job("shutdown_script", scripts.shutdown.as_ref()),
        };
        for complaint in complaints {
            tracing::warn!("{complaint}");
        }
        lifecycle
    }

    /// Runs `startup_script`. However it ends, the daemon starts, as keepalived does; unless a signal says otherwise.
    pub(super) fn start(&self, main: &MainHandle, inbox: &mpsc::Receiver<MainEvent>) -> Heard {
        self.startup.as_ref().map_or(Heard::Nothing, |job| run(job, main, inbox))
    }

    /// Runs `shutdown_script`; a further signal to stop ends it.
    pub(super) fn stop(&self, main: &MainHandle, inbox: &mpsc::Receiver<MainEvent>) {
        if let Some(job) = &self.shutdown {
            run(job, main, inbox);
        }
    }
}

/// Runs a script and waits until it has ended, or a signal says to stop.
fn run(job: &Job, main: &MainHandle, inbox: &mpsc::Receiver<MainEvent>) -> Heard {
    tracing::info!("{}: {} is run", job.queue, job.argv.join(" "));
    let (answer, done) = main.expect();
    let answer = Mutex::new(Some(answer));
    let subscriber = move |report: Report| {
        sinks::report(&report);
        if is_last(&report)
            && let Some(answer) = answer.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            answer.give(());
        }
    };
    let runner = match Runner::start(Lane::States, subscriber) {
        Ok(runner) => runner,
        Err(error) => {
            tracing::error!("{}: cannot be run: {error}", job.queue);
            return Heard::Nothing;
        }
    };
    manager::extend(job.time_limit + SLACK);
    runner.submit(vec![job.clone()]);
    let heard = wait(&done, inbox);
    match heard {
        Heard::Nothing | Heard::Reload => runner.finish(),
        Heard::Stop => runner.abandon(),
    }
    heard
}

/// Whether nothing more comes of the script.
const fn is_last(report: &Report) -> bool {
    match report {
        Report::Script { outcome: Outcome::Weak(_), .. } | Report::RunnerEnded(_) | Report::RunnerStuck => false,
        Report::Script { .. } | Report::RunnerUnavailable(_) => true,
    }
}

fn wait(done: &mpsc::Receiver<()>, inbox: &mpsc::Receiver<MainEvent>) -> Heard {
    let mut heard = Heard::Nothing;
    loop {
        if !matches!(done.try_recv(), Err(mpsc::TryRecvError::Empty)) {
            return heard;
        }
        match inbox.recv() {
            Err(_) => return Heard::Stop,
            Ok(event) if event.is_stop() => return Heard::Stop,
            Ok(MainEvent::Signal(SIGHUP) | MainEvent::ReloadDue) => heard = Heard::Reload,
            // Others ask for dumps: there is nothing to tell yet, or any more.
            Ok(MainEvent::Signal(_) | MainEvent::RestartAsked | MainEvent::Answered) => {}
        }
    }
}
