//! `tanist run`: starts the threads, follows signals, stops everything in order.
//!
//! | thread | does |
//! |---|---|
//! | protocol | [`protocol`]: adverts and timers |
//! | host | [`host`]: the machine |
//! | services | [`crate::services`]: log, control socket, scripts |
//! | signals | hands signals to the main thread |
//! | timetable | says when `reload_time_file` wants a reload |
//! | main | reload, start and stop |
//!
//! The main thread waits in one place, its inbox: a reload that waits for another thread does not keep it from hearing
//! that it is to stop.

mod follow;
mod host;
mod lifecycle;
mod mark;
mod open;
mod peer;
mod protocol;
mod reading;
mod reload;
mod restart;
pub(crate) mod resume;
mod scheduling;
mod start;
mod threads;
mod timetable;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use conf::Loaded;
use conf::model::Config;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use signal_hook::consts::{SIGHUP, SIGUSR1, SIGUSR2};
use signal_hook::low_level::signal_name;
use tokio::sync::watch;

use self::follow::Step;
use self::lifecycle::{Heard, Lifecycle};
use self::mark::Mark;
use self::open::{Held, StartError};
use self::peer::Peer;
use self::reading::load;
use self::reload::Running;
use self::restart::Program;
use self::resume::{Beginning, Predecessor};
use self::scheduling::Scheduled;
use self::timetable::Timetable;
use crate::cli::RunArgs;
use crate::control::SocketFile;
use crate::dumps::Wanted;
use crate::guardian::{Keeper, Relief, relieve};
use crate::launch::{self, PidFiles, Start};
use crate::ports::directory::Directory;
use crate::ports::host::HostCommand;
use crate::ports::main::{MainEvent, MainHandle};
use crate::ports::protocol::ProtocolCommand;
use crate::ports::pulse::Pulse;
use crate::ports::released::Released;
use crate::ports::restart::RestartDesk;
use crate::ports::signals::{SIG_JSON, SIG_STATS_CLEAR};
use crate::ports::stream::Stream;
use crate::services::ServicesHandle;
use crate::trackers::files;
use crate::{children, logging, manager};

/// Time between two looks at a thread that was asked something.
const LOOK: Duration = Duration::from_secs(1);

/// Runs until SIGTERM, SIGINT or SIGQUIT.
pub(crate) fn run(options: RunArgs) -> ExitCode {
    let _log = logging::start(options.log_format());
    for remark in &options.launch.remarks {
        tracing::info!("{remark}");
    }
    match try_run(options) {
        Ok(status) => status,
        Err(error) => {
            tracing::error!("{error}");
            manager::failed(&error.to_string(), error.errno());
            ExitCode::FAILURE
        }
    }
}

fn try_run(options: RunArgs) -> Result<ExitCode, StartError> {
    // Before anything else, so that no signal that comes meanwhile kills us half-way.
    let (main, inbox) = start::signals()?;
    // Those that came while the program before was replaced by this one.
    linux::program::unblock_signals();
    if launch::is_passed_on() {
        children::reap_inherited();
    }
    children::reap_orphans().map_err(StartError::Signals)?;
    let program = Program::this().map_err(StartError::Program)?;
    keep_out_of_cores();
    let Loaded { config, places, diagnostics: _, routers: _ } = load(&options)?;
    drop(Mark::found(config.global.reloads.file.as_deref(), &options.config));
    if let Some(parent) = options.die_with_parent {
        start::die_with(parent)?;
    }
    let options = options.placed(&config.global);
    if let Some(name) = &options.namespace {
        open::enter(name)?;
    }
    let mut beginning = Beginning::of(&config);
    let held = match &mut beginning {
        Beginning::Ordinary => open::hold(&options, &inbox)?,
        Beginning::GoesOn(before) => before.lock.take().map(|lock| Held::inherited(&options, lock)).transpose()?,
        Beginning::Failed { lock, guardian, .. } => {
            guardian.take().map(|guardian| relieve(guardian, Relief::BeginsAnew));
            lock.take().map(|lock| Held::inherited(&options, lock)).transpose()?
        }
    };
    let Some(held) = held else { return Ok(ExitCode::SUCCESS) };
    let _pid_files = PidFiles::write(&options.pid).map_err(|(path, source)| StartError::File { path, source })?;
    if let Some(launcher) = &options.launch.launcher {
        launcher.release();
    }
    let lifecycle = Lifecycle::new(&config);
    let start = beginning.start();
    let heard = match start {
        Start::Ordinary => lifecycle.start(&main, &inbox),
        Start::GoesOn => Heard::Nothing,
    };
    let reload_again = match heard {
        Heard::Nothing => false,
        Heard::Reload => true,
        Heard::Stop => {
            lifecycle.stop(&main, &inbox);
            return Ok(ExitCode::SUCCESS);
        }
    };
    let mut daemon = match start::start(&options, &config, (held, beginning, program), main.clone()) {
        Ok(daemon) => daemon,
        Err(error) => {
            // What the one made the other may take away.
            lifecycle.stop(&main, &inbox);
            return Err(error);
        }
    };
    daemon.reload_again = reload_again;
    match start {
        Start::Ordinary => make_files(&config),
        Start::GoesOn => {}
    }
    daemon.put_in_force(&Arc::new(config), places, lifecycle);
    daemon.serve(&inbox);
    manager::stopping();
    Ok(daemon.stop(&inbox))
}

