//! What other threads may know of the machine.

use host::{Identity, LinkAddress, MacvlanLink, OwnKind};
use vrrp::input::LinkState;
use vrrp::types::{IfIndex, RouterId};

use super::HostThread;
use super::managed::{Managed, Role};
use crate::ports::host::{AddressState, Dropping, HostView, HostViews};
use crate::ports::question::Asked;

impl HostThread {
    /// What the machine does for these routers, and what stands whatever they do.
    pub(super) fn views(&mut self, asked: &Asked) -> HostViews {
        let ids: Vec<RouterId> = match asked {
            Asked::All => self.routers.keys().copied().collect(),
            Asked::These(ids) => ids.clone(),
        };
        let dropping = self.dropping(&ids);
        let known = ids.into_iter().filter_map(|id| Some((id, self.routers.get(&id)?)));
        let routers = known.map(|(id, managed)| (id, self.view(managed, dropping.get(&id).copied()))).collect();
        HostViews { routers, statics: self.statics.views(), unrecorded: self.record_refused() }
    }

    /// The bridge that a link is a port of: what arrives on the link is the bridge's.
    fn bridge_of(&self, link: IfIndex) -> Option<String> {
        let links = &self.machinery.links;
        let controller = links.get(links.get(link)?.controller?)?;
        (controller.driver.as_deref() == Some("bridge")).then(|| controller.name.clone())
    }

    fn view(&self, managed: &Managed, dropping: Option<Dropping>) -> HostView {
        let attachment = managed.attachment.as_ref();
        let is_there = |address: &LinkAddress| {
            let identity = Identity::Address(address.link, address.address, address.prefix_len);
            let mut known = self.machinery.links.addresses(address.link).iter();
            managed.given_up.contains(&identity)
                || known.any(|known| known.address == address.address && known.prefix_len == address.prefix_len)
        };
        // On an interface that is down, or has another MAC, nobody reaches them.
        let is_reached = |vmac: &MacvlanLink| {
            let link = self.machinery.links.get(vmac.index);
            link.is_some_and(|link| link.admin == LinkState::Up && link.mac == Some(vmac.mac))
        };
        let are_there = attachment.is_some_and(|attachment| attachment.footprint.addresses().all(is_there))
            && managed.vmacs().all(is_reached);
        let addresses = match managed.role {
            Role::Idle => AddressState::Withdrawn,
            Role::Active | Role::Leaving if are_there => AddressState::Installed,
            Role::Active | Role::Leaving => AddressState::Missing,
        };
        HostView {
            vmac: managed.vmac().zip(attachment).map(|(vmac, attachment)| {
                let mode = match vmac.kind {
                    OwnKind::Macvlan => attachment.footprint.mode_of(vmac.index).name(),
                    OwnKind::Ipvlan(_) => HostView::IPVLAN,
                };
                (vmac.name.clone(), vmac.mac, mode)
            }),
            vmac_link: managed.vmac().map(|vmac| vmac.index),
            parent: attachment.map(|attachment| attachment.parent),
            parent_mac: attachment.and_then(|attachment| self.machinery.links.get(attachment.parent)?.mac),
            bridge: attachment.and_then(|attachment| self.bridge_of(attachment.parent)),
            addresses,
            hold_down_until: managed.hold_down.until(),
            unusable: managed.unusable.clone(),
            dropping,
            routing: match managed.role {
                Role::Idle => Vec::new(),
                Role::Active | Role::Leaving => self.routing_views(&managed.lines),
            },
        }
    }
}
