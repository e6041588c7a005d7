//! Binding a router to its parent: everything a failover needs is worked out here, before it is needed.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use conf::model::{self, Preferred, RequestedPrefixRoute};
use host::{
    Failure, Footprint, Ipv4Setting, Item, Kernel as _, Lifetime, LinkAddress, LinkSetting, Op, ParentSite, Phase,
    PrefixRoute, Site, VmacSite,
};
use linux::address::AddressInfo;
use linux::clock;
use linux::link::LinkInfo;
use vrrp::input::{Parent, Verdict};
use vrrp::types::{Family, IfIndex, MacAddr, RouterId};

use super::links::{is_ethernet, verdict};
use super::roles::Rounds;
use super::{HostThread, Managed, Role, is_missing};
use crate::ports::events::{HostFact, Unusable};
use crate::ports::frames::{Announced, Frames};
use crate::ports::protocol::ProtocolCommand;

/// A router on its parent.
pub(super) struct Binding {
    /// The parent.
    pub(super) parent: IfIndex,
    /// Its macvlan.
    pub(super) vmac: Option<VmacSite>,
    /// What it does to the machine.
    pub(super) footprint: Footprint,
    /// Its frames.
    pub(super) frames: Arc<Frames>,
}

/// A parent that can carry a router.
pub(super) struct Fit {
    pub(super) link: LinkInfo,
    mac: MacAddr,
}

impl HostThread {
    /// Binds routers to their parents as these are now, all in one batch, and tells the protocol thread. A router
    /// that is bound already is changed by what differs.
    pub(super) fn bind(&mut self, routers: &[RouterId]) {
        let mut ops = Vec::new();
        let mut owners = Vec::new();
        let (mut changed, mut unfit) = (BTreeSet::new(), Vec::new());
        let all_rp_filter = self.machine.of_all_links(Ipv4Setting::RpFilter).unwrap_or(0);
        for id in routers {
            let (before, frames) = (ops.len(), self.frames_of(*id));
            match self.fitting_parent(*id) {
                Some(fit) => self.plan(*id, &fit, all_rp_filter, &mut ops),
                None => unfit.push(*id),
            }
            owners.resize(ops.len(), *id);
            if ops[before..].iter().any(adds_address) || self.frames_of(*id) != frames {
                changed.insert(*id);
            }
        }
        self.unbind(&unfit);
        self.write_record();
        let (mut failed, mut unable) = (HashSet::new(), BTreeSet::new());
        for failure in self.apply(&ops) {
            let (op, id) = (&ops[failure.position], owners[failure.position]);
            if matches!(op, Op::Add(Item::Link(_) | Item::Membership(_))) {
                failed.insert(id);
            } else if holds_something(op) && !self.lost_its_link(op, &failure) {
                unable.insert(id);
            }
            if !matches!(op, Op::Remove(_)) && !without_ipv6(op, &failure) {
                self.tell_event(Some(id), HostFact::Refused { error: failure.error, link: None });
            }
        }
        let failed: Vec<RouterId> = failed.into_iter().collect();
        self.unbind(&failed);
        for (_, managed) in self.routers.iter_mut().filter(|(id, _)| failed.contains(id)) {
            managed.put_off(clock::now());
        }
        for id in routers {
            self.tell(*id);
        }
        unable.retain(|id| self.is_active(*id));
        self.step_aside(&unable, clock::now());
        let able: Vec<RouterId> = routers.iter().filter(|id| !unable.contains(*id)).copied().collect();
        self.see_to_masters(&able, &changed);
    }

    fn is_active(&self, id: RouterId) -> bool {
        self.routers.get(&id).is_some_and(|managed| managed.role == Role::Active)
    }