/// A core file would show the passwords and keys of every file that was read, be it refused, to whoever collects it: there is
/// none.
fn keep_out_of_cores() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!("core files may show passwords: {error}");
    }
}

/// Makes the files that are to be there when the daemon starts (`init_file`).
fn make_files(config: &Config) {
    for file in &config.watched.files {
        if let Err(error) = files::make(file) {
            tracing::error!("track_file {}: {} cannot be made: {error}", file.name, file.file);
        }
    }
}

/// A daemon that runs.
struct Daemon {
    config_path: PathBuf,
    config_id: Option<String>,
    /// `net_namespace` when it started.
    configured_namespace: Option<String>,
    /// What it called itself when it started.
    instance: Option<String>,
    /// Removed at the end, if it is still ours.
    socket: SocketFile,
    running: Running,
    step: Step,
    /// A reload was asked for while a configuration was being followed.
    reload_again: bool,
    /// `reload_file` of the configuration in force.
    mark: Option<String>,
    timetable: Timetable,
    protocol: Peer<ProtocolCommand>,
    host: Peer<HostCommand>,
    /// Of this thread.
    pulse: Pulse,
    main: MainHandle,
    directory: watch::Sender<Arc<Directory>>,
    services: ServicesHandle,
    released: Released,
    stream: Stream,
    lifecycle: Lifecycle,
    threads: Vec<JoinHandle<()>>,
    scheduled: Scheduled,
    guardian: Keeper,
    program: Arc<Program>,
    desk: RestartDesk,
    /// What the service manager wants.
    watchdog: Option<Duration>,
    /// The program before, until this one has taken over all that it had.
    before: Option<Box<Predecessor>>,
    /// Held for as long as the daemon runs.
    lock: linux::state::StateLock,
    _presence: linux::instance::Presence,
}

impl Daemon {
    /// Hears signals and answers until it is to stop.
    fn serve(&mut self, inbox: &mpsc::Receiver<MainEvent>) {
        let mut stop_asked = false;
        loop {
            self.pulse.sleep_until(None);
            let event = match &self.step {
                Step::InForce => inbox.recv().ok(),
                Step::Naming { .. } | Step::Attaching { .. } | Step::Testing { .. } | Step::Pausing { .. } => {
                    match inbox.recv_timeout(LOOK) {
                        Err(mpsc::RecvTimeoutError::Timeout) => Some(MainEvent::Answered),
                        event => event.ok(),
                    }
                }
            };
            self.pulse.beat();
            match event {
                None => return,
                Some(event) if event.is_stop() => stop_asked = true,
                Some(MainEvent::Signal(SIGHUP) | MainEvent::ReloadDue) => self.reload(),
                Some(MainEvent::Signal(SIGUSR1)) => self.services.dump(Wanted::Data),
                Some(MainEvent::Signal(SIGUSR2)) => self.services.dump(Wanted::Statistics),
                Some(MainEvent::Signal(SIG_STATS_CLEAR)) => self.services.dump(Wanted::StatisticsOnce),
                Some(MainEvent::Signal(SIG_JSON)) => self.services.dump(Wanted::Json),
                Some(MainEvent::Signal(other)) => {
                    let name = signal_name(other).unwrap_or("signal");
                    tracing::info!("{name} ({other}) asks for nothing; `tanist status` shows the state");
                }
                Some(MainEvent::RestartAsked) => self.test_program(),
                Some(MainEvent::Answered) => {}
            }
            // What a program before has left is nobody's, and would stay, until all threads have it.
            if stop_asked && self.before.is_none() {
                return;
            }
            // After every event: word of an answer finds no room in an inbox full of signals.
            self.advance();
            self.check_patience();
            if stop_asked && self.before.is_none() {
                return;
            }
        }
    }

    /// A thread that does not answer and shows no sign of life: nobody knows any more which routers there are. One that
    /// works, or waits for the kernel, is waited for.
    fn check_patience(&self) {
        match &self.step {
            // How long a test may take is up to whoever waits for it.
            Step::InForce | Step::Testing { .. } => {}
            Step::Naming { since, .. } | Step::Pausing { since, .. } => self.protocol.check(*since),
            Step::Attaching { since, .. } => self.host.check(*since),
        }
    }

    /// Priority 0; addresses out once the successors are heard, or a second signal comes; links out, settings restored; then
    /// the services end, and `shutdown_script` is run. A thread that hangs is left to the end of the process.
    fn stop(self, inbox: &mpsc::Receiver<MainEvent>) -> ExitCode {
        let (lifecycle, main) = (self.lifecycle.clone(), self.main.clone());
        let status = self.stop_threads(inbox);
        lifecycle.stop(&main, inbox);
        status
    }

    fn stop_threads(mut self, inbox: &mpsc::Receiver<MainEvent>) -> ExitCode {
        let (answer, done) = self.main.expect();
        let hurry = || Some(ProtocolCommand::LetGo);
        let protocol = self.protocol.stop(ProtocolCommand::Stop(answer), &done, inbox, hurry);
        let (answer, done) = self.main.expect();
        let host = self.host.stop(HostCommand::Stop(answer), &done, inbox, || None);
        self.services.stop();
        if protocol.is_err() || host.is_err() {
            drop(self.socket);
            return ExitCode::FAILURE;
        }
        // Not before: what a thread that hangs has not undone the guardian undoes.
        self.guardian.dismiss();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a thread panicked");
            }
        }
        drop(self.socket);
        ExitCode::SUCCESS
    }
}
