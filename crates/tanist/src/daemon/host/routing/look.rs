//! Whether routes and rules are there: by asking for them once more.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use conf::model::route::Tracking;
use host::{Describe as _, ErrorKind, Failure, Holder, HostError, Identity, Item, Op, Phase, Task};
use linux::clock;
use linux::routing::{News, RouteWatch};
use vrrp::time::Instant;
use vrrp::types::RouterId;

use super::super::lines::Occasion;
use super::super::managed::Managed;
use super::super::repair::Leave;
use super::super::work::PIECE;
use super::super::{HostThread, ROUTES};
use super::{Before, FIRST_RETRY, LAST_RETRY, Pace, Refusal};
use crate::ports::events::{Drift, HostFact};
use crate::ports::pulse::Health;
use crate::ports::routing::{RoutingLine, RoutingState};

/// How long news are gathered before routes are looked at.
const GATHER: Duration = Duration::from_millis(10);
/// They are looked at this often even if there was no news.
const LOOK: Duration = Duration::from_secs(10);
/// Least time between two looks at all of them because notifications were lost.
const OVERRUN: Duration = Duration::from_secs(1);

impl HostThread {
    /// Routes or rules may be missing: they are looked at soon.
    pub(in super::super) fn doubt_routing(&mut self, occasion: Occasion) {
        if occasion == Occasion::Returned && self.statics.has_routing() {
            // What was refused may be taken now.
            self.statics.hurry(clock::now());
        }
        self.doubt_routing_from(clock::now() + GATHER, occasion);
    }

    fn doubt_routing_from(&mut self, at: Instant, occasion: Occasion) {
        self.routing.with_lines.retain(|id| self.routers.contains_key(id));
        let mut concerned: Vec<_> = self.routing.with_lines.iter().copied().map(Holder::Router).collect();
        concerned.extend(self.statics.has_routing().then_some(Holder::Statics));
        if concerned.is_empty() {
            return;
        }
        self.routing.pending.extend(concerned);
        self.routing.occasion = self.routing.occasion.max(occasion);
        self.routing.due = Some(self.routing.due.map_or(at, |due| due.min(at)));
    }

    /// Reads what the kernel tells of routes and rules.
    pub(in super::super) fn hear_of_routing(&mut self) {
        let news = self.routing.watch.as_mut().map_or(Ok(News::Nothing), RouteWatch::read);
        match news {
            Ok(News::Nothing) => {}
            Ok(News::MayBeLost) => self.doubt_routing(Occasion::Taken),
            Ok(News::Overrun) => self.doubt_routing_from(clock::now() + OVERRUN, Occasion::Taken),
            Err(error) => {
                self.routing.watch = None;
                self.machinery.tell(None, HostFact::MonitorFailed(error));
            }
        }
    }

    /// Listens for the routes that routers may have now.
    pub(in super::super) fn follow_routing(&mut self) {
        if self.routing.destinations.is_some() {
            return;
        }
        let attachments = self.routers.values().filter_map(|managed| managed.attachment.as_ref());
        let possible = attachments.flat_map(|attachment| attachment.footprint.routing());
        let statics = self.statics.routing().filter_map(|identity| self.machinery.ledger.held(identity));
        let (mut destinations, mut wanted) = (BTreeSet::new(), HashSet::new());
        for op in possible.chain(statics) {
            wanted.insert(op.identity());
            if let Op::Add(Item::IpRoute(route)) = op {
                destinations.insert(route.destination.0);
            }
        }
        self.routing.refused.retain(|identity, _| wanted.contains(identity));
        let destinations: Vec<IpAddr> = destinations.into_iter().collect();
        let followed = match &self.routing.watch {
            _ if wanted.is_empty() => {
                self.routing.watch = None;
                Ok(())
            }
            Some(watch) => watch.follow(&destinations),
            None => self.open_route_watch(&destinations),
        };
        self.routing.destinations = Some(destinations);
        if let Err(error) = followed {
            // They are looked at now and then all the same.
            self.machinery.tell(None, HostFact::MonitorFailed(error));
        }
        self.doubt_routing(Occasion::Taken);
    }

    fn open_route_watch(&mut self, destinations: &[IpAddr]) -> std::io::Result<()> {
        let port = self.machinery.machine.call(|machine| machine.port())?;
        let watch = RouteWatch::open(destinations, port)?;
        self.poll.add(&watch, ROUTES)?;
        self.routing.watch = Some(watch);
        Ok(())
    }

    /// At the tick: what had to wait has its turn, and all are looked at now and then.
    pub(in super::super) fn routing_tick(&mut self, now: Instant) {
        let waits = self.routing.repairs.take_turn();
        self.routing.pace = Pace::AtOnce;
        if waits || now.since(self.routing.looked) >= LOOK {
            self.doubt_routing_from(now, Occasion::Taken);
        }
    }

