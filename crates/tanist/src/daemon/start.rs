//! Starting: everything that can fail is tried before anything is changed.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

use conf::model::{Config, MissingInterfaces};
use host::{HostError, Ipv4Setting};
use linux::instance::{LockError, StateLock};
use linux::monitor::Monitor;
use linux::receive::Receiver;
use linux::send::Sender;
use linux::{Machine, clock, schedule};
use vrrp::Engine;
use vrrp::types::Family;

use super::protocol::{self, Protocol};
use super::reload::{self, Running};
use super::steward::{self, Links, Steward};
use super::{Daemon, notice};
use crate::cli::RunArgs;
use crate::control::server;
use crate::services::{self, Services};

/// Realtime priority of the protocol thread, where the kernel permits one: load on the machine must not make a live
/// master look dead.
const REALTIME_PRIORITY: u8 = 50;

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
    #[error("no such interface: {0}; correct the name, or write dynamic_interfaces in global_defs to wait for it")]
    NoInterface(String),
    #[error("{what}: {source}; tanist needs CAP_NET_RAW and CAP_NET_ADMIN in this network namespace")]
    Socket { what: &'static str, source: io::Error },
    #[error("{0}")]
    Host(#[from] HostError),
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    #[error("the process that started this one has ended already")]
    Orphaned,
}

/// Opens everything, undoes what a killed daemon left, starts the threads.
pub(super) fn start(options: &RunArgs, config: &Config) -> Result<Daemon, StartError> {
    if let Some(parent) = options.die_with_parent {
        follow(parent)?;
    }
    let lock = lock(options)?;
    let unwritable = |source| StartError::File { path: options.state_dir.clone(), source };
    steward::reserve(&options.state_dir).map_err(unwritable)?;
    let mut machine = Machine::open()?;
    let links = Links::read(&mut machine)?;
    require_interfaces(config, &links)?;
    let receivers = receivers(config)?;
    let (sender, announcer) = (open("packet socket", Sender::open())?, open("packet socket", Sender::open())?);
    let file = |source| StartError::File { path: options.control.clone(), source };
    let listener = server::bind(&options.control).map_err(file)?;
    for line in steward::recover(&options.state_dir, &mut machine)? {
        tracing::warn!("{line}");
    }
    // Opened before the tables are read, so that no change in between is lost.
    let monitor = open("netlink monitor", Monitor::open())?;
    let links = Links::read(&mut machine)?;
    advise(&machine);

    let (steward_handle, orders) = steward::channel().map_err(StartError::Thread)?;
    let (notices, notice_receiver) = notice::channel();
    let heartbeat = Arc::new(AtomicU64::new(clock::now().nanos()));
    let parts = protocol::Parts {
        engine: Engine::new(),
        receivers,
        sender,
        steward: steward_handle.clone(),
        notices: notices.clone(),
        heartbeat: Arc::clone(&heartbeat),
    };
    let (protocol, protocol_handle) = Protocol::new(parts).map_err(StartError::Thread)?;
    let parts = steward::Parts {
        machine,
        monitor,
        links,
        sender: announcer,
        protocol: protocol_handle.clone(),
        notices: notices.clone(),
        heartbeat,
        state_dir: options.state_dir.clone(),
    };
    let steward = Steward::new(parts, orders).map_err(StartError::Thread)?;
    let services = Services::new(protocol_handle.clone(), notices.clone());
    let (stop_services, stop) = tokio::sync::oneshot::channel();
    let threads = vec![
        spawn("protocol", move || run_protocol(protocol))?,
        spawn("host", move || run_steward(steward))?,
        spawn("services", move || services::run(&services, notice_receiver, listener, stop))?,
    ];
    Ok(Daemon {
        config_path: options.config.clone(),
        config_id: options.config_id.clone(),
        control_path: options.control.clone(),
        running: Running::default(),
        protocol: protocol_handle,
        steward: steward_handle,
        notices,
        stop_services,
        threads,
        _lock: lock,
    })
}

/// Lets the end of the process `parent` stop this one.
fn follow(parent: i32) -> Result<(), StartError> {
    let signal = Some(rustix::process::Signal::TERM);
    rustix::process::set_parent_process_death_signal(signal).map_err(|error| StartError::Thread(error.into()))?;
    // It may have ended before that was said.
    let ours = rustix::process::getppid().map(rustix::process::Pid::as_raw_pid);
    if ours == Some(parent) { Ok(()) } else { Err(StartError::Orphaned) }
}

fn lock(options: &RunArgs) -> Result<StateLock, StartError> {
    let file = |source| StartError::File { path: options.state_dir.clone(), source };
    std::fs::create_dir_all(&options.state_dir).map_err(file)?;
    let path = options.state_dir.join("lock");
    StateLock::take(&path).map_err(|source| match source {
        LockError::Held { .. } => StartError::Locked { path, source },
        LockError::Io(source) => StartError::File { path, source },
    })
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

/// Settings of the whole machine that make the virtual MAC impossible are not ours to change.
fn advise(machine: &Machine) {
    if machine.of_all_links(Ipv4Setting::ArpFilter).is_ok_and(|value| value != 0) {
        tracing::error!(
            "net.ipv4.conf.all.arp_filter is 1: clients may get no ARP answer for virtual addresses; \
             run: sysctl -w net.ipv4.conf.all.arp_filter=0"
        );
    }
}

/// Leases must be renewed on a loaded machine too; whatever the protocol thread has to do goes first.
fn run_steward(steward: Steward) -> io::Result<()> {
    if let Err(error) = schedule::realtime(REALTIME_PRIORITY - 1) {
        tracing::debug!("no realtime scheduling for the host thread: {error}");
    }
    steward.run()
}

fn run_protocol(protocol: Protocol) -> io::Result<()> {
    if let Err(error) = schedule::realtime(REALTIME_PRIORITY) {
        tracing::info!("no realtime scheduling ({error}): heavy load may delay advertisements");
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
            Ok(Err(error)) => give_up(name, &error.to_string()),
            Err(_) => give_up(name, "panicked"),
        }
    };
    thread::Builder::new().name(name.into()).spawn(run).map_err(StartError::Thread)
}

/// Ends the process: leases take the addresses away, and the next start puts the rest back.
pub(super) fn give_up(name: &str, why: &str) {
    tracing::error!("the {name} thread failed: {why}");
    signal_hook::low_level::abort();
}
