//! What control requests work with: the threads that are asked, and the event stream.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;
use vrrp::types::RouterId;

use super::api::Status;
use super::status;
use crate::ports::directory::DirectoryReader;
use crate::ports::events::EventSender;
use crate::ports::host::{HostCommand, HostHandle, HostView};
use crate::ports::protocol::{ProtocolCommand, ProtocolHandle};
use crate::ports::stream::Stream;

/// How long a thread may take to answer before `status` does without it.
const PATIENCE: Duration = Duration::from_secs(1);

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
        let (ask, answer) = oneshot::channel();
        self.protocol.try_send(ProtocolCommand::Ask(ask)).ok()?;
        let (snapshots, unclaimed) = answer.await.ok()?;
        let machine = self.machine().await;
        let directory = self.directory.borrow();
        let one = |snapshot: &vrrp::snapshot::Snapshot| {
            let router = directory.router(snapshot.router)?;
            Some(status::of(router, snapshot, machine.get(&snapshot.router)))
        };
        let mut routers: Vec<_> = snapshots.iter().filter_map(one).collect();
        routers.sort_by(|a, b| a.name.cmp(&b.name));
        let mut unclaimed = status::discards(&unclaimed);
        unclaimed.insert("lost_notices".into(), self.events.lost());
        Some(Status { version: env!("CARGO_PKG_VERSION").into(), pid: std::process::id(), routers, unclaimed })
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
