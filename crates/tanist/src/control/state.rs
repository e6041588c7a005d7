//! What control requests work with: the threads that are asked, and the event stream.

use std::collections::HashMap;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use vrrp::types::RouterId;

use super::api::Status;
use super::status;
use crate::ports::directory::DirectoryReader;
use crate::ports::events::EventSender;
use crate::ports::host::{HostCommand, HostHandle, HostView};
use crate::ports::protocol::{Asked, ProtocolCommand, ProtocolHandle, Snapshots};
use crate::ports::stream::Stream;

/// How long a thread may take to answer before `status` does without it.
const PATIENCE: Duration = Duration::from_secs(1);
/// Time between two looks for an answer.
const LOOK: Duration = Duration::from_millis(1);

/// The state behind the control socket.
pub(crate) struct Control {
    pub(crate) protocol: ProtocolHandle,
    pub(crate) host: HostHandle,
    pub(crate) events: EventSender,
    pub(crate) directory: DirectoryReader,
    pub(crate) stream: Stream,
}

impl Control {
    /// The state of every router; `None` if the protocol thread has ended.
    pub(super) async fn status(&self) -> Option<Status> {
        let Snapshots { routers: snapshots, no_such_router } = self.snapshots().await?;
        let machine = self.machine().await;
        let directory = self.directory.borrow();
        let one = |snapshot: &vrrp::snapshot::Snapshot| {
            let router = directory.router(snapshot.router)?;
            Some(status::of(router, snapshot, machine.get(&snapshot.router)))
        };
        let mut routers: Vec<_> = snapshots.iter().filter_map(one).collect();
        routers.sort_by(|a, b| a.name.cmp(&b.name));
        let mut no_such_router = status::discards(&no_such_router);
        no_such_router.insert("lost_notices".into(), self.events.lost());
        Some(Status { version: env!("CARGO_PKG_VERSION").into(), pid: std::process::id(), routers, no_such_router })
    }

    /// What the protocol thread answers. It wakes nobody, so that the answer is looked for.
    async fn snapshots(&self) -> Option<Snapshots> {
        let (answer, snapshots) = mpsc::sync_channel(1);
        self.protocol.try_send(ProtocolCommand::Ask { asked: Asked::All, answer }).ok()?;
        loop {
            match snapshots.try_recv() {
                Ok(snapshots) => return Some(snapshots),
                Err(mpsc::TryRecvError::Disconnected) => return None,
                Err(mpsc::TryRecvError::Empty) => sleep(LOOK).await,
            }
        }
    }

    /// What the machine does for each router; empty if the host thread does not answer.
    async fn machine(&self) -> HashMap<RouterId, HostView> {
        let (ask, answer) = oneshot::channel();
        if self.host.try_send(HostCommand::Ask(ask)).is_err() {
            return HashMap::new();
        }
        timeout(PATIENCE, answer).await.ok().and_then(Result::ok).unwrap_or_default()
    }
}
