//! How other threads talk to the protocol thread.

use std::io;
use std::sync::{Arc, mpsc};

use linux::poll::Waker;
use vrrp::config::RouterConfig;
use vrrp::input::{Parent, Verdict};
use vrrp::snapshot::{Discards, Snapshot};
use vrrp::types::{RouterId, TrackerId, Vrid};

use crate::daemon::wire::Wire;

/// Commands that may wait.
const COMMANDS: usize = 4096;

/// What other threads ask of the protocol thread.
#[derive(Debug)]
pub(crate) enum ToProtocol {
    /// The state of a router's parent, and its frames while there is one.
    Bound { router: RouterId, parent: Parent, wire: Option<Arc<Wire>> },
    /// Whether the machine lets a router hold its addresses.
    Holding { router: RouterId, verdict: Verdict },
    /// A tracked interface changed.
    Verdict { tracker: TrackerId, verdict: Verdict },
    /// A new configuration.
    Reload { change: Box<Change>, added: mpsc::SyncSender<Vec<RouterId>> },
    /// The state of routers. The answer is never waited for, and nobody is woken by it.
    Ask { asked: Asked, answer: mpsc::SyncSender<Snapshots> },
    /// Leave all roles and end. Answered when all priority-0 advertisements are out.
    Stop(mpsc::SyncSender<()>),
}

/// Which routers a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    All,
    /// Those that still run.
    These(Vec<RouterId>),
}

/// The state of routers at one moment.
#[derive(Debug)]
pub(crate) struct Snapshots {
    pub(crate) routers: Vec<Snapshot>,
    /// Packets that belonged to no router.
    pub(crate) unclaimed: Discards,
}

/// A new configuration as a difference.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) update: Vec<(RouterId, RouterConfig)>,
    pub(crate) add: Vec<RouterConfig>,
    pub(crate) remove: Vec<RouterId>,
    /// Who sends announcements.
    pub(crate) pacing: Pacing,
    /// For the receive filter.
    pub(crate) vrids: Vec<Vrid>,
}

/// Who sends announcements, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pacing {
    /// The protocol thread, at once.
    #[default]
    AtOnce,
    /// The host thread, which keeps the configured gaps between them.
    BySteward,
}

/// The other threads' end.
#[derive(Clone, Debug)]
pub(crate) struct ProtocolHandle {
    commands: mpsc::SyncSender<ToProtocol>,
    waker: Arc<Waker>,
}

impl ProtocolHandle {
    /// Hands a command over. A protocol thread that has ended needs none.
    pub(crate) fn send(&self, command: ToProtocol) {
        if self.commands.send(command).is_ok() {
            self.waker.wake();
        }
    }

    /// Hands a command over, or gives it back if there is no room or nobody takes it.
    ///
    /// # Errors
    /// As [`mpsc::SyncSender::try_send`].
    pub(crate) fn try_send(&self, command: ToProtocol) -> Result<(), mpsc::TrySendError<ToProtocol>> {
        self.commands.try_send(command)?;
        self.waker.wake();
        Ok(())
    }
}

/// Makes the channel, and what wakes its reader.
///
/// # Errors
/// If the kernel gives no eventfd.
pub(crate) fn channel() -> io::Result<(ProtocolHandle, mpsc::Receiver<ToProtocol>, Arc<Waker>)> {
    let (sender, commands) = mpsc::sync_channel(COMMANDS);
    let waker = Arc::new(Waker::new()?);
    Ok((ProtocolHandle { commands: sender, waker: Arc::clone(&waker) }, commands, waker))
}
