//! Routes and rules of routers that are Active: bound to the interfaces that are there, looked after, put back.
//!
//! A route that cannot be made does not take its router out of the election: it is told, and tried again. One that is there
//! already is somebody else's. The kernel does not tell of every route that goes (`linux/routing.rs`), so whenever one may
//! have gone all are asked for once more, which changes nothing where they are there.

pub(super) mod bind;
mod look;

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use conf::Places;
use conf::model;
use host::{Holder, Identity, IpRoute, IpRule, Item, Op};
use linux::routing::RouteWatch;
use vrrp::input::LinkState;
use vrrp::time::Instant;
use vrrp::types::{IfIndex, RouterId};

use super::HostThread;
use super::lines::{BoundLine, Occasion};
use super::repair::Repairs;
use super::vmac::PlannedVmac;
use crate::ports::events::HostFact;
use crate::ports::routing::{RoutingKind, RoutingLine, RoutingState, RoutingView};
use crate::recovery::Links;

/// The first back-off of what was refused.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// The longest.
const LAST_RETRY: Duration = Duration::from_secs(64);

/// All that is known of routes and rules but what stands in the ledger.
pub(super) struct Routing {
    /// `None`: there are no routes and rules, or the kernel does not tell.
    watch: Option<RouteWatch>,
    /// What the watch listens for; `None`: it is to be worked out.
    destinations: Option<Vec<IpAddr>>,
    /// Where lines of the configuration stand.
    pub(super) places: Arc<Places>,
    refused: HashMap<Identity, Refusal>,
    /// The routers that have lines: most have none, and each notification asks.
    with_lines: BTreeSet<RouterId>,
    /// Whose routes and rules are to be looked at, why, and from when on.
    pending: BTreeSet<Holder<RouterId>>,
    occasion: Occasion,
    due: Option<Instant>,
    repairs: Repairs,
    /// They were put back so often that it waits for the next tick.
    pace: Pace,
    /// When what was refused is tried again, and after which time then.
    retry_at: Option<Instant>,
    back_off: Duration,
    /// When all were looked at last.
    looked: Instant,
}

/// When what is missing is put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    AtOnce,
    AtTheTick,
}

/// What the kernel refused.
struct Refusal {
    /// In words for the user.
    why: String,
    before: Before,
}

/// What had become of it before it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// It was there: if it is there again, it is ours.
    Made,
    Never,
}

impl Routing {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            watch: None,
            destinations: Some(Vec::new()),
            places: Arc::default(),
            refused: HashMap::new(),
            with_lines: BTreeSet::new(),
            pending: BTreeSet::new(),
            occasion: Occasion::Taken,
            due: None,
            repairs: Repairs::NONE,
            pace: Pace::AtOnce,
            retry_at: None,
            back_off: FIRST_RETRY,
            looked: now,
        }
    }

    /// The routes that routers may have are other ones: what the watch listens for is to be worked out anew.
    pub(super) fn changed(&mut self) {
        self.destinations = None;
    }

    /// When something is to be done.
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.into_iter().chain(self.retry_at).min()
    }
}

/// The machine's interfaces, and those that the router is to have.
struct Named<'a> {
    links: &'a Links,
    vmacs: &'a [PlannedVmac],
}

impl bind::Interfaces for Named<'_> {
    fn index(&self, name: &str) -> Option<IfIndex> {
        let own = self.vmacs.iter().find(|vmac| vmac.link.name == name).map(|vmac| vmac.link.index);
        own.or_else(|| self.links.named(name).map(|link| link.index))
    }

    fn vrf_table(&self, name: &str) -> Option<u32> {
        self.links.named(name)?.vrf_table
    }
}

