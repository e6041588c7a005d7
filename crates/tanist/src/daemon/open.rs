//! Opening everything that a daemon works with: what can fail fails here, before anything is changed. Then what a killed
//! daemon left is taken away.

use std::collections::HashSet;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use ::host::{ErrorKind, Failure, Holder, HostError, WantedVmac};
use conf::model::{Config, MissingInterfaces, Router};
use linux::Machine;
use linux::instance::Presence;
use linux::monitor::Monitor;
use linux::netns::Namespace;
use linux::receive::{Channel, Receiver};
use linux::send::{RoutedSender, Sender};
use linux::state::{LockError, LockHolder, LockRole, StateDir, StateError, StateLock};
use rustix::io::Errno;
use vrrp::config::Authentication;
use vrrp::types::{Family, RouterId};

use super::protocol::Sent;
use super::reload;
use crate::cli::RunArgs;
use crate::control::SocketFile;
use crate::launch::Start;
use crate::ports::main::MainEvent;
use crate::recovery::{self, Links};

/// How long a start waits for another daemon with the same state directory to end.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
/// How long it waits for the guardian of one that has ended: that one holds addresses for seconds, and may then have thousands
/// of interfaces to remove.
const GUARDIAN_PATIENCE: Duration = Duration::from_secs(60);
/// Time between two tries.
const LOCK_RETRY: Duration = Duration::from_millis(50);

/// Why the daemon does not start. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error("signals: {0}")]
    Signals(io::Error),
    #[error("the configuration has errors and --strict was given")]
    Strict,
    #[error("{0}: there is nothing in it that can run: no virtual router, no BFD session, and nothing static")]
    NothingToRun(PathBuf),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("{path}: {source}; {}", way_out(source))]
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
    #[error("the path of this program cannot be read: {0}; is /proc mounted?")]
    Program(io::Error),
    #[error("cannot wait for events (eventfd, timerfd, epoll): {0}")]
    Waiting(io::Error),
    #[error("cannot follow the process that started this one: {0}")]
    Follow(io::Error),
    #[error("the process that started this one has ended already")]
    Orphaned,
    #[error(
        "the network namespace {name} cannot be entered: {source}; `ip netns add {name}` makes one, and to enter it takes CAP_SYS_ADMIN"
    )]
    Namespace { name: String, source: io::Error },
}

impl StartError {
    /// The kernel's word for it, or the one that comes nearest.
    pub(super) fn errno(&self) -> Errno {
        match self {
            Self::Signals(source)
            | Self::Thread(source)
            | Self::Program(source)
            | Self::Waiting(source)
            | Self::Follow(source) => of_io(source),
            Self::File { source, .. } | Self::Socket { source, .. } | Self::Namespace { source, .. } => of_io(source),
            Self::Strict | Self::NothingToRun(_) => Errno::INVAL,
            Self::NoInterface(_) => Errno::NODEV,
            Self::Orphaned => Errno::SRCH,
            Self::Locked { .. } => Errno::BUSY,
            Self::State { source, .. } => match source {
                StateError::Io { source, .. } => of_io(source),
                StateError::Owner { .. } | StateError::Mode { .. } | StateError::Kind(_) | StateError::Size(_) => {
                    Errno::PERM
                }
            },
            Self::Host(error) => of_kind(error.kind),
        }
    }
}

const fn of_kind(kind: ErrorKind) -> Errno {
    match kind {
        ErrorKind::Exists => Errno::EXIST,
        ErrorKind::Missing => Errno::NODEV,
        ErrorKind::Denied => Errno::PERM,
        ErrorKind::ReadOnly => Errno::ROFS,
        ErrorKind::Busy => Errno::BUSY,
        ErrorKind::Unsupported => Errno::OPNOTSUPP,
        ErrorKind::NoDescriptors => Errno::MFILE,
        ErrorKind::Other(errno) => Errno::from_raw_os_error(errno),
    }
}

fn of_io(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

/// What is open.
pub(super) struct Opened {
    pub(super) state_dir: Arc<StateDir>,
    pub(super) lock: StateLock,
    pub(super) presence: Presence,
    pub(super) network: Network,
    pub(super) found: Found,
    pub(super) listener: UnixListener,
    pub(super) socket: SocketFile,
}

/// The sockets of adverts.
pub(super) struct Network {
    pub(super) receivers: Vec<Receiver>,
    /// For multicast adverts.
    pub(super) sender: Sender<Sent>,
    /// For unicast adverts.
    pub(super) routed: RoutedSender<Sent>,
}

/// The machine, as it was found.
pub(super) struct Found {
    pub(super) machine: Machine,
    pub(super) links: Links,
    pub(super) monitor: Monitor,
    /// For announcements.
    pub(super) announcer: Sender<()>,
    /// What the kernel refused to undo.
    pub(super) left: Vec<Failure<Holder<RouterId>>>,
}

impl Opened {
    /// Opens everything, and takes away what a killed daemon left.
    pub(super) fn open(options: &RunArgs, config: &Config, held: Held, start: Start) -> Result<Self, StartError> {
        let Held { state_dir, lock } = held;
        if let Err(error) = recovery::reserve(&state_dir) {
            tracing::warn!(
                "{}: {error}: what a later start must undo cannot be written down; routers whose virtual MAC needs an interface wait \
                 until it can, others run (`tanist status` says it)",
                options.state_dir.display()
            );
        }
        let presence = Presence::announce().map_err(StartError::Waiting)?;
        let mut machine = Machine::open()?;
        let links = Links::read(&mut machine)?;
        match start {
            Start::Ordinary => require_interfaces(config, &links)?,
            // Its router waits.
            Start::GoesOn => {}
        }
        let wanted = recovery::wanted_vmacs(config, &links);
        let receivers = receivers(config)?;
        let (sender, announcer) = (open("packet socket", Sender::open())?, open("packet socket", Sender::open())?);
        let routed = open("raw socket", RoutedSender::open())?;
        let file = |source| StartError::File { path: options.control.clone(), source };
        let (listener, socket) = SocketFile::bind(&options.control).map_err(file)?;
        let left = match start {
            Start::Ordinary => clean_up(options, &state_dir, &mut machine, &wanted, &presence)?,
            // What stands on the machine stays.
            Start::GoesOn => Vec::new(),
        };
        // Opened before the tables are read, so that no change in between is lost.
        let monitor = open("netlink monitor", Monitor::open())?;
        let links = Links::read(&mut machine)?;
        let network = Network { receivers, sender, routed };
        let found = Found { machine, links, monitor, announcer, left };
        Ok(Self { state_dir: Arc::new(state_dir), lock, presence, network, found, listener, socket })
    }
}

/// The state directory, which no other daemon has.
pub(super) struct Held {
    state_dir: StateDir,
    lock: StateLock,
}

impl Held {
    /// The state directory of the program before, whose lock was held all the time.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub(super) fn inherited(options: &RunArgs, lock: OwnedFd) -> Result<Self, StartError> {
        let path = || options.state_dir.clone();
        let state_dir = StateDir::open(&path()).map_err(|source| StartError::State { path: path(), source })?;
        Ok(Self { state_dir, lock: StateLock::inherited(lock) })
    }
}

