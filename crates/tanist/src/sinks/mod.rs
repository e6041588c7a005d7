//! Where events go: the log, the event stream, scripts, pipes, mails. Each sink starts from the same [`NamedEvent`].

mod log;
pub(crate) mod mail;
mod pipes;
pub(crate) mod scripts;

use std::sync::Arc;

use conf::model::Config;
use linux::state::StateDir;
use tokio::sync::watch;

use self::mail::{MailSink, Mails};
use self::pipes::Pipes;
use self::scripts::Scripts;
use crate::launch::Start;
use crate::ports::directory::DirectoryReader;
use crate::ports::events::{NamedEvent, Occurrence};
use crate::ports::handover::Rest;
use crate::ports::mail::MailCounts;
use crate::ports::sightings::Sightings;
use crate::ports::stream::Stream;
use crate::ports::tally::Tally;
use crate::runner::{Job, Lane, Report, Runner};
use crate::wording::{Alert, Notice};

/// Logs what becomes of a process that runs scripts.
pub(crate) fn report(report: &Report) {
    log::report(report);
}

/// What a configuration says of the sinks.
#[derive(Debug, Default)]
struct Settings {
    scripts: Scripts,
    pipes: pipes::Settings,
}

impl Settings {
    /// Resolves users and checks the files of scripts. Returns a line for each script that will not run, or should not, and
    /// each pipe that is not used.
    fn new(config: &Config, before: &Self) -> (Self, Vec<String>) {
        let (scripts, mut complaints) = Scripts::new(config);
        let pipes = pipes::Settings::new(config, &mut complaints);
        (Self { scripts: scripts.following(&before.scripts), pipes }, complaints)
    }
}

/// How the main thread tells the sinks what is new.
pub(crate) struct Teller {
    settings: watch::Sender<Arc<Settings>>,
    mails: watch::Sender<Arc<Mails>>,
    loads: watch::Sender<u64>,
}

/// What the main thread tells the sinks.
pub(crate) struct Told {
    settings: watch::Receiver<Arc<Settings>>,
    mails: watch::Receiver<Arc<Mails>>,
    /// How many configurations came into force: with the second, a reload is complete.
    loads: watch::Receiver<u64>,
}

impl Teller {
    pub(crate) fn new() -> (Self, Told) {
        let ((settings, told), (mails, wanted)) = (watch::channel(Arc::default()), watch::channel(Arc::default()));
        let (loads, loaded) = watch::channel(0);
        (Self { settings, mails, loads }, Told { settings: told, mails: wanted, loads: loaded })
    }

    /// Lets the sinks follow a configuration. What is wrong with it is logged.
    pub(crate) fn follow(&self, config: &Config) {
        let (settings, complaints) = Settings::new(config, &self.settings.borrow());
        for complaint in complaints {
            tracing::warn!("{complaint}");
        }
        self.settings.send_replace(Arc::new(settings));
        let mails = Mails::new(config).following(&self.mails.borrow());
        self.mails.send_replace(Arc::new(mails));
    }

    /// How many configurations came into force.
    pub(crate) fn loads(&self) -> watch::Receiver<u64> {
        self.loads.subscribe()
    }

    /// Says that it is in force.
    pub(crate) fn loaded(&self) {
        self.loads.send_modify(|loads| *loads += 1);
    }
}

/// What the sinks work with.
pub(crate) struct Parts {
    pub(crate) stream: Stream,
    pub(crate) told: Told,
    pub(crate) directory: DirectoryReader,
    pub(crate) state_dir: Arc<StateDir>,
    pub(crate) tally: Tally,
    pub(crate) mails: MailCounts,
    pub(crate) start: Start,
    pub(crate) sightings: Sightings,
}

/// All sinks.
pub(crate) struct Sinks {
    stream: Stream,
    settings: watch::Receiver<Arc<Settings>>,
    loads: watch::Receiver<u64>,
    directory: DirectoryReader,
    tally: Tally,
    pipes: Pipes,
    runner: Option<Runner>,
    mail: MailSink,
}

