use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use vrrp::types::{Family, MacAddr, Vrid};

use super::*;
use crate::op::{
    Ipv4Setting, Lifetime, LinkAddress, LinkSetting, MacvlanLink, OwnKind, PrefixRoute, Restore, Scope, Setting,
    UseAsSource,
};
use crate::present::{PresentAddress, PresentLink, PresentMacvlan};

const OURS: u32 = 1 << 20;

fn index(n: u32) -> IfIndex {
    IfIndex::new(n).unwrap()
}

fn place() -> Place {
    Place { boot: "a".into(), network_namespace: 4 }
}

fn macvlan() -> MacvlanLink {
    let mac = MacAddr::virtual_router(Family::Ipv4, Vrid::new(51).unwrap());
    MacvlanLink {
        index: index(OURS),
        name: "vrrp.51".into(),
        parent: index(2),
        mac,
        kind: OwnKind::Macvlan,
        alias: "tanist:VI".into(),
        group: None,
    }
}

fn vip(link: u32, lifetime: Lifetime) -> LinkAddress {
    LinkAddress {
        link: index(link),
        address: IpAddr::from([10, 0, 0, 254]),
        prefix_len: 24,
        scope: Scope(0),
        label: None,
        broadcast: None,
        prefix_route: PrefixRoute::Kernel,
        lifetime,
        use_as_source: UseAsSource::Preferred,
        peer: None,
        flags: BTreeSet::new(),
    }
}

fn record(done: &[Op], possible: &[Op]) -> Record {
    let names = |link: IfIndex| Some(if link == index(OURS) { "vrrp.51".into() } else { format!("eth{link}") });
    let record = Record::new(place(), names, done.iter().chain(possible).filter_map(Op::inverse));
    Record::from_bytes(&record.to_bytes()).unwrap()
}

fn eth2() -> PresentLink {
    PresentLink { index: index(2), name: "eth2".into(), alias: None, macvlan: None }
}

/// The macvlan as it was made, without the alias that comes a moment later.
fn nameless() -> PresentLink {
    let macvlan = macvlan();
    PresentLink {
        index: macvlan.index,
        name: macvlan.name,
        alias: None,
        macvlan: Some(PresentMacvlan { parent: Some(macvlan.parent), mac: Some(macvlan.mac) }),
    }
}

fn recovered(record: &Record, links: Vec<PresentLink>, addresses: Vec<PresentAddress>) -> Vec<Op> {
    record.recovery(&Present::new(links, addresses), |_| None)
}

#[test]
fn a_macvlan_is_ours_by_what_it_was_made_with_or_by_its_alias() {
    let record = record(&[Op::Add(Item::from(macvlan()))], &[]);
    let remove = [Op::Remove(Item::from(macvlan()))];
    assert_eq!(recovered(&record, vec![nameless()], vec![]), remove, "killed before it got its alias");
    let alias = Some("tanist:VI".to_owned());
    let renamed = PresentLink { name: "wan".into(), alias: alias.clone(), ..nameless() };
    assert_eq!(recovered(&record, vec![renamed.clone()], vec![]), remove, "renamed");
    assert_eq!(recovered(&record, vec![PresentLink { alias: None, ..renamed }], vec![]), [], "renamed, no alias");
    let other_mac = PresentMacvlan { parent: Some(index(2)), mac: Some(MacAddr([2; 6])) };
    let other = PresentLink { macvlan: Some(other_mac), ..nameless() };
    assert_eq!(recovered(&record, vec![other], vec![]), [], "somebody else's macvlan under our index");
    assert_eq!(recovered(&record, vec![PresentLink { macvlan: None, alias, ..nameless() }], vec![]), [], "no macvlan");
    let moved = PresentMacvlan { parent: None, ..nameless().macvlan.unwrap() };
    let moved = PresentLink { macvlan: Some(moved), ..nameless() };
    assert_eq!(recovered(&record, vec![moved], vec![]), remove, "its parent is in another namespace");
}

