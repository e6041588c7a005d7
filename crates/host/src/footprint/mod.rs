//! What one router does to the machine, computed when it is bound to its parent so that a failover plans nothing.
//!
//! The rules are those of ARCHITECTURE.md, "The virtual MAC": a macvlan that is down until first needed and quiet when
//! left, addresses without a second connected route, settings on single links and never on `all`.

use std::net::IpAddr;

use vrrp::types::{Family, IfIndex, MacAddr};

use crate::op::{
    AddrGenMode, Ipv4Setting, Ipv6Setting, Item, LinkAddress, LinkSetting, MacvlanLink, Membership, Op, PrefixRoute,
    Setting, SettingKey,
};

/// The operations of one router, by the phase in which they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// From binding to stop: membership, macvlan (down), settings.
    pub standing: Vec<Op>,
    /// From the first takeover until the link is taken down, some time after the role was lost.
    pub up: Vec<Op>,
    /// While Active: addresses.
    pub active: Vec<Op>,
    /// From leaving Active until the link is down: nothing is forwarded for the virtual MAC.
    pub quiet: Vec<Op>,
}

/// What the footprint of a router depends on.
#[derive(Clone, Debug)]
pub struct Site {
    /// Family of the router.
    pub family: Family,
    /// The parent interface.
    pub parent: ParentSite,
    /// The virtual MAC interface, if the router has one.
    pub vmac: Option<VmacSite>,
    /// All its addresses.
    pub addresses: Vec<LinkAddress>,
}

/// What is known of the parent.
#[derive(Clone, Debug)]
pub struct ParentSite {
    /// Its index.
    pub index: IfIndex,
    /// Its own addresses with their prefix lengths.
    pub prefixes: Vec<(IpAddr, u8)>,
    /// `net.ipv4.conf.all.rp_filter`: the kernel takes the larger of this and the link's.
    pub all_rp_filter: i32,
}

/// The macvlan to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VmacSite {
    /// Its index, chosen by us.
    pub index: IfIndex,
    /// Its name.
    pub name: String,
    /// The virtual MAC.
    pub mac: MacAddr,
    /// Whose it is.
    pub alias: String,
}

impl Footprint {
    /// The footprint of a router at `site`.
    #[must_use]
    pub fn of(site: &Site) -> Self {
        let mut standing = vec![Op::Add(Item::Membership(Membership { link: site.parent.index, family: site.family }))];
        let addresses: Vec<LinkAddress> = site.addresses.iter().map(|address| routed(address, site)).collect();
        standing.extend(promotions(site, &addresses));
        let Some(vmac) = &site.vmac else {
            return Self { standing, active: addresses.into_iter().map(add).collect(), ..Self::default() };
        };
        let ipv6 = addresses.iter().any(|a| a.link == vmac.index && a.address.is_ipv6());
        standing.push(Op::Add(Item::Link(MacvlanLink {
            index: vmac.index,
            name: vmac.name.clone(),
            parent: site.parent.index,
            mac: vmac.mac,
            alias: vmac.alias.clone(),
        })));
        standing.extend(link_settings(vmac.index, site.parent.all_rp_filter));
        standing.extend(ipv6_settings(vmac.index, ipv6));
        standing.extend(parent_settings(site, vmac.index, &addresses));
        Self {
            standing,
            up: vec![switch(vmac.index, LinkSetting::AdminUp, 1, 0)],
            active: ipv6_switch(vmac.index, ipv6).into_iter().chain(addresses.into_iter().map(add)).collect(),
            quiet: vec![shared(vmac.index, Ipv4Setting::Forwarding, 0)],
        }
    }

    /// Every address the router may put on a link.
    pub fn addresses(&self) -> impl Iterator<Item = &LinkAddress> {
        self.active.iter().filter_map(|op| match op {
            Op::Add(Item::Address(address)) => Some(address),
            Op::Add(Item::Link(_) | Item::Membership(_)) | Op::Remove(_) | Op::Set(_) => None,
        })
    }
}

fn add(address: LinkAddress) -> Op {
    Op::Add(Item::Address(address))
}

/// An address gets no connected route where the parent has one for its subnet: a second one would make the node's own
/// address unreachable. Link-local routes belong to their link, so a link-local address keeps its own.
fn routed(address: &LinkAddress, site: &Site) -> LinkAddress {
    let on_vmac = site.vmac.as_ref().is_some_and(|vmac| vmac.index == address.link);
    let link_local = matches!(address.address, IpAddr::V6(a) if a.is_unicast_link_local());
    let covered = site.parent.prefixes.iter().any(|(own, length)| covers(*own, *length, address.address));
    let mut address = address.clone();
    if on_vmac && covered && !link_local {
        address.prefix_route = PrefixRoute::None;
    }
    address
}

