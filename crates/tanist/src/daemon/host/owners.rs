//! Whose is what: the routers by the links and addresses they own, so that no notification searches all routers.

use std::collections::HashMap;
use std::net::IpAddr;

use vrrp::types::{IfIndex, RouterId};

use super::managed::Attachment;

/// Index over all attachments.
#[derive(Debug, Default)]
pub(super) struct Owners {
    vmacs: HashMap<IfIndex, RouterId>,
    names: HashMap<String, RouterId>,
    /// Two routers may have one address.
    addresses: HashMap<(IfIndex, IpAddr), Vec<RouterId>>,
}

impl Owners {
    pub(super) fn insert(&mut self, router: RouterId, attachment: &Attachment) {
        if let Some(vmac) = &attachment.vmac {
            self.vmacs.insert(vmac.index, router);
            self.names.insert(vmac.name.clone(), router);
        }
        for address in attachment.footprint.addresses() {
            self.addresses.entry((address.link, address.address)).or_default().push(router);
        }
    }

    /// Forgets what this router owns; what two claim stays with
    /// the other.
    pub(super) fn remove(&mut self, router: RouterId, attachment: &Attachment) {
        if let Some(vmac) = &attachment.vmac {
            disclaim(&mut self.vmacs, &vmac.index, router);
            disclaim(&mut self.names, &vmac.name, router);
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

    /// The router whose macvlan this is.
    pub(super) fn of_vmac(&self, index: IfIndex) -> Option<RouterId> {
        self.vmacs.get(&index).copied()
    }

    /// All macvlans.
    pub(super) fn vmacs(&self) -> impl Iterator<Item = IfIndex> + '_ {
        self.vmacs.keys().copied()
    }

    /// The router whose macvlan has or will have this name.
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

/// Removes a key only if it is still this router's.
fn disclaim<K: Eq + std::hash::Hash>(map: &mut HashMap<K, RouterId>, key: &K, router: RouterId) {
    if map.get(key) == Some(&router) {
        map.remove(key);
    }
}
