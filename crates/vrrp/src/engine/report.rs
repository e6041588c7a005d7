//! What can be asked of an engine, and of a router.

use super::Engine;
use super::peers::PEERS;
use super::router::Router;
use super::speakers::STRANGERS;
use super::state::State;
use crate::discard::Discards;
use crate::event::Causes;
use crate::snapshot::{Claim, Outline, SPEAKERS, Snapshot, Speaker};
use crate::time::Deadline;
use crate::types::{RouterId, Vrid};

const _: () = assert!(SPEAKERS == PEERS + STRANGERS, "each has its place in a snapshot");

impl Engine {
    /// Whether there is such a router.
    #[must_use]
    pub fn has(&self, router: RouterId) -> bool {
        self.routers.contains_key(router)
    }

    /// Whether any router has left and keeps its addresses.
    #[must_use]
    pub fn is_any_leaving(&self) -> bool {
        self.routers.values().any(|it| it.leaving.is_some())
    }

    /// The VRID of a router; `None` if there is no such router.
    #[must_use]
    pub fn vrid(&self, router: RouterId) -> Option<Vrid> {
        self.routers.get(router).map(|it| it.config.vrid)
    }

    /// What a router is called on the wire, and how fast it is missed there; `None` if there is no such router.
    #[must_use]
    pub fn outline(&self, router: RouterId) -> Option<Outline> {
        let it = self.routers.get(router)?;
        Some(Outline { vrid: it.config.vrid, linger: it.linger(), down_interval: it.down_interval() })
    }

    /// All routers, in no particular order.
    pub fn routers(&self) -> impl Iterator<Item = RouterId> + '_ {
        self.routers.keys()
    }

    /// State and counters of a router; `None` if there is no such router.
    #[must_use]
    pub fn snapshot(&self, router: RouterId) -> Option<Snapshot> {
        self.routers.get(router).map(Router::snapshot)
    }

    /// Dropped packets that belonged to no router. They are counted, and not reported but for
    /// [`UnknownVrid`](crate::action::UnknownVrid): any host on the link can send them.
    #[must_use]
    pub const fn no_such_router(&self) -> &Discards {
        &self.no_such_router
    }
}

impl Router {
    /// What it waits for next.
    pub(super) fn next(&self) -> Option<Deadline> {
        self.deadline().map(|(at, why)| Deadline { at, router: self.id, why })
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            router: self.id,
            state: self.state.name(),
            waiting_for: self.waiting_for(),
            since: self.since,
            reason: self.reason,
            leaving_until: self.leaving,
            base_priority: self.config.parameters.priority,
            priority: self.priority,
            interval: self.config.parameters.interval,
            active_interval: self.active_interval(),
            skew: self.skew(),
            down_interval: self.down_interval(),
            source: self.source(),
            master: self.master,
            next: self.next(),
            group: self.company.group(),
            claim: self.claim(),
            preempts_at: self.preempts_at(),
            from: self.transmit_from(),
            checksums: self.checksums(),
            speakers: self.speakers(),
            counters: self.counters.clone(),
        }
    }

    pub(super) const fn claim(&self) -> Claim {
        match &self.state {
            State::Initialize { .. } | State::Active(_) => Claim::No,
            State::Backup(backup) => backup.claim,
        }
    }

    const fn waiting_for(&self) -> Causes {
        match &self.state {
            State::Initialize { waiting_for } => *waiting_for,
            State::Backup(_) | State::Active(_) => Causes::NONE,
        }
    }

    fn speakers(&self) -> [Option<Speaker>; SPEAKERS] {
        let mut all = [None; SPEAKERS];
        let heard = self.peers.speakers().chain(self.strangers.iter());
        all.iter_mut().zip(heard).for_each(|(slot, speaker)| *slot = Some(speaker));
        all
    }
}
