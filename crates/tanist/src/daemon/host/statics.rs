//! What stands from the daemon's start to its stop (`ports/statics.rs` says of which kinds it may be): added before routers
//! are attached, removed after them, followed by reloads, put back when others take it away.
//!
//! What was there before is left as it is, also at the stop. What the kernel refuses is told once, does not stay in the
//! ledger, and is tried again when something changes on its interface.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use conf::model::Address;
use conf::model::route::Tracking;
use host::{
    ADDRESS_PROTOCOL, Describe as _, Exchange, Failure, Footprint, Holder, HostError, Identity, Item, Kernel as _, Lifetime, Op, Task,
};
use linux::address::AddressInfo;
use linux::clock;
use vrrp::input::LinkState;
use vrrp::time::Instant;
use vrrp::types::RouterId;

use super::HostThread;
use super::plan::link_address;
use super::repair::{Leave, Repairs};
use super::work::OnRecord;
use crate::ports::events::{Drift, HostFact};
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

/// What a plan makes of one of them.
enum Resolved {
    Do(Item),
    Leave(StaticState),
}

impl Statics {
    pub(super) const fn new(now: Instant) -> Self {
        Self { wanted: Vec::new(), planned: None, repairs: Repairs::NONE, tried: now, retry_at: None }
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
        self.wanted.iter().any(|wanted| wanted.what.link() == Some(name))
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
    pub(super) fn follow(&mut self, statics: Vec<Arc<Static>>) {
        let mut before = std::mem::take(&mut self.wanted);
        let keep = |what: Arc<Static>| match before.iter().position(|wanted| wanted.what == what) {
            Some(place) => before.swap_remove(place),
            None => Wanted { what, identity: None, barred: None, state: None },
        };
        self.wanted = statics.into_iter().map(keep).collect();
        self.give_another_chance();
    }

    /// The next plan tries what was refused, and what is not put back.
    fn give_another_chance(&mut self) {
        self.retry_at = None;
        self.wanted.iter_mut().for_each(|wanted| wanted.barred = None);
    }

    /// Something changed that may have been the cause of a refusal.
    fn hurry(&mut self, now: Instant) {
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

    /// Puts back what had to wait.
    pub(super) fn repair_statics_that_waited(&mut self) {
        if self.statics.repairs.take_turn() {
            let is_lost = |wanted: &&Wanted| wanted.state == Some(StaticState::Lost);
            let lost = self.statics.wanted.iter().filter(is_lost).filter_map(|wanted| wanted.identity).collect();
            self.put_back_statics(&lost);
        }
    }

    /// Works out what is to be done now; what stays the same is not touched.
    pub(super) fn plan_statics(&mut self) {
        self.work.statics = false;
        self.carry_out_statics();
        let mut items = Vec::new();
        for place in 0..self.statics.wanted.len() {
            let Wanted { what, barred, .. } = &self.statics.wanted[place];
            let resolved = barred.clone().map_or_else(|| self.resolve_static(what), Resolved::Leave);
            let wanted = &mut self.statics.wanted[place];
            match resolved {
                Resolved::Do(item) => {
                    wanted.identity = Some(Op::Add(item.clone()).identity());
                    items.push(item);
                }
                Resolved::Leave(state) => {
                    wanted.identity = None;
                    self.note_static(place, state);
                }
            }
        }
        let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
        let plan =
            ledger.move_to(Holder::Statics, &Footprint::of_statics(&items), |key| machine.read(key).ok());
        if plan.undo.is_empty() && plan.redo.is_empty() {
            return self.settle_statics();
        }
        self.statics.planned = Some(plan);
        self.work.record = OnRecord::Lacks;
    }

    fn resolve_static(&self, what: &Static) -> Resolved {
        match what {
            Static::Address(address) => self.resolve_address(address),
        }
    }

    /// An address that somebody else has put there stays theirs. One that has our number and is not in the ledger was left
    /// by a daemon that wrote no record.
    fn resolve_address(&self, address: &Address) -> Resolved {
        let name = address.dev.as_deref().unwrap_or_default();
        let Some(link) = self.machinery.links.named(name) else {
            return Resolved::Leave(StaticState::Awaits { link: name.to_owned() });
        };
        // The kernel has each IPv6 address of an interface once, whatever its prefix.
        let is_it = |known: &&AddressInfo| {
            known.address == address.address && (known.prefix_len == address.prefix_len || known.address.is_ipv6())
        };
        let known = self.machinery.links.addresses(link.index).iter().find(is_it);
        let identity = Identity::Address(link.index, address.address, address.prefix_len);
        let is_theirs = |known: &AddressInfo| known.protocol != ADDRESS_PROTOCOL && !self.machinery.ledger.has(identity);
        if known.is_some_and(is_theirs) {
            return Resolved::Leave(StaticState::Found);
        }
        Resolved::Do(Item::Address(link_address(address, link.index, Lifetime::Forever)))
    }

    /// Carries out what is planned, once it is on record.
    pub(super) fn carry_out_statics(&mut self) {
        if self.statics.is_planned() && self.work.record == OnRecord::Lacks {
            // If it cannot be written, nothing new is planned any more.
            self.write_record();
        }
        let Some(Exchange { mut undo, mut redo }) = self.statics.planned.take() else { return };
        let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
        ledger.bring_up_to_date(&mut undo, |key| machine.read(key).ok());
        if !undo.is_empty() {
            self.machinery.undo(&undo);
            self.work.record.says_too_much();
        }
        let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
        ledger.bring_up_to_date(&mut redo, |key| machine.read(key).ok());
        self.record_other_restores();
        let failures = self.machinery.apply(&redo);
        self.statics_refused(failures);
        self.settle_statics();
    }

    /// The record cannot be written: what is not on it is not added.
    pub(super) fn refuse_unrecorded_statics(&mut self) {
        let Some(plan) = &mut self.statics.planned else { return };
        let tasks = std::mem::take(&mut plan.redo);
        for identity in tasks.iter().map(|task| task.op.identity()) {
            self.statics.refuse(identity, "it is not on record, so that a crash would leave it behind".to_owned());
        }
        self.work.statics = true;
    }

    /// What was refused is taken out of the ledger by the next plan.
    fn statics_refused(&mut self, failures: Vec<Failure<Holder<RouterId>>>) {
        for failure in failures {
            let identity = failure.op.identity();
            if let Op::Set(setting) = &failure.op {
                self.refused_settings.insert(setting.key);
            }
            if self.statics.has(identity) {
                let why = HostError::from(failure).named(&self.machinery.links).to_string();
                self.statics.refuse(identity, why);
                self.work.statics = true;
            } else if !failure.is_moot() {
                self.machinery.refused(None, failure.into());
            }
        }
    }

    /// What is in the ledger, and was neither refused nor lost, is there.
    fn settle_statics(&mut self) {
        for place in 0..self.statics.wanted.len() {
            let Wanted { identity, barred, state, .. } = &self.statics.wanted[place];
            if identity.is_some() && barred.is_none() && *state != Some(StaticState::Lost) {
                self.note_static(place, StaticState::Added);
            }
        }
    }

    /// Tells what has become of one of them, if that is news.
    fn note_static(&mut self, place: usize, state: StaticState) {
        let wanted = &mut self.statics.wanted[place];
        if wanted.state.as_ref() != Some(&state) {
            wanted.state = Some(state.clone());
            let what = Arc::clone(&wanted.what);
            self.machinery.tell(None, HostFact::Static { what, state });
        }
    }

    /// Others took these away, or the kernel did with something that they depend on: one repair, however many they are.
    pub(super) fn put_back_statics(&mut self, lost: &BTreeSet<Identity>) {
        let mut tasks = Vec::new();
        for identity in lost {
            let Some(op) = self.machinery.ledger.held(*identity).cloned() else { continue };
            let Some(wanted) = self.statics.of(*identity) else { continue };
            if *wanted.what.tracking() == Tracking::Off {
                wanted.barred = Some(StaticState::GivenUp);
                self.work.statics = true;
            } else {
                tasks.push(Task::new(Holder::Statics, op));
            }
        }
        if tasks.is_empty() {
            return;
        }
        let leave = self.statics.repairs.ask(clock::now());
        match leave {
            Leave::Granted => self.restore_statics(&tasks),
            Leave::RefusedFirst | Leave::Refused => {
                if leave == Leave::RefusedFirst {
                    self.machinery.tell(None, HostFact::RepairsLimited);
                }
                self.statics_lost(&tasks);
            }
        }
    }

    /// Everything was read anew: what is not there is put back.
    pub(super) fn restore_missing_statics(&mut self) {
        let is_missing = |identity: &Identity| match *identity {
            Identity::Address(link, address, prefix_len) => {
                let known = self.machinery.links.addresses(link);
                !known.iter().any(|known| known.address == address && known.prefix_len == prefix_len)
            }
            Identity::Link(_)
            | Identity::Membership(..)
            | Identity::Route(..)
            | Identity::OwnerArp(_)
            | Identity::DropTable(_)
            | Identity::DroppedAddress(..)
            | Identity::Setting(..) => false,
        };
        let known = self.statics.wanted.iter().filter_map(|wanted| wanted.identity);
        let missing = known.filter(is_missing).collect();
        self.put_back_statics(&missing);
        self.statics.hurry(clock::now());
        self.work.statics = true;
    }

    fn restore_statics(&mut self, tasks: &[Task<Holder<RouterId>>]) {
        let failures = self.machinery.apply(tasks);
        for task in tasks.iter().filter(|task| !failures.iter().any(|failure| failure.op == task.op)) {
            self.tell_static_restored(&task.op);
        }
        let restored: BTreeSet<Identity> = tasks.iter().map(|task| task.op.identity()).collect();
        let is_lost = |wanted: &&mut Wanted| wanted.identity.is_some_and(|identity| restored.contains(&identity));
        self.statics.wanted.iter_mut().filter(is_lost).for_each(|wanted| {
            if wanted.state == Some(StaticState::Lost) {
                wanted.state = None;
            }
        });
        self.statics_refused(failures);
        self.settle_statics();
    }

    /// The kernel takes IPv6 addresses off an interface that goes down: that is nobody's deed.
    fn tell_static_restored(&self, op: &Op) {
        if let Op::Add(Item::Address(address)) = op
            && let Some(link) = self.machinery.links.get(address.link)
            && link.admin == LinkState::Up
        {
            let drift = Drift::AddressRemoved { address: address.address, link: link.name.clone() };
            self.machinery.tell(None, HostFact::Repaired(drift));
        }
    }

    fn statics_lost(&mut self, tasks: &[Task<Holder<RouterId>>]) {
        for identity in tasks.iter().map(|task| task.op.identity()) {
            let place = self.statics.wanted.iter().position(|wanted| wanted.identity == Some(identity));
            place.into_iter().for_each(|place| self.note_static(place, StaticState::Lost));
        }
    }

    /// Takes all of them away, at the stop.
    pub(super) fn remove_statics(&mut self) {
        if let Some(plan) = self.statics.planned.take() {
            self.machinery.undo(&plan.undo);
        }
        let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
        let tasks = ledger.let_go(&[Holder::Statics], |key| machine.read(key).ok());
        self.machinery.undo(&tasks);
    }
}
