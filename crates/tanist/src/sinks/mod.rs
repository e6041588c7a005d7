//! Where events go: the log, the event stream, scripts. Each sink starts from the same [`NamedEvent`].

mod log;

use std::sync::Arc;

use tokio::sync::watch;
use vrrp::event::EventKind;

use crate::logging::Reader;
use crate::notify::{Becomes, Runner, Scripts};
use crate::ports::events::{NamedEvent, Occurrence};
use crate::ports::stream::Stream;

/// All sinks.
pub(crate) struct Sinks {
    stream: Stream,
    scripts: watch::Receiver<Arc<Scripts>>,
    runner: Option<Runner>,
    /// Who reads the log of the script runner.
    reader: Reader,
}

impl Sinks {
    pub(crate) const fn new(stream: Stream, scripts: watch::Receiver<Arc<Scripts>>, reader: Reader) -> Self {
        Self { stream, scripts, runner: None, reader }
    }

    /// Waits for another configuration of scripts and starts their runner: a failover must not wait for that.
    pub(crate) async fn reconfigured(&mut self) {
        if self.scripts.changed().await.is_err() {
            // The main thread has ended: there will be no other.
            std::future::pending().await
        }
        if self.runner.is_none() && !self.scripts.borrow_and_update().is_empty() {
            match Runner::start(self.reader) {
                Ok(started) => self.runner = Some(started),
                Err(error) => tracing::error!("scripts will not run: {error}"),
            }
        }
    }

    /// Hands an event to each sink.
    pub(crate) fn take(&mut self, event: &Arc<NamedEvent>) {
        log::take(event);
        self.stream.send(event);
        self.run_scripts(event);
    }

    fn run_scripts(&mut self, event: &NamedEvent) {
        let Occurrence::Protocol(vrrp::event::Event { kind: EventKind::Transition(transition), .. }) = &event.what
        else {
            return;
        };
        let becomes = Becomes::after(transition);
        let jobs = self.scripts.borrow().jobs(&event.router, becomes, transition.priority.value());
        if let Some(runner) = &self.runner {
            jobs.into_iter().for_each(|job| runner.submit(job));
        }
    }

    /// Lets the scripts that are queued finish.
    pub(crate) fn finish(self) {
        if let Some(runner) = self.runner {
            runner.finish();
        }
    }
}