impl Sinks {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { stream, told, directory, state_dir, tally, mails, sightings, start } = parts;
        let Told { settings, mails: wanted, loads } = told;
        let pipes = Pipes::new(state_dir, tally.clone(), start);
        let mail = MailSink::new(wanted, mails, (directory.clone(), sightings));
        Self { stream, settings, loads, directory, tally, pipes, runner: None, mail }
    }

    /// Waits for another configuration or the end of a reload, and follows it: a failover must not wait for that.
    pub(crate) async fn reconfigured(&mut self) {
        let changed = tokio::select! {
            changed = self.settings.changed() => changed.map(|()| self.settings.mark_changed()),
            changed = self.loads.changed() => changed.map(|()| self.loads.mark_changed()),
        };
        if changed.is_err() {
            // The main thread has ended: there will be no other.
            std::future::pending().await
        }
        self.follow();
    }

    /// Follows what is new of the configuration.
    fn follow(&mut self) {
        if self.settings.has_changed().is_ok_and(|it| it) {
            let settings = Arc::clone(&self.settings.borrow_and_update());
            if !settings.scripts.is_empty() || settings.pipes.has_readers() {
                self.runner();
            }
            for (keyword, reader) in self.pipes.follow(&settings.pipes) {
                if let Some(runner) = &self.runner {
                    runner.replace(keyword, reader);
                }
            }
        }
        if self.loads.has_changed().is_ok_and(|it| it) && *self.loads.borrow_and_update() > 1 {
            self.pipes.reloaded(&self.directory.borrow(), &self.settings.borrow().pipes);
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
        // It may be the first of a configuration of which there was no word yet.
        self.follow();
        log::take(event);
        self.stream.send(event);
        self.tell(event);
    }

    /// Tells scripts, pipes and mails.
    fn tell(&mut self, event: &NamedEvent) {
        let Occurrence::Protocol(engine) = &event.what else { return };
        if let Some(alert) = Alert::of(&engine.kind) {
            self.mail.alert(&event.subject, &alert, event.at);
        }
        let Some(notice) = Notice::of(&engine.kind) else { return };
        let settings = Arc::clone(&self.settings.borrow());
        let (Settings { scripts, pipes }, owner) = (&*settings, &event.subject);
        let jobs = match notice {
            Notice::State(state, priority) => {
                let state = scripts.said(owner, state);
                self.pipes.state(engine.subject, owner, state, priority);
                self.mail.tell(owner, state, event.at);
                scripts.jobs(owner, state, priority.value())
            }
            Notice::Priority(priority) => {
                self.pipes.priority(engine.subject, owner, priority, pipes);
                Vec::new()
            }
            Notice::LowerPriority => {
                self.pipes.lower_priority(engine.subject, owner);
                scripts.lower_priority(owner)
            }
        };
        self.run(jobs);
    }

    fn run(&mut self, jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        if let Some(runner) = self.runner() {
            runner.submit(jobs);
            let superseded = runner.superseded();
            self.tally.superseded(superseded);
        }
    }

    /// Whether everything was told that was to be told.
    pub(crate) fn rest(&self) -> Rest {
        if self.runner.as_ref().is_none_or(Runner::is_at_rest) && self.mail.is_at_rest() {
            Rest::Idle(self.pipes.kept())
        } else {
            Rest::Busy
        }
    }

    /// Closes the pipes, and sends the mails that wait, if that takes no time. What is left has to finish when the runtime has
    /// ended.
    pub(crate) async fn finish(self) -> Unfinished {
        self.pipes.close();
        self.mail.finish().await;
        Unfinished { runner: self.runner }
    }
}

/// What must not be waited for while tasks run.
pub(crate) struct Unfinished {
    runner: Option<Runner>,
}

impl Unfinished {
    /// Lets the scripts that are queued and the readers of pipes finish.
    pub(crate) fn finish(self) {
        if let Some(runner) = self.runner {
            runner.finish();
        }
    }
}
