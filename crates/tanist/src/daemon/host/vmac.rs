//! Which macvlan a router gets: its name, its index, and who stands in the way.

use conf::model;
use host::VmacSite;
use linux::link::LinkInfo;
use vrrp::types::{Family, IfIndex, MacAddr, RouterId};

use super::HostThread;
use super::bind::Fit;
use crate::ports::events::{HostFact, Unusable};

impl HostThread {
    /// The macvlan the router has or is to have. A new one gets an index of its own; a router that only changes its name
    /// keeps the one it has.
    pub(super) fn vmac_site(
        &mut self,
        id: RouterId,
        spec: &model::Router,
        wanted: &model::Vmac,
        fit: &Fit,
    ) -> Option<VmacSite> {
        let mac = MacAddr::virtual_router(spec.family, spec.vrid);
        let alias = format!("tanist:{}", spec.name);
        let bound = self.binding(id);
        if let Some((binding, vmac)) = bound.and_then(|binding| Some((binding, binding.vmac.as_ref()?))) {
            let named = wanted.name.as_ref().is_none_or(|name| *name == vmac.name);
            if binding.parent == fit.link.index && named {
                return Some(vmac.clone());
            }
        }
        self.warn_of_rival_link(id, mac, fit.link.index);
        let name = self.free_name(id, spec, wanted);
        let index = match self.machine.unused_index() {
            Ok(index) => index,
            Err(error) => {
                self.tell_event(Some(id), HostFact::Refused { error, link: None });
                return None;
            }
        };
        self.tell_event(Some(id), HostFact::VmacReady { name: name.clone(), mac });
        Some(VmacSite { index, name, mac, alias })
    }

    /// The kernel brings no two macvlans with one MAC up on one parent: whoever left the other must take it away.
    fn warn_of_rival_link(&self, id: RouterId, mac: MacAddr, parent: IfIndex) {
        let ours = |link: &&LinkInfo| self.owners.of_vmac(link.index).is_some();
        let rival = |link: &&LinkInfo| link.is_macvlan() && link.parent == Some(parent) && link.mac == Some(mac);
        for link in self.links.iter().filter(rival).filter(|link| !ours(link)) {
            let why = Unusable::MacTaken { by: link.name.clone(), mac };
            self.tell_event(Some(id), HostFact::Unusable(why));
        }
    }

    /// The configured name, or `vrrp.VRID`; if that is taken `vrrp6.VRID` (IPv6) and `vrrp1.VRID`, `vrrp2.VRID`, …
    fn free_name(&self, id: RouterId, spec: &model::Router, wanted: &model::Vmac) -> String {
        let own = self.binding(id).and_then(|binding| binding.vmac.as_ref());
        let taken = |name: &str| {
            self.owners.of_name(name).is_some_and(|owner| owner != id)
                || self.links.named(name).is_some_and(|link| own.is_none_or(|own| own.index != link.index))
        };
        if let Some(name) = wanted.name.as_ref() {
            if !taken(name) {
                return name.clone();
            }
            self.tell_event(Some(id), HostFact::NameTaken { name: name.clone() });
        }
        let six = (spec.family == Family::Ipv6).then(|| format!("vrrp6.{}", spec.vrid));
        let numbered = (1..).map(|n| format!("vrrp{n}.{}", spec.vrid));
        let mut names = std::iter::once(format!("vrrp.{}", spec.vrid)).chain(six).chain(numbered);
        // The sequence has no end, and there are fewer interfaces than numbers.
        names.find(|name| !taken(name)).unwrap_or_default()
    }
}
