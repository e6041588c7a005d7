//! What others do to the machine: links come, go and change; addresses vanish.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use host::{Holder, Identity, Ipv4Setting, Kernel as _, LinkSetting, Phase, SettingKey};
use linux::address::AddressInfo;
use linux::clock;
use linux::link::LinkInfo;
use linux::monitor::{Change, SettingOf};
use vrrp::input::{LinkState, Reading};
use vrrp::time::Instant;
use vrrp::types::{Family, IfIndex, RouterId};

use super::HostThread;
use super::lines::Occasion;
use super::managed::Renew;
use super::repair::LostAddress;
use crate::ports::events::{Drift, HostFact};
use crate::ports::protocol::ProtocolCommand;
use crate::recovery::links::AddressNews;
use crate::recovery::{Links, links};

/// Least time between two plans that follow from addresses of one interface: an address that flaps must not keep the
/// thread busy.
const REPLAN: Duration = Duration::from_millis(100);

/// Addresses that others, or the kernel, took away.
#[derive(Default)]
struct Lost {
    of_routers: BTreeMap<RouterId, Vec<LostAddress>>,
    statics: BTreeSet<Identity>,
}

impl HostThread {
    /// Reads what netlink has to tell and acts on it.
    pub(super) fn watch(&mut self) {
        let mut changes = Vec::new();
        if let Err(error) = self.monitor.read(&mut changes) {
            self.machinery.tell(None, HostFact::MonitorFailed(error));
        }
        let changes = without_history(changes);
        let gone: HashSet<IfIndex> = changes.iter().filter_map(gone_link).collect();
        let mut lost = Lost::default();
        for change in changes {
            match change {
                Change::Link(link) => self.link_changed(link),
                Change::LinkGone(index) => self.link_gone(index, &gone),
                Change::Address(address) => self.address_came(address),
                Change::AddressGone(address) => self.address_gone(address, &mut lost),
                Change::Setting { of, setting, value: _ } => self.setting_changed(of, setting),
                Change::Overrun => self.resync(),
            }
        }
        // What is planned comes first: an address that is no longer wanted is not put back.
        self.work();
        for (id, addresses) in lost.of_routers {
            self.put_back(id, &addresses);
        }
        self.put_back_statics(&lost.statics);
    }

    fn link_changed(&mut self, link: LinkInfo) {
        self.pulse.beat();
        let (index, name, state, mtu) = (link.index, link.name.clone(), links::state(&link), link.mtu);
        self.debounce.note(clock::now(), &link);
        let is_ours = self.machinery.owners.of_vmac(index).is_some();
        if !is_ours && self.machinery.links.get(index) == Some(&link) {
            // The kernel tells of a parent again whenever a macvlan of it comes.
            return;
        }
        let before = self.machinery.links.insert(link);
        self.members_changed |= self.machinery.machine.call(|it| it.has_memberships_on(index));
        let known = before.as_ref();
        if known.is_some_and(|before| before.mtu != mtu) {
            // Below 1280 bytes a link has no IPv6, and above it new settings of IPv6 and no memberships.
            self.next_tick = clock::now();
        }
        if known.is_none_or(|before| before.name != name) {
            self.announcer.links_changed(&self.machinery.links);
        }
        if known.is_none_or(|before| before.name != name || links::state(before) != state) {
            self.tell_trackers_of(&name);
            self.doubt_routing(Occasion::Returned);
            self.statics_hear(&name);
            if let Some(old) = known.filter(|before| before.name != name) {
                self.tell_trackers_of(&old.name);
                self.statics_hear(&old.name);
            }
        }
        if is_ours {
            return self.our_link_changed(index);
        }
        let now = self.machinery.links.get(index).map(|link| (link.mac, link.controller));
        let same = known.is_some_and(|it| it.name == name && it.mtu == mtu && Some((it.mac, it.controller)) == now);
        let came_up = state == LinkState::Up && known.is_none_or(|before| links::state(before) == LinkState::Down);
        let names = [Some(&*name), known.map(|before| &*before.name)];
        let uses = |id: &RouterId| names.into_iter().flatten().any(|name| self.routers[id].uses(name));
        let routers: Vec<RouterId> = self.routers.keys().copied().filter(uses).collect();
        for id in routers {
            if !same {
                self.work.attach.insert(id);
            }
            self.report_parent(id);
            if came_up && self.is_active(id) {
                // What was announced while the link was down nobody heard.
                let rounds = self.routers[&id].spec.parameters.announce.repeat;
                self.announcer.offer(id, rounds, |announcement| announcement.lane().0 == index);
            }
        }
        self.hurry(index);
    }

    pub(super) fn our_link_changed(&mut self, index: IfIndex) {
        let owners = self.machinery.owners.all_of_vmac(index).to_vec();
        owners.into_iter().for_each(|id| self.vmac_changed(id, index));
    }

