//! Starting the threads.

use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use conf::model::Config;
use linux::clock;
use linux::poll::Waker;
use linux::schedule::{self, Thread};
use linux::state::StateDir;
use signal_hook::iterator::Signals;
use tokio::sync::watch;
use vrrp::Engine;

use super::host::{self, HostThread};
use super::lifecycle::Lifecycle;
use super::open::{Held, Opened, StartError};
use super::peer::Peer;
use super::protocol::{self, Legacy, Protocol};
use super::reload::Running;
use super::restart::Program;
use super::resume::Beginning;
use super::scheduling::Scheduled;
use super::timetable::Timetable;
use super::{Daemon, Step, scheduling};
use crate::cli::{GuardianArgs, RunArgs};
use crate::control::state::Control;
use crate::dbus;
use crate::dumps::Dumps;
use crate::guardian::{Keeper, Relief, relieve};
use crate::launch::Start;
use crate::logging;
use crate::manager::{Watchdog, Watched};
use crate::ports::events;
use crate::ports::guardian::Guarded;
use crate::ports::handover::Meanwhile;
use crate::ports::mailbox::mailbox;
use crate::ports::main::{MainEvent, MainHandle, STOP, inbox};
use crate::ports::pulse::Pulse;
use crate::ports::released::Wish;
use crate::ports::restart::RestartDesk;
use crate::ports::signals;
use crate::services;
use crate::shared::Page;
use crate::sinks::{self, Sinks, Teller, Told};
use crate::trackers;

/// Commands that may wait in a thread's mailbox; more of them wait with whoever gives them.
const COMMANDS: usize = 8192;

/// How long the main thread may work on something.
const MAIN_PATIENCE: Duration = Duration::from_secs(60);

/// Makes the main thread's inbox, which hears every signal from now on.
pub(super) fn signals() -> Result<(MainHandle, mpsc::Receiver<MainEvent>), StartError> {
    let mut heard = Signals::new(signals::HEARD).map_err(StartError::Signals)?;
    for signal in signals::stray() {
        // The C library keeps some for itself.
        heard.add_signal(signal).ok();
    }
    let (main, inbox) = inbox();
    for signal in STOP {
        signal_hook::flag::register(signal, main.stop_flag()).map_err(StartError::Signals)?;
    }
    let handle = main.clone();
    let hear = move || heard.forever().for_each(|signal| handle.send(MainEvent::Signal(signal)));
    // It ends with the process: nobody waits for a thread that waits for signals.
    thread::Builder::new().name("signals".into()).spawn(hear).map_err(StartError::Signals)?;
    Ok((main, inbox))
}

