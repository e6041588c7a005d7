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

mod host;
mod lifecycle;
mod mark;
mod open;
mod peer;
mod protocol;
mod reload;
mod restart;
pub(crate) mod resume;
mod scheduling;
mod start;
mod timetable;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use conf::model::{Config, Served};
use conf::{Loaded, Places, Position, Severity, Verdict};
use linux::clock;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use signal_hook::consts::{SIGHUP, SIGUSR1, SIGUSR2};
use signal_hook::low_level::signal_name;
use tokio::sync::watch;

use self::lifecycle::{Heard, Lifecycle};
use self::mark::Mark;
use self::open::Held;
use self::open::StartError;
use self::peer::Peer;
use self::reload::{Pending, Running};
use self::restart::{Program, Texts};
use self::resume::{Beginning, Predecessor};
use self::scheduling::Scheduled;
use self::timetable::Timetable;
use crate::cli::RunArgs;
use crate::control::SocketFile;
use crate::dumps::{Dumps, Wanted};
use crate::guardian::{Keeper, Relief, relieve};
use crate::launch::{self, Idle, PidFiles, Start};
use crate::logging;
use crate::ports::directory::Directory;
use crate::ports::handover::Rest;
use crate::ports::host::{HostCommand, HostPlan};
use crate::ports::main::{Answer, MainEvent, MainHandle};
use crate::ports::protocol::{Agreed, ProtocolCommand};
use crate::ports::pulse::Pulse;
use crate::ports::released::Released;
use crate::ports::restart::{RestartDesk, Tested};
use crate::ports::signals::{SIG_JSON, SIG_STATS_CLEAR};
use crate::sinks::Teller;
use crate::trackers::{Doubt, Plan, files};
use crate::{children, loader, manager, wording};

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

