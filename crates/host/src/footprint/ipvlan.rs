//! Ipvlans, which have the MAC of their parent: there is nothing that a backup's must not say, so it is up all the time.

use std::collections::BTreeSet;

use vrrp::types::Family;

use super::vmac::{ipv6_settings, link_settings, with_losing_route};
use super::{Footprint, Vmac, on_link, shared, vrf_of};
use crate::op::{
    Ipv4Setting, Ipv6Setting, Item, Lifetime, LinkAddress, LinkSetting, Op, PrefixRoute, Scope, UseAsSource,
};

/// Adds what an ipvlan with these addresses needs, but for the addresses and their routes.
pub(super) fn add_to(footprint: &mut Footprint, vmac: &Vmac, ours: &[&LinkAddress]) {
    let link = vmac.link.index;
    let own = vmac.address.map(|(address, prefix_len)| LinkAddress {
        link,
        address,
        prefix_len,
        scope: Scope(0),
        label: None,
        broadcast: None,
        prefix_route: PrefixRoute::Kernel,
        lifetime: Lifetime::Forever,
        use_as_source: UseAsSource::Preferred,
        peer: None,
        flags: BTreeSet::new(),
    });
    let own = own.map(|address| with_losing_route(&address, &vmac.on));
    let standing = &mut footprint.standing;
    standing.push(Op::Add(Item::from(vmac.link.clone())));
    standing.extend(link_settings(link, &vmac.on));
    let needs_ipv6 = ours.iter().copied().chain(&own).any(|address| address.address.is_ipv6());
    standing.push(on_link(link, LinkSetting::Ipv6(Ipv6Setting::DisableIpv6), i32::from(!needs_ipv6)));
    if needs_ipv6 {
        standing.extend(ipv6_settings(link));
    }
    standing.extend(vrf_of(vmac));
    standing.push(on_link(link, LinkSetting::AdminUp, 1));
    standing.extend(own.map(|address| Op::Add(Item::from(address))));
    // An answer goes to who has the address that the question came from: the parent would not hear one to an address here.
    match vmac.family {
        Family::Ipv4 => standing.push(shared(vmac.on.index, Ipv4Setting::ArpAnnounce, 2)),
        Family::Ipv6 => {}
    }
}
