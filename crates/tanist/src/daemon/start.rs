//! Starting: everything that can fail is tried before anything is changed.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;

use ::host::HostError;
use conf::model::{Config, MissingInterfaces};
use linux::instance::Presence;
use linux::monitor::Monitor;
use linux::receive::Receiver;
use linux::send::Sender;
use linux::state::{LockError, StateDir, StateError, StateLock};
use linux::{Machine, schedule};
use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;
use tokio::sync::watch;
use vrrp::Engine;
use vrrp::types::Family;

use super::host::{self, HostThread, Links};
use super::protocol::{self, Protocol};
use super::reload::{self, Running};
use super::{Daemon, Step};
use crate::cli::RunArgs;
use crate::control::state::Control;
use crate::control::{Inquiry, SocketFile};
use crate::logging;
use crate::ports::events;
use crate::ports::host::HostCommand;
use crate::ports::mailbox::mailbox;
use crate::ports::main::{MainEvent, MainHandle, inbox};
use crate::ports::protocol::ProtocolCommand;
use crate::ports::pulse::Pulse;
use crate::ports::sightings::Sightings;
use crate::ports::stream::Stream;
use crate::services;
use crate::sinks::Sinks;

/// Realtime priority of the protocol thread, where the kernel permits one: load on the machine must not make a live
/// master look dead.
const REALTIME_PRIORITY: u8 = 50;
/// Commands that may wait in a thread's mailbox; more of them wait with whoever gives them.
const COMMANDS: usize = 8192;