/// Reads the configuration and shows what is wrong with it.
fn load(options: &RunArgs) -> Result<Loaded, StartError> {
    let loaded = loader::load_to_run(&options.config, options.config_id.as_deref());
    log(&loaded);
    if loaded.diagnostics.has_errors() && options.strict {
        return Err(StartError::Strict);
    }
    if loaded.config.is_idle() && options.launch.idle == Idle::Refused {
        return Err(StartError::NothingToRun(options.config.clone()));
    }
    Ok(loaded)
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

/// Messages of one kind that are no errors, in the log: a thousand routers that are written alike get the same advice.
const SAME_MESSAGES: usize = 20;

/// Logs what is to be said about a configuration, a line each; `tanist check` shows more.
fn log(Loaded { diagnostics, routers, .. }: &Loaded) {
    let mut said: BTreeMap<&str, usize> = BTreeMap::new();
    for diagnostic in diagnostics.iter() {
        if diagnostic.severity != Severity::Error {
            let count = said.entry(diagnostic.code.name()).or_default();
            *count += 1;
            if *count > SAME_MESSAGES {
                continue;
            }
        }
        let file = diagnostics.sources().file(diagnostic.span().file).path().display();
        let Position { line, column, .. } = diagnostics.sources().start(diagnostic.span());
        let note = diagnostic.note.iter().map(|note| format!("; {note}"));
        let help = diagnostic.suggestion.iter().map(|suggestion| format!("; {}", suggestion.text));
        let rest: String = note.chain(help).collect();
        let text = format!("{file}:{line}:{column}: {}{rest}", diagnostic.message);
        match diagnostic.severity {
            Severity::Error => tracing::error!("{text}"),
            Severity::Warning | Severity::Unsupported => tracing::warn!("{text}"),
            Severity::Advice => tracing::info!("{text}"),
        }
    }
    for (code, count) in said.into_iter().filter(|(_, count)| *count > SAME_MESSAGES) {
        tracing::info!("{} more messages `{code}`; `tanist check` shows them", count - SAME_MESSAGES);
    }
    if diagnostics.left_out() > 0 {
        tracing::warn!("{} more messages about the configuration", diagnostics.left_out());
    }
    let text = conf::summary(routers);
    if routers.iter().all(|router| router.verdict == Verdict::Ready) {
        tracing::info!("{text}");
    } else {
        tracing::warn!("{text}");
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
    teller: Teller,
    released: Released,
    dumps: Dumps,
    /// The configuration in force, for those who tell of it.
    in_force: watch::Sender<Option<Arc<Config>>>,
    lifecycle: Lifecycle,
    trackers: watch::Sender<Arc<Plan>>,
    /// Where metrics are served by TCP.
    metrics: watch::Sender<Option<Served>>,
    /// Name of the service on D-Bus.
    bus_name: watch::Sender<Option<String>>,
    stop_services: tokio::sync::oneshot::Sender<()>,
    threads: Vec<JoinHandle<()>>,
    scheduled: Scheduled,
    guardian: Keeper,
    program: Arc<Program>,
    desk: RestartDesk,
    /// Asks the services thread whether everything was told.
    rest: tokio::sync::mpsc::Sender<Answer<Rest>>,
    /// What the service manager wants.
    watchdog: Option<Duration>,
    /// The program before, until this one has taken over all that it had.
    before: Option<Box<Predecessor>>,
    /// Held for as long as the daemon runs.
    lock: linux::state::StateLock,
    _presence: linux::instance::Presence,
}

/// How far the newest configuration has come.
enum Step {
    /// It is in force.
    InForce,
    /// The protocol thread names the routers that are new.
    Naming { pending: Box<Pending>, ids: mpsc::Receiver<Vec<vrrp::types::RouterId>>, since: Instant },
    /// The host thread attaches the routers.
    Attaching { done: mpsc::Receiver<()>, since: Instant },
    /// It is in force, and another program shows whether it can go on in the place of this one.
    Testing { verdict: mpsc::Receiver<Tested>, texts: Texts },
    /// It can, and the peers of BFD sessions are asked whether they bear that nothing is sent for a while.
    Pausing { agreed: mpsc::Receiver<Agreed>, texts: Texts, since: Instant },
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
                Some(MainEvent::Signal(SIGUSR1)) => self.dumps.want(Wanted::Data),
                Some(MainEvent::Signal(SIGUSR2)) => self.dumps.want(Wanted::Statistics),
                Some(MainEvent::Signal(SIG_STATS_CLEAR)) => self.dumps.want(Wanted::StatisticsOnce),
                Some(MainEvent::Signal(SIG_JSON)) => self.dumps.want(Wanted::Json),
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

    /// SIGHUP, or the time has come. A file with errors, or with nothing that can run, changes nothing.
    fn reload(&mut self) {
        if !matches!(self.step, Step::InForce) {
            self.reload_again = true;
            return;
        }
        manager::reloading();
        let mark = Mark::set(self.mark.as_deref(), &self.config_path);
        let loaded = loader::load_to_run(&self.config_path, self.config_id.as_deref());
        drop(mark);
        log(&loaded);
        let file = self.config_path.display();
        let refusal = if loaded.diagnostics.has_errors() {
            Some(" has errors")
        } else if loaded.config.is_idle() {
            Some(": there is nothing in it that can run")
        } else {
            None
        };
        if let Some(refusal) = refusal {
            tracing::error!("{file}{refusal}: the old configuration stays in force");
            manager::ready();
            return;
        }
        let lifecycle = Lifecycle::new(&loaded.config);
        self.tell_what_stays(&loaded.config);
        self.put_in_force(&Arc::new(loaded.config), loaded.places, lifecycle);
    }

    /// What a reload does not change.
    fn tell_what_stays(&self, config: &Config) {
        let global = &config.global;
        if global.net_namespace != self.configured_namespace {
            tracing::warn!("net_namespace: a reload does not change the namespace; start the daemon anew");
        }
        if global.instance != self.instance {
            tracing::warn!("instance: a reload does not change the name; start the daemon anew");
        }
    }

    /// Makes the daemon follow a configuration. Routers that are the same see nothing.
    fn put_in_force(&mut self, config: &Arc<Config>, places: Places, lifecycle: Lifecycle) {
        self.scheduled.follow(&config.global.scheduling);
        self.guardian.follow(config.global.guardian);
        self.mark.clone_from(&config.global.reloads.file);
        self.timetable.follow(config.global.reloads.time.as_ref());
        self.lifecycle = lifecycle;
        self.teller.follow(config);
        self.in_force.send_replace(Some(Arc::clone(config)));
        let at = config.global.metrics;
        self.metrics.send_if_modified(|before| std::mem::replace(before, at) != at);
        let name = &config.global.bus_name;
        self.bus_name.send_if_modified(|before| {
            before != name && {
                before.clone_from(name);
                true
            }
        });
        let (mut pending, mut change) = self.running.compare(config, &places);
        pending.names.places = Arc::new(places);
        let (mut plan, doubts) = self.running.plan(config);
        if let Some(before) = &mut self.before {
            change.resume = Some(Box::new(before.engine(&pending)));
            plan = plan.going_on(before.readings(&pending.names));
        }
        for Doubt { key, weakness, identity } in doubts {
            tracing::warn!("{}: {}", wording::key(&key), wording::weak_script(&weakness, identity.as_ref()));
        }
        self.trackers.send_replace(Arc::new(plan));
        // A group makes events as soon as the protocol thread has it, and so does a router that goes on.
        let routers = Running::going_on(&pending, &change);
        let directory = self.directory.borrow().expecting(routers, &pending.names);
        self.directory.send_replace(Arc::new(directory));
        let (added, ids) = self.main.expect();
        let since = Instant::now();
        self.step = Step::Naming { pending: Box::new(pending), ids, since };
        self.protocol.send(ProtocolCommand::Reload { change: Box::new(change), added });
    }

    /// Goes on with the configuration if the thread that was asked has answered.
    fn advance(&mut self) {
        match std::mem::replace(&mut self.step, Step::InForce) {
            Step::InForce => {}
            Step::Naming { pending, ids, since } => match ids.try_recv() {
                Ok(ids) => self.attach(*pending, ids),
                Err(_) => self.step = Step::Naming { pending, ids, since },
            },
            Step::Attaching { done, since } => match done.try_recv() {
                Ok(()) => self.in_force(),
                Err(_) => self.step = Step::Attaching { done, since },
            },
            Step::Testing { verdict, texts } => match verdict.try_recv() {
                Ok(verdict) => self.tested(verdict, texts),
                Err(mpsc::TryRecvError::Empty) => self.step = Step::Testing { verdict, texts },
                Err(mpsc::TryRecvError::Disconnected) => {
                    self.tested(Err("the self-test was not carried out".to_owned()), texts)
                }
            },
            Step::Pausing { agreed, texts, since } => match agreed.try_recv() {
                Ok(agreed) => self.paused(agreed, &texts),
                Err(_) => self.step = Step::Pausing { agreed, texts, since },
            },
        }
    }

    fn attach(&mut self, mut pending: Pending, ids: Vec<vrrp::types::RouterId>) {
        let (gaps, link_delays) = (pending.gaps, std::mem::take(&mut pending.link_delays));
        let vmac_prefixes = std::mem::take(&mut pending.vmac_prefixes);
        let garp_groups = std::mem::take(&mut pending.garp_groups);
        let (drop_priority, leases) = (pending.drop_priority, pending.leases);
        let names = std::mem::take(&mut pending.names);
        let places = Arc::clone(&names.places);
        let statics = std::mem::take(&mut pending.statics);
        let resume = self.before.as_ref().and_then(|before| before.host(&pending, &ids)).map(Box::new);
        let routers = self.running.complete(pending, ids);
        // Before the host thread attaches a router to its parent it makes no event, unless it goes on.
        let known = routers.iter().cloned().collect();
        let directory = self.directory.borrow().followed_by(known, names);
        self.directory.send_replace(Arc::new(directory));
        // Before the host thread gives a new router its interface, without which it does not start.
        self.released.take_groups_along(&self.directory.borrow());
        let released = self.released.ids(&self.directory.borrow());
        self.protocol.send(ProtocolCommand::Release(released));
        let (answer, done) = self.main.expect();
        self.step = Step::Attaching { done, since: Instant::now() };
        let (track_groups, trackers) = (self.running.track_groups(), self.running.trackers());
        let plan = HostPlan {
            statics,
            routers,
            track_groups,
            trackers,
            gaps,
            garp_groups,
            vmac_prefixes,
            link_delays,
            drop_priority,
            leases,
            places,
            resume,
        };
        self.host.send(HostCommand::Reload { plan: Box::new(plan), done: answer });
    }

    fn in_force(&mut self) {
        tracing::info!("{} is in force", self.config_path.display());
        // With it goes what it has kept open.
        if let Some(before) = self.before.take() {
            self.protocol.send(ProtocolCommand::EndPause);
            let (handover, ours) = (&before.handover, env!("CARGO_PKG_VERSION"));
            let gap = clock::now().since(handover.deaf_since).as_millis();
            tracing::info!(
                "tanist {ours} goes on in the place of tanist {}, after {gap} ms: {} virtual routers",
                handover.program,
                handover.routers.len()
            );
        }
        self.teller.loaded();
        manager::ready();
        if std::mem::take(&mut self.reload_again) {
            self.reload();
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
        // The services may have ended by themselves.
        self.stop_services.send(()).ok();
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
