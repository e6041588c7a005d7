use std::collections::BTreeSet;
use std::time::Duration;

use vrrp::types::{MacAddr, Vrid};

use super::*;
use crate::op::{
    DropTable, DroppedAddress, Ipv6Setting, Lifetime, LinkRoute, MAIN_TABLE, OwnerTable, PrefixRoute, Scope,
    UseAsSource,
};

const LOSING: PrefixRoute = PrefixRoute::Metric(4_000_000_000);

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
        use_as_source: UseAsSource::Preferred,
        peer: None,
        flags: BTreeSet::new(),
    }
}

fn attachment(addresses: Vec<LinkAddress>) -> Attachment {
    let family = Family::of(&addresses[0].address);
    let link = MacvlanLink {
        index: index(9),
        name: "vrrp.5".into(),
        parent: index(2),
        mac: MacAddr::virtual_router(family, Vrid::new(5).unwrap()),
        kind: OwnKind::Macvlan,
        alias: "tanist:VI".into(),
        group: None,
    };
    let on = ParentLink {
        index: index(2),
        name: "eth0".into(),
        mtu: 1400,
        prefixes: vec![("10.0.0.1".parse().unwrap(), 24), ("fe80::1".parse().unwrap(), 64)],
        all_rp_filter: 0,
        owned: Vec::new(),
        answers: ParentAnswers::OwnAddresses,
        vrf: None,
    };
    let group = Some(vrrp::wire::group(family));
    Attachment {
        group,
        parent: index(2),
        vmacs: vec![Vmac { link, family, address: None, mode: MacvlanMode::Bridge, on }],
        addresses,
        routes: Vec::new(),
        rules: Vec::new(),
        dropping: None,
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
fn where_the_parent_has_a_connected_route_that_of_the_macvlan_loses() {
    let addresses = vec![address(9, "10.0.0.254", 24), address(9, "192.0.2.1", 24), address(2, "10.0.0.253", 24)];
    let plan = Footprint::of(&attachment(addresses));
    let routes: Vec<_> = plan.addresses().map(|a| a.prefix_route).collect();
    assert_eq!(routes, [LOSING, PrefixRoute::Kernel, PrefixRoute::Kernel]);
}

#[test]
fn an_address_that_is_to_have_no_prefix_route_gets_none() {
    let bare = |prefix_len| LinkAddress { prefix_route: PrefixRoute::None, ..address(9, "10.0.0.254", prefix_len) };
    for prefix_len in [24, 32] {
        let plan = Footprint::of(&attachment(vec![bare(prefix_len)]));
        assert_eq!(plan.addresses().next().unwrap().prefix_route, PrefixRoute::None);
        assert_eq!(routes(&plan), []);
    }
}

fn routes(plan: &Footprint) -> Vec<LinkRoute> {
    let of = |op: &Op| match op {
        Op::Add(Item::Route(route)) => Some(route.clone()),
        Op::Add(_) | Op::Remove(_) | Op::Set(_) => None,
    };
    plan.active.iter().filter_map(of).collect()
}

fn losing_route(network: &str, prefix_len: u8) -> LinkRoute {
    LinkRoute {
        link: index(9),
        network: network.parse().unwrap(),
        prefix_len,
        metric: 4_000_000_000,
        table: MAIN_TABLE,
    }
}

#[test]
fn addresses_with_a_host_prefix_get_the_route_of_the_parents_subnet_once() {
    let addresses = vec![address(9, "10.0.0.254", 32), address(9, "10.0.0.253", 32), address(9, "192.0.2.1", 32)];
    assert_eq!(routes(&Footprint::of(&attachment(addresses))), [losing_route("10.0.0.0", 24)]);
    let beside_one_that_brings_it = vec![address(9, "10.0.0.254", 32), address(9, "10.0.0.253", 24)];
    assert_eq!(routes(&Footprint::of(&attachment(beside_one_that_brings_it))), []);
    let link_local = vec![address(9, "fe80::5", 128)];
    assert_eq!(routes(&Footprint::of(&attachment(link_local))), [losing_route("fe80::", 64)]);
}

#[test]
fn the_route_of_the_narrowest_subnet_is_taken() {
    let mut at = attachment(vec![address(9, "10.0.0.254", 32)]);
    at.vmacs[0].on.prefixes.push(("10.0.0.2".parse().unwrap(), 16));
    assert_eq!(routes(&Footprint::of(&at)), [losing_route("10.0.0.0", 24)]);
}

#[test]
fn the_macvlan_carries_what_its_parent_carries() {
    let plan = Footprint::of(&attachment(vec![address(9, "10.0.0.254", 24)]));
    assert!(settings(&plan.standing, 9).contains(&(LinkSetting::Mtu, 1400)));
}

#[test]
fn addresses_are_renewed_and_routes_are_not() {
    let plan = Footprint::of(&attachment(vec![address(9, "10.0.0.254", 32), address(9, "fd00::5", 64)]));
    assert_eq!(plan.leased().count(), 2);
}

#[test]
fn link_local_addresses_keep_their_route() {
    let plan = Footprint::of(&attachment(vec![address(9, "fe80::5", 64)]));
    assert_eq!(plan.addresses().next().unwrap().prefix_route, PrefixRoute::Kernel);
}

#[test]
fn the_parent_filters_arp_only_where_the_macvlan_carries_a_route() {
    let arp_filter = (LinkSetting::Ipv4(Ipv4Setting::ArpFilter), 1);
    let inside = Footprint::of(&attachment(vec![address(9, "10.0.0.254", 24)]));
    let outside = Footprint::of(&attachment(vec![address(9, "192.0.2.1", 24)]));
    assert!(!settings(&inside.standing, 2).contains(&arp_filter));
    assert!(settings(&outside.standing, 2).contains(&arp_filter));
}

#[test]
fn the_parent_never_asks_in_the_name_of_a_virtual_address() {
    let plan = Footprint::of(&attachment(vec![address(9, "10.0.0.254", 32)]));
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
    let mut at = attachment(vec![address(9, "10.0.0.254", 32)]);
    assert_eq!(rp_filter(&Footprint::of(&at)), Some(0));
    at.vmacs[0].on.all_rp_filter = 1;
    assert_eq!(rp_filter(&Footprint::of(&at)), Some(2));
}

#[test]
fn without_a_virtual_mac_the_parent_only_keeps_its_secondary_addresses() {
    let mut at = attachment(vec![address(2, "10.0.0.254", 24)]);
    at.vmacs.clear();
    let plan = Footprint::of(&at);
    assert_eq!(settings(&plan.standing, 2), [(LinkSetting::Ipv4(Ipv4Setting::PromoteSecondaries), 1)]);
    assert_eq!((plan.up.len(), plan.draining.len(), plan.active.len()), (0, 0, 1));
}

#[test]
fn ipv6_is_on_only_while_active() {
    let disable = LinkSetting::Ipv6(Ipv6Setting::DisableIpv6);
    let plan = Footprint::of(&attachment(vec![address(9, "fe80::5", 64)]));
    assert!(settings(&plan.standing, 9).contains(&(disable, 1)));
    assert_eq!(settings(&plan.active, 9), [(disable, 0)]);
    let plan = Footprint::of(&attachment(vec![address(9, "10.0.0.254", 24)]));
    assert!(settings(&plan.standing, 9).contains(&(disable, 1)));
    assert!(settings(&plan.active, 9).is_empty());
}

#[test]
fn where_no_table_gives_its_parent_the_virtual_mac_an_owner_of_all_its_addresses_silences_it_while_active() {
    let mut attachment = attachment(vec![address(9, "10.0.0.1", 24)]);
    let key = LinkSetting::Ipv4(Ipv4Setting::ArpIgnore);
    assert_eq!(settings(&Footprint::of(&attachment).active, 2), []);
    attachment.vmacs[0].on.answers = ParentAnswers::Nothing;
    let footprint = Footprint::of(&attachment);
    assert_eq!(settings(&footprint.active, 2), [(key, 8)]);
    assert!(settings(&footprint.standing, 2).contains(&(key, 1)), "as long as it is not, the parent answers");
}

#[test]
fn the_parent_of_an_owner_speaks_with_the_virtual_mac_under_the_addresses_that_the_router_owns() {
    let mut attachment = attachment(vec![address(9, "10.0.0.1", 24)]);
    attachment.vmacs[0].on.owned = ["10.0.0.9", "10.0.0.1", "10.0.0.1"].map(|it| it.parse().unwrap()).to_vec();
    let footprint = Footprint::of(&attachment);
    assert_eq!(settings(&footprint.active, 2), [], "it goes on to answer for its other addresses");
    let vmac = attachment.vmacs.pop().unwrap().link;
    let addresses = vec!["10.0.0.1".parse().unwrap(), "10.0.0.9".parse().unwrap()];
    let arp = OwnerTable { vmac: index(9), mac: vmac.mac, parent: index(2), parent_name: "eth0".into(), addresses };
    assert!(footprint.active.contains(&Op::Add(Item::from(arp.clone()))));
    let renamed = OwnerTable { parent_name: "lan0".into(), ..arp.clone() };
    let [arp, renamed] = [arp, renamed].map(|arp| Op::Add(Item::from(arp)));
    assert!(arp.is_renewed_by(&renamed), "it is replaced as a whole, without a time in between");
}

#[test]
fn packets_are_dropped_before_there_is_an_address_that_they_could_reach() {
    let table = DropTable { number: 7, priority: -1 };
    for vmac in [None, Some(9)] {
        let link = vmac.unwrap_or(2);
        let mut attachment = attachment(vec![address(link, "10.0.0.254", 24), address(link, "fe80::5", 64)]);
        attachment.vmacs.retain(|_| vmac.is_some());
        attachment.dropping = Some(table);
        let footprint = Footprint::of(&attachment);
        assert!(footprint.standing.contains(&Op::Add(Item::DropTable(table))));
        let dropped = |address: &str| DroppedAddress { table, address: address.parse().unwrap(), link: index(link) };
        let both = ["10.0.0.254", "fe80::5"].map(dropped);
        assert_eq!(footprint.active[..2], both.map(|address| Op::Add(Item::DroppedAddress(address))));
    }
}
