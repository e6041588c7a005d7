//! The interfaces and addresses of the machine, as far as netlink has told.

use std::collections::HashMap;
use std::net::IpAddr;

use host::{HostError, LinkNames, Present};
use linux::Machine;
use linux::address::{AddressInfo, Readiness};
use linux::link::{LinkInfo, LinkKind};
use vrrp::input::LinkState;
use vrrp::types::{Family, IfIndex};

/// A mirror of the kernel's tables.
#[derive(Debug, Default)]
pub(crate) struct Links {
    by_index: HashMap<IfIndex, LinkInfo>,
    by_name: HashMap<String, IfIndex>,
    addresses: HashMap<IfIndex, Vec<AddressInfo>>,
}

impl Links {
    /// Reads everything from the kernel.
    ///
    /// # Errors
    /// If the kernel does not tell.
    pub(crate) fn read(machine: &mut Machine) -> Result<Self, HostError> {
        let mut links = Self::default();
        for link in machine.links()? {
            links.insert(link);
        }
        for address in machine.addresses()? {
            links.insert_address(address);
        }
        Ok(links)
    }

    pub(crate) fn named(&self, name: &str) -> Option<&LinkInfo> {
        self.by_name.get(name).and_then(|index| self.by_index.get(index))
    }

    pub(crate) fn get(&self, index: IfIndex) -> Option<&LinkInfo> {
        self.by_index.get(&index)
    }

    /// The name of a link; its number if it is not known.
    pub(crate) fn name(&self, index: IfIndex) -> String {
        self.get(index).map_or_else(|| format!("interface {index}"), |link| link.name.clone())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &LinkInfo> {
        self.by_index.values()
    }

    /// Takes a link in; returns what was known of it before.
    pub(crate) fn insert(&mut self, link: LinkInfo) -> Option<LinkInfo> {
        let (index, name) = (link.index, link.name.clone());
        let before = self.by_index.insert(index, link);
        if let Some(before) = before.as_ref().filter(|before| before.name != name) {
            self.by_name.remove(&before.name);
        }
        self.by_name.insert(name, index);
        before
    }

    pub(crate) fn remove(&mut self, index: IfIndex) -> Option<LinkInfo> {
        self.addresses.remove(&index);
        let link = self.by_index.remove(&index)?;
        if self.by_name.get(&link.name) == Some(&index) {
            self.by_name.remove(&link.name);
        }
        Some(link)
    }

    /// Takes an address in.
    pub(crate) fn insert_address(&mut self, address: AddressInfo) -> AddressNews {
        let addresses = self.addresses.entry(address.link).or_default();
        if let Some(known) = addresses.iter_mut().find(|known| same(known, &address)) {
            let before = std::mem::replace(known, address).readiness;
            return if before == known.readiness { AddressNews::None } else { AddressNews::Readiness };
        }
        addresses.push(address);
        AddressNews::Address
    }

    pub(crate) fn remove_address(&mut self, address: &AddressInfo) {
        if let Some(addresses) = self.addresses.get_mut(&address.link) {
            addresses.retain(|known| !same(known, address));
        }
    }

    /// All of it, as far as it shows whose it is.
    pub(crate) fn present(&self) -> Present {
        let addresses = self.addresses.values().flatten();
        Present::new(self.iter().map(LinkInfo::present), addresses.map(AddressInfo::present))
    }

    pub(crate) fn addresses(&self, link: IfIndex) -> &[AddressInfo] {
        self.addresses.get(&link).map_or(&[], Vec::as_slice)
    }

    /// The address that adverts of `family` leave `link` with: the first usable one that is not virtual, for IPv4 rather of
    /// global scope; for IPv6 a link-local one (RFC 9568 §5.1.2.1).
    pub(crate) fn source(&self, link: IfIndex, family: Family, is_virtual: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
        let fits = |info: &&AddressInfo| {
            let right = match info.address {
                IpAddr::V4(_) => family == Family::Ipv4,
                IpAddr::V6(address) => {
                    family == Family::Ipv6 && address.is_unicast_link_local() && info.readiness == Readiness::Usable
                }
            };
            right && !is_virtual(info.address)
        };
        let own = self.addresses(link).iter().filter(fits);
        // The first of the widest scope: the sort is stable in what `min_by_key` returns.
        own.min_by_key(|info| if family == Family::Ipv4 { info.scope } else { 0 }).map(|info| info.address)
    }
}

/// What is new of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressNews {
    /// Nothing that anybody depends on.
    None,
    /// Whether it can be used.
    Readiness,
    /// That it is there.
    Address,
}

impl Links {
    /// Whether packets can come from `address`: it is usable on some link, and not as a virtual one. A link-local address
    /// must be on `parent`.
    pub(crate) fn has_usable(
        &self,
        address: IpAddr,
        parent: IfIndex,
        is_virtual: impl Fn(IfIndex, IpAddr) -> bool,
    ) -> bool {
        let link_local = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
        self.addresses.values().flatten().any(|info| {
            info.address == address
                && info.readiness == Readiness::Usable
                && (info.link == parent || !link_local)
                && !is_virtual(info.link, address)
        })
    }
}

impl LinkNames for Links {
    fn name_of(&self, link: IfIndex) -> Option<&str> {
        self.get(link).map(|link| link.name.as_str())
    }
}

/// Whether an interface can carry VRRP: administratively up, with a carrier.
pub(crate) const fn state(link: &LinkInfo) -> LinkState {
    link.running
}

/// Whether virtual MACs and our frames are possible on this kind of interface.
pub(crate) const fn is_ethernet(link: &LinkInfo) -> bool {
    match link.kind {
        LinkKind::Ethernet => true,
        LinkKind::Loopback | LinkKind::Other(_) => false,
    }
}

fn same(a: &AddressInfo, b: &AddressInfo) -> bool {
    a.link == b.link && a.address == b.address && a.prefix_len == b.prefix_len
}

/// An interface for tests.
#[cfg(test)]
pub(super) fn example(index: u32, name: &str) -> LinkInfo {
    LinkInfo {
        index: IfIndex::new(index).unwrap(),
        name: name.into(),
        alias: None,
        mac: None,
        kind: LinkKind::Ethernet,
        driver: None,
        admin: LinkState::Up,
        running: LinkState::Up,
        mtu: 1500,
        parent: None,
        controller: None,
        vrf_table: None,
        group: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        let mut links = Links::default();
        links.insert(example(7, "eth0"));
        links
    }

    #[test]
    fn a_renamed_link_is_known_by_its_new_name_only() {
        let mut links = links();
        let renamed = LinkInfo { name: "lan0".into(), ..links.named("eth0").cloned().unwrap() };
        links.insert(renamed);
        assert!(links.named("eth0").is_none() && links.named("lan0").is_some());
        links.remove(IfIndex::new(7).unwrap());
        assert!(links.named("lan0").is_none());
    }
}
