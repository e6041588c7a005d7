//! What a router needs on its parent: which parent is usable, which address belongs on which link, what is in the way.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use conf::model::{self, Preferred, RequestedPrefixRoute, VmacPlace};
use host::{
    AddressFlag, Footprint, Holder, Identity, Item, Lifetime, LinkAddress, MacvlanMode, Op, Origin, OwnKind,
    ParentAnswers, PrefixRoute, Task, UseAsSource,
};
use linux::address::AddressInfo;
use linux::link::LinkInfo;
use vrrp::config::SourceMac;
use vrrp::types::{Family, IfIndex, MacAddr, RouterId};
use vrrp::wire::packet_len;

use super::HostThread;
use super::managed::lease;
use super::vmac::PlannedVmac;
use crate::ports::events::{HostFact, Unusable};
use crate::ports::frames::{Announced, Frames, OwnLink, Shows};
use crate::recovery::links::is_ethernet;

/// A parent that can carry a router, or a macvlan of one.
#[derive(Clone)]
pub(super) struct UsableParent {
    pub(super) link: LinkInfo,
    pub(super) mac: MacAddr,
}

/// Who adds and removes an address.
enum AddressOwner {
    Router,
    Machine,
    /// The interface has no other.
    MachineAlone,
}

impl HostThread {
    /// The router's interface, if it is there and can carry it.
    pub(super) fn usable_parent(&mut self, id: RouterId) -> Option<UsableParent> {
        let managed = self.routers.get(&id)?;
        let link = self.machinery.links.named(&managed.spec.interface)?.clone();
        match usable(&link, &managed.spec) {
            Ok(mac) => {
                self.set_unusable(id, None);
                Some(UsableParent { link, mac })
            }
            Err(why) => {
                self.set_unusable(id, Some(why));
                None
            }
        }
    }

    /// Tells why a router cannot run here, once.
    pub(super) fn set_unusable(&mut self, id: RouterId, why: Option<Unusable>) {
        let Some(managed) = self.routers.get_mut(&id) else { return };
        if managed.unusable == why {
            return;
        }
        managed.unusable.clone_from(&why);
        if let Some(why) = why {
            self.machinery.tell(Some(id), HostFact::Unusable(why));
        }
        self.report_readiness(id);
    }

    /// All addresses of the router on the links they belong to: a macvlan if there is one for them, else the interface that
    /// they name, else the parent.
    pub(super) fn link_addresses(
        &mut self,
        id: RouterId,
        spec: &model::Router,
        parent: IfIndex,
        vmacs: &[PlannedVmac],
    ) -> Vec<LinkAddress> {
        let named = |dev: &String| vmacs.iter().find(|vmac| vmac.link.name == *dev);
        let at = |place: VmacPlace| vmacs.iter().find(|vmac| vmac.place == place);
        let (mut addresses, mut not_ours) = (Vec::new(), BTreeMap::new());
        for address in spec.addresses.iter().chain(&spec.excluded) {
            let vmac = address.dev.as_ref().and_then(named).or_else(|| at(spec.place_of(address)?));
            let link = match (vmac, &address.dev) {
                (Some(vmac), _) => Some(vmac.link.index),
                (None, Some(dev)) if *dev != spec.interface => self.machinery.links.named(dev).map(|link| link.index),
                (None, Some(_) | None) => Some(parent),
            };
            let Some(link) = link else {
                let dev = address.dev.clone().unwrap_or_default();
                not_ours.insert(address.address, HostFact::AddressLeftOut { address: address.address, dev });
                continue;
            };
            match self.owner(spec, link, address) {
                AddressOwner::Router => addresses.push(link_address(address, link, lease(self.leases, spec))),
                AddressOwner::Machine => {}
                AddressOwner::MachineAlone => {
                    let link = self.machinery.links.name(link);
                    let why = Unusable::OnlyAddress { address: address.address, link };
                    not_ours.insert(address.address, HostFact::Unusable(why));
                }
            }
        }
        self.report_not_ours(id, not_ours);
        addresses
    }

    /// Tells which addresses the router does not add, once for as long as it does not.
    fn report_not_ours(&mut self, id: RouterId, facts: BTreeMap<IpAddr, HostFact>) {
        let Some(managed) = self.routers.get_mut(&id) else { return };
        let before = std::mem::replace(&mut managed.not_ours, facts.keys().copied().collect());
        for (_, fact) in facts.into_iter().filter(|(address, _)| !before.contains(address)) {
            self.machinery.tell(Some(id), fact);
        }
    }

