//! Where events go: the log, the event stream, scripts. Each sink starts from the same [`NamedEvent`].

mod log;
pub(crate) mod scripts;

use std::sync::Arc;

use tokio::sync::watch;

use self::scripts::Scripts;
use crate::ports::events::{NamedEvent, Occurrence};
use crate::ports::stream::Stream;
use crate::runner::{Lane, Report, Runner};
use crate::wording::NotifyState;

/// Logs what becomes of a process that runs scripts.
pub(crate) fn report(report: &Report) {
    log::report(report);
}

/// All sinks.
pub(crate) struct Sinks {
    stream: Stream,
    scripts: watch::Receiver<Arc<Scripts>>,
    runner: Option<Runner>,
}

impl Sinks {
    pub(crate) const fn new(stream: Stream, scripts: watch::Receiver<Arc<Scripts>>) -> Self {
        Self { stream, scripts, runner: None }
    }

    /// Waits for another configuration of scripts and starts their runner: a failover must not wait for that.
    pub(crate) async fn reconfigured(&mut self) {
        if self.scripts.changed().await.is_err() {
            // The main thread has ended: there will be no other.
            std::future::pending().await
        }
        if !self.scripts.borrow_and_update().is_empty() {
            self.runner();
        }
    }

    /// The runner, started if there is none yet.
    fn runner(&mut self) -> Option<&Runner> {
        if self.runner.is_none() {
            match Runner::start(Lane::States, log::scripts()) {
                Ok(started) => self.runner = Some(started),
                Err(error) => tracing::error!("scripts do not run: {error}"),
            }
        }
        self.runner.as_ref()
    }

    /// Hands an event to each sink.
    pub(crate) fn take(&mut self, event: &Arc<NamedEvent>) {
        log::take(event);
        self.stream.send(event);
        self.run_scripts(event);
    }

    fn run_scripts(&mut self, event: &NamedEvent) {
        let Occurrence::Protocol(engine) = &event.what else { return };
        let Some((state, priority)) = NotifyState::of(&engine.kind) else { return };
        let jobs = self.scripts.borrow().jobs(&event.subject, state, priority.value());
        // The first event may be here before word of the configuration.
        if !jobs.is_empty()
            && let Some(runner) = self.runner()
        {
            runner.submit(jobs);
        }
    }

    /// Lets the scripts that are queued finish.
    pub(crate) fn finish(self) {
        if let Some(runner) = self.runner {
            runner.finish();
        }
    }
}
