//! What stands from the daemon's start to its stop (`ports/statics.rs` says of which kinds it may be): added before routers
//! are attached, removed after them, followed by reloads, put back when others take it away.
//!
//! What was there before is left as it is, also at the stop. What the kernel refuses is told once, does not stay in the
//! ledger, and is tried again when something changes on its interface.

mod groups;
mod plan;
mod repair;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use conf::model::route::Tracking;
use host::{Exchange, Holder, Identity};
use linux::clock;
use vrrp::input::Reading;
use vrrp::time::Instant;
use vrrp::types::{RouterId, TrackerId};

use super::HostThread;
use super::repair::Repairs;
use crate::ports::routing::RoutingLine;
use crate::ports::statics::{Static, StaticState, StaticView};

/// Time after which what was refused is tried again, whether or not anything has changed.
const RETRY: Duration = Duration::from_secs(30);
/// Least time between two tries.
const SPACING: Duration = Duration::from_secs(1);

/// All of it.
pub(super) struct Statics {
    wanted: Vec<Wanted>,
    /// What is worked out, and still to be carried out.
    planned: Option<Exchange<Holder<RouterId>>>,
    repairs: Repairs,
    /// When something was refused last, and when that is to be tried again.
    tried: Instant,
    retry_at: Option<Instant>,
    /// Those of them that routers heed, by the names of their `track_group`s, and what routers know of them.
    groups: BTreeMap<String, TrackerId>,
    told: BTreeMap<TrackerId, Reading>,
}

/// One of them.
struct Wanted {
    what: Arc<Static>,
    /// What it is in the ledger, while it is there.
    identity: Option<Identity>,
    /// Why plans leave it out until it gets another chance.
    barred: Option<StaticState>,
    /// What has become of it, as was told last.
    state: Option<StaticState>,
}

impl Statics {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            wanted: Vec::new(),
            planned: None,
            repairs: Repairs::NONE,
            tried: now,
            retry_at: None,
            groups: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// Whether there is nothing to keep up.
    pub(super) const fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.planned.is_none()
    }

    /// Whether something is still to be carried out.
    pub(super) const fn is_planned(&self) -> bool {
        self.planned.is_some()
    }

    /// When something that was refused is to be tried again.
    pub(super) const fn next_retry(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Whether one of them is on an interface of this name.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.wanted.iter().any(|wanted| wanted.what.links().contains(&name))
    }

    /// Whether any of them is a route or rule.
    pub(super) fn has_routing(&self) -> bool {
        self.wanted.iter().any(|wanted| wanted.what.routing().is_some())
    }

    /// The line of a route or rule, and whether it is put back when somebody takes it away.
    pub(super) fn line(&self, identity: Identity) -> Option<(&Arc<RoutingLine>, &Tracking)> {
        let wanted = self.wanted.iter().find(|wanted| wanted.identity == Some(identity))?;
        Some((wanted.what.routing()?, wanted.what.tracking()))
    }

    /// The routes and rules that are in the ledger.
    pub(super) fn routing(&self) -> impl Iterator<Item = Identity> + '_ {
        self.wanted.iter().filter(|wanted| wanted.what.routing().is_some()).filter_map(|wanted| wanted.identity)
    }

    /// Whether this is one of them.
    pub(super) fn has(&self, identity: Identity) -> bool {
        self.wanted.iter().any(|wanted| wanted.identity == Some(identity))
    }

    /// Each of them as it stands, once that is known.
    pub(super) fn views(&self) -> Vec<StaticView> {
        let view = |wanted: &Wanted| Some(StaticView { what: Arc::clone(&wanted.what), state: wanted.state.clone()? });
        self.wanted.iter().filter_map(view).collect()
    }

    /// From now on these are wanted.
    pub(super) fn follow(&mut self, statics: Vec<Arc<Static>>, groups: BTreeMap<String, TrackerId>) {
        let mut before = std::mem::take(&mut self.wanted);
        let keep = |what: Arc<Static>| match before.iter().position(|wanted| wanted.what == what) {
            Some(place) => before.swap_remove(place),
            None => Wanted { what, identity: None, barred: None, state: None },
        };
        self.wanted = statics.into_iter().map(keep).collect();
        self.wanted.iter_mut().for_each(|wanted| wanted.barred = None);
        self.retry_at = None;
        self.told.retain(|id, _| groups.values().any(|known| known == id));
        self.groups = groups;
    }

    /// The next plan tries what was refused.
    fn give_another_chance(&mut self) {
        self.retry_at = None;
        let is_refused = |wanted: &&mut Wanted| matches!(wanted.barred, Some(StaticState::Refused(_)));
        self.wanted.iter_mut().filter(is_refused).for_each(|wanted| wanted.barred = None);
    }

    /// The interface is gone: on the next of its name all begins anew.
    fn link_gone(&mut self, name: &str) {
        let is_on_it = |wanted: &&mut Wanted| wanted.what.links().contains(&name);
        self.wanted.iter_mut().filter(is_on_it).for_each(|wanted| wanted.barred = None);
    }

    /// Something changed that may have been the cause of a refusal.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.retry_at = self.retry_at.map(|at| at.min(now.max(self.tried + SPACING)));
    }

    fn of(&mut self, identity: Identity) -> Option<&mut Wanted> {
        self.wanted.iter_mut().find(|wanted| wanted.identity == Some(identity))
    }

    /// The kernel refused one: plans leave it out for a while.
    fn refuse(&mut self, identity: Identity, why: String) {
        let now = clock::now();
        if let Some(wanted) = self.of(identity) {
            wanted.barred = Some(StaticState::Refused(why));
            (self.tried, self.retry_at) = (now, Some(now + RETRY));
        }
    }
}

impl HostThread {
    /// Something changed on an interface of this name.
    pub(super) fn statics_hear(&mut self, link: &str) {
        if self.statics.uses(link) {
            if self.machinery.links.named(link).is_none() {
                self.statics.link_gone(link);
            }
            self.statics.hurry(clock::now());
            self.work.statics = true;
        }
    }

    /// What was refused is tried again if its time has come, and what had to wait is put back.
    pub(super) fn retry_statics(&mut self, now: Instant) {
        if self.statics.retry_at.is_some_and(|at| at <= now) {
            self.statics.give_another_chance();
            self.work.statics = true;
        }
    }
}
