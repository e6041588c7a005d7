//! What others do to the machine: links come, go and change; addresses vanish.

use std::collections::{BTreeSet, HashMap, HashSet};

use host::{Failure, Kernel as _, LinkSetting, Op, Phase, Setting, SettingKey};
use linux::address::AddressInfo;
use linux::clock;
use linux::link::LinkInfo;
use linux::monitor::Change;
use vrrp::input::Verdict;
use vrrp::types::{IfIndex, RouterId};

use super::links::{Links, verdict};
use super::roles::Rounds;
use super::{HostThread, Role, is_missing};
use crate::ports::events::{Drift, HostFact};
use crate::ports::protocol::ProtocolCommand;
use crate::ports::pulse::Health;

impl HostThread {
    /// Reads what netlink has to tell and acts on it.
    pub(super) fn watch(&mut self) {
        let mut changes = Vec::new();
        if let Err(error) = self.monitor.read(&mut changes) {
            self.tell_event(None, HostFact::MonitorFailed(error));
        }
        let changes = without_history(changes);
        let gone: HashSet<IfIndex> = changes.iter().filter_map(gone_link).collect();
        let (mut rebind, mut retell, mut lost) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for change in changes {
            match change {
                Change::Link(link) => self.link_changed(link, &mut rebind, &mut retell),
                Change::LinkGone { index, name: _ } => self.link_gone(index, &gone, &mut rebind),
                Change::Address(address) => self.address_came(address, &mut rebind),
                Change::AddressGone(address) => self.address_gone(address, &mut rebind, &mut lost),
                Change::Overrun => self.resync(&mut rebind),
            }
        }
        retell.retain(|id| !rebind.contains(id));
        if !rebind.is_empty() {
            let rebind: Vec<RouterId> = rebind.into_iter().collect();
            self.bind(&rebind);
        }
        for id in retell {
            self.tell(id);
        }
        for address in lost {
            self.put_back(&address);
        }
    }

    fn link_changed(&mut self, link: LinkInfo, rebind: &mut BTreeSet<RouterId>, retell: &mut BTreeSet<RouterId>) {
        let (index, name, state) = (link.index, link.name.clone(), verdict(&link));
        let before = self.links.insert(link);
        let known = before.as_ref();
        if known.is_none_or(|before| before.name != name || verdict(before) != state) {
            self.tell_tracker(&name, state);
            if let Some(old) = known.filter(|before| before.name != name) {
                self.tell_tracker(&old.name, Verdict::Down);
            }
        }
        if let Some(id) = self.owners.of_vmac(index) {
            self.vmac_changed(id, index, rebind);
            return;
        }
        let mac = self.links.get(index).and_then(|link| link.mac);
        let moved = known.is_none_or(|before| before.name != name || before.mac != mac);
        let names = [Some(&*name), known.map(|before| &*before.name)];
        for (id, managed) in &self.routers {
            let uses = |name: &str| managed.spec.interface == name || uses_dev(&managed.spec, name);
            if !names.into_iter().flatten().any(uses) {
                continue;
            }
            if moved {
                rebind.insert(*id);
            } else {
                retell.insert(*id);
            }
        }
    }

    /// Our macvlan changed: it must be up exactly while the router wants it, and keep its MAC.
    fn vmac_changed(&mut self, id: RouterId, index: IfIndex, rebind: &mut BTreeSet<RouterId>) {
        let Some(link) = self.links.get(index) else { return };
        let wanted = self.binding(id).and_then(|binding| binding.vmac.as_ref());
        let Some(wanted) = wanted else { return };
        let name = link.name.clone();
        if link.mac.is_some_and(|mac| mac != wanted.mac) {
            self.tell_event(Some(id), HostFact::Repaired(Drift::Mac { link: name }));
            self.unbind(&[id]);
            rebind.insert(id);
            return;
        }
        let (wanted, found) = (self.ledger.holds(id, Phase::Up), link.admin == Verdict::Up);
        // A notification may be older than what we have done since.
        let key = SettingKey { link: index, setting: LinkSetting::AdminUp };
        if wanted == found || self.machine.read(key) != Ok(i32::from(found)) {
            return;
        }
        let drift = Drift::LinkState { link: name, found: if found { Verdict::Up } else { Verdict::Down } };
        self.tell_event(Some(id), HostFact::Repaired(drift));
        let mut ops = vec![Op::Set(Setting { key, value: i32::from(wanted), previous: None })];
        ops.extend(self.addresses_of(id));
        let failures = self.apply(&ops);
        self.announce_unless(Some(id), failures);
    }