impl HostThread {
    /// A static route; `Err`: the interface that is not there, or down, with which the kernel would refuse it.
    pub(super) fn bind_static(&self, route: &model::route::Route) -> Result<IpRoute, String> {
        let links = &self.machinery.links;
        let bound = bind::route(route, &Named { links, vmacs: &[] })?;
        let is_up = |name: &&str| links.named(name).is_some_and(|link| link.admin == LinkState::Up);
        match route.interfaces().find(|name| !is_up(name)).filter(|_| !route.kind.ends()) {
            Some(down) => Err(down.to_owned()),
            None => Ok(bound),
        }
    }

    /// The router's routes and rules, as far as their interfaces are there. Which are not is told, once.
    pub(super) fn routes_and_rules(
        &mut self,
        id: RouterId,
        spec: &model::Router,
        vmacs: &[PlannedVmac],
    ) -> (Vec<IpRoute>, Vec<IpRule>) {
        let (mut routes, mut rules, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        let interfaces = Named { links: &self.machinery.links, vmacs };
        for route in &spec.routes {
            let line = self.line(&spec.name, RoutingKind::Route, route.to_string());
            let bound = bind::route(route, &interfaces);
            let identity = |route: &IpRoute| Op::Add(Item::IpRoute(Box::new(route.clone()))).identity();
            let known = bound.as_ref().map(identity).map_err(Clone::clone);
            lines.push(BoundLine { line, bound: known, tracking: route.tracking.clone() });
            routes.extend(bound);
        }
        for rule in &spec.rules {
            let line = self.line(&spec.name, RoutingKind::Rule, rule.to_string());
            let bound = bind::rule(rule);
            let identity = Op::Add(Item::IpRule(Box::new(bound.clone()))).identity();
            lines.push(BoundLine { line, bound: Ok(identity), tracking: rule.tracking.clone() });
            rules.push(bound);
        }
        self.follow_lines(id, lines);
        (routes, rules)
    }

    fn line(&self, router: &str, kind: RoutingKind, text: String) -> Arc<RoutingLine> {
        let list = match kind {
            RoutingKind::Route => "virtual_routes",
            RoutingKind::Rule => "virtual_rules",
        };
        let place = self.routing.places.entry(router, None, list, &text);
        Arc::new(RoutingLine { kind, text, place })
    }

    fn follow_lines(&mut self, id: RouterId, lines: Vec<BoundLine>) {
        let Some(managed) = self.routers.get_mut(&id) else { return };
        let before = std::mem::replace(&mut managed.lines, lines.clone());
        if lines.is_empty() {
            self.routing.with_lines.remove(&id);
        } else {
            self.routing.with_lines.insert(id);
        }
        let waited =
            |new: &BoundLine| before.iter().any(|old| old.line.text == new.line.text && old.bound == new.bound);
        for line in lines.iter().filter(|line| !waited(line)) {
            if let Err(link) = &line.bound {
                let state = RoutingState::Awaits { link: link.clone() };
                self.machinery.tell(Some(id), HostFact::Routing { line: Arc::clone(&line.line), state });
            }
        }
        let identities = |lines: &[BoundLine]| lines.iter().map(|line| line.bound.clone()).collect::<Vec<_>>();
        if identities(&before) != identities(&lines) {
            self.routing.changed();
        }
    }

    /// The routes and rules of a master, as they stand.
    pub(super) fn routing_views(&self, lines: &[BoundLine]) -> Vec<RoutingView> {
        let view = |BoundLine { line, bound, .. }: &BoundLine| {
            let state = match bound {
                Err(link) => RoutingState::Awaits { link: link.clone() },
                Ok(identity) => self.routing_state(*identity),
            };
            RoutingView { line: Arc::clone(line), state }
        };
        lines.iter().map(view).collect()
    }

    fn routing_state(&self, identity: Identity) -> RoutingState {
        if let Some(Refusal { why, .. }) = self.routing.refused.get(&identity) {
            return RoutingState::Refused(why.clone());
        }
        if self.machinery.ledger.is_made_by_others(identity) { RoutingState::Found } else { RoutingState::Added }
    }
}
