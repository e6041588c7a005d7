//! Virtual MAC interfaces.

use std::net::IpAddr;

use vrrp::types::{Family, IfIndex};

use super::{Footprint, ParentAnswers, ParentLink, Vmac, on_link, prefix, shared, switch, vrf_of};
use crate::op::{
    Ipv4Setting, Ipv6Setting, Item, LinkAddress, LinkRoute, LinkSetting, MAIN_TABLE, MacvlanMode, Op, OwnerTable,
    PrefixRoute,
};

/// Metric of the macvlan's connected routes: worse than any the parent has. Of two connected routes with one metric the
/// kernel may take the macvlan's, and with `arp_filter` the node's own address is then unreachable; without any, routes
/// through the macvlan are refused ("Nexthop has invalid gateway").
const LOSING_METRIC: u32 = 4_000_000_000;

/// Value of `arp_ignore`: answers for the addresses of the link alone.
const OWN_ONLY: i32 = 1;

/// Adds what a virtual MAC interface with these addresses needs, but for the addresses and their routes.
pub(super) fn add_to(footprint: &mut Footprint, vmac: &Vmac, ours: &[&LinkAddress]) {
    let (link, parent) = (vmac.link.index, vmac.on.index);
    let needs_ipv6 = ours.iter().any(|address| address.address.is_ipv6());
    footprint.standing.push(Op::Add(Item::from(vmac.link.clone())));
    footprint.standing.extend(link_settings(link, &vmac.on));
    footprint.standing.push(on_link(link, LinkSetting::Ipv6(Ipv6Setting::DisableIpv6), 1));
    if needs_ipv6 {
        footprint.standing.extend(ipv6_settings(link));
        footprint.active.push(switch(link, LinkSetting::Ipv6(Ipv6Setting::DisableIpv6), 0, 1));
    }
    match vmac.family {
        Family::Ipv4 => footprint.standing.extend(parent_settings(parent, ours)),
        Family::Ipv6 => {}
    }
    match (vmac.family, vmac.on.answers) {
        (Family::Ipv4, ParentAnswers::Nothing) => footprint.active.push(parent_silence(parent)),
        (Family::Ipv4, ParentAnswers::OwnAddresses) | (Family::Ipv6, _) => {}
    }
    if !vmac.on.owned.is_empty() {
        footprint.active.push(owner_table(vmac));
    }
    match vmac.mode {
        // What leaves here comes back in reverse: bridge mode again before IPv6 goes off.
        MacvlanMode::Private => {
            let (private, bridge) = (MacvlanMode::Private.value(), MacvlanMode::Bridge.value());
            footprint.active.push(switch(link, LinkSetting::MacvlanMode, private, bridge));
        }
        MacvlanMode::Bridge => {}
    }
    // Before it is up: to enter or leave a VRF takes an interface down and up again.
    footprint.up.extend(vrf_of(vmac));
    footprint.up.push(switch(link, LinkSetting::AdminUp, 1, 0));
    footprint.draining.push(shared(link, Ipv4Setting::Forwarding, 0));
}

/// Where the parent has a connected route, that of the macvlan must lose against it. Link-local routes belong to their
/// link, so a link-local address keeps the kernel's.
pub(super) fn with_losing_route(address: &LinkAddress, parent: &ParentLink) -> LinkAddress {
    let link_local = matches!(address.address, IpAddr::V6(a) if a.is_unicast_link_local());
    let contends = !link_local && parent_prefix(parent, address.address).is_some();
    match address.prefix_route {
        PrefixRoute::Kernel if contends => {
            LinkAddress { prefix_route: PrefixRoute::Metric(LOSING_METRIC), ..address.clone() }
        }
        PrefixRoute::Kernel | PrefixRoute::Metric(_) | PrefixRoute::None => address.clone(),
    }
}

/// The narrowest of the parent's prefixes that `address` lies in.
fn parent_prefix(parent: &ParentLink, address: IpAddr) -> Option<(IpAddr, u8)> {
    let covering = parent.prefixes.iter().filter(|(own, length)| prefix::covers(*own, *length, address));
    covering.max_by_key(|(_, length)| *length).map(|(own, length)| (prefix::network_of(*own, *length), *length))
}