    /// Announces a router's addresses; one whose addresses the kernel refused makes way instead.
    fn announce_unless(&mut self, router: Option<RouterId>, failures: Vec<Failure>) {
        if failures.is_empty() {
            return self.announce(router.as_slice(), Rounds::AfterTakeover);
        }
        self.refused(router, failures);
        self.step_aside(&router.into_iter().collect(), clock::now());
    }

    fn addresses_of(&self, id: RouterId) -> Vec<Op> {
        let held = self.ledger.holds(id, Phase::Active);
        let binding = self.binding(id).filter(|_| held);
        binding.map_or_else(Vec::new, |binding| binding.footprint.active.clone())
    }

    fn link_gone(&mut self, index: IfIndex, gone: &HashSet<IfIndex>, rebind: &mut BTreeSet<RouterId>) {
        let name = self.links.remove(index).map(|link| link.name).unwrap_or_default();
        self.tell_tracker(&name, self.links.named(&name).map_or(Verdict::Down, verdict));
        if let Some(id) = self.owners.of_vmac(index) {
            let parent = self.binding(id).map(|binding| binding.parent);
            if parent.is_some_and(|parent| !gone.contains(&parent) && self.links.get(parent).is_some()) {
                self.tell_event(Some(id), HostFact::Repaired(Drift::LinkDeleted { link: name }));
            }
            self.ledger.link_gone(index);
            self.forget_vmac(id);
            rebind.insert(id);
            return;
        }
        let of_link: Vec<RouterId> = self
            .routers
            .iter()
            .filter(|(_, managed)| managed.spec.interface == name || uses_dev(&managed.spec, &name))
            .map(|(id, _)| *id)
            .collect();
        if !of_link.is_empty() {
            self.ledger.link_gone(index);
            rebind.extend(of_link);
        }
    }

    fn address_came(&mut self, address: AddressInfo, rebind: &mut BTreeSet<RouterId>) {
        let (link, ip) = (address.link, address.address);
        if self.links.insert_address(address) && self.owners.of_address(link, ip).is_none() {
            rebind.extend(self.on_parent(link));
        }
    }

    fn address_gone(&mut self, address: AddressInfo, rebind: &mut BTreeSet<RouterId>, lost: &mut Vec<AddressInfo>) {
        self.links.remove_address(&address);
        if self.ledger.address(address.link, address.address, address.prefix_len).is_some() {
            lost.push(address);
        } else if self.owners.of_address(address.link, address.address).is_none() {
            rebind.extend(self.on_parent(address.link));
        }
    }

    /// An address that a router holds was removed by someone else, or by the kernel because its link went down.
    fn put_back(&mut self, address: &AddressInfo) {
        let held = self.ledger.address(address.link, address.address, address.prefix_len).cloned();
        let back = self.links.addresses(address.link).iter().any(|known| known.address == address.address);
        let (Some(op), Health::Alive, false) = (held, self.protocol_was, back) else { return };
        let Some(link) = self.links.get(address.link).filter(|link| link.admin == Verdict::Up) else { return };
        let drift = Drift::AddressRemoved { address: address.address, link: link.name.clone() };
        let router = self.owners.of_address(address.link, address.address);
        let failures = self.apply(&[op]);
        if failures.iter().any(is_missing) {
            return; // The link itself is going; that is told next.
        }
        self.tell_event(router, HostFact::Repaired(drift));
        self.announce_unless(router, failures);
    }

    fn on_parent(&self, link: IfIndex) -> Vec<RouterId> {
        let on = |managed: &super::Managed| managed.binding.as_ref().is_some_and(|binding| binding.parent == link);
        self.routers.iter().filter(|(_, managed)| on(managed)).map(|(id, _)| *id).collect()
    }