/// The lease of a killed master has ended, and an operator has put the address in by hand to keep the service.
#[test]
fn an_address_is_ours_only_with_our_number_and_a_lease() {
    let lease = |secs| Lifetime::Lease(Duration::from_secs(secs));
    let record = record(&[], &[Op::Add(Item::from(vip(2, lease(3))))]);
    let found = |protocol, lifetime| PresentAddress {
        link: index(2),
        address: IpAddr::from([10, 0, 0, 254]),
        prefix_len: 24,
        protocol,
        lifetime,
    };
    let removed = |address| recovered(&record, vec![eth2()], vec![address]).len();
    assert_eq!(removed(found(112, lease(1))), 1);
    assert_eq!(removed(found(0, Lifetime::Forever)), 0, "an operator's");
    assert_eq!(removed(found(0, lease(1))), 0, "somebody else's lease");
    assert_eq!(removed(found(112, Lifetime::Forever)), 0, "ours, made permanent by hand");
    let renamed = PresentLink { name: "lan".into(), ..eth2() };
    assert_eq!(recovered(&record, vec![renamed.clone()], vec![found(112, lease(1))]).len(), 1, "renamed since");
    let namesake = PresentLink { index: index(9), ..eth2() };
    let both = vec![renamed, namesake];
    assert_eq!(recovered(&record, both, vec![found(112, lease(1))]), [], "the index names another link");
}

#[test]
fn a_setting_is_brought_back_only_while_it_has_our_value() {
    let key = SettingKey { link: index(2), setting: LinkSetting::Ipv4(Ipv4Setting::ArpIgnore) };
    let record = record(&[Op::Set(Setting { key, value: 1, restore: Restore::To(0) })], &[]);
    let machine = Present::new([eth2()], []);
    let back = Op::Set(Setting { key, value: 0, restore: Restore::To(1) });
    assert_eq!(record.recovery(&machine, |_| Some(1)), [back]);
    assert_eq!(record.recovery(&machine, |_| Some(2)), []);
    assert_eq!(record.recovery(&machine, |_| None), []);
}

/// An owner's parent does not answer ARP requests while the router is Active.
#[test]
fn a_setting_that_is_switched_is_brought_back_to_what_was_found_whatever_the_moment() {
    let key = SettingKey { link: index(2), setting: LinkSetting::Ipv4(Ipv4Setting::ArpIgnore) };
    let set = |value, before| Op::Set(Setting { key, value, restore: Restore::To(before) });
    let record = record(&[set(1, 0)], &[set(8, 1)]);
    let machine = Present::new([eth2()], []);
    assert_eq!(record.recovery(&machine, |_| Some(8)), [set(1, 8), set(0, 1)], "as Active");
    assert_eq!(record.recovery(&machine, |_| Some(1)), [set(0, 1)], "before, or after");
    assert_eq!(record.recovery(&machine, |_| Some(2)), [], "somebody else's value");
}

#[test]
fn what_is_done_and_may_be_done_is_recorded_once() {
    let add = Op::Add(Item::from(vip(2, Lifetime::Lease(Duration::from_secs(3)))));
    let found = PresentAddress {
        link: index(2),
        address: IpAddr::from([10, 0, 0, 254]),
        prefix_len: 24,
        protocol: 112,
        lifetime: Lifetime::Lease(Duration::from_secs(1)),
    };
    let record = record(std::slice::from_ref(&add), std::slice::from_ref(&add));
    assert_eq!(recovered(&record, vec![eth2()], vec![found]), [add.inverse().unwrap()]);
}

#[test]
fn a_record_of_another_boot_or_namespace_says_nothing_of_this_machine() {
    let record = record(&[], &[]);
    assert!(record.is_of(&place()));
    assert!(!record.is_of(&Place { boot: "b".into(), ..place() }));
    assert!(!record.is_of(&Place { network_namespace: 5, ..place() }));
}

#[test]
fn a_record_that_another_version_wrote_is_told_from_a_damaged_one() {
    let old = br#"{"boot":"a","network_namespace":4,"links":{},"undo":[{"Remove":{"Link":{"index":1048576}}}]}"#;
    assert_eq!(Record::from_bytes(old), Err(RecordError::Version { found: 0 }));
    assert_eq!(Record::from_bytes(br#"{"version":7,"undo":"?"}"#), Err(RecordError::Version { found: 7 }));
    let whole = record(&[Op::Add(Item::from(macvlan()))], &[]).to_bytes();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        assert!(matches!(Record::from_bytes(&whole[..cut]), Err(RecordError::Damaged(_))), "cut at {cut}");
    }
    let deep = [b'['; 100_000];
    assert!(matches!(Record::from_bytes(&deep), Err(RecordError::Damaged(_))));
}
