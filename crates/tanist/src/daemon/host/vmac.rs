//! Which macvlan a router gets: its name, its index, and who stands in the way.

use conf::model::{self, VmacPrefixes};
use host::{ALIAS_PREFIX, MacvlanLink};
use linux::Machine;
use linux::link::LinkInfo;
use vrrp::types::{IfIndex, MacAddr, RouterId};

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
        let wanted = match &wanted.name {
            Some(name) => WantedName::Configured(name.clone()),
            None => WantedName::Prefix(self.vmac_prefixes.router.clone()),
        };
        let managed = self.routers.get(&id)?;
        let is_named = managed.name.as_ref().is_some_and(|given| given.wanted == wanted);
        let bound = managed.attachment.as_ref().filter(|it| it.parent == on.link.index && is_named);
        if let Some(vmac) = bound.and_then(|attachment| attachment.vmac.as_ref()) {
            return Some(vmac.clone());
        }
        self.report_taken_mac(id, mac, on.link.index);
        self.forget_removed();
        let name = self.give_name(id, spec, wanted)?;
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

    /// The name that its interface had, as long as the same is wanted: one that vanishes comes back under it. Else the
    /// configured one, or the first that is free. Names of routers that have no interface at the moment are taken, too.
    fn give_name(&mut self, id: RouterId, spec: &model::Router, wanted: WantedName) -> Option<String> {
        let given = self.take_name(id);
        let before = given.filter(|given| given.wanted == wanted && !self.is_taken(id, &given.name));
        let name = before.map_or_else(|| self.free_name(id, spec, &wanted), |given| given.name);
        self.machinery.owners.give_name(id, &name);
        self.routers.get_mut(&id)?.name = Some(GivenName { wanted, name: name.clone() });
        Some(name)
    }

    /// Frees the name of a router that has no use for it any more.
    pub(super) fn take_name(&mut self, id: RouterId) -> Option<GivenName> {
        let given = self.routers.get_mut(&id)?.name.take()?;
        self.machinery.owners.forget_name(id, &given.name);
        Some(given)
    }

    fn free_name(&self, id: RouterId, spec: &model::Router, wanted: &WantedName) -> String {
        let prefix = match wanted {
            WantedName::Prefix(prefix) => prefix,
            WantedName::Configured(name) if !self.is_taken(id, name) => return name.clone(),
            WantedName::Configured(name) => {
                self.machinery.tell(Some(id), HostFact::NameTaken { name: name.clone() });
                &self.vmac_prefixes.router
            }
        };
        let mut names = VmacPrefixes::names(prefix, spec.family, spec.vrid);
        // The sequence has no end, and there are fewer interfaces than numbers.
        names.find(|name| !self.is_taken(id, name)).unwrap_or_default()
    }

    /// Whether the name is another router's, or that of an interface which is not the router's own.
    fn is_taken(&self, id: RouterId, name: &str) -> bool {
        let own = self.attachment(id).and_then(|attachment| attachment.vmac.as_ref());
        self.machinery.owners.of_name(name).is_some_and(|owner| owner != id)
            || self.machinery.links.named(name).is_some_and(|link| own.is_none_or(|own| own.index != link.index))
    }
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
