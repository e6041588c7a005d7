//! Which macvlan a router gets: its name, its index, and who stands in the way.

use conf::model::{self, VmacPlace, VmacPrefixes};
use host::{ALIAS_PREFIX, MacvlanLink, OwnKind};
use linux::link::LinkInfo;
use vrrp::types::{Family, IfIndex, MacAddr, RouterId, Vrid};

use super::HostThread;
use super::plan::UsableParent;
use crate::ports::events::{HostFact, Unusable};
use crate::recovery::links::is_ethernet;

impl HostThread {
    /// The macvlans that the router has or is to have, each with its parent. One whose parent is missing, or cannot have
    /// any, is left out; `None` if there is no such router.
    pub(super) fn vmacs(
        &mut self,
        id: RouterId,
        spec: &model::Router,
        parent: &UsableParent,
    ) -> Option<Vec<PlannedVmac>> {
        let mut vmacs = Vec::new();
        for place in spec.vmac_places() {
            let is_own_link = |vmac: &PlannedVmac| vmac.link.name == place.interface;
            let on = if place.interface == spec.interface {
                parent.clone()
            } else if let Some(on) = self.machinery.links.named(&place.interface).and_then(ethernet)
                && !vmacs.iter().any(is_own_link)
            {
                on
            } else {
                continue;
            };
            let link = self.vmac_link(id, spec, &place, &on)?;
            vmacs.push(PlannedVmac { place, link, on });
        }
        Some(vmacs)
    }

    /// The macvlan the router has or is to have at this place. A new one gets an index of its own; a router that only
    /// changes its name keeps the one it has. Routers of one sync group that have the same MAC there share it.
    fn vmac_link(
        &mut self,
        id: RouterId,
        spec: &model::Router,
        place: &VmacPlace,
        on: &UsableParent,
    ) -> Option<MacvlanLink> {
        let (kind, group, parent) = (spec.kind_at(place), spec.own_group(place), on.link.index);
        let mac = match kind {
            OwnKind::Macvlan => spec.virtual_mac(place),
            OwnKind::Ipvlan(_) => on.mac,
        };
        let wanted = self.wanted_name(spec, place);
        let managed = self.routers.get(&id)?;
        let is_named = managed.names.get(place).is_some_and(|given| given.wanted == wanted);
        let bound = managed.attachment.as_ref().and_then(|attachment| attachment.vmacs.get(place));
        let is_it = |vmac: &&MacvlanLink| (vmac.parent, vmac.mac, vmac.kind, vmac.group) == (parent, mac, kind, group);
        if let Some(vmac) = bound.filter(|_| is_named).filter(is_it) {
            return Some(vmac.clone());
        }
        if kind == OwnKind::Macvlan {
            if let Some(shared) = self.shared_vmac(id, parent, mac) {
                return Some(shared.clone());
            }
            self.report_taken_mac(id, mac, parent);
        }
        let name = self.give_name(id, spec, place, wanted)?;
        let links = &self.machinery.links;
        let index = self.machinery.machine.call(|it| it.unused_index(|index| links.get(index).is_some()));
        Some(MacvlanLink { index, name, parent, mac, kind, alias: alias(&spec.name), group })
    }

    /// The macvlan with this MAC on this parent that another router has.
    fn shared_vmac(&self, id: RouterId, parent: IfIndex, mac: MacAddr) -> Option<&MacvlanLink> {
        let owners = &self.machinery.owners;
        let index = owners.with_mac(parent, mac)?;
        let other = owners.all_of_vmac(index).iter().find(|other| **other != id)?;
        self.attachment(*other)?.vmac_at(index)
    }

    pub(super) fn wanted_name(&self, spec: &model::Router, place: &VmacPlace) -> WantedName {
        match spec.own_name(place) {
            Some(Some(name)) => WantedName::Configured(name.to_owned()),
            Some(None) => WantedName::Prefix(self.vmac_prefixes.router.clone()),
            None => WantedName::Prefix(self.vmac_prefixes.addresses.clone()),
        }
    }

    /// An interface of ours that was just removed may have come back into the mirror with a notification from before: its
    /// name is free.
    pub(super) fn forget_removed(&mut self) {
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

    /// The name that its interface had, as long as the same is wanted: one that vanishes comes back under it. Else the
    /// configured one, or the first that is free. Names of routers that have no interface at the moment are taken, too.
    fn give_name(
        &mut self,
        id: RouterId,
        spec: &model::Router,
        place: &VmacPlace,
        wanted: WantedName,
    ) -> Option<String> {
        let given = self.routers.get_mut(&id)?.names.remove(place);
        if let Some(given) = &given {
            self.machinery.owners.forget_name(id, &given.name);
        }
        let own = self.attachment(id).and_then(|attachment| attachment.vmacs.get(place)).map(|vmac| vmac.index);
        let before = given.filter(|given| given.wanted == wanted && !self.is_taken(own, &given.name));
        let name = match before {
            Some(given) => given.name,
            None => self.free_name(id, (place.family, spec.vrid), own, &wanted),
        };
        self.machinery.owners.give_name(id, &name);
        self.routers.get_mut(&id)?.names.insert(place.clone(), GivenName { wanted, name: name.clone() });
        Some(name)
    }

    /// Frees the names of a router for which it has no use any more.
    pub(super) fn forget_names(&mut self, id: RouterId, is_used: impl Fn(&VmacPlace) -> bool) {
        let Some(managed) = self.routers.get_mut(&id) else { return };
        managed.names.retain(|place, given| {
            let stays = is_used(place);
            if !stays {
                self.machinery.owners.forget_name(id, &given.name);
            }
            stays
        });
    }

    fn free_name(
        &self,
        id: RouterId,
        (family, vrid): (Family, Vrid),
        own: Option<IfIndex>,
        wanted: &WantedName,
    ) -> String {
        let prefix = match wanted {
            WantedName::Prefix(prefix) => prefix,
            WantedName::Configured(name) if !self.is_taken(own, name) => return name.clone(),
            WantedName::Configured(name) => {
                self.machinery.tell(Some(id), HostFact::NameTaken { name: name.clone() });
                &self.vmac_prefixes.router
            }
        };
        let mut names = VmacPrefixes::names(prefix, family, vrid);
        // The sequence has no end, and there are fewer interfaces than numbers.
        names.find(|name| !self.is_taken(own, name)).unwrap_or_default()
    }

    /// Whether the name is given, or that of an interface other than the one that is to be replaced.
    fn is_taken(&self, own: Option<IfIndex>, name: &str) -> bool {
        self.machinery.owners.of_name(name).is_some()
            || self.machinery.links.named(name).is_some_and(|link| own != Some(link.index))
    }
}

/// The link as a parent of macvlans, if it can be one.
fn ethernet(link: &LinkInfo) -> Option<UsableParent> {
    link.mac.filter(|_| is_ethernet(link)).map(|mac| UsableParent { link: link.clone(), mac })
}

/// A macvlan of a router, and what it sits on.
pub(super) struct PlannedVmac {
    pub(super) place: VmacPlace,
    pub(super) link: MacvlanLink,
    pub(super) on: UsableParent,
}

/// What its interface is to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WantedName {
    /// So, if that is free.
    Configured(String),
    /// The first free name with this prefix.
    Prefix(String),
}

/// What it is called, and what was wanted when it got the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GivenName {
    wanted: WantedName,
    name: String,
}

impl GivenName {
    pub(super) const fn new(wanted: WantedName, name: String) -> Self {
        Self { wanted, name }
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
