//! How other threads talk to the protocol thread.

use std::sync::Arc;

use vrrp::config::RouterConfig;
use vrrp::input::{Parent, Verdict};
use vrrp::snapshot::{Discards, Snapshot};
use vrrp::types::{RouterId, TrackerId, Vrid};

use super::frames::Frames;
use super::mailbox::Handle;
use super::main::Answer;

/// The other threads' end.
pub(crate) type ProtocolHandle = Handle<ProtocolCommand>;

/// What other threads ask of the protocol thread.
#[derive(Debug)]
pub(crate) enum ProtocolCommand {
    /// The state of a router's parent, and its frames while there is one.
    Attached { router: RouterId, parent: Parent, frames: Option<Arc<Frames>> },
    /// Whether the machine lets a router hold its addresses.
    HostReady { router: RouterId, verdict: Verdict },
    /// A tracked object changed.
    Reading { tracker: TrackerId, verdict: Verdict },
    /// A new configuration. Answered with the ids of the routers added, in their order.
    Reload { change: Box<EngineChange>, added: Answer<Vec<RouterId>> },
    /// Everything about all routers.
    Ask(tokio::sync::oneshot::Sender<(Vec<Snapshot>, Discards)>),
    /// Leave all roles and end. Answered when all priority-0 adverts are out.
    Stop(Answer<()>),
}

/// A new configuration as a difference.
#[derive(Debug, Default)]
pub(crate) struct EngineChange {
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
    ByHost,
}