/// An address with a host prefix brings no connected route: those of the parent's subnets in which such addresses lie
/// are added, unless another address brings them.
pub(super) fn host_routes(vmac: &Vmac, ours: &[&LinkAddress]) -> Vec<LinkRoute> {
    let brought = |network: IpAddr, length: u8| {
        ours.iter().any(|a| a.prefix_len == length && prefix::network_of(a.address, length) == network)
    };
    let wants_route = |address: &&&LinkAddress| {
        prefix::is_host(address.address, address.prefix_len) && address.prefix_route != PrefixRoute::None
    };
    let mut routes: Vec<LinkRoute> = ours
        .iter()
        .filter(wants_route)
        .filter_map(|address| parent_prefix(&vmac.on, address.address))
        .filter(|(network, prefix_len)| !brought(*network, *prefix_len))
        .map(|(network, prefix_len)| LinkRoute {
            link: vmac.link.index,
            network,
            prefix_len,
            metric: LOSING_METRIC,
            table: vmac.on.vrf.map_or(MAIN_TABLE, |vrf| vrf.table),
        })
        .collect();
    routes.sort_unstable_by_key(|route| (route.network, route.prefix_len));
    routes.dedup();
    routes
}

/// Settings of the macvlan. It answers ARP for its own addresses only, takes packets whatever way their answers go,
/// makes no link-local address of its own, and carries what its parent carries.
pub(super) fn link_settings(link: IfIndex, parent: &ParentLink) -> Vec<Op> {
    let rp_filter = if parent.all_rp_filter == 0 { 0 } else { 2 };
    let ipv4 = |setting, value| on_link(link, LinkSetting::Ipv4(setting), value);
    vec![
        on_link(link, LinkSetting::Mtu, i32::try_from(parent.mtu).unwrap_or(i32::MAX)),
        on_link(link, LinkSetting::AddrGenMode, LinkSetting::NO_LINK_LOCAL),
        ipv4(Ipv4Setting::ArpIgnore, 1),
        ipv4(Ipv4Setting::ArpFilter, 0),
        ipv4(Ipv4Setting::AcceptLocal, 1),
        ipv4(Ipv4Setting::RpFilter, rp_filter),
        ipv4(Ipv4Setting::PromoteSecondaries, 1),
    ]
}

/// For a macvlan that holds IPv6 addresses. IPv6 is on only while they are there, so that it sends nothing before.
pub(super) fn ipv6_settings(link: IfIndex) -> Vec<Op> {
    let ipv6 = |setting, value| on_link(link, LinkSetting::Ipv6(setting), value);
    vec![ipv6(Ipv6Setting::AcceptRa, 0), ipv6(Ipv6Setting::Autoconf, 0), ipv6(Ipv6Setting::Forwarding, 1)]
}

/// Settings of the parent of an IPv4 virtual MAC: it answers ARP for its own addresses only (V3-AR-03), and never asks in the
/// name of a virtual address (LX-02b: `arp_announce` 1 is not enough). Where the macvlan has a connected route of its own
/// (of a subnet that the parent does not have), only the link that the answer leaves by may answer.
fn parent_settings(parent: IfIndex, ours: &[&LinkAddress]) -> Vec<Op> {
    let mut ops = vec![shared(parent, Ipv4Setting::ArpIgnore, OWN_ONLY), shared(parent, Ipv4Setting::ArpAnnounce, 2)];
    let has_own_route = |a: &&LinkAddress| {
        a.address.is_ipv4() && !prefix::is_host(a.address, a.prefix_len) && a.prefix_route == PrefixRoute::Kernel
    };
    if ours.iter().any(has_own_route) {
        ops.push(shared(parent, Ipv4Setting::ArpFilter, 1));
    }
    ops
}

/// The parent answers no ARP request while the owner of its addresses is Active.
const fn parent_silence(parent: IfIndex) -> Op {
    /// Value of `arp_ignore`: no answers.
    const NONE: i32 = 8;
    shared(parent, Ipv4Setting::ArpIgnore, NONE)
}

/// What the parent asks and answers under its owner's addresses, it says with the virtual MAC.
fn owner_table(vmac: &Vmac) -> Op {
    let mut addresses = vmac.on.owned.clone();
    // One address may be there with several prefixes.
    addresses.sort_unstable();
    addresses.dedup();
    Op::Add(Item::from(OwnerTable {
        vmac: vmac.link.index,
        mac: vmac.link.mac,
        parent: vmac.on.index,
        parent_name: vmac.on.name.clone(),
        addresses,
    }))
}