    /// Masters that lost everything take it again; those of which clients would see something else are announced.
    fn see_to_masters(&mut self, routers: &[RouterId], changed: &BTreeSet<RouterId>) {
        let active = routers.iter().filter(|id| self.is_active(**id)).copied();
        let (holding, empty): (Vec<_>, Vec<_>) = active.partition(|id| self.ledger.holds(*id, Phase::Active));
        let news: Vec<RouterId> = holding.into_iter().filter(|id| changed.contains(id)).collect();
        self.announce(&news, Rounds::AfterTakeover);
        if !empty.is_empty() {
            self.own(&empty);
        }
    }

    fn frames_of(&self, id: RouterId) -> Option<Arc<Frames>> {
        self.binding(id).map(|binding| Arc::clone(&binding.frames))
    }

    /// Takes routers off their parents and undoes what they did, in one batch: addresses, then links, then the rest.
    pub(super) fn unbind(&mut self, routers: &[RouterId]) {
        let mut ops = Vec::new();
        for id in routers {
            for phase in [Phase::Up, Phase::Quiet] {
                self.ledger.forget(*id, phase);
            }
            ops.extend(self.ledger.leave(*id, Phase::Active));
            ops.extend(self.ledger.leave(*id, Phase::Standing));
            self.set_binding(*id, None);
        }
        self.lingering.retain(|id| self.routers.get(id).is_some_and(|managed| managed.binding.is_some()));
        ops.sort_by_key(|op| match op {
            Op::Remove(Item::Address(_)) => 0,
            Op::Remove(Item::Link(_)) => 1,
            Op::Remove(Item::Membership(_)) | Op::Add(_) | Op::Set(_) => 2,
        });
        self.undo(&ops);
    }

    /// Works out what a router needs now, and adds the difference from what it has to `ops`.
    fn plan(&mut self, id: RouterId, fit: &Fit, all_rp_filter: i32, ops: &mut Vec<Op>) {
        let Some(managed) = self.routers.get(&id) else { return };
        let spec = Arc::clone(&managed.spec);
        let vmac = spec.vmac.as_ref().and_then(|wanted| self.vmac_site(id, &spec, wanted, fit));
        let family = spec.family;
        let addresses = self.link_addresses(id, &spec, fit.link.index, vmac.as_ref());
        self.drop_leftovers(id, &addresses, ops);
        let site = Site {
            family,
            parent: ParentSite { index: fit.link.index, prefixes: self.own_prefixes(fit.link.index), all_rp_filter },
            vmac: vmac.clone(),
            addresses,
        };
        let footprint = Footprint::of(&site);
        let frames = Arc::new(self.frames(&spec, fit, vmac.as_ref(), &footprint));
        self.announcer.set_frames(id, &frames);
        self.enter(id, &footprint, ops);
        self.set_binding(id, Some(Binding { parent: fit.link.index, vmac, footprint, frames }));
    }

    /// A router's macvlan is gone: the next binding makes another.
    pub(super) fn forget_vmac(&mut self, id: RouterId) {
        let Some(managed) = self.routers.get_mut(&id) else { return };
        if let Some(binding) = &mut managed.binding {
            self.owners.remove(id, binding);
            binding.vmac = None;
            self.owners.insert(id, binding);
        }
    }

    fn set_binding(&mut self, id: RouterId, binding: Option<Binding>) {
        let Some(managed) = self.routers.get_mut(&id) else { return };
        if let Some(old) = &managed.binding {
            self.owners.remove(id, old);
        }
        if let Some(new) = &binding {
            self.owners.insert(id, new);
        }
        managed.binding = binding;
    }

