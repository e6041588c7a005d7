//! A daemon that goes on as another program: what it knows passes through the form in which the daemon hands it over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vrrp::{Engine, GroupId, GroupState, HostState, Input, Instant, Reading, RouterId, RouterState, TrackerId};

use super::Node;
use super::host::Handed;
use super::protocol::{Protocol, Quitting};
use super::pulse::{HostWatch, Pulse};
use super::receive::Sockets;
use super::router::Placed;
use super::trust::wall_time;
use crate::sim::invariants::router as rules;
use crate::sim::mutation::Mutation;

/// What a program has left for the next one.
#[derive(Debug)]
pub(super) struct Replaced {
    bytes: Vec<u8>,
    /// From when on nothing is heard.
    since: Instant,
}

/// That, as data; routers by their place.
#[derive(Serialize, Deserialize)]
struct Handover {
    routers: Vec<(usize, RouterState)>,
    groups: Vec<(u32, GroupState)>,
    readings: Vec<(u32, Reading)>,
    ledger: Handed,
}

/// Whether another program is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Asked {
    Replaced,
    /// It was a bad moment.
    GoesOn,
}

impl Node {
    pub(in crate::sim) fn is_replaced(&self) -> bool {
        self.daemon.as_ref().is_some_and(|daemon| daemon.replaced.is_some())
    }

    /// Whether the daemon is at rest. One that would be away for as long as a backup waits has a guardian, which is not modelled here.
    pub(in crate::sim) fn may_be_replaced(&self, until: Instant, now: Instant) -> bool {
        let Some(daemon) = &self.daemon else { return false };
        let Some(protocol) = &daemon.protocol else { return false };
        let away = until.since(now);
        let is_patient =
            |router: &super::router::Router| rules::patience(router, router.priority(&protocol.readings)) > away * 2;
        daemon.stalls == [None; 2]
            && daemon.replaced.is_none()
            && protocol.is_mailbox_empty()
            && protocol.quitting == Quitting::No
            && protocol.routers.iter().flatten().all(is_patient)
    }

    /// The daemon says what it knows, and stands still.
    pub(in crate::sim) fn hand_over(&mut self, now: Instant) -> Asked {
        let Some(daemon) = &mut self.daemon else { return Asked::GoesOn };
        let Some(protocol) = &daemon.protocol else { return Asked::GoesOn };
        let handover = protocol.handed_over().and_then(|(routers, groups, readings)| {
            let ledger = daemon.host.hand_over(|id| protocol.place_of(id))?;
            Some(Handover { routers, groups, readings, ledger })
        });
        let bytes = handover.and_then(|handover| serde_json::to_vec(&handover).ok());
        daemon.replaced = bytes.map(|bytes| Replaced { bytes, since: now });
        self.disturbed = now;
        if self.is_replaced() { Asked::Replaced } else { Asked::GoesOn }
    }

    /// The next program goes on. `None` if it cannot: that is never so.
    pub(in crate::sim) fn go_on(&mut self, now: Instant, mutation: Mutation) -> Option<()> {
        let daemon = self.daemon.as_mut()?;
        let Replaced { bytes, since } = daemon.replaced.take()?;
        let Handover { routers, groups, readings, ledger } = serde_json::from_slice(&bytes).ok()?;
        self.machine.replace_process();
        let protocol = daemon.protocol.as_mut()?;
        let ids = protocol.go_on(now, since, (routers, groups, readings), mutation);
        let router = |place: u64| protocol.routers.get(usize::try_from(place).ok()?)?.as_ref().map(|router| router.id);
        daemon.host.go_on(now, ledger, router, &ids)?;
        self.disturbed = now;
        Some(())
    }
}

/// Of routers by their place, of groups and trackers by number.
type Known = (Vec<(usize, RouterState)>, Vec<(u32, GroupState)>, Vec<(u32, Reading)>);

impl Protocol {
    /// `None` while a router that is gone from the configuration keeps its addresses.
    fn handed_over(&self) -> Option<Known> {
        let is_there = |id: RouterId| self.place_of(id).is_some();
        if !self.is_mailbox_empty() || !self.kept.iter().flatten().all(|kept| is_there(kept.id)) {
            return None;
        }
        let routers = self.routers.iter().enumerate();
        let routers = routers.filter_map(|(place, it)| Some((place, self.engine.router_state(it.as_ref()?.id)?)));
        let groups = self.engine.group_states().map(|(id, state)| (id.0, state));
        Some((routers.collect(), groups.collect(), self.engine.readings().map(|(id, it)| (id.0, it)).collect()))
    }

    fn place_of(&self, id: RouterId) -> Option<u64> {
        let place = self.routers.iter().position(|router| router.as_ref().is_some_and(|router| router.id == id))?;
        u64::try_from(place).ok()
    }

    /// Returns the ids that routers have by those that they had.
    fn go_on(
        &mut self,
        now: Instant,
        since: Instant,
        (routers, groups, readings): Known,
        mutation: Mutation,
    ) -> BTreeMap<RouterId, RouterId> {
        self.engine = Engine::new();
        self.engine.handle(now, Input::WallClock(wall_time(now, self.clock)));
        for (tracker, reading) in readings {
            self.engine.handle(now, Input::Reading { tracker: TrackerId(tracker), reading });
        }
        for (id, state) in groups {
            self.engine.resume_group(GroupId(id), state);
        }
        let deaf_since = if mutation == Mutation::CountsDeafTime { now } else { since };
        let mut ids = BTreeMap::new();
        for (place, state) in routers {
            let Some(router) = &mut self.routers[place] else { continue };
            let config = router.config.clone();
            let id = if mutation == Mutation::ForgetsRoles {
                self.engine.add(now, config)
            } else {
                self.engine.resume(now, deaf_since, config, state)
            };
            ids.insert(std::mem::replace(&mut router.id, id), id);
            (router.host_said, router.host) = (HostState::Ready, HostState::Ready);
            router.provoke(now);
            router.was_deaf(now, now.since(since));
        }
        for kept in self.kept.iter_mut().flatten() {
            kept.id = ids.get(&kept.id).copied().unwrap_or(kept.id);
        }
        let wanted: Vec<bool> = self.routers.iter().map(Option::is_some).collect();
        let groups = self.group_configs(&wanted, mutation);
        self.engine.set_groups(now, groups);
        // As the host thread of the next program does, to which nothing was said yet: one that was held down is tried anew.
        for router in self.routers.iter().flatten().filter(|router| router.placed == Placed::Yes) {
            self.engine.handle(now, Input::Parent { router: router.id, parent: router.parent });
        }
        (self.sockets, self.host_watch, self.pulse) = (Sockets::default(), HostWatch::new(), Pulse(None));
        ids
    }
}
