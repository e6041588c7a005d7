//! What snapshots do not say of routers any more: since when each takes part, why it became master last, what was wrong with
//! the last packet that was dropped. It is gathered from events.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use vrrp::discard::Discard;
use vrrp::event::{Event, EventKind, Reason, StateName, Subject};
use vrrp::snapshot::Snapshot;
use vrrp::time::Instant;
use vrrp::types::RouterId;

use crate::ports::directory::Directory;

/// Of all routers.
#[derive(Clone, Debug, Default)]
pub(super) struct Past(Arc<Mutex<HashMap<RouterId, Of>>>);

#[derive(Clone, Copy, Debug, Default)]
struct Of {
    /// When it left Initialize.
    started: Option<Instant>,
    mastered: Option<NewMaster>,
    dropped: Option<ProtoError>,
}

/// `vrrpv3StatisticsNewMasterReason`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NewMaster {
    NotMaster = 0,
    Priority = 1,
    Preempted = 2,
    MasterNoResponse = 3,
}

/// `vrrpv3StatisticsProtoErrReason`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProtoError {
    None = 0,
    IpTtl = 1,
    Version = 2,
    Checksum = 3,
    Vrid = 4,
}

impl NewMaster {
    /// Why a router became master, which an owner does by its priority alone.
    pub(super) const fn of(reason: &Reason) -> Self {
        match reason {
            Reason::MasterLeft { .. } => Self::Priority,
            Reason::OwnerReady | Reason::Preempted { .. } | Reason::GroupIsActive => Self::Preempted,
            Reason::MasterSilent { .. } => Self::MasterNoResponse,
            Reason::Ready
            | Reason::SuperiorAdvert { .. }
            | Reason::GroupYielded
            | Reason::Lost { .. }
            | Reason::Shutdown
            | Reason::Stalled { .. } => Self::NotMaster,
        }
    }
}

impl ProtoError {
    /// `None`: RFC 6527 has no name for it.
    pub(super) const fn of(reason: Discard) -> Option<Self> {
        match reason {
            Discard::HopLimit | Discard::PeerHopLimit => Some(Self::IpTtl),
            Discard::Version => Some(Self::Version),
            Discard::Checksum => Some(Self::Checksum),
            Discard::UnknownVrid => Some(Self::Vrid),
            Discard::Protocol
            | Discard::Unicast
            | Discard::Multicast
            | Discard::WrongDestination
            | Discard::OwnPacket
            | Discard::UnlistedSource
            | Discard::TooShort
            | Discard::Type
            | Discard::Length
            | Discard::AuthenticationType
            | Discard::SignatureMissing
            | Discard::SignatureKind
            | Discard::SignatureKey
            | Discard::AuthenticationData
            | Discard::NoAddress
            | Discard::FirstNotLinkLocal
            | Discard::IntervalZero
            | Discard::AddressList
            | Discard::IntervalMismatch
            | Discard::OwnerIgnores
            | Discard::NotRunning
            | Discard::Stale
            | Discard::Replay => None,
        }
    }
}

impl Past {
    /// Remembers what an event says.
    pub(super) fn take(&self, event: &Event) {
        let Subject::Router(id) = event.subject else { return };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let EventKind::Transition(transition) = &event.kind {
            let of = all.entry(id).or_default();
            // One that goes on in the place of another daemon's has left it before anything is known here.
            if transition.from == StateName::Initialize || of.started.is_none() {
                of.started = Some(event.at);
            }
            if transition.to == StateName::Active {
                of.mastered = Some(NewMaster::of(&transition.reason));
            }
        } else if let EventKind::Discarded { reason, .. } = &event.kind
            && let Some(error) = ProtoError::of(*reason)
        {
            all.entry(id).or_default().dropped = Some(error);
        }
    }

    /// Forgets routers that are gone.
    pub(super) fn keep(&self, directory: &Directory) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|id, _| directory.router(*id).is_some());
    }

    /// When a router left Initialize; `None`: it is in it.
    pub(super) fn started(&self, router: &Snapshot) -> Option<Instant> {
        if router.state == StateName::Initialize {
            return None;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let started = *all.entry(router.router).or_default().started.get_or_insert(router.since);
        // The snapshot may be older than the event.
        Some(started.min(router.since))
    }

    /// Why a router became master last.
    pub(super) fn mastered(&self, router: &Snapshot) -> NewMaster {
        let now = router.reason.as_ref().filter(|_| router.state == StateName::Active).map(NewMaster::of);
        now.or_else(|| self.of(router.router).mastered).unwrap_or(NewMaster::NotMaster)
    }

    /// What was wrong with the last packet that was dropped.
    pub(super) fn dropped(&self, router: &Snapshot) -> ProtoError {
        self.of(router.router).dropped.unwrap_or(ProtoError::None)
    }

    fn of(&self, id: RouterId) -> Of {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vrrp::{Engine, Input, LinkState, Parent};

    use super::*;

    #[test]
    fn a_router_that_went_on_before_anything_was_known_is_up_since_it_was_seen_first() {
        let (mut engine, now) = (Engine::new(), Instant::default());
        let vrid = vrrp::types::Vrid::new(1).unwrap();
        let address = "10.0.0.1".parse().unwrap();
        let router = engine.add(now, vrrp::config::RouterConfig::new(vrid, vrrp::Version::V3, vec![address]));
        let (ifindex, source) = (vrrp::types::IfIndex::new(2), Some("10.0.0.9".parse().unwrap()));
        let parent = Parent { ifindex, link: LinkState::Up, source };
        engine.handle(now, Input::Parent { router, parent });
        let past = Past::default();
        let seen = engine.snapshot(router).unwrap();
        assert_eq!(past.started(&seen), Some(seen.since));
        let later = Snapshot { since: seen.since + Duration::from_secs(60), ..seen.clone() };
        assert_eq!(past.started(&later), Some(seen.since), "it has become something else");
    }
}