    /// Moves the ledger to `footprint`: what is new is done, what is gone is undone, in an order in which no address
    /// waits for its link.
    fn enter(&mut self, id: RouterId, footprint: &Footprint, ops: &mut Vec<Op>) {
        let (ledger, machine) = (&mut self.ledger, &mut self.machine);
        let mut read = |key| machine.read(key).ok();
        let (undo_active, redo_active) = ledger.exchange(id, Phase::Active, footprint, &mut read);
        let (undo_up, redo_up) = ledger.exchange(id, Phase::Up, footprint, &mut read);
        let (undo_standing, mut redo_standing) = ledger.exchange(id, Phase::Standing, footprint, &mut read);
        redo_standing.extend(ledger.enter(id, Phase::Standing, footprint, &mut read));
        let link_removed = undo_standing.iter().any(|op| matches!(op, Op::Remove(Item::Link(_))));
        if link_removed {
            ledger.forget(id, Phase::Quiet);
        } else {
            ops.extend(undo_up);
        }
        ops.extend([undo_active, undo_standing, redo_standing, redo_up, redo_active].into_iter().flatten());
    }

    /// The router's interface, if it is there and can carry it.
    fn fitting_parent(&self, id: RouterId) -> Option<Fit> {
        let link = self.links.named(&self.routers.get(&id)?.spec.interface)?;
        let Some(mac) = link.mac.filter(|_| is_ethernet(link)) else {
            let why = Unusable::NotEthernet { link: link.name.clone() };
            self.tell_event(Some(id), HostFact::Unusable(why));
            return None;
        };
        Some(Fit { link: link.clone(), mac })
    }

    /// All addresses of the router on the links they belong to. One without `dev` goes on the macvlan if it is of the
    /// router's family, else on the parent.
    fn link_addresses(
        &self,
        id: RouterId,
        spec: &model::Router,
        parent: IfIndex,
        vmac: Option<&VmacSite>,
    ) -> Vec<LinkAddress> {
        let own = |address: &model::Address| match vmac {
            Some(vmac) if Family::of(&address.address) == spec.family => vmac.index,
            Some(_) | None => parent,
        };
        let mut addresses = Vec::new();
        for address in spec.addresses.iter().chain(&spec.excluded) {
            let link = match &address.dev {
                Some(dev) if *dev != spec.interface => self.links.named(dev).map(|link| link.index),
                Some(_) | None => Some(own(address)),
            };
            match link {
                Some(link) if self.owned_by_machine(id, spec, link, address) => {}
                Some(link) => addresses.push(link_address(spec, link, address)),
                None => {
                    let dev = address.dev.clone().unwrap_or_default();
                    self.tell_event(Some(id), HostFact::AddressLeftOut { address: address.address, dev });
                }
            }
        }
        addresses
    }

    /// An owner's own interface address is the machine's, not ours: it is neither added nor removed. Nor is one without
    /// which the interface would have no address of its own left.
    fn owned_by_machine(&self, id: RouterId, spec: &model::Router, link: IfIndex, address: &model::Address) -> bool {
        let there = self.links.addresses(link);
        let is_it = |known: &&AddressInfo| known.address == address.address && known.lifetime == Lifetime::Forever;
        if !there.iter().any(|known| is_it(&known)) {
            return false;
        }
        let family = Family::of(&address.address);
        let virtual_too = |ip: IpAddr| spec.addresses.iter().chain(&spec.excluded).any(|other| other.address == ip);
        let is_own = |known: &AddressInfo| Family::of(&known.address) == family && !virtual_too(known.address);
        if spec.priority.is_owner() {
            return true;
        }
        let alone = !there.iter().any(is_own);
        if alone {
            let why = Unusable::OnlyAddress { address: address.address, link: self.links.name(link) };
            self.tell_event(Some(id), HostFact::Unusable(why));
        }
        alone
    }

    /// A virtual address that is there before we put it there was left by something that died: it goes, or two
    /// routers would hold it.
    fn drop_leftovers(&self, id: RouterId, planned: &[LinkAddress], ops: &mut Vec<Op>) {
        for address in planned {
            let held = self.ledger.address(address.link, address.address, address.prefix_len).is_some();
            let known = self.links.addresses(address.link).iter().find(|known| known.address == address.address);
            let (Some(known), false) = (known, held) else { continue };
            let left = LinkAddress { prefix_len: known.prefix_len, ..address.clone() };
            ops.push(Op::Remove(Item::Address(left)));
            let link = self.links.name(address.link);
            self.tell_event(Some(id), HostFact::LeftoverRemoved { address: address.address, link });
        }
    }

