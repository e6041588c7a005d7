//! The machine: what is known of it, what was done to it, and the only hands that change it.

use std::collections::HashSet;

use host::{ErrorKind, Failure, HostError, Item, Kernel as _, Ledger, LinkSetting, Op, SettingKey};
use linux::Machine;
use vrrp::types::{IfIndex, RouterId};

use super::links::Links;
use super::owners::Owners;
use crate::ports::events::{EventSender, HostEvent, HostFact, Occurrence};
use crate::ports::pulse::Pulse;

/// The machine, the mirror of its links, and the ledger of what was done.
pub(super) struct Machinery {
    pub(super) machine: Machine,
    pub(super) links: Links,
    pub(super) ledger: Ledger<RouterId>,
    pub(super) owners: Owners,
    /// What could not be undone: links and addresses are tried again at every tick, the rest at the end.
    unfinished: Vec<Op>,
    pulse: Pulse,
    events: EventSender,
}

impl Machinery {
    pub(super) fn new(machine: Machine, links: Links, pulse: Pulse, events: EventSender) -> Self {
        let (ledger, owners) = (Ledger::default(), Owners::default());
        Self { machine, links, ledger, owners, unfinished: Vec::new(), pulse, events }
    }

    /// Carries operations out. The kernel may make us wait.
    pub(super) fn apply(&mut self, ops: &[Op]) -> Vec<Failure> {
        if ops.is_empty() {
            return Vec::new();
        }
        let (pulse, machine) = (&self.pulse, &mut self.machine);
        pulse.in_kernel(|| machine.apply(ops))
    }

    /// Carries out what undoes something. Links that it removes are forgotten before netlink tells; what fails is kept
    /// for later, what is gone already is as wanted.
    pub(super) fn undo(&mut self, ops: &[Op]) {
        let mut kept = HashSet::new();
        for failure in self.apply(ops) {
            if !is_missing(&failure) {
                kept.insert(failure.position);
                self.unfinished.push(ops[failure.position].clone());
                self.refused(None, failure.error);
            }
        }
        for (position, op) in ops.iter().enumerate() {
            if let (Op::Remove(Item::Link(link)), false) = (op, kept.contains(&position)) {
                self.links.remove(link.index);
            }
        }
    }

    /// Tries again to undo what could not be undone, unless it is wanted again meanwhile. Settings and memberships may be
    /// held by other routers: they wait for the end.
    pub(super) fn finish_undoing(&mut self) {
        let mut ops = std::mem::take(&mut self.unfinished);
        ops.retain(|op| match op {
            Op::Remove(Item::Address(a)) => self.ledger.address(a.link, a.address, a.prefix_len).is_none(),
            Op::Remove(Item::Link(link)) => self.owners.of_vmac(link.index).is_none(),
            Op::Remove(Item::Membership(_)) | Op::Add(_) | Op::Set(_) => true,
        });
        let is_due = |op: &Op| matches!(op, Op::Remove(Item::Address(_) | Item::Link(_)));
        let (now, later): (Vec<Op>, Vec<Op>) = ops.into_iter().partition(is_due);
        self.unfinished = later;
        self.undo(&now);
    }

    /// The last try. Returns whether nothing is left behind.
    pub(super) fn finish_all(&mut self) -> bool {
        let ops = std::mem::take(&mut self.unfinished);
        let failures = self.apply(&ops);
        let failures: Vec<Failure> = failures.into_iter().filter(|failure| !is_missing(failure)).collect();
        let clean = failures.is_empty();
        for failure in failures {
            self.refused(None, failure.error);
        }
        clean
    }

    /// Whether the kernel refused because the link is gone. That is no reason for a hold-down: the notification of its
    /// end stops the router, and when the link comes back all begins anew.
    pub(super) fn lost_its_link(&mut self, op: &Op, failure: &Failure) -> bool {
        let link = match op {
            Op::Add(Item::Address(address)) => address.link,
            Op::Set(setting) => setting.key.link,
            Op::Add(Item::Link(_) | Item::Membership(_)) | Op::Remove(_) => return false,
        };
        let key = SettingKey { link, setting: LinkSetting::AdminUp };
        failure.error.kind == ErrorKind::Missing && self.machine.read(key).is_err()
    }

    /// Tells an event.
    pub(super) fn tell(&self, router: Option<RouterId>, what: HostFact) {
        self.events.send(Occurrence::Host(HostEvent { router, what }));
    }

    /// Tells that the kernel refused something. Operations name interfaces by number, people by name.
    pub(super) fn refused(&self, router: Option<RouterId>, mut error: HostError) {
        error.operation = self.links.in_words(&error.operation);
        self.tell(router, HostFact::Refused { error, link: None });
    }

    /// A link is gone, and all that was on it.
    pub(super) fn link_gone(&mut self, link: IfIndex) {
        self.ledger.link_gone(link);
    }
}

/// Whether the kernel says that the object is not there.
pub(super) fn is_missing(failure: &Failure) -> bool {
    failure.error.kind == ErrorKind::Missing
}
