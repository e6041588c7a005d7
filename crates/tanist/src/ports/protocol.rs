//! How other threads talk to the protocol thread.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vrrp::Discards;
use vrrp::bfd;
use vrrp::config::{RouterConfig, UnknownVrids};
use vrrp::input::{HostState, Parent, Reading};
use vrrp::snapshot::{GroupSnapshot, Snapshot, Tracked};
use vrrp::time::Instant;
use vrrp::types::{GroupId, RouterId, TrackerId, Vrid};

use super::frames::Frames;
use super::handover::{EnginePart, EngineResumption, Standstill};
use super::mailbox::Handle;
use super::main::Answer;
use super::question::Question;

/// The other threads' end.
pub(crate) type ProtocolHandle = Handle<ProtocolCommand>;

/// What other threads ask of the protocol thread.
#[derive(Debug)]
pub(crate) enum ProtocolCommand {
    /// The state of a router's parent, and its frames while there is one.
    Attached { router: RouterId, parent: Parent, frames: Option<Arc<Frames>> },
    /// Whether the machine lets a router hold its addresses.
    HostReady { router: RouterId, state: HostState },
    /// A tracked object changed.
    Reading { tracker: TrackerId, reading: Reading },
    /// A new configuration. Answered with the ids of the routers added, in their order.
    Reload { change: Box<EngineChange>, added: Answer<Vec<RouterId>> },
    /// These routers stay away from the election, for somebody wants that, and no others.
    Release(HashSet<RouterId>),
    /// The state of routers.
    Ask(Question<Snapshots>),
    /// Leave all roles and end. Answered when all priority-0 adverts are out and no router keeps its addresses any more.
    Stop(Answer<()>),
    /// Says what another program needs to go on, and stands still.
    HandOver(Standstill<EnginePart>),
    /// Peers of BFD sessions are asked to bear that nothing is sent for a while. Answered once all agree, or one does not in time.
    Pause(Answer<Agreed>),
    /// The pause is over, or does not come.
    EndPause,
    /// Routers that have left do not wait for their successors any longer.
    LetGo,
}

/// The state of routers at one moment.
#[derive(Debug)]
pub(crate) struct Snapshots {
    pub(crate) routers: Vec<Snapshot>,
    /// What those of them track that track something.
    pub(crate) tracked: HashMap<RouterId, Vec<Tracked>>,
    /// All sync groups, whichever routers were asked for.
    pub(crate) groups: Vec<GroupSnapshot>,
    /// Packets that belonged to no router.
    pub(crate) no_such_router: Discards,
    /// Packets that came faster than they were read, and were lost.
    pub(crate) overflows: u64,
    /// All BFD sessions, whichever routers were asked for.
    pub(crate) sessions: Vec<bfd::Snapshot>,
    /// BFD packets that belonged to no session.
    pub(crate) no_session: bfd::Discards,
}

/// Whether the peers of BFD sessions agree to a pause; if not, which sessions' peers do not answer.
pub(crate) type Agreed = Result<(), Vec<(Arc<str>, IpAddr)>>;

/// A BFD session that runs from now on.
#[derive(Debug)]
pub(crate) struct SessionPlan {
    pub(crate) name: Arc<str>,
    /// TTL or hop limit of packets.
    pub(crate) hop_limit: u8,
    pub(crate) config: bfd::SessionConfig,
}

/// The ends of a BFD session, by which its peer knows it: one with the same ends is the same, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Ends {
    pub(crate) neighbor: IpAddr,
    pub(crate) source: Option<IpAddr>,
    pub(crate) hops: bfd::Hops,
    /// TTL or hop limit of packets.
    pub(crate) hop_limit: u8,
}

impl SessionPlan {
    pub(crate) const fn ends(&self) -> Ends {
        let bfd::SessionConfig { neighbor, source, hops, .. } = self.config;
        Ends { neighbor, source, hops, hop_limit: self.hop_limit }
    }
}

/// A sync group and its routers.
#[derive(Debug)]
pub(crate) struct GroupChange {
    pub(crate) id: GroupId,
    /// Those that run already.
    pub(crate) kept: Vec<RouterId>,
    /// Those that are new: places in [`EngineChange::add`].
    pub(crate) added: Vec<usize>,
}

/// A new configuration as a difference.
#[derive(Debug, Default)]
pub(crate) struct EngineChange {
    pub(crate) update: Vec<(RouterId, RouterConfig)>,
    pub(crate) add: Vec<RouterConfig>,
    pub(crate) remove: Vec<RouterId>,
    /// All sync groups from now on.
    pub(crate) groups: Vec<GroupChange>,
    /// Tracked things that are forgotten.
    pub(crate) forget: Vec<TrackerId>,
    /// No router starts before then.
    pub(crate) starts_at: Instant,
    /// For the receive filter.
    pub(crate) vrids: Vec<Vrid>,
    pub(crate) unknown_vrids: UnknownVrids,
    /// All BFD sessions from now on.
    pub(crate) sessions: Vec<SessionPlan>,
    /// The routers that are added go on from there, as a program before had them.
    pub(crate) resume: Option<Box<EngineResumption>>,
}