    /// Whose an address is. An owner's own interface address is the machine's: it is neither added nor removed. Nor is
    /// one without which the interface would have no address of its own left. What we hold is the router's, however long
    /// the kernel is to keep it, and so is whatever is on an interface of ours.
    fn owner(&self, spec: &model::Router, link: IfIndex, address: &model::Address) -> AddressOwner {
        let there = self.machinery.links.addresses(link);
        let is_held = |known: &AddressInfo| {
            let identity = Identity::Address(link, known.address, known.prefix_len);
            self.machinery.ledger.held(identity).is_some()
        };
        let is_machines = |known: &AddressInfo| {
            known.address == address.address && known.lifetime == Lifetime::Forever && !is_held(known)
        };
        if self.machinery.owners.of_vmac(link).is_some() || !there.iter().any(is_machines) {
            return AddressOwner::Router;
        }
        if spec.parameters.priority.is_owner() {
            return AddressOwner::Machine;
        }
        let family = Family::of(&address.address);
        let virtual_too = |ip: IpAddr| spec.addresses.iter().chain(&spec.excluded).any(|other| other.address == ip);
        let is_own = |known: &AddressInfo| Family::of(&known.address) == family && !virtual_too(known.address);
        if there.iter().any(is_own) { AddressOwner::Router } else { AddressOwner::MachineAlone }
    }

    /// A virtual address that is there before we put it there, on its link or on a parent, was left by something that
    /// died: it goes, or two routers would hold it.
    pub(super) fn leftover_addresses(
        &self,
        id: RouterId,
        spec: &model::Router,
        planned: &[LinkAddress],
        parent: IfIndex,
        vmacs: &[PlannedVmac],
    ) -> Vec<Task<Holder<RouterId>>> {
        let mut tasks = Vec::new();
        for address in planned {
            let below = vmacs.iter().find(|vmac| vmac.link.index == address.link).map(|vmac| vmac.on.link.index);
            let elsewhere =
                [Some(parent), below].into_iter().flatten().filter(|_| !spec.parameters.priority.is_owner());
            for link in BTreeSet::from_iter(elsewhere.chain([address.link])) {
                let known = self.machinery.links.addresses(link).iter().find(|it| it.address == address.address);
                let Some(known) = known else { continue };
                let identity = Identity::Address(link, address.address, known.prefix_len);
                let is_held = self.machinery.ledger.held(identity).is_some();
                if is_held || self.work.removes(link, address.address) {
                    continue;
                }
                let left = LinkAddress { link, prefix_len: known.prefix_len, peer: known.peer, ..address.clone() };
                tasks.push(Task::new(Holder::Router(id), Op::Remove(Item::from(left))));
                let (link, origin) = (self.machinery.links.name(link), Origin::of(&known.present()));
                self.machinery.tell(Some(id), HostFact::LeftoverRemoved { address: address.address, link, origin });
            }
        }
        tasks
    }

    /// The parent's own addresses: what is there and not virtual.
    pub(super) fn own_prefixes(&self, parent: IfIndex) -> Vec<(IpAddr, u8)> {
        let owners = &self.machinery.owners;
        let is_own = |info: &&AddressInfo| !owners.is_virtual(parent, info.address);
        let own = self.machinery.links.addresses(parent).iter().filter(is_own);
        own.map(|info| (info.address, info.prefix_len)).collect()
    }

    /// An owner's parent has the virtual addresses as well: which, and what it does about ARP requests. A table gives it the
    /// virtual MAC where it speaks under them. Where the kernel refuses that, an IPv4 parent without other addresses is silent;
    /// of one with others two MACs answer, which is told once.
    pub(super) fn parent_answers(
        &mut self,
        id: RouterId,
        spec: &model::Router,
        own: &[(IpAddr, u8)],
        vmac: &PlannedVmac,
    ) -> (Vec<IpAddr>, ParentAnswers) {
        let is_here = |it: &&model::Address| spec.place_of(it).as_ref() == Some(&vmac.place);
        let here: Vec<IpAddr> = spec.addresses.iter().filter(is_here).map(|it| it.address).collect();
        let owns = |address: &IpAddr| here.contains(address) && spec.parameters.priority.is_owner();
        let of_family = own.iter().map(|(address, _)| *address).filter(|it| Family::of(it) == vmac.place.family);
        let (owned, others): (Vec<IpAddr>, Vec<IpAddr>) = of_family.partition(owns);
        let is_refused = self.refused_options.contains(&Identity::OwnerTable(vmac.link.index));
        let lacks_table = vmac.place.family == Family::Ipv4 && is_refused && !owned.is_empty();
        let told = owned.first().copied().filter(|_| lacks_table && !others.is_empty());
        let Some(managed) = self.routers.get_mut(&id) else { return (owned, ParentAnswers::OwnAddresses) };
        let before = match told {
            Some(address) => managed.two_answers.insert(vmac.place.clone(), address),
            None => managed.two_answers.remove(&vmac.place),
        };
        if let Some(address) = told.filter(|_| before != told) {
            self.machinery.tell(Some(id), HostFact::TwoAnswers { address, link: vmac.on.link.name.clone() });
        }
        let is_silent = lacks_table && told.is_none();
        (owned, if is_silent { ParentAnswers::Nothing } else { ParentAnswers::OwnAddresses })
    }