/// Whether `network/length` contains `address`.
#[must_use]
pub fn covers(network: IpAddr, length: u8, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length.min(32))).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length.min(128))).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// Settings of the macvlan. It answers ARP for its own addresses only, takes packets whatever way their answers go,
/// and makes no link-local address of its own. They go with the link, so nothing is to be restored.
fn link_settings(link: IfIndex, all_rp_filter: i32) -> Vec<Op> {
    let rp_filter = if all_rp_filter == 0 { 0 } else { 2 };
    vec![
        on_link(link, LinkSetting::AddrGenMode, AddrGenMode::None as i32),
        on_link(link, LinkSetting::Ipv4(Ipv4Setting::ArpIgnore), 1),
        on_link(link, LinkSetting::Ipv4(Ipv4Setting::ArpFilter), 0),
        on_link(link, LinkSetting::Ipv4(Ipv4Setting::AcceptLocal), 1),
        on_link(link, LinkSetting::Ipv4(Ipv4Setting::RpFilter), rp_filter),
        on_link(link, LinkSetting::Ipv4(Ipv4Setting::PromoteSecondaries), 1),
    ]
}

/// IPv6 is off on the macvlan unless it holds IPv6 addresses, and then it is on only while they are there.
fn ipv6_settings(link: IfIndex, ipv6: bool) -> Vec<Op> {
    let off = on_link(link, LinkSetting::Ipv6(Ipv6Setting::DisableIpv6), 1);
    if !ipv6 {
        return vec![off];
    }
    vec![
        off,
        on_link(link, LinkSetting::Ipv6(Ipv6Setting::AcceptRa), 0),
        on_link(link, LinkSetting::Ipv6(Ipv6Setting::Autoconf), 0),
        on_link(link, LinkSetting::Ipv6(Ipv6Setting::Forwarding), 1),
    ]
}

/// On links that are not ours, removing an address must not take others of its subnet with it: neither ours when someone
/// removes the node's own, nor the node's own when it came back after ours.
fn promotions(site: &Site, addresses: &[LinkAddress]) -> Vec<Op> {
    let is_ours = |link: IfIndex| site.vmac.as_ref().is_some_and(|vmac| vmac.index == link);
    let mut links: Vec<IfIndex> =
        addresses.iter().filter(|a| a.address.is_ipv4() && !is_ours(a.link)).map(|a| a.link).collect();
    links.sort_unstable();
    links.dedup();
    links.into_iter().map(|link| shared(link, Ipv4Setting::PromoteSecondaries, 1)).collect()
}

/// IPv6 on, as part of the active phase; its inverse switches it off again.
fn ipv6_switch(link: IfIndex, ipv6: bool) -> Option<Op> {
    ipv6.then(|| switch(link, LinkSetting::Ipv6(Ipv6Setting::DisableIpv6), 0, 1))
}

/// Settings of the parent: it answers ARP for its own addresses only (V3-AR-03), and never asks in the name of a
/// virtual address (LX-02b: `arp_announce` 1 is not enough).
fn parent_settings(site: &Site, vmac: IfIndex, addresses: &[LinkAddress]) -> Vec<Op> {
    if site.family == Family::Ipv6 {
        return Vec::new();
    }
    let parent = site.parent.index;
    let mut ops = vec![shared(parent, Ipv4Setting::ArpIgnore, 1), shared(parent, Ipv4Setting::ArpAnnounce, 2)];
    let routed = |a: &LinkAddress| {
        a.link == vmac && a.address.is_ipv4() && a.prefix_len < 32 && a.prefix_route == PrefixRoute::Kernel
    };
    if addresses.iter().any(routed) {
        ops.push(shared(parent, Ipv4Setting::ArpFilter, 1));
    }
    ops
}

/// A setting that goes with its link.
const fn on_link(link: IfIndex, setting: LinkSetting, value: i32) -> Op {
    Op::Set(Setting { key: SettingKey { link, setting }, value, previous: None })
}

/// A setting of our own link that goes back to a known value.
const fn switch(link: IfIndex, setting: LinkSetting, value: i32, back: i32) -> Op {
    Op::Set(Setting { key: SettingKey { link, setting }, value, previous: Some(back) })
}

/// A setting whose present value the ledger reads and brings back.
const fn shared(link: IfIndex, setting: Ipv4Setting, value: i32) -> Op {
    Op::Set(Setting {
        key: SettingKey { link, setting: LinkSetting::Ipv4(setting) },
        value,
        previous: Some(Setting::UNREAD),
    })
}

#[cfg(test)]
mod tests;