    /// Looks at routes and rules if that is due, a piece at a time. What is planned is carried out first.
    pub(in super::super) fn look_at_routing(&mut self, now: Instant) {
        if self.routing.retry_at.is_some_and(|at| at <= now) {
            self.routing.retry_at = None;
            self.doubt_routing_from(now, Occasion::Taken);
        }
        let is_due = self.routing.due.is_some_and(|due| due <= now);
        if is_due && self.routing.pace == Pace::AtTheTick {
            self.routing.due = None;
            return;
        }
        if !is_due || !self.work.attach.is_empty() || !self.work.planned.is_empty() {
            return;
        }
        if self.protocol_was != Health::Alive {
            // It is looked at again once it is alive.
            self.routing.due = None;
            return;
        }
        let piece: Vec<Holder<RouterId>> = self.routing.pending.iter().take(PIECE).copied().collect();
        let occasion = self.routing.occasion;
        piece.iter().for_each(|holder| _ = self.routing.pending.remove(holder));
        if self.routing.pending.is_empty() {
            (self.routing.due, self.routing.occasion, self.routing.looked) = (None, Occasion::Taken, now);
        }
        let tasks: Vec<_> = piece.iter().flat_map(|holder| self.routing_to_ask_for(*holder, occasion)).collect();
        self.ask_for_routing(&tasks);
    }

    /// These addresses went and are there again, or soon will be. The kernel took them out of the IPv6 routes that had them as
    /// their source, and left the routes: such routes are made anew.
    pub(in super::super) fn renew_sources(&mut self, addresses: &[IpAddr]) {
        let ledger = &self.machinery.ledger;
        let has_lost = |op: &&Op| match op {
            Op::Add(Item::IpRoute(route)) => {
                let source = route.source.filter(|_| route.destination.0.is_ipv6());
                source.is_some_and(|source| addresses.contains(&source)) && !ledger.is_made_by_others(op.identity())
            }
            Op::Add(_) | Op::Remove(_) | Op::Set(_) => false,
        };
        let routes: Vec<Op> = ledger.done().filter(has_lost).cloned().collect();
        let ops = routes.into_iter().flat_map(|op| [op.inverse(), Some(op)]).flatten();
        let tasks: Vec<_> = ops.map(|op| Task::new(Holder::Machine, op)).collect();
        if !tasks.is_empty() {
            // What is refused is asked for again.
            drop(self.machinery.apply(&tasks));
            self.doubt_routing(Occasion::Taken);
        }
    }

    /// What a master must have, or what stands. A route that the kernel ends after its time is not made again.
    fn routing_to_ask_for(&self, holder: Holder<RouterId>, occasion: Occasion) -> Vec<Task<Holder<RouterId>>> {
        let is_asked = |op: &&Op, is_kept: bool| {
            let ends = matches!(op, Op::Add(Item::IpRoute(route)) if route.expires.is_some());
            let is_refused = self.routing.refused.contains_key(&op.identity());
            is_refused || ((is_kept || occasion == Occasion::Returned) && !ends)
        };
        let ledger = &self.machinery.ledger;
        let ops: Vec<&Op> = match holder {
            Holder::Router(id) => {
                let is_active = ledger.holds(holder, Phase::Active);
                let managed = self.routers.get(&id).filter(|_| is_active);
                let routing = managed.and_then(|managed| Some((managed, managed.attachment.as_ref()?)));
                let ops =
                    routing.into_iter().flat_map(|(managed, it)| it.footprint.routing().map(move |op| (managed, op)));
                ops.filter(|(managed, op)| is_asked(op, managed.puts_back(op.identity()))).map(|(_, op)| op).collect()
            }
            Holder::Statics => {
                let held = self.statics.routing().filter_map(|identity| ledger.held(identity));
                let is_kept =
                    |op: &Op| self.statics.line(op.identity()).is_some_and(|(_, tracking)| is_put_back(tracking));
                held.filter(|op| is_asked(op, is_kept(op))).collect()
            }
            Holder::Machine => Vec::new(),
        };
        ops.into_iter().map(|op| Task::new(holder, op.clone())).collect()
    }

    /// Asks for what must be there. What was not is there from now on.
    fn ask_for_routing(&mut self, tasks: &[Task<Holder<RouterId>>]) {
        let failures = self.machinery.apply(tasks);
        let mut failures = failures.into_iter().peekable();
        let (mut restored, mut statics) = (Vec::new(), Vec::new());
        for task in tasks {
            let Some(failure) = failures.next_if(|failure| failure.op == task.op) else {
                self.machinery.ledger.made_by_us(task.op.identity());
                restored.push(task);
                continue;
            };
            match failure.kind {
                ErrorKind::Exists => self.routing_exists(task),
                ErrorKind::Missing
                | ErrorKind::Denied
                | ErrorKind::ReadOnly
                | ErrorKind::Busy
                | ErrorKind::Unsupported
                | ErrorKind::NoDescriptors
                | ErrorKind::Other(_) => match task.holder {
                    Holder::Router(_) | Holder::Machine => self.routing_refused(failure, Before::Made),
                    Holder::Statics => statics.push(failure),
                },
            }
        }
        if !statics.is_empty() {
            self.statics_refused(statics);
        }
        for task in &restored {
            self.tell_restored(task);
        }
        if restored.iter().any(|task| task.holder == Holder::Statics) {
            self.settle_statics();
        }
        self.record_first();
        // Two that undo each other's work must not keep the machine busy for ever.
        if !restored.is_empty() {
            match self.routing.repairs.ask(clock::now()) {
                Leave::Granted => {}
                leave @ (Leave::RefusedFirst | Leave::Refused) => {
                    self.routing.pace = Pace::AtTheTick;
                    if leave == Leave::RefusedFirst {
                        self.machinery.tell(None, HostFact::RepairsLimited);
                    }
                }
            }
        }
    }