    pub(super) fn frames(
        &self,
        spec: &model::Router,
        parent: &UsableParent,
        vmacs: &[PlannedVmac],
        footprint: &Footprint,
    ) -> Frames {
        let mac_of = |link| self.machinery.links.get(link).and_then(|link| link.mac);
        let announced = footprint.addresses().map(|address| {
            // Those of an ipvlan have the MAC of adverts as well.
            let shown = spec.parameters.source_mac == SourceMac::Virtual || spec.ipvlan.is_some();
            let is_of_adverts = |place| spec.own_place() == Some(place) && shown;
            let (ifindex, mac, shows) = match vmacs.iter().find(|vmac| vmac.link.index == address.link) {
                // Frames of the virtual MAC leave through the parent: the macvlan may still be down.
                Some(vmac) if is_of_adverts(vmac.place.clone()) => (parent.link.index, vmac.link.mac, Shows::Nothing),
                Some(vmac) => (vmac.on.link.index, vmac.link.mac, Shows::VirtualMac),
                None if address.link == parent.link.index => (address.link, parent.mac, Shows::Nothing),
                None => (address.link, mac_of(address.link).unwrap_or(parent.mac), Shows::OtherLink),
            };
            Announced { ifindex, mac, address: address.address, shows }
        });
        let own = VmacPlace { interface: spec.interface.clone(), family: spec.family };
        let hears = |vmac: &&PlannedVmac| match vmac.link.kind {
            OwnKind::Macvlan => footprint.mode_of(vmac.link.index) == MacvlanMode::Private,
            OwnKind::Ipvlan(_) => true,
        };
        let is_own = |vmac: &&PlannedVmac| spec.own_place().as_ref() == Some(&vmac.place);
        let own_link = vmacs.iter().find(is_own).filter(hears);
        // The kernel gives answers to the ipvlan's address to the ipvlan.
        let has_source = |vmac: &&PlannedVmac| spec.own_address(&vmac.place).map(|(address, _)| address) == spec.source;
        let routed = own_link.filter(|_| spec.source.is_some()).filter(has_source);
        let routed = routed.map_or(parent.link.index, |vmac| vmac.link.index);
        let own_link = own_link.map(|vmac| OwnLink { ifindex: vmac.link.index, vrid: spec.vrid });
        Frames::new(parent.link.index, &parent.link.name, parent.mac, spec.virtual_mac(&own), announced)
            .with_routed(routed)
            .with_own_link(own_link)
    }
}

/// The parent's MAC if it can carry the router.
fn usable(link: &LinkInfo, spec: &model::Router) -> Result<MacAddr, Unusable> {
    let Some(mac) = link.mac.filter(|_| is_ethernet(link)) else {
        return Err(Unusable::NotEthernet { link: link.name.clone() });
    };
    let needed = advert_size(spec);
    if needed > link.mtu {
        return Err(Unusable::MtuTooSmall { link: link.name.clone(), mtu: link.mtu, needed });
    }
    Ok(mac)
}

/// Size of the router's advert as an IP packet, in bytes.
fn advert_size(spec: &model::Router) -> u32 {
    u32::try_from(packet_len(spec.parameters.version, spec.family, spec.addresses.len())).unwrap_or(u32::MAX)
}

/// An address of the configuration on a link.
pub(super) fn link_address(address: &model::Address, link: IfIndex, lifetime: Lifetime) -> LinkAddress {
    LinkAddress {
        link,
        address: address.address,
        prefix_len: address.prefix_len,
        scope: address.scope,
        label: address.label.clone(),
        broadcast: address.broadcast,
        prefix_route: prefix_route(address, link, lifetime),
        lifetime,
        use_as_source: match address.preferred {
            Preferred::Deprecated => UseAsSource::Deprecated,
            Preferred::Seconds(seconds) => UseAsSource::PreferredFor(Duration::from_secs(seconds.into())),
            Preferred::Forever => UseAsSource::Preferred,
        },
        peer: address.peer,
        flags: address.flags.iter().filter_map(|flag| kernel_flag(*flag)).collect(),
    }
}

/// The kernel removes the IPv6 prefix route of an address with a lifetime by letting it expire, and routes of the loopback
/// interface never do: such an address gets none, which nothing would be sent through anyway.
fn prefix_route(address: &model::Address, link: IfIndex, lifetime: Lifetime) -> PrefixRoute {
    const LOOPBACK: u32 = 1;
    let outlives = match lifetime {
        Lifetime::Lease(_) => address.address.is_ipv6() && link.value() == LOOPBACK,
        Lifetime::Forever => false,
    };
    match address.prefix_route {
        RequestedPrefixRoute::Automatic if !outlives => PrefixRoute::Kernel,
        RequestedPrefixRoute::Automatic | RequestedPrefixRoute::None => PrefixRoute::None,
    }
}

/// `use_vmac` says where the address is, which the kernel need not know.
const fn kernel_flag(flag: model::AddressFlag) -> Option<AddressFlag> {
    match flag {
        model::AddressFlag::Home => Some(AddressFlag::Home),
        model::AddressFlag::ManageTempAddr => Some(AddressFlag::ManageTempAddr),
        model::AddressFlag::AutoJoin => Some(AddressFlag::AutoJoin),
        model::AddressFlag::Dad => Some(AddressFlag::Detect),
        model::AddressFlag::UseVmac => None,
    }
}