    /// The parent's own addresses: what is there and not virtual.
    fn own_prefixes(&self, parent: IfIndex) -> Vec<(IpAddr, u8)> {
        let is_own = |info: &&AddressInfo| self.owners.of_address(parent, info.address).is_none();
        let own = self.links.addresses(parent).iter().filter(is_own);
        own.map(|info| (info.address, info.prefix_len)).collect()
    }

    fn frames(&self, spec: &model::Router, fit: &Fit, vmac: Option<&VmacSite>, footprint: &Footprint) -> Frames {
        let announced = footprint.addresses().map(|address| Announced {
            // Frames of the virtual MAC leave through the parent: the macvlan may still be down.
            ifindex: if vmac.is_some_and(|vmac| vmac.index == address.link) { fit.link.index } else { address.link },
            mac: match vmac {
                Some(vmac) if vmac.index == address.link => vmac.mac,
                Some(_) | None => self.links.get(address.link).and_then(|link| link.mac).unwrap_or(fit.mac),
            },
            address: address.address,
        });
        let virtual_mac = MacAddr::virtual_router(spec.family, spec.vrid);
        Frames::new(fit.link.index, fit.mac, virtual_mac, announced)
    }

    /// Tells the protocol thread how things stand with a router's parent.
    pub(super) fn tell(&self, id: RouterId) {
        let Some(Managed { spec, binding, .. }) = self.routers.get(&id) else { return };
        let (parent, frames) = match binding {
            Some(binding) => {
                let link = self.links.get(binding.parent).map_or(Verdict::Down, verdict);
                let is_virtual = |address| self.owners.of_address(binding.parent, address).is_some();
                let own = || self.links.source(binding.parent, spec.family, is_virtual);
                let parent = Parent { ifindex: Some(binding.parent), link, source: spec.source.or_else(own) };
                (parent, Some(Arc::clone(&binding.frames)))
            }
            None => (Parent { ifindex: None, link: Verdict::Down, source: None }, None),
        };
        self.protocol.send(ProtocolCommand::Attached { router: id, parent, frames });
    }
}

/// Whether a master needs this done to hold its addresses.
const fn holds_something(op: &Op) -> bool {
    match op {
        Op::Add(Item::Address(_)) => true,
        Op::Set(setting) => matches!(setting.key.setting, LinkSetting::AdminUp) && setting.value == 1,
        Op::Add(Item::Link(_) | Item::Membership(_)) | Op::Remove(_) => false,
    }
}

const fn adds_address(op: &Op) -> bool {
    matches!(op, Op::Add(Item::Address(_)))
}

/// Whether this failed only because the kernel has no IPv6, so that there is nothing to switch off.
fn without_ipv6(op: &Op, failure: &Failure) -> bool {
    let about_ipv6 = match op {
        Op::Set(setting) => matches!(setting.key.setting, LinkSetting::Ipv6(_) | LinkSetting::AddrGenMode),
        Op::Add(_) | Op::Remove(_) => false,
    };
    about_ipv6 && is_missing(failure)
}

fn link_address(spec: &model::Router, link: IfIndex, address: &model::Address) -> LinkAddress {
    LinkAddress {
        link,
        address: address.address,
        prefix_len: address.prefix_len,
        scope: address.scope,
        label: address.label.clone(),
        broadcast: address.broadcast,
        prefix_route: match address.prefix_route {
            RequestedPrefixRoute::Automatic => PrefixRoute::Kernel,
            RequestedPrefixRoute::None => PrefixRoute::None,
        },
        lifetime: spec.lease(),
        deprecated: match address.preferred {
            Preferred::Deprecated => true,
            Preferred::Seconds(_) | Preferred::Forever => false,
        },
    }
}