/// Opens everything, undoes what a killed daemon left, starts the threads.
#[expect(clippy::too_many_lines, reason = "a list: what is made, and who gets it")]
pub(super) fn start(
    options: &RunArgs,
    config: &Config,
    (held, beginning, program): (Held, Beginning, Program),
    main: MainHandle,
) -> Result<Daemon, StartError> {
    raise_descriptors();
    let (start, restarts) = (beginning.start(), beginning.restarts());
    let mut before = match beginning {
        Beginning::GoesOn(before) => Some(before),
        Beginning::Ordinary | Beginning::Failed { .. } => None,
    };
    let opened = Opened::open(options, config, held, start)?;
    let (protocol_handle, protocol_commands) = mailbox(COMMANDS).map_err(StartError::Waiting)?;
    let (host_handle, host_commands) = mailbox(COMMANDS).map_err(StartError::Waiting)?;
    let (event_sender, events) = events::channel().map_err(StartError::Waiting)?;
    let (page, guardian_waker, guarded) = shared().map_err(StartError::Waiting)?;
    let pulses = Pulses { protocol: Pulse::shown_in(page.due()), host: Pulse::new(), main: Pulse::new() };
    let limit = options.launch.watchdog().or_else(|| before.as_ref()?.handover.watchdog);
    let watchdog = limit.map(|limit| Watchdog::new(limit, pulses.watched()));
    let ((directory, directory_reader), (teller, told)) = (watch::channel(Arc::default()), Teller::new());
    let (dump, dumps) = Dumps::new(options.namespace.as_deref(), config.global.instance.as_deref());
    let ((plans, plan), (metrics_at, metrics)) = (watch::channel(Arc::default()), watch::channel(None));
    let (bus_name, wanted) = watch::channel(None);
    let names = options.namespace.iter().chain(&config.global.instance).cloned().collect();
    let bus = dbus::Parts { wanted, loads: teller.loads(), main: main.clone(), names };
    let (stop_services, stop) = tokio::sync::oneshot::channel();
    let (rest, asked_to_rest) = tokio::sync::mpsc::channel(1);
    let desk = RestartDesk::new(main.clone(), restarts);
    let protocol = Protocol::new(protocol::Parts {
        engine: Engine::new(),
        receivers: opened.receivers,
        sender: opened.sender,
        routed: opened.routed,
        commands: protocol_commands,
        host: host_handle.clone(),
        events: event_sender.clone(),
        pulse: pulses.protocol.clone(),
        host_pulse: pulses.host.clone(),
        legacy: Legacy::new(page.clone(), guardian_waker.clone()),
    });
    let host = HostThread::new(host::Parts {
        machine: opened.machine,
        monitor: opened.monitor,
        links: opened.links,
        sender: opened.announcer,
        protocol: protocol_handle.clone(),
        events: event_sender.clone(),
        commands: host_commands,
        protocol_pulse: pulses.protocol.clone(),
        pulse: pulses.host.clone(),
        state_dir: Arc::clone(&opened.state_dir),
        left: opened.left,
        page: page.clone(),
        guarded: guarded.clone(),
    });
    let (protocol, host) = (protocol.map_err(StartError::Waiting)?, host.map_err(StartError::Waiting)?);
    let (tracked_by, event_handle) = (protocol_handle.clone(), event_sender.clone());
    let trackers = trackers::Parts { plan, protocol: tracked_by, events: event_handle, complain: sinks::report };
    let mut guardian = keeper(options, config, (page, guardian_waker, guarded.clone()), Arc::clone(&opened.state_dir))?;
    // Before anything is changed on the machine.
    guardian.follow(config.global.guardian);
    if let Some(before) = &mut before {
        before.meanwhile = before.guardian.take().map_or(Meanwhile::Nothing, |it| relieve(it, Relief::GoesOn));
    }
    let control = Control::new(
        protocol_handle.clone(),
        host_handle.clone(),
        event_sender,
        directory_reader,
        (guarded, desk.clone()),
    );
    let (released, sinks) = (control.released.clone(), sinks(&control, told, (opened.state_dir, start)));
    if let Some(before) = &before {
        released.change(&before.handover.released, Wish::Release);
    }
    let listener = opened.listener;
    let rested = asked_to_rest;
    let services = services::Parts {
        events,
        sinks,
        control,
        trackers,
        dumps,
        metrics,
        bus,
        listener,
        watchdog,
        rest: rested,
        stop,
    };
    let (protocol_thread, protocol) = spawn("protocol", move || run_protocol(protocol))?;
    let (host_thread, host) = spawn("host", move || host.run())?;
    let (services, _) = spawn("services", move || services::run(services))?;
    Ok(Daemon {
        config_path: options.config.clone(),
        config_id: options.config_id.clone(),
        configured_namespace: config.global.net_namespace.clone(),
        instance: config.global.instance.clone(),
        socket: opened.socket,
        running: Running::new(before.as_ref().map_or_else(clock::now, |before| before.started())),
        step: Step::InForce,
        reload_again: false,
        mark: None,
        timetable: Timetable::new(main.clone()),
        protocol: Peer::new("protocol", protocol_handle, pulses.protocol),
        host: Peer::new("host", host_handle, pulses.host),
        pulse: pulses.main,
        main,
        directory,
        teller,
        released,
        dumps: dump,
        lifecycle: Lifecycle::default(),
        trackers: plans,
        metrics: metrics_at,
        bus_name,
        stop_services,
        threads: vec![protocol_thread, host_thread, services],
        scheduled: Scheduled::new(protocol, host).map_err(StartError::Thread)?,
        guardian,
        program: Arc::new(program),
        desk,
        rest,
        watchdog: limit,
        before,
        lock: opened.lock,
        _presence: opened.presence,
    })
}