/// Goes to a network namespace with all that this thread opens and starts from now on.
pub(super) fn enter(name: &str) -> Result<(), StartError> {
    let entered = Namespace::named(name).and_then(|namespace| namespace.join());
    entered.map_err(|source| StartError::Namespace { name: name.to_owned(), source })
}

/// Opens the state directory, in which nobody else may write, and makes sure that no other daemon has it. `None`: a signal says to
/// stop before that is sure.
pub(super) fn hold(options: &RunArgs, inbox: &mpsc::Receiver<MainEvent>) -> Result<Option<Held>, StartError> {
    let path = || options.state_dir.clone();
    let state_dir = StateDir::open(&path()).map_err(|source| StartError::State { path: path(), source })?;
    let (start, mut told) = (Instant::now(), None);
    let lock = loop {
        match state_dir.lock(LockRole::Daemon) {
            Ok(lock) => break lock,
            Err(error @ LockError::Held(holder)) if start.elapsed() < patience(holder) => {
                if start.elapsed() > LOCK_PATIENCE && told.replace(holder) != Some(holder) {
                    tracing::warn!("{}: {error}; this one waits for that to end", path().display());
                }
            }
            Err(source @ LockError::Held(_)) => return Err(StartError::Locked { path: path(), source }),
            Err(LockError::State(source)) => return Err(StartError::State { path: path(), source }),
        }
        // What else is said meanwhile concerns a daemon that runs.
        if inbox.recv_timeout(LOCK_RETRY).is_ok_and(MainEvent::is_stop) {
            return Ok(None);
        }
    };
    Ok(Some(Held { state_dir, lock }))
}

/// What to do about who has the state directory.
const fn way_out(error: &LockError) -> &'static str {
    match error {
        LockError::Held(LockHolder { role: LockRole::Guardian, .. }) => "it should have ended by itself: kill -9 it",
        LockError::Held(LockHolder { role: LockRole::Daemon, .. }) | LockError::State(_) => {
            "another daemon runs with this --state-dir"
        }
    }
}

/// How long the end of who has the state directory is waited for.
const fn patience(holder: LockHolder) -> Duration {
    match holder.role {
        // One that was killed just now may still be on its way out.
        LockRole::Daemon => LOCK_PATIENCE,
        LockRole::Guardian => GUARDIAN_PATIENCE,
    }
}

/// Undoes what a killed daemon left behind. Returns what the kernel refused to undo.
fn clean_up(
    options: &RunArgs,
    state_dir: &StateDir,
    machine: &mut Machine,
    wanted: &HashSet<WantedVmac>,
    presence: &Presence,
) -> Result<Vec<Failure<Holder<RouterId>>>, StartError> {
    let mut lines = Vec::new();
    let refused = |source| StartError::State { path: options.state_dir.clone(), source };
    let record = recovery::read_record(state_dir, &mut lines).map_err(refused)?;
    let left = recovery::take_leftovers_away(record, machine, wanted, presence.company(), &mut lines)?;
    for line in lines {
        tracing::warn!("{line}");
    }
    Ok(left)
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

/// All channels from the start, so that a reload can bring another; a machine without IPv6 lacks one.
fn receivers(config: &Config) -> Result<Vec<Receiver>, StartError> {
    let vrids = reload::vrids(config);
    let mut receivers = Vec::new();
    for channel in Channel::ALL {
        let needed = config.routers.iter().any(|router| channel_of(router) == channel);
        match Receiver::open(channel) {
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

/// How the adverts of a router come.
const fn channel_of(router: &Router) -> Channel {
    match (router.family, &router.authentication) {
        (Family::Ipv4, Authentication::Ah(_)) => Channel::Ah,
        (Family::Ipv4, Authentication::None | Authentication::Password(_) | Authentication::Hmac(_)) => Channel::Ipv4,
        (Family::Ipv6, _) => Channel::Ipv6,
    }
}

fn open<T>(what: &'static str, opened: io::Result<T>) -> Result<T, StartError> {
    opened.map_err(|source| StartError::Socket { what, source })
}
