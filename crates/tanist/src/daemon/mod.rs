//! `tanist run`: starts the threads, follows signals, stops everything in order.
//!
//! | thread | does |
//! |---|---|
//! | protocol | [`protocol`]: adverts and timers |
//! | host | [`steward`]: the machine |
//! | services | [`crate::services`]: log, control socket, scripts |
//! | main | signals, reload, start and stop |

mod notice;
mod protocol;
mod reload;
mod start;
mod steward;
mod wire;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use conf::model::Config;
use conf::{Diagnostics, Position, Severity};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

pub(crate) use self::notice::{HostNotice, Notice, NoticeSender};
pub(crate) use self::protocol::{ProtocolHandle, ToProtocol};
use self::reload::{Pending, Running};
use self::start::StartError;
use self::steward::{Plan, StewardHandle, ToSteward};
use crate::cli::RunArgs;
use crate::logging::{self, Reader};
use crate::services::Directory;
use crate::sinks::scripts::Scripts;
use crate::{children, loader};

/// How long a thread may take to do what it was told before the daemon says so.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs until SIGTERM or SIGINT.
pub(crate) fn run(options: RunArgs) -> ExitCode {
    logging::start(Reader::new(options.foreground));
    match try_run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn try_run(options: RunArgs) -> Result<(), StartError> {
    // Before anything else, so that no signal that comes meanwhile kills us half-way.
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(StartError::Signals)?;
    children::reap_orphans().map_err(StartError::Signals)?;
    let config = load(&options)?;
    let mut daemon = start::start(&options, &config)?;
    daemon.follow(&config);
    // Without a service manager there is nobody to tell.
    sd_notify::notify(&[sd_notify::NotifyState::Ready]).ok();
    for signal in &mut signals {
        if signal != SIGHUP {
            break;
        }
        daemon.reload();
    }
    sd_notify::notify(&[sd_notify::NotifyState::Stopping]).ok();
    daemon.stop();
    Ok(())
}

/// Reads the configuration and shows what is wrong with it.
fn load(options: &RunArgs) -> Result<Config, StartError> {
    let loaded = loader::load(&options.config, options.config_id.as_deref());
    log(&loaded.diagnostics);
    if loaded.diagnostics.has_errors() && options.strict {
        return Err(StartError::Strict);
    }
    if loaded.config.routers.is_empty() {
        return Err(StartError::NothingToRun(options.config.clone()));
    }
    Ok(loaded.config)
}

/// Logs what is to be said about a configuration, a line each; `tanist check` shows more.
fn log(diagnostics: &Diagnostics) {
    for diagnostic in diagnostics.iter() {
        let file = diagnostics.sources().file(diagnostic.span().file).path().display();
        let Position { line, column } = diagnostics.sources().start(diagnostic.span());
        let note = diagnostic.note.iter().map(|note| format!("; {note}"));
        let help = diagnostic.suggestion.iter().map(|suggestion| format!("; {}", suggestion.text));
        let rest: String = note.chain(help).collect();
        let text = format!("{file}:{line}:{column}: {}{rest}", diagnostic.message);
        match diagnostic.severity {
            Severity::Error => tracing::error!("{text}"),
            Severity::Warning => tracing::warn!("{text}"),
            Severity::Advice => tracing::info!("{text}"),
        }
    }
    if diagnostics.left_out() > 0 {
        tracing::warn!("{} more messages about the configuration", diagnostics.left_out());
    }
}

/// A daemon that runs.
struct Daemon {
    config_path: PathBuf,
    config_id: Option<String>,
    control_path: PathBuf,
    running: Running,
    protocol: ProtocolHandle,
    steward: StewardHandle,
    notices: NoticeSender,
    stop_services: tokio::sync::oneshot::Sender<()>,
    threads: Vec<JoinHandle<()>>,
    /// Held for as long as the daemon runs.
    _lock: linux::instance::StateLock,
}

impl Daemon {
    /// Makes the daemon follow a configuration. Routers that are the same see nothing.
    fn follow(&mut self, config: &Config) {
        let (scripts, complaints) = Scripts::new(config);
        for complaint in complaints {
            tracing::warn!("{complaint}");
        }
        let Pending { change, kept, added } = self.running.compare(config);
        let (answer, ids) = mpsc::sync_channel(1);
        self.protocol.send(ToProtocol::Reload { change: Box::new(change), added: answer });
        let Ok(ids) = ids.recv_timeout(PATIENCE) else {
            // Nobody knows any more which routers there are.
            return start::give_up("protocol", "does not answer");
        };
        let routers = self.running.complete(kept, added, ids);
        let directory = Directory { routers: routers.iter().cloned().collect(), scripts };
        self.notices.send_surely(Notice::Directory(Box::new(directory)));
        let (answer, done) = mpsc::sync_channel(1);
        let plan = Plan { routers, trackers: self.running.trackers(), gaps: config.global.gaps };
        self.steward.send(ToSteward::Reload { plan: Box::new(plan), done: answer });
        if done.recv_timeout(PATIENCE).is_err() {
            tracing::error!("the host thread does not answer");
        }
    }

    /// SIGHUP. A file with errors changes nothing.
    fn reload(&mut self) {
        let loaded = loader::load(&self.config_path, self.config_id.as_deref());
        log(&loaded.diagnostics);
        if loaded.diagnostics.has_errors() {
            tracing::error!("{} has errors: the old configuration stays in force", self.config_path.display());
            return;
        }
        self.follow(&loaded.config);
        tracing::info!("{} is in force", self.config_path.display());
    }

    /// Priority 0, addresses out, links out, settings restored; then the services end.
    fn stop(self) {
        let (answer, done) = mpsc::sync_channel(1);
        self.protocol.send(ToProtocol::Stop(answer));
        report_silence("protocol", done.recv_timeout(PATIENCE));
        let (answer, done) = mpsc::sync_channel(1);
        self.steward.send(ToSteward::Stop(answer));
        report_silence("host", done.recv_timeout(PATIENCE));
        drop(self.notices);
        // The services may have ended by themselves.
        self.stop_services.send(()).ok();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a thread panicked");
            }
        }
        if let Err(error) = std::fs::remove_file(&self.control_path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("{}: {error}", self.control_path.display());
        }
    }
}

fn report_silence(thread: &str, answer: Result<(), mpsc::RecvTimeoutError>) {
    if answer.is_err() {
        tracing::error!("the {thread} thread did not finish within {PATIENCE:?}");
    }
}
