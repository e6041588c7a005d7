//! Where events go: the log, the event stream, scripts, mails. Each sink starts from the same [`NamedEvent`].

mod log;
pub(crate) mod mail;
pub(crate) mod scripts;

use std::sync::Arc;

use tokio::sync::watch;

use self::mail::{MailSink, Mails};
use self::scripts::Scripts;
use crate::ports::events::{NamedEvent, Occurrence};
use crate::ports::mail::MailCounts;
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
    mail: MailSink,
}

impl Sinks {
    pub(crate) fn new(
        stream: Stream,
        scripts: watch::Receiver<Arc<Scripts>>,
        mails: watch::Receiver<Arc<Mails>>,
        counts: MailCounts,
    ) -> Self {
        Self { stream, scripts, runner: None, mail: MailSink::new(mails, counts) }
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
        self.mail.take(event);
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

    /// Sends the mails that wait, if that takes no time. What is left has to finish when the runtime has ended.
    pub(crate) async fn finish(self) -> Unfinished {
        self.mail.finish().await;
        Unfinished { runner: self.runner }
    }
}

/// What must not be waited for while tasks run.
pub(crate) struct Unfinished {
    runner: Option<Runner>,
}

impl Unfinished {
    /// Lets the scripts that are queued finish.
    pub(crate) fn finish(self) {
        if let Some(runner) = self.runner {
            runner.finish();
        }
    }
}