    fn tell_restored(&mut self, task: &Task<Holder<RouterId>>) {
        let was_refused = self.routing.refused.remove(&task.op.identity()).is_some();
        self.routing.back_off = FIRST_RETRY;
        let Some((id, line)) = self.line_of(task) else { return };
        let fact = if was_refused {
            HostFact::Routing { line, state: RoutingState::Added }
        } else {
            HostFact::Repaired(Drift::Routing { line })
        };
        self.machinery.tell(id, fact);
    }

    /// It is there. If it was refused, and never there before, somebody else has made it meanwhile.
    fn routing_exists(&mut self, task: &Task<Holder<RouterId>>) {
        let identity = task.op.identity();
        if self.routing.refused.remove(&identity).is_some_and(|refusal| refusal.before == Before::Never) {
            self.routing_found(task);
        }
    }

    fn routing_found(&mut self, task: &Task<Holder<RouterId>>) {
        self.machinery.ledger.made_by_others(task.op.identity());
        if let Some((id, line)) = self.line_of(task) {
            self.machinery.tell(id, HostFact::Routing { line, state: RoutingState::Found });
        }
    }

    fn routing_refused(&mut self, failure: Failure<Holder<RouterId>>, before: Before) {
        let now = clock::now();
        if self.routing.retry_at.is_none() {
            self.routing.retry_at = Some(now + self.routing.back_off);
            self.routing.back_off = (self.routing.back_off * 2).min(LAST_RETRY);
        }
        let (identity, task) = (failure.op.identity(), Task::new(failure.holder, failure.op.clone()));
        let why = HostError::from(failure).named(&self.machinery.links).to_string();
        let known = self.routing.refused.get(&identity);
        let is_news = known.is_none_or(|known| known.why != why);
        let before = known.map_or(before, |known| known.before);
        self.routing.refused.insert(identity, Refusal { why: why.clone(), before });
        if let Some((id, line)) = self.line_of(&task).filter(|_| is_news) {
            self.machinery.tell(id, HostFact::Routing { line, state: RoutingState::Refused(why) });
        }
    }

    /// The line of an operation, and the router whose it is.
    fn line_of(&self, task: &Task<Holder<RouterId>>) -> Option<(Option<RouterId>, Arc<RoutingLine>)> {
        let identity = task.op.identity();
        let line = match task.holder.router() {
            Some(id) => &self.routers.get(&id)?.lines.iter().find(|line| line.bound == Ok(identity))?.line,
            None => self.statics.line(identity)?.0,
        };
        Some((task.holder.router(), Arc::clone(line)))
    }

    /// What became of routes and rules that were made for the first time, or removed. Returns the other refusals.
    pub(in super::super) fn routing_done(
        &mut self,
        tasks: &[Task<Holder<RouterId>>],
        failures: Vec<Failure<Holder<RouterId>>>,
    ) -> Vec<Failure<Holder<RouterId>>> {
        let (ours, others): (Vec<_>, Vec<_>) = failures.into_iter().partition(|failure| failure.op.is_routing());
        let made: Vec<_> = tasks.iter().filter(|task| task.op.is_routing()).collect();
        if made.is_empty() {
            return others;
        }
        made.iter().for_each(|task| _ = self.routing.refused.remove(&task.op.identity()));
        self.routing.back_off = FIRST_RETRY;
        for failure in ours {
            if failure.kind == ErrorKind::Exists {
                self.routing_found(&Task::new(failure.holder, failure.op));
            } else if !self.machinery.lost_its_link(&failure) {
                self.routing_refused(failure, Before::Never);
            }
        }
        self.record_first();
        others
    }
}

impl Managed {
    /// Whether a route or rule is put back that somebody took away.
    fn puts_back(&self, identity: Identity) -> bool {
        let line = self.lines.iter().find(|line| line.bound == Ok(identity));
        line.is_some_and(|line| is_put_back(&line.tracking))
    }
}

const fn is_put_back(tracking: &Tracking) -> bool {
    match tracking {
        Tracking::Own | Tracking::Group(_) => true,
        Tracking::Off => false,
    }
}