/// Why the daemon does not start. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error("signals: {0}")]
    Signals(io::Error),
    #[error("the configuration has errors and --strict was given")]
    Strict,
    #[error("{0}: no virtual router in it can run")]
    NothingToRun(PathBuf),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("{path}: {source}; another daemon runs with this --state-dir")]
    Locked { path: PathBuf, source: LockError },
    #[error("{path}: {source}")]
    State { path: PathBuf, source: StateError },
    #[error("no such interface: {0}; correct the name, or write dynamic_interfaces in global_defs to wait for it")]
    NoInterface(String),
    #[error("{what}: {source}; tanist needs CAP_NET_RAW and CAP_NET_ADMIN in this network namespace")]
    Socket { what: &'static str, source: io::Error },
    #[error("{0}")]
    Host(#[from] HostError),
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    #[error("cannot wait for events (eventfd, timerfd, epoll): {0}")]
    Waiting(io::Error),
    #[error("cannot follow the process that started this one: {0}")]
    Follow(io::Error),
    #[error("the process that started this one has ended already")]
    Orphaned,
}

/// Signals that the daemon hears. Programs send keepalived some of these to have dumps written or traffic counted: none
/// may end the daemon without a clean-up.
const HEARD: [i32; 10] = [SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, JSON_SIGNAL, 63, 64];
/// keepalived's SIGRTMIN+2 on Linux with glibc. 63 and 64 are the last real-time signals.
const JSON_SIGNAL: i32 = 36;

/// Makes the main thread's inbox, which hears every signal from now on.
pub(super) fn signals() -> Result<(MainHandle, mpsc::Receiver<MainEvent>), StartError> {
    let mut signals = Signals::new(HEARD).map_err(StartError::Signals)?;
    let (main, inbox) = inbox();
    let handle = main.clone();
    let hear = move || signals.forever().for_each(|signal| handle.send(MainEvent::Signal(signal)));
    // It ends with the process: nobody waits for a thread that waits for signals.
    thread::Builder::new().name("signals".into()).spawn(hear).map_err(StartError::Signals)?;
    Ok((main, inbox))
}

/// Opens everything, undoes what a killed daemon left, starts the threads.
pub(super) fn start(options: &RunArgs, config: &Config, main: MainHandle) -> Result<Daemon, StartError> {
    if let Some(parent) = options.die_with_parent {
        follow(parent)?;
    }
    let (state_dir, lock) = state(options)?;
    let unwritable = |source| StartError::File { path: options.state_dir.clone(), source };
    host::reserve(&state_dir).map_err(unwritable)?;
    let presence = Presence::announce().map_err(StartError::Waiting)?;
    let mut machine = Machine::open()?;
    require_interfaces(config, &Links::read(&mut machine)?)?;
    let receivers = receivers(config)?;
    let (sender, announcer) = (open("packet socket", Sender::open())?, open("packet socket", Sender::open())?);
    let file = |source| StartError::File { path: options.control.clone(), source };
    let (listener, socket) = SocketFile::bind(&options.control).map_err(file)?;
    clean_up(options, &state_dir, &mut machine, config, &presence)?;
    // Opened before the tables are read, so that no change in between is lost.
    let monitor = open("netlink monitor", Monitor::open())?;
    let links = Links::read(&mut machine)?;

    let (protocol_handle, protocol_commands) = mailbox(COMMANDS).map_err(StartError::Waiting)?;
    let (host_handle, host_commands) = mailbox(COMMANDS).map_err(StartError::Waiting)?;
    let (event_sender, events) = events::channel().map_err(StartError::Waiting)?;
    let (protocol_pulse, host_pulse) = (Pulse::new(), Pulse::new());
    let (directory, directory_reader) = watch::channel(Arc::default());
    let (scripts, scripts_reader) = watch::channel(Arc::default());
    let (stop_services, stop) = tokio::sync::oneshot::channel();
    let protocol = Protocol::new(protocol::Parts {
        engine: Engine::new(),
        receivers,
        sender,
        commands: protocol_commands,
        host: host_handle.clone(),
        events: event_sender.clone(),
        pulse: protocol_pulse.clone(),
        host_pulse: host_pulse.clone(),
    });
    let host = HostThread::new(host::Parts {
        machine,
        monitor,
        links,
        sender: announcer,
        protocol: protocol_handle.clone(),
        events: event_sender.clone(),
        commands: host_commands,
        protocol_pulse,
        pulse: host_pulse,
        state_dir,
    });
    let (protocol, host) = (protocol.map_err(StartError::Waiting)?, host.map_err(StartError::Waiting)?);
    let control = Control {
        protocol: Inquiry::new(protocol_handle.clone(), ProtocolCommand::Ask),
        host: Inquiry::new(host_handle.clone(), HostCommand::Ask),
        events: event_sender,
        directory: directory_reader,
        stream: Stream::new(),
        sightings: Sightings::default(),
    };
    let sinks = Sinks::new(control.stream.clone(), scripts_reader);
    let services = services::Parts { events, sinks, control, listener, stop };
    let threads = vec![
        spawn("protocol", move || run_protocol(protocol))?,
        spawn("host", move || run_host(host))?,
        spawn("services", move || services::run(services))?,
    ];
    Ok(Daemon {
        config_path: options.config.clone(),
        config_id: options.config_id.clone(),
        socket,
        running: Running::default(),
        step: Step::InForce,
        reload_again: false,
        protocol: protocol_handle,
        host: host_handle,
        main,
        directory,
        scripts,
        stop_services,
        threads,
        _lock: lock,
        _presence: presence,
    })
}

/// Lets the end of the process `parent` stop this one.
fn follow(parent: i32) -> Result<(), StartError> {
    let signal = Some(rustix::process::Signal::TERM);
    rustix::process::set_parent_process_death_signal(signal).map_err(|error| StartError::Follow(error.into()))?;
    // It may have ended before that was said.
    let ours = rustix::process::getppid().map(rustix::process::Pid::as_raw_pid);
    if ours == Some(parent) { Ok(()) } else { Err(StartError::Orphaned) }
}

/// Opens the state directory, in which nobody else may write, and makes sure that no other daemon has it.
fn state(options: &RunArgs) -> Result<(StateDir, StateLock), StartError> {
    let path = || options.state_dir.clone();
    let state_dir = StateDir::open(&path()).map_err(|source| StartError::State { path: path(), source })?;
    let lock = state_dir.lock().map_err(|source| match source {
        LockError::Held { .. } => StartError::Locked { path: path(), source },
        LockError::State(source) => StartError::State { path: path(), source },
    })?;
    Ok((state_dir, lock))
}

/// Undoes what a killed daemon left behind.
fn clean_up(
    options: &RunArgs,
    state_dir: &StateDir,
    machine: &mut Machine,
    config: &Config,
    presence: &Presence,
) -> Result<(), StartError> {
    let mut lines = Vec::new();
    let refused = |source| StartError::State { path: options.state_dir.clone(), source };
    let record = host::read_record(state_dir, &mut lines).map_err(refused)?;
    lines.extend(host::take_leftovers_away(record, machine, config, presence.company())?);
    for line in lines {
        tracing::warn!("{line}");
    }
    Ok(())
}

/// Interfaces that are missing refuse the start, unless they may come later.
fn require_interfaces(config: &Config, links: &Links) -> Result<(), StartError> {
    match config.global.missing_interfaces {
        MissingInterfaces::Awaited => return Ok(()),
        MissingInterfaces::Refused => {}
    }
    let mut missing: Vec<String> = config
        .routers
        .iter()
        .filter(|router| links.named(&router.interface).is_none())
        .map(|router| format!("{} (vrrp_instance {})", router.interface, router.name))
        .collect();
    missing.dedup();
    if missing.is_empty() { Ok(()) } else { Err(StartError::NoInterface(missing.join(", "))) }
}

/// Both families from the start, so that a reload can bring the other; a machine without IPv6 has one.
fn receivers(config: &Config) -> Result<Vec<Receiver>, StartError> {
    let vrids = reload::vrids(config);
    let mut receivers = Vec::new();
    for family in [Family::Ipv4, Family::Ipv6] {
        let needed = config.routers.iter().any(|router| router.family == family);
        match Receiver::open(family) {
            Ok(mut receiver) => {
                open("VRRP socket filter", receiver.filter(&vrids))?;
                receivers.push(receiver);
            }
            Err(source) if needed => return Err(StartError::Socket { what: "VRRP socket", source }),
            Err(_) => {}
        }
    }
    Ok(receivers)
}

fn open<T>(what: &'static str, opened: io::Result<T>) -> Result<T, StartError> {
    opened.map_err(|source| StartError::Socket { what, source })
}

/// Leases must be renewed on a loaded machine too; whatever the protocol thread has to do goes first.
fn run_host(host: HostThread) -> io::Result<()> {
    if let Err(error) = schedule::realtime(REALTIME_PRIORITY - 1) {
        tracing::debug!("no realtime scheduling for the host thread: {error}");
    }
    host.run()
}

fn run_protocol(protocol: Protocol) -> io::Result<()> {
    if let Err(error) = schedule::realtime(REALTIME_PRIORITY) {
        tracing::info!("no realtime scheduling ({error}): heavy load may delay adverts");
    }
    if let Err(error) = schedule::lock_memory() {
        tracing::debug!("memory is not locked: {error}");
    }
    protocol.run()
}

/// Starts a thread. One that fails takes the daemon down: half a daemon would hold addresses without advertising them.
fn spawn(
    name: &'static str,
    body: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Result<thread::JoinHandle<()>, StartError> {
    let run = move || {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => abort_process(name, &error.to_string()),
            Err(_) => abort_process(name, "panicked"),
        }
    };
    thread::Builder::new().name(name.into()).spawn(run).map_err(StartError::Thread)
}

/// Ends the process, whatever becomes of the log: leases take the addresses away, and the next start puts the rest back.
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
