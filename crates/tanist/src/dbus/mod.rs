//! keepalived's service on the D-Bus system bus (`enable_dbus`): who runs, in which state, and a signal for each change.
//!
//! | path | interface |
//! |---|---|
//! | `/org/keepalived/Vrrp1[/NAMESPACE][/INSTANCE]/Vrrp` | `org.keepalived.Vrrp1.Vrrp`: dumps and reload on demand; start, reload and stop as signals |
//! | `/org/keepalived/Vrrp1[…]/Instance/INTERFACE/VRID/IPv4`, `IPv6` | `org.keepalived.Vrrp1.Instance`: name, state, announcements on demand |
//!
//! Who may ask for what is up to the policy of the bus. Nobody waits for the bus: one that is absent, slow or ends is tried again,
//! and calls are answered one by one. Without the cargo feature `dbus` there is no service, and `enable_dbus` says so.

#[cfg(feature = "dbus")]
mod answer;
#[cfg(feature = "dbus")]
mod connection;
#[cfg(feature = "dbus")]
mod objects;
#[cfg(feature = "dbus")]
mod service;
#[cfg(not(feature = "dbus"))]
#[path = "absent.rs"]
mod service;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use vrrp::event::Subject;
use vrrp::types::RouterId;

use crate::control::state::Control;
use crate::ports::events::{NamedEvent, Occurrence};
use crate::ports::main::MainHandle;
use crate::wording::NotifyState;

/// Changes that may wait for the bus. Of more it is the states that count, which are asked for then.
const WAITING: usize = 4096;
/// How long the end of the daemon waits for a bus that is to hear of it.
const FAREWELL: Duration = Duration::from_millis(500);

/// What the service works with.
#[cfg_attr(not(feature = "dbus"), expect(dead_code, reason = "there is no service in this build"))]
pub(crate) struct Parts {
    /// Name of the service in the configuration in force; `None`: there is to be none.
    pub(crate) wanted: watch::Receiver<Option<String>>,
    /// How many configurations came into force.
    pub(crate) loads: watch::Receiver<u64>,
    pub(crate) main: MainHandle,
    /// The namespace and the name of the daemon, which no reload changes.
    pub(crate) names: Vec<String>,
}

/// What a router has become.
type Change = (RouterId, NotifyState);

/// What the service hears of.
#[cfg_attr(not(feature = "dbus"), expect(dead_code, reason = "there is no service in this build"))]
struct Changes {
    queue: mpsc::Receiver<Change>,
    /// Set when a change found no room.
    missed: Arc<AtomicBool>,
}

/// The services thread's end.
pub(crate) struct Service {
    queue: mpsc::Sender<Change>,
    missed: Arc<AtomicBool>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Service {
    /// Begins, within the services thread's runtime.
    pub(crate) fn start(parts: Parts, control: Arc<Control>) -> Self {
        let ((queue, waiting), (stop, stopped)) = (mpsc::channel(WAITING), oneshot::channel());
        let missed = Arc::new(AtomicBool::new(false));
        let changes = Changes { queue: waiting, missed: Arc::clone(&missed) };
        let task = tokio::spawn(service::run(parts, changes, control, stopped));
        Self { queue, missed, stop, task }
    }

    /// Hears of an event.
    pub(crate) fn take(&self, event: &NamedEvent) {
        if let Occurrence::Protocol(engine) = &event.what
            && let Subject::Router(router) = engine.subject
            && let Some((state, _)) = NotifyState::of(&engine.kind)
            && self.queue.try_send((router, state)).is_err()
        {
            self.missed.store(true, Ordering::Relaxed);
        }
    }

    /// Says that the daemon stops, if that takes no time.
    pub(crate) async fn finish(self) {
        self.stop.send(()).ok();
        let abort = self.task.abort_handle();
        if timeout(FAREWELL, self.task).await.is_err() {
            abort.abort();
        }
    }
}
