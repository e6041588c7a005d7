//! Which macvlan a router gets: its name, its index, and who stands in the way.

use conf::model;
use host::{ALIAS_PREFIX, MacvlanLink};
use linux::Machine;
use linux::link::LinkInfo;
use vrrp::types::{Family, IfIndex, MacAddr, RouterId};

use super::HostThread;
use super::plan::UsableParent;
use crate::ports::events::{HostFact, Unusable};

impl HostThread {
    /// The macvlan the router has or is to have. A new one gets an index of its own; a router that only changes its name
    /// keeps the one it has.
    pub(super) fn vmac_link(
        &mut self,
        id: RouterId,
        spec: &model::Router,
        wanted: &model::Vmac,
        on: &UsableParent,
    ) -> Option<MacvlanLink> {
        let mac = MacAddr::virtual_router(spec.family, spec.vrid);
        let alias = alias(&spec.name);
        let bound = self.attachment(id);
        if let Some((attachment, vmac)) = bound.and_then(|attachment| Some((attachment, attachment.vmac.as_ref()?))) {
            let named = wanted.name.as_ref().is_none_or(|name| *name == vmac.name);
            if attachment.parent == on.link.index && named {
                return Some(vmac.clone());
            }
        }
        self.report_taken_mac(id, mac, on.link.index);
        self.forget_removed();
        let name = self.free_name(id, spec, wanted);
        let index = match self.machinery.machine.call(Machine::unused_index) {
            Ok(index) => index,
            Err(error) => {
                self.machinery.refused(Some(id), error);
                return None;
            }
        };
        Some(MacvlanLink { index, name, parent: on.link.index, mac, alias })
    }

    /// An interface of ours that was just removed may have come back into the mirror with a notification from before: its
    /// name is free.
    fn forget_removed(&mut self) {
        let ours = |link: &&LinkInfo| link.alias.as_deref().is_some_and(|alias| alias.starts_with(ALIAS_PREFIX));
        let strays = self.machinery.links.iter().filter(ours).map(|link| link.index);
        let strays: Vec<IfIndex> = strays.filter(|link| self.machinery.owners.of_vmac(*link).is_none()).collect();
        for link in strays {
            if !self.exists(link) {
                self.machinery.links.remove(link);
            }
        }
    }

    /// The kernel brings no two macvlans with one MAC up on one parent: whoever left the other must take it away.
    fn report_taken_mac(&self, id: RouterId, mac: MacAddr, parent: IfIndex) {
        let ours = |link: &&LinkInfo| self.machinery.owners.of_vmac(link.index).is_some();
        let taken = |link: &&LinkInfo| link.is_macvlan() && link.parent == Some(parent) && link.mac == Some(mac);
        for link in self.machinery.links.iter().filter(taken).filter(|link| !ours(link)) {
            let why = Unusable::MacTaken { by: link.name.clone(), mac };
            self.machinery.tell(Some(id), HostFact::Unusable(why));
        }
    }

    /// The configured name, or `vrrp.VRID`; if that is taken `vrrp6.VRID` (IPv6) and `vrrp1.VRID`, `vrrp2.VRID`, …
    fn free_name(&self, id: RouterId, spec: &model::Router, wanted: &model::Vmac) -> String {
        let own = self.attachment(id).and_then(|attachment| attachment.vmac.as_ref());
        let taken = |name: &str| {
            self.machinery.owners.of_name(name).is_some_and(|owner| owner != id)
                || self.machinery.links.named(name).is_some_and(|link| own.is_none_or(|own| own.index != link.index))
        };
        if let Some(name) = wanted.name.as_ref() {
            if !taken(name) {
                return name.clone();
            }
            self.machinery.tell(Some(id), HostFact::NameTaken { name: name.clone() });
        }
        let six = (spec.family == Family::Ipv6).then(|| format!("vrrp6.{}", spec.vrid));
        let numbered = (1..).map(|n| format!("vrrp{n}.{}", spec.vrid));
        let mut names = std::iter::once(format!("vrrp.{}", spec.vrid)).chain(six).chain(numbered);
        // The sequence has no end, and there are fewer interfaces than numbers.
        names.find(|name| !taken(name)).unwrap_or_default()
    }
}

/// The alias of a router's interface, cut to what the kernel takes.
fn alias(router: &str) -> String {
    /// IFALIASZ less the final zero.
    const LONGEST: usize = 255;
    let fits = |(start, char): &(usize, char)| start + char.len_utf8() <= LONGEST;
    let alias = format!("{ALIAS_PREFIX}{router}");
    alias.char_indices().take_while(fits).map(|(_, char)| char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_never_longer_than_the_kernel_takes() {
        assert_eq!(alias("VI_1"), "tanist:VI_1");
        let long = alias(&"ü".repeat(200));
        assert!(long.len() <= 255 && long.len() > 252 && long.ends_with('ü'));
    }
}