/// Of the threads that the service manager's watchdog depends on, beside the services thread, which feeds it.
struct Pulses {
    protocol: Pulse,
    host: Pulse,
    main: Pulse,
}

impl Pulses {
    /// The main thread may wait for a disk, or for whoever knows the users of scripts, while routers run.
    fn watched(&self) -> Vec<Watched> {
        let threads = [
            ("protocol", &self.protocol, Duration::ZERO),
            ("host", &self.host, Duration::ZERO),
            ("main", &self.main, MAIN_PATIENCE),
        ];
        threads.map(|(name, pulse, patience)| Watched { name, pulse: pulse.clone(), patience }).into()
    }
}

/// What daemon and guardian share, what wakes the guardian, and what others are told of it.
fn shared() -> io::Result<(Page, Waker, Guarded)> {
    Ok((Page::new()?, Waker::new()?, Guarded::default()))
}

/// What starts the guardian.
fn keeper(
    options: &RunArgs,
    config: &Config,
    (page, waker, guarded): (Page, Waker, Guarded),
    state_dir: Arc<StateDir>,
) -> Result<Keeper, StartError> {
    let priority = scheduling::priority(&config.global.scheduling);
    let told = GuardianArgs { daemon: std::process::id(), keeper: 0, priority, log: options.log_format() };
    Keeper::new((page, waker), state_dir, told, guarded).map_err(StartError::Waiting)
}

fn raise_descriptors() {
    if let Err(error) = linux::descriptors::raise() {
        tracing::debug!("no more descriptors than before: {error}");
    }
}

/// The sinks: they share the event stream and what is counted with the control socket.
fn sinks(control: &Control, told: Told, (state_dir, start): (Arc<StateDir>, Start)) -> Sinks {
    Sinks::new(sinks::Parts {
        stream: control.stream.clone(),
        told,
        directory: control.directory.clone(),
        state_dir,
        tally: control.tally.clone(),
        mails: control.mails.clone(),
        start,
        sightings: control.sightings.clone(),
    })
}

/// Lets the end of the process `parent` stop this one.
pub(super) fn die_with(parent: i32) -> Result<(), StartError> {
    let signal = Some(rustix::process::Signal::TERM);
    rustix::process::set_parent_process_death_signal(signal).map_err(|error| StartError::Follow(error.into()))?;
    // It may have ended before that was said.
    let ours = rustix::process::getppid().map(rustix::process::Pid::as_raw_pid);
    if ours == Some(parent) { Ok(()) } else { Err(StartError::Orphaned) }
}

fn run_protocol(protocol: Protocol) -> io::Result<()> {
    if let Err(error) = schedule::lock_memory() {
        tracing::debug!("memory is not locked: {error}");
    }
    protocol.run()
}

/// Starts a thread, and says which it is. One that fails takes the daemon down: half a daemon would hold addresses without
/// advertising them.
fn spawn(
    name: &'static str,
    body: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Result<(thread::JoinHandle<()>, Thread), StartError> {
    let (tell, told) = mpsc::channel();
    let run = move || {
        // Whoever starts it waits for that.
        tell.send(Thread::current()).ok();
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => abort_process(name, &error.to_string()),
            Err(_) => abort_process(name, "panicked"),
        }
    };
    let handle = thread::Builder::new().name(name.into()).spawn(run).map_err(StartError::Thread)?;
    let thread = told.recv().map_err(|error| StartError::Thread(io::Error::other(error)))?;
    Ok((handle, thread))
}

/// Ends the process, whatever becomes of the log: the guardian, else leases and the next start, take away what
/// it has left.
pub(super) fn abort_process(name: &str, why: &str) {
    /// Aborts when dropped: also when logging panics.
    struct Abort;
    impl Drop for Abort {
        fn drop(&mut self) {
            signal_hook::low_level::abort();
        }
    }
    let _abort = Abort;
    tracing::error!("the {name} thread failed: {why}");
    logging::flush();
}
