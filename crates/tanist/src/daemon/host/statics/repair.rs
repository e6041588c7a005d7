//! Putting back statics that others took away, with the limit that routers have (`daemon/host/repair.rs`).

use std::collections::BTreeSet;

use conf::model::route::Tracking;
use host::{Holder, Identity, Item, Op, Task};
use linux::clock;
use vrrp::input::LinkState;
use vrrp::types::RouterId;

use super::Wanted;
use crate::daemon::host::HostThread;
use crate::daemon::host::repair::Leave;
use crate::ports::events::{Drift, HostFact};
use crate::ports::statics::StaticState;

impl HostThread {
    /// Puts back what had to wait.
    pub(in crate::daemon::host) fn repair_statics_that_waited(&mut self) {
        if self.statics.repairs.take_turn() {
            let is_lost = |wanted: &&Wanted| wanted.state == Some(StaticState::Lost);
            let lost = self.statics.wanted.iter().filter(is_lost).filter_map(|wanted| wanted.identity).collect();
            self.put_back_statics(&lost);
        }
    }

    /// Others took these away, or the kernel did with something that they depend on: one repair, however many they are.
    pub(in crate::daemon::host) fn put_back_statics(&mut self, lost: &BTreeSet<Identity>) {
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
                self.tell_track_groups();
            }
        }
    }

    /// Everything was read anew: what is not there is put back.
    pub(in crate::daemon::host) fn restore_missing_statics(&mut self) {
        let is_missing = |identity: &Identity| match *identity {
            Identity::Address(link, address, prefix_len) => {
                let known = self.machinery.links.addresses(link);
                !known.iter().any(|known| known.address == address && known.prefix_len == prefix_len)
            }
            Identity::Link(_)
            | Identity::Membership(..)
            | Identity::Route(..)
            | Identity::OwnerTable(_)
            | Identity::DropTable(_)
            | Identity::DroppedAddress(..)
            | Identity::IpRoute(..)
            | Identity::IpRule(..)
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
        let address = |task: &Task<Holder<RouterId>>| match &task.op {
            Op::Add(Item::Address(address)) => Some(address.address),
            Op::Add(_) | Op::Remove(_) | Op::Set(_) => None,
        };
        self.renew_sources(&tasks.iter().filter_map(address).collect::<Vec<_>>());
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
}
