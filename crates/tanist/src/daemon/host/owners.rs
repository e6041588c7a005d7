//! Whose is what: the routers by the links and addresses they own, so that no notification searches all routers.

use std::collections::HashMap;
use std::net::IpAddr;

use host::OwnKind;
use vrrp::types::{IfIndex, MacAddr, RouterId};

use super::managed::Attachment;

/// Index over all attachments.
#[derive(Debug, Default)]
pub(super) struct Owners {
    /// Routers of one sync group may share one.
    vmacs: HashMap<IfIndex, Vec<RouterId>>,
    /// The macvlan that has this MAC on this parent.
    macs: HashMap<(IfIndex, MacAddr), IfIndex>,
    names: HashMap<String, RouterId>,
    /// Two routers may have one address.
    addresses: HashMap<(IfIndex, IpAddr), Vec<RouterId>>,
}

impl Owners {
    pub(super) fn insert(&mut self, router: RouterId, attachment: &Attachment) {
        for vmac in attachment.vmacs.values() {
            self.vmacs.entry(vmac.index).or_default().push(router);
            match vmac.kind {
                OwnKind::Macvlan => drop(self.macs.insert((vmac.parent, vmac.mac), vmac.index)),
                // Any number of them have the MAC of their parent.
                OwnKind::Ipvlan(_) => {}
            }
        }
        for address in attachment.footprint.addresses() {
            self.addresses.entry((address.link, address.address)).or_default().push(router);
        }
    }

    /// Forgets what this router owns; what two claim stays with
    /// the other.
    pub(super) fn remove(&mut self, router: RouterId, attachment: &Attachment) {
        for vmac in attachment.vmacs.values() {
            if let Some(routers) = self.vmacs.get_mut(&vmac.index) {
                routers.retain(|it| *it != router);
                if routers.is_empty() {
                    self.vmacs.remove(&vmac.index);
                    let key = (vmac.parent, vmac.mac);
                    if self.macs.get(&key) == Some(&vmac.index) {
                        self.macs.remove(&key);
                    }
                }
            }
        }
        for address in attachment.footprint.addresses() {
            let key = (address.link, address.address);
            let Some(owners) = self.addresses.get_mut(&key) else { continue };
            owners.retain(|owner| *owner != router);
            if owners.is_empty() {
                self.addresses.remove(&key);
            }
        }
    }

    /// The router whose macvlan this is; the first of several.
    pub(super) fn of_vmac(&self, index: IfIndex) -> Option<RouterId> {
        self.all_of_vmac(index).first().copied()
    }

    /// The routers whose macvlan this is.
    pub(super) fn all_of_vmac(&self, index: IfIndex) -> &[RouterId] {
        self.vmacs.get(&index).map_or(&[], Vec::as_slice)
    }

    /// The macvlan with this MAC on this parent.
    pub(super) fn with_mac(&self, parent: IfIndex, mac: MacAddr) -> Option<IfIndex> {
        self.macs.get(&(parent, mac)).copied()
    }

    /// All macvlans.
    pub(super) fn vmacs(&self) -> impl Iterator<Item = IfIndex> + '_ {
        self.vmacs.keys().copied()
    }

    /// The router's macvlan is called so from now on.
    pub(super) fn give_name(&mut self, router: RouterId, name: &str) {
        self.names.insert(name.to_owned(), router);
    }

    /// The router needs that name no more.
    pub(super) fn forget_name(&mut self, router: RouterId, name: &str) {
        if self.of_name(name) == Some(router) {
            self.names.remove(name);
        }
    }

    /// The router whose macvlan has this name, or had it and will have it again.
    pub(super) fn of_name(&self, name: &str) -> Option<RouterId> {
        self.names.get(name).copied()
    }

    /// The routers that may put this address on this link.
    pub(super) fn of_address(&self, link: IfIndex, address: IpAddr) -> &[RouterId] {
        self.addresses.get(&(link, address)).map_or(&[], Vec::as_slice)
    }

    /// Whether any router may put this address on this link.
    pub(super) fn is_virtual(&self, link: IfIndex, address: IpAddr) -> bool {
        !self.of_address(link, address).is_empty()
    }
}
