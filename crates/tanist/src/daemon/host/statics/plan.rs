//! What is to be done for statics: worked out, put on record, carried out.

use std::sync::Arc;

use conf::model::Address;
use host::{
    ADDRESS_PROTOCOL, Describe as _, ErrorKind, Exchange, Failure, Footprint, Holder, HostError, Identity, Item,
    Kernel as _, Lifetime, Op,
};
use linux::address::AddressInfo;
use vrrp::types::RouterId;

use super::Wanted;
use crate::daemon::host::HostThread;
use crate::daemon::host::plan::link_address;
use crate::daemon::host::routing::bind;
use crate::daemon::host::work::OnRecord;
use crate::ports::events::HostFact;
use crate::ports::statics::{Static, StaticState};

/// What a plan makes of one of them.
enum Resolved {
    Do(Item),
    Leave(StaticState),
}

impl HostThread {
    /// Works out what is to be done now; what stays the same is not touched.
    pub(in crate::daemon::host) fn plan_statics(&mut self) {
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
        let plan = ledger.move_to(Holder::Statics, &Footprint::of_statics(&items), |key| machine.read(key).ok());
        if plan.undo.is_empty() && plan.redo.is_empty() {
            return self.settle_statics();
        }
        self.statics.planned = Some(plan);
        self.routing.changed();
        self.work.record = OnRecord::Lacks;
    }

    fn resolve_static(&self, what: &Static) -> Resolved {
        match what {
            Static::Address(address) => self.resolve_address(address),
            Static::Route(_, route) => match self.bind_static(route) {
                Ok(route) => Resolved::Do(Item::IpRoute(Box::new(route))),
                Err(link) => Resolved::Leave(StaticState::Awaits { link }),
            },
            Static::Rule(_, rule) => Resolved::Do(Item::IpRule(Box::new(bind::rule(rule)))),
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
        let is_theirs =
            |known: &AddressInfo| known.protocol != ADDRESS_PROTOCOL && !self.machinery.ledger.has(identity);
        if known.is_some_and(is_theirs) {
            return Resolved::Leave(StaticState::Found);
        }
        Resolved::Do(Item::from(link_address(address, link.index, Lifetime::Forever)))
    }

    /// Carries out what is planned, once it is on record.
    pub(in crate::daemon::host) fn carry_out_statics(&mut self) {
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
        self.record_first();
        let failures = self.machinery.apply(&redo);
        let failures = self.without_found(failures);
        self.statics_refused(failures);
        self.settle_statics();
    }

    /// Routes and rules that are there already are somebody else's. Returns what was refused.
    fn without_found(&mut self, failures: Vec<Failure<Holder<RouterId>>>) -> Vec<Failure<Holder<RouterId>>> {
        let is_found = |failure: &Failure<_>| failure.op.is_routing() && failure.kind == ErrorKind::Exists;
        let (found, refused): (Vec<_>, Vec<_>) = failures.into_iter().partition(is_found);
        found.iter().for_each(|failure| self.machinery.ledger.made_by_others(failure.op.identity()));
        self.record_first();
        refused
    }

    /// The record cannot be written: what is not on it is not added.
    pub(in crate::daemon::host) fn refuse_unrecorded_statics(&mut self) {
        let Some(plan) = &mut self.statics.planned else { return };
        let tasks = std::mem::take(&mut plan.redo);
        for identity in tasks.iter().map(|task| task.op.identity()) {
            self.statics.refuse(identity, "it is not on record, so that a crash would leave it behind".to_owned());
        }
        self.work.statics = true;
    }

    /// What was refused is taken out of the ledger by the next plan.
    pub(in crate::daemon::host) fn statics_refused(&mut self, failures: Vec<Failure<Holder<RouterId>>>) {
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
    pub(in crate::daemon::host) fn settle_statics(&mut self) {
        for place in 0..self.statics.wanted.len() {
            let Wanted { identity, barred, state, .. } = &self.statics.wanted[place];
            let there = identity.filter(|_| barred.is_none() && *state != Some(StaticState::Lost));
            if let Some(identity) = there {
                let is_theirs = self.machinery.ledger.is_made_by_others(identity);
                self.note_static(place, if is_theirs { StaticState::Found } else { StaticState::Added });
            }
        }
        self.tell_track_groups();
    }

    /// Tells what has become of one of them, if that is news.
    pub(super) fn note_static(&mut self, place: usize, state: StaticState) {
        let wanted = &mut self.statics.wanted[place];
        if wanted.state.as_ref() != Some(&state) {
            wanted.state = Some(state.clone());
            let what = Arc::clone(&wanted.what);
            self.machinery.tell(None, HostFact::Static { what, state });
        }
    }

    /// Takes all of them away, at the stop.
    pub(in crate::daemon::host) fn remove_statics(&mut self) {
        if let Some(plan) = self.statics.planned.take() {
            self.machinery.undo(&plan.undo);
        }
        let (ledger, machine) = (&mut self.machinery.ledger, &mut self.machinery.machine);
        let tasks = ledger.let_go(&[Holder::Statics], |key| machine.read(key).ok());
        self.machinery.undo(&tasks);
    }
}
