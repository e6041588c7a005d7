//! The machine: what is known of it, what was done to it, and the only hands that change it.

use std::collections::HashSet;

use host::{Failure, Holder, HostError, Item, Kernel, Ledger, LinkSetting, Op, SettingKey, Task};
use linux::Machine;
use vrrp::types::{IfIndex, RouterId};

use super::owners::Owners;
use crate::ports::events::{EventSender, HostEvent, HostFact, Occurrence};
use crate::ports::pulse::Pulse;
use crate::recovery::Links;

/// The machine. A call may have to wait for whoever holds the kernel's network lock, which is no sign that this thread
/// hangs.
pub(super) struct PatientMachine {
    machine: Machine,
    pulse: Pulse,
}

impl PatientMachine {
    pub(super) fn call<R>(&mut self, call: impl FnOnce(&mut Machine) -> R) -> R {
        let machine = &mut self.machine;
        self.pulse.in_kernel(|| call(machine))
    }
}

impl Kernel for PatientMachine {
    fn apply<H: Clone>(&mut self, tasks: &[Task<H>]) -> Vec<Failure<H>> {
        self.call(|machine| machine.apply(tasks))
    }

    fn read(&mut self, key: SettingKey) -> Result<i32, HostError> {
        self.call(|machine| machine.read(key))
    }
}

/// The machine, the mirror of its links, and the ledger of what was done.
pub(super) struct Machinery {
    pub(super) machine: PatientMachine,
    pub(super) links: Links,
    pub(super) ledger: Ledger<Holder<RouterId>>,
    pub(super) owners: Owners,
    events: EventSender,
}

impl Machinery {
    pub(super) fn new(machine: Machine, links: Links, pulse: Pulse, events: EventSender) -> Self {
        let (ledger, owners) = (Ledger::default(), Owners::default());
        let machine = PatientMachine { machine, pulse };
        Self { machine, links, ledger, owners, events }
    }

    /// Carries operations out.
    pub(super) fn apply(&mut self, tasks: &[Task<Holder<RouterId>>]) -> Vec<Failure<Holder<RouterId>>> {
        if tasks.is_empty() {
            return Vec::new();
        }
        self.machine.apply(tasks)
    }

    /// Carries out what undoes something. Links that it removes are forgotten before netlink tells; what fails is kept
    /// for later, what is gone already is as wanted.
    pub(super) fn undo(&mut self, tasks: &[Task<Holder<RouterId>>]) {
        for failure in self.try_to_undo(tasks) {
            self.refused(failure.holder.router(), failure.into());
        }
    }

    fn try_to_undo(&mut self, tasks: &[Task<Holder<RouterId>>]) -> Vec<Failure<Holder<RouterId>>> {
        let failures = self.apply(tasks);
        let refused = self.ledger.undone(tasks, failures);
        let link = |op: &Op| match op {
            Op::Remove(Item::Link(link)) => Some(link.index),
            Op::Add(_) | Op::Remove(_) | Op::Set(_) => None,
        };
        let kept: HashSet<IfIndex> = refused.iter().filter_map(|failure| link(&failure.op)).collect();
        for index in tasks.iter().filter_map(|task| link(&task.op)).filter(|index| !kept.contains(index)) {
            self.links.remove(index);
        }
        refused
    }

    /// Tries again to undo what could not be undone. What the kernel refuses was told when it did so first. Returns
    /// whether there was anything to try.
    pub(super) fn finish_undoing(&mut self) -> bool {
        let tasks = self.retries();
        self.try_to_undo(&tasks);
        !tasks.is_empty()
    }

    fn retries(&mut self) -> Vec<Task<Holder<RouterId>>> {
        let machine = &mut self.machine;
        self.ledger.retries(Holder::Machine, |key| machine.read(key).ok())
    }

    /// The last try. Returns whether nothing is left behind.
    pub(super) fn finish_all(&mut self) -> bool {
        let tasks = self.retries();
        self.undo(&tasks);
        self.ledger.is_finished()
    }

    /// Whether the kernel refused because the link is gone. That is no reason for a hold-down: the notification of its
    /// end stops the router, and when the link comes back all begins anew.
    pub(super) fn lost_its_link(&mut self, failure: &Failure<Holder<RouterId>>) -> bool {
        let is_gone = |link: &IfIndex| {
            let key = SettingKey { link: *link, setting: LinkSetting::AdminUp };
            self.machine.read(key).is_err()
        };
        failure.is_missing() && failure.op.needs().iter().any(is_gone)
    }

    /// Tells an event.
    pub(super) fn tell(&self, router: Option<RouterId>, what: HostFact) {
        self.events.send(Occurrence::Host(HostEvent { router, what }));
    }

    /// Tells that the kernel refused something, with the names that interfaces have now.
    pub(super) fn refused(&self, router: Option<RouterId>, error: HostError) {
        let name = |link: &IfIndex| Some((*link, self.links.get(*link)?.name.clone()));
        let names = error.links().iter().filter_map(name).collect();
        self.tell(router, HostFact::Refused { error, names });
    }

    /// Tells that the kernel has done what it refused before.
    pub(super) fn granted(&self, router: Option<RouterId>, op: &Op) {
        let name = |link: &IfIndex| Some((*link, self.links.get(*link)?.name.clone()));
        let names = op.mentions().iter().filter_map(name).collect();
        self.tell(router, HostFact::Granted { op: op.clone(), names });
    }

    /// A link is gone, and all that was on it. What this process holds of it nevertheless is let go.
    pub(super) fn link_gone(&mut self, link: IfIndex) {
        let still_held = self.ledger.link_gone(link);
        // Whether the kernel knows of it any more does not matter.
        drop(self.apply(&still_held));
    }
}
