use std::time::Duration;

use vrrp::types::{Family, Vrid};

use super::*;
use crate::op::{Item, Op};
use crate::present::PresentMacvlan;
use crate::record::Place;

const OURS: u32 = FIRST_LINK_INDEX;

fn index(n: u32) -> IfIndex {
    IfIndex::new(n).unwrap()
}

fn mac(vrid: u8) -> MacAddr {
    MacAddr::virtual_router(Family::Ipv4, Vrid::new(vrid).unwrap())
}

/// A macvlan on parent 2 with the virtual MAC of `vrid`.
fn found(n: u32, vrid: u8, alias: Option<&str>) -> PresentLink {
    PresentLink {
        index: index(n),
        name: format!("vrrp.{vrid}"),
        alias: alias.map(str::to_owned),
        macvlan: Some(PresentMacvlan { parent: Some(index(2)), mac: Some(mac(vrid)) }),
    }
}

/// What is left on a machine where routers of these VRIDs are configured on parent 2.
fn left(links: Vec<PresentLink>, record: Option<&Record>, vrids: &[u8], company: Company) -> Vec<(u32, Mark)> {
    let wanted = vrids.iter().map(|vrid| WantedVmac { parent: index(2), mac: mac(*vrid) }).collect();
    let left = left_links(&Present::new(links, []), record, &wanted, company);
    left.into_iter().map(|(link, mark)| (link.index.value(), mark)).collect()
}

#[test]
fn without_a_record_an_interface_is_ours_by_its_alias() {
    let links = vec![found(OURS, 1, Some("tanist:A")), found(8, 9, Some("tanist:of an old configuration"))];
    assert_eq!(left(links, None, &[1], Company::Alone), [(8, Mark::Alias), (OURS, Mark::Alias)]);
}

#[test]
fn without_record_and_alias_it_is_ours_by_parent_virtual_mac_and_index() {
    assert_eq!(left(vec![found(OURS, 1, None)], None, &[1], Company::Alone), [(OURS, Mark::VirtualMac)]);
    assert_eq!(left(vec![found(OURS, 2, None)], None, &[1], Company::Alone), [], "not a MAC of this configuration");
    assert_eq!(left(vec![found(57, 1, None)], None, &[1], Company::Alone), [], "an index that the kernel gives");
    assert_eq!(left(vec![found(OURS, 1, Some("lab"))], None, &[1], Company::Alone), [], "somebody named it");
    let elsewhere = PresentMacvlan { parent: Some(index(3)), mac: Some(mac(1)) };
    let elsewhere = PresentLink { macvlan: Some(elsewhere), ..found(OURS, 1, None) };
    assert_eq!(left(vec![elsewhere], None, &[1], Company::Alone), [], "on another parent");
}

#[test]
fn an_interface_of_another_kind_is_never_ours() {
    let bridge = PresentLink { macvlan: None, ..found(OURS, 1, Some("tanist:A")) };
    assert_eq!(left(vec![bridge], None, &[1], Company::Alone), []);
}

#[test]
fn beside_another_daemon_of_ours_only_the_record_counts() {
    let theirs = vec![found(OURS, 1, Some("tanist:A")), found(OURS + 1, 2, None)];
    assert_eq!(left(theirs, None, &[1, 2], Company::Others), []);
    let [(recorded, _)] =
        &*left_links(&Present::new([found(OURS, 1, Some("tanist:A"))], []), None, &HashSet::new(), Company::Alone)
    else {
        panic!("one is left")
    };
    let done = [Op::Add(Item::from(recorded.clone()))];
    let record = Record::new(Place::default(), |_| None, done.iter().filter_map(Op::inverse));
    let ours = vec![found(OURS, 1, None), found(OURS + 1, 2, Some("tanist:theirs"))];
    assert_eq!(left(ours, Some(&record), &[], Company::Others), [(OURS, Mark::Recorded)]);
}

#[test]
fn an_address_is_ours_by_its_number_and_its_lease() {
    let found = |protocol, lifetime| {
        Origin::of(&PresentAddress {
            link: index(2),
            address: [10, 0, 0, 9].into(),
            prefix_len: 24,
            protocol,
            lifetime,
        })
    };
    let lease = Lifetime::Lease(Duration::from_secs(2));
    assert_eq!(found(ADDRESS_PROTOCOL, lease), Origin::Ours);
    assert_eq!(found(ADDRESS_PROTOCOL, Lifetime::Forever), Origin::Foreign);
    assert_eq!(found(0, lease), Origin::Foreign);
}
