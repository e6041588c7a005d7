use std::time::Duration;

use super::*;
use crate::op::{Lifetime, Scope};

fn index(n: u32) -> IfIndex {
    IfIndex::new(n).unwrap()
}

fn address(link: u32, address: &str, prefix_len: u8) -> LinkAddress {
    LinkAddress {
        link: index(link),
        address: address.parse().unwrap(),
        prefix_len,
        scope: Scope(0),
        label: None,
        broadcast: None,
        prefix_route: PrefixRoute::Kernel,
        lifetime: Lifetime::Lease(Duration::from_secs(5)),
        deprecated: false,
    }
}

fn site(addresses: Vec<LinkAddress>) -> Site {
    let family = Family::of(&addresses[0].address);
    Site {
        family,
        parent: ParentSite {
            index: index(2),
            prefixes: vec![("10.0.0.1".parse().unwrap(), 24), ("fe80::1".parse().unwrap(), 64)],
            all_rp_filter: 0,
        },
        vmac: Some(VmacSite {
            index: index(9),
            name: "vrrp.5".into(),
            mac: MacAddr::virtual_router(family, vrrp::types::Vrid::new(5).unwrap()),
            alias: "tanist:VI".into(),
        }),
        addresses,
    }
}

fn settings(ops: &[Op], link: u32) -> Vec<(LinkSetting, i32)> {
    let of_link = |op: &Op| match op {
        Op::Set(set) if set.key.link == index(link) => Some((set.key.setting, set.value)),
        Op::Set(_) | Op::Add(_) | Op::Remove(_) => None,
    };
    ops.iter().filter_map(of_link).collect()
}

#[test]
fn no_second_connected_route_where_the_parent_has_one() {
    let plan = Footprint::of(&site(vec![address(9, "10.0.0.254", 24), address(9, "192.0.2.1", 24)]));
    let routes: Vec<_> = plan.addresses().map(|a| a.prefix_route).collect();
    assert_eq!(routes, [PrefixRoute::None, PrefixRoute::Kernel]);
}

#[test]
fn link_local_addresses_keep_their_route() {
    let plan = Footprint::of(&site(vec![address(9, "fe80::5", 64)]));
    assert_eq!(plan.addresses().next().unwrap().prefix_route, PrefixRoute::Kernel);
}

#[test]
fn the_parent_filters_arp_only_where_the_macvlan_carries_a_route() {
    let arp_filter = (LinkSetting::Ipv4(Ipv4Setting::ArpFilter), 1);
    let inside = Footprint::of(&site(vec![address(9, "10.0.0.254", 24)]));
    let outside = Footprint::of(&site(vec![address(9, "192.0.2.1", 24)]));
    assert!(!settings(&inside.standing, 2).contains(&arp_filter));
    assert!(settings(&outside.standing, 2).contains(&arp_filter));
}

#[test]
fn the_parent_never_asks_in_the_name_of_a_virtual_address() {
    let plan = Footprint::of(&site(vec![address(9, "10.0.0.254", 32)]));
    let expected = [(LinkSetting::Ipv4(Ipv4Setting::ArpIgnore), 1), (LinkSetting::Ipv4(Ipv4Setting::ArpAnnounce), 2)];
    assert_eq!(settings(&plan.standing, 2), expected);
}

#[test]
fn reverse_path_check_is_loose_where_all_has_one_and_off_elsewhere() {
    let rp_filter = |plan: &Footprint| {
        settings(&plan.standing, 9)
            .into_iter()
            .find_map(|(key, value)| (key == LinkSetting::Ipv4(Ipv4Setting::RpFilter)).then_some(value))
    };
    let mut site = site(vec![address(9, "10.0.0.254", 32)]);
    assert_eq!(rp_filter(&Footprint::of(&site)), Some(0));
    site.parent.all_rp_filter = 1;
    assert_eq!(rp_filter(&Footprint::of(&site)), Some(2));
}

#[test]
fn without_a_virtual_mac_the_parent_only_keeps_its_secondary_addresses() {
    let mut site = site(vec![address(2, "10.0.0.254", 24)]);
    site.vmac = None;
    let plan = Footprint::of(&site);
    assert_eq!(settings(&plan.standing, 2), [(LinkSetting::Ipv4(Ipv4Setting::PromoteSecondaries), 1)]);
    assert_eq!((plan.up.len(), plan.quiet.len(), plan.active.len()), (0, 0, 1));
}

#[test]
fn ipv6_is_on_only_while_active() {
    let disable = LinkSetting::Ipv6(Ipv6Setting::DisableIpv6);
    let plan = Footprint::of(&site(vec![address(9, "fe80::5", 64)]));
    assert!(settings(&plan.standing, 9).contains(&(disable, 1)));
    assert_eq!(settings(&plan.active, 9), [(disable, 0)]);
    let plan = Footprint::of(&site(vec![address(9, "10.0.0.254", 24)]));
    assert!(settings(&plan.standing, 9).contains(&(disable, 1)));
    assert!(settings(&plan.active, 9).is_empty());
}

#[test]
fn prefixes_cover_their_addresses_only() {
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    assert!(covers(ip("10.0.0.1"), 24, ip("10.0.0.254")));
    assert!(!covers(ip("10.0.0.1"), 24, ip("10.0.1.254")));
    assert!(covers(ip("10.0.0.1"), 0, ip("192.0.2.1")));
    assert!(covers(ip("2001:db8::1"), 64, ip("2001:db8::254")));
    assert!(!covers(ip("2001:db8::1"), 64, ip("10.0.0.1")));
}