    /// Messages were lost: everything is read anew and everything held is put in again.
    fn resync(&mut self, rebind: &mut BTreeSet<RouterId>) {
        match Links::read(&mut self.machine) {
            Ok(links) => {
                let known = self.links.iter().map(|link| link.index).chain(self.owners.vmacs());
                let gone: HashSet<IfIndex> = known.filter(|index| links.get(*index).is_none()).collect();
                for index in &gone {
                    self.link_gone(*index, &gone, rebind);
                }
                self.links = links;
                let vmacs: Vec<IfIndex> = self.owners.vmacs().collect();
                for index in vmacs {
                    if let Some(id) = self.owners.of_vmac(index) {
                        self.vmac_changed(id, index, rebind);
                    }
                }
            }
            Err(error) => self.tell_event(None, HostFact::Refused { error, link: None }),
        }
        self.tell_event(None, HostFact::Overrun);
        rebind.extend(self.routers.keys().copied());
        let now = clock::now();
        for managed in self.routers.values_mut().filter(|managed| managed.role == Role::Active) {
            managed.renew_at = now;
        }
        self.tell_trackers();
    }

    /// Tells the protocol thread the state of every tracked interface.
    pub(super) fn tell_trackers(&self) {
        for (name, tracker) in &self.trackers {
            let verdict = self.links.named(name).map_or(Verdict::Down, verdict);
            self.protocol.send(ProtocolCommand::Reading { tracker: *tracker, verdict });
        }
    }

    fn tell_tracker(&self, name: &str, verdict: Verdict) {
        if let Some(tracker) = self.trackers.get(name) {
            self.protocol.send(ProtocolCommand::Reading { tracker: *tracker, verdict });
        }
    }
}

/// The changes that still matter. What is told of a link before it goes is history: only its going matters. Where some
/// were lost nothing that was told counts: all of it is older than what will be read.
fn without_history(changes: Vec<Change>) -> Vec<Change> {
    if changes.contains(&Change::Overrun) {
        return vec![Change::Overrun];
    }
    let ends: HashMap<IfIndex, usize> =
        changes.iter().enumerate().filter_map(|(at, change)| Some((gone_link(change)?, at))).collect();
    let is_history = |at: usize, link: &IfIndex| ends.get(link).is_some_and(|end| at < *end);
    let matters = |(at, change): &(usize, Change)| match change {
        Change::Link(link) => !is_history(*at, &link.index),
        Change::Address(address) | Change::AddressGone(address) => !is_history(*at, &address.link),
        Change::LinkGone { .. } | Change::Overrun => true,
    };
    changes.into_iter().enumerate().filter(matters).map(|(_, change)| change).collect()
}

const fn gone_link(change: &Change) -> Option<IfIndex> {
    match change {
        Change::LinkGone { index, name: _ } => Some(*index),
        Change::Link(_) | Change::Address(_) | Change::AddressGone(_) | Change::Overrun => None,
    }
}

fn uses_dev(spec: &conf::model::Router, name: &str) -> bool {
    spec.addresses.iter().chain(&spec.excluded).any(|address| address.dev.as_deref() == Some(name))
}

#[cfg(test)]
mod tests {
    use super::super::links::example;
    use super::*;

    fn gone(index: u32) -> Change {
        Change::LinkGone { index: IfIndex::new(index).unwrap(), name: format!("if{index}") }
    }

    fn link(index: u32) -> Change {
        Change::Link(example(index, &format!("if{index}")))
    }

    #[test]
    fn what_is_told_before_a_link_goes_is_history() {
        assert_eq!(without_history(vec![link(2), link(3), gone(2)]), [link(3), gone(2)]);
    }

    #[test]
    fn a_link_that_returns_under_its_index_is_news() {
        assert_eq!(without_history(vec![link(2), gone(2), link(2)]), [gone(2), link(2)]);
    }

    #[test]
    fn after_a_loss_nothing_that_was_told_counts() {
        assert_eq!(without_history(vec![link(2), Change::Overrun, gone(2), Change::Overrun]), [Change::Overrun]);
    }
}