    /// Tells of links that have been in another state for long enough.
    pub(super) fn count_links(&mut self) {
        for index in self.debounce.due(clock::now()) {
            let name = self.machinery.links.name(index);
            // Their virtual MAC interfaces may be tracked as well.
            self.tell_trackers();
            self.tell_track_groups();
            let routers: Vec<RouterId> =
                self.routers.keys().copied().filter(|id| self.routers[id].uses(&name)).collect();
            routers.into_iter().for_each(|id| self.report_parent(id));
        }
    }

    /// The kernel takes the larger of a link's `rp_filter` and that of `all`, so the footprints depend on the latter.
    /// Settings of single links are compared at the tick.
    fn setting_changed(&mut self, of: SettingOf, setting: LinkSetting) {
        if of == SettingOf::AllLinks && setting == LinkSetting::Ipv4(Ipv4Setting::RpFilter) {
            self.work.attach.extend(self.routers.keys().copied());
        }
    }

    pub(super) fn link_gone(&mut self, index: IfIndex, gone: &HashSet<IfIndex>) {
        let addresses: Vec<IpAddr> = self.machinery.links.addresses(index).iter().map(|it| it.address).collect();
        let link = self.machinery.links.remove(index);
        self.debounce.forget(index);
        addresses.into_iter().for_each(|address| self.source_changed(address));
        // A macvlan that went may have been in the way of ours on its parent.
        if let Some(parent) = link.as_ref().and_then(|link| link.parent) {
            self.hurry(parent);
        }
        let name = link.map(|link| link.name).or_else(|| self.name_of_vmac(index)).unwrap_or_default();
        self.announcer.links_changed(&self.machinery.links);
        self.tell_trackers_of(&name);
        self.statics_hear(&name);
        let owners = self.machinery.owners.all_of_vmac(index).to_vec();
        if let Some(first) = owners.first() {
            let parent = self.attachment(*first).and_then(|attachment| Some(attachment.vmac_at(index)?.parent));
            let parent = parent.filter(|parent| !gone.contains(parent) && self.exists(*parent));
            self.machinery.link_gone(index);
            for id in owners {
                self.forget_vmac(id, index);
                if parent.is_some() {
                    self.may_repair(id, Drift::LinkDeleted { link: name.clone() });
                    self.work.attach.insert(id);
                }
            }
            return;
        }
        let of_link: Vec<RouterId> =
            self.routers.iter().filter(|(_, managed)| managed.uses(&name)).map(|(id, _)| *id).collect();
        // What is still to be undone on it is undone, also where no router uses it any more.
        if !of_link.is_empty() || self.statics.uses(&name) || !self.machinery.ledger.is_finished() {
            self.machinery.link_gone(index);
            self.work.attach.extend(of_link);
        }
    }

    fn name_of_vmac(&self, index: IfIndex) -> Option<String> {
        let owner = self.machinery.owners.of_vmac(index)?;
        Some(self.attachment(owner)?.vmac_at(index)?.name.clone())
    }

    /// Whether the kernel still has the link: the end of a parent is told after that of its macvlans.
    pub(super) fn exists(&mut self, link: IfIndex) -> bool {
        let key = SettingKey { link, setting: LinkSetting::AdminUp };
        self.machinery.links.get(link).is_some() && self.machinery.machine.read(key).is_ok()
    }

    fn address_came(&mut self, address: AddressInfo) {
        let (link, ip) = (address.link, address.address);
        let news = self.machinery.links.insert_address(address);
        if news == AddressNews::None {
            return;
        }
        // Routes may use it, also a virtual one.
        self.doubt_routing(Occasion::Returned);
        if !self.machinery.owners.is_virtual(link, ip) {
            self.address_changed(link, ip);
            match news {
                AddressNews::Address => self.addresses_changed(link, Family::of(&ip)),
                AddressNews::Readiness | AddressNews::None => {}
            }
        }
    }

    fn address_gone(&mut self, address: AddressInfo, lost: &mut Lost) {
        let (link, ip, prefix_len) = (address.link, address.address, address.prefix_len);
        self.machinery.links.remove_address(&address);
        self.doubt_routing(Occasion::Returned);
        let identity = Identity::Address(link, ip, prefix_len);
        if self.statics.has(identity) {
            lost.statics.insert(identity);
        }
        let is_held = self.machinery.ledger.held(identity).is_some();
        for id in self.machinery.owners.of_address(link, ip) {
            if is_held && self.machinery.ledger.holds(Holder::Router(*id), Phase::Active) {
                lost.of_routers.entry(*id).or_default().push(LostAddress {
                    link,
                    address: ip,
                    prefix_len,
                    readiness: address.readiness,
                });
            }
        }
        if !self.machinery.owners.is_virtual(link, ip) {
            self.address_changed(link, ip);
            self.addresses_changed(link, Family::of(&ip));
        }
    }

    /// An address that routers may require came or went: it may be on another link than their parent.
    fn source_changed(&mut self, address: IpAddr) {
        self.requiring(address).into_iter().for_each(|id| self.report_parent(id));
    }

    /// One of the machine's own addresses on a link came, went, or can be used by now: sources are told at once.
    fn address_changed(&mut self, link: IfIndex, address: IpAddr) {
        self.source_changed(address);
        self.on_parent(link).into_iter().for_each(|id| self.report_parent(id));
        self.hurry(link);
        self.statics_hear(&self.machinery.links.name(link));
    }

    /// The machine has other addresses of a family on a link: the routers whose plans depend on them are planned anew.
    fn addresses_changed(&mut self, link: IfIndex, family: Family) {
        let mut routers = self.on_parent(link);
        routers.retain(|id| self.routers[id].depends_on(family));
        if routers.is_empty() {
            return;
        }
        let now = clock::now();
        if self.replanned.get(&link).is_some_and(|last| now.since(*last) < REPLAN) {
            self.replan_at.entry(link).or_insert(now + REPLAN);
        } else {
            self.replanned.insert(link, now);
            self.work.attach.extend(routers);
        }
    }

    /// Plans that were put off because an address flaps.
    pub(super) fn replan(&mut self, now: Instant) {
        let due: Vec<IfIndex> = self.replan_at.iter().filter(|(_, at)| **at <= now).map(|(link, _)| *link).collect();
        for link in due {
            self.replan_at.remove(&link);
            self.replanned.insert(link, now);
            let routers = self.on_parent(link);
            self.work.attach.extend(routers);
        }
    }

    /// Messages were lost: everything is read anew and everything held is put in again.
    fn resync(&mut self) {
        match self.machinery.machine.call(Links::read) {
            Ok(links) => {
                let known = self.machinery.links.iter().map(|link| link.index).chain(self.machinery.owners.vmacs());
                let gone: HashSet<IfIndex> = known.filter(|index| links.get(*index).is_none()).collect();
                for index in &gone {
                    self.link_gone(*index, &gone);
                }
                let now = clock::now();
                links.iter().for_each(|link| self.debounce.note(now, link));
                self.machinery.links = links;
                self.announcer.links_changed(&self.machinery.links);
                let vmacs: Vec<IfIndex> = self.machinery.owners.vmacs().collect();
                for index in vmacs {
                    self.our_link_changed(index);
                }
            }
            Err(error) => self.machinery.refused(None, error),
        }
        self.machinery.tell(None, HostFact::Overrun);
        self.members_changed = true;
        self.work.attach.extend(self.routers.keys().copied());
        self.restore_missing_statics();
        self.routers.values_mut().for_each(|managed| managed.renew = Renew::All);
        self.hurry_all();
        self.doubt_routing(Occasion::Returned);
        self.tell_trackers();
    }

    /// Tells the protocol thread the state of every tracked interface.
    pub(super) fn tell_trackers(&self) {
        let names: BTreeSet<&String> = self.trackers.keys().collect();
        names.into_iter().for_each(|name| self.tell_trackers_of(name));
    }

    /// Tells it the state of an interface, if that is tracked. Our own virtual MAC interfaces are down while their router
    /// is a backup: their state is that of their parent.
    pub(super) fn tell_trackers_of(&self, name: &str) {
        let Some(tracker) = self.trackers.get(name) else { return };
        let owner = self.machinery.owners.of_name(name).and_then(|id| self.routers.get(&id));
        let link = match owner.and_then(|managed| managed.vmacs().find(|vmac| vmac.name == name)) {
            Some(vmac) => self.machinery.links.get(vmac.parent),
            None => self.machinery.links.named(name),
        };
        let held_down = owner.is_some_and(|managed| managed.hold_down.until().is_some());
        let reading = match link.filter(|_| !held_down).map(|link| self.debounce.state(link)) {
            Some(LinkState::Up) => Reading::Up,
            Some(LinkState::Down) | None => Reading::Down,
        };
        self.protocol.send(ProtocolCommand::Reading { tracker: *tracker, reading });
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
        Change::LinkGone(_) | Change::Setting { .. } | Change::Overrun => true,
    };
    changes.into_iter().enumerate().filter(matters).map(|(_, change)| change).collect()
}

const fn gone_link(change: &Change) -> Option<IfIndex> {
    match change {
        Change::LinkGone(index) => Some(*index),
        Change::Link(_) | Change::Address(_) | Change::AddressGone(_) | Change::Setting { .. } | Change::Overrun => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recovery::links::example;

    fn gone(index: u32) -> Change {
        Change::LinkGone(IfIndex::new(index).unwrap())
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
