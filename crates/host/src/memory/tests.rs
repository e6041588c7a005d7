use std::collections::BTreeSet;

use vrrp::types::MacAddr;

use super::*;
use crate::op::{Membership, OwnKind, PrefixRoute, Restore, Scope, UseAsSource};

const START: Instant = Instant::from_nanos(5_000_000_000);

fn index(n: u32) -> IfIndex {
    IfIndex::new(n).unwrap()
}

fn machine() -> Memory {
    let mut machine = Memory::with_interfaces([index(2)]);
    machine.set_clock(START);
    machine
}

fn address(link: u32, address: &str, lease_millis: u64) -> Op {
    Op::Add(Item::from(LinkAddress {
        link: index(link),
        address: address.parse().unwrap(),
        prefix_len: 24,
        scope: Scope(0),
        label: None,
        broadcast: None,
        prefix_route: PrefixRoute::Kernel,
        lifetime: Lifetime::Lease(Duration::from_millis(lease_millis)),
        use_as_source: UseAsSource::Preferred,
        peer: None,
        flags: BTreeSet::new(),
    }))
}

fn macvlan(n: u32) -> Op {
    Op::Add(Item::from(MacvlanLink {
        index: index(n),
        name: format!("vrrp.{n}"),
        parent: index(2),
        mac: MacAddr([0, 0, 0x5e, 0, 1, 1]),
        kind: OwnKind::Macvlan,
        alias: format!("tanist:VI_{n}"),
        group: None,
    }))
}

fn set(link: u32, setting: LinkSetting, value: i32) -> Op {
    Op::Set(Setting { key: SettingKey { link: index(link), setting }, value, restore: Restore::WithLink })
}

/// The kinds of refusal, in order.
fn refusals(machine: &mut Memory, ops: impl IntoIterator<Item = Op>) -> Vec<ErrorKind> {
    let tasks: Vec<_> = ops.into_iter().map(|op| Task::new((), op)).collect();
    machine.apply(&tasks).into_iter().map(|failure| failure.kind).collect()
}

#[test]
fn a_lease_ends_unless_it_is_renewed_and_counts_whole_seconds() {
    let mut machine = machine();
    refusals(&mut machine, [address(2, "10.0.0.1", 2_500)]);
    assert!(!machine.set_clock(START + Duration::from_millis(2_900)));
    refusals(&mut machine, [address(2, "10.0.0.1", 2_500)]);
    assert!(!machine.set_clock(START + Duration::from_millis(5_899)));
    assert_eq!(machine.addresses().count(), 1);
    assert!(machine.set_clock(START + Duration::from_millis(5_900)));
    assert_eq!(machine.addresses().count(), 0);
}

#[test]
fn the_lease_of_an_address_that_was_removed_ends_nothing_later() {
    let mut machine = machine();
    let Op::Add(Item::Address(leased)) = address(2, "10.0.0.1", 1_000) else { panic!("not an address") };
    let lasting = LinkAddress { lifetime: Lifetime::Forever, ..(*leased).clone() };
    refusals(&mut machine, [Op::Add(Item::Address(leased.clone())), Op::Remove(Item::Address(leased))]);
    refusals(&mut machine, [Op::Add(Item::from(lasting))]);
    assert!(!machine.set_clock(START + Duration::from_secs(9)));
    assert_eq!(machine.addresses().count(), 1);
}

#[test]
fn memberships_end_with_the_process_and_nothing_else_does() {
    let mut machine = machine();
    let membership = Op::Add(Item::Membership(Membership { link: index(2), group: [224, 0, 0, 18].into() }));
    refusals(&mut machine, [membership, macvlan(100), address(2, "10.0.0.1", 9_000)]);
    machine.end_process();
    assert_eq!((machine.items().count(), machine.links().count(), machine.addresses().count()), (2, 1, 1));
}

#[test]
fn no_two_macvlans_with_one_mac_come_up_on_one_parent() {
    let mut machine = machine();
    let up = |n| set(n, LinkSetting::AdminUp, 1);
    assert_eq!(refusals(&mut machine, [macvlan(100), macvlan(101), up(100), up(101)]), [ErrorKind::Busy]);
    assert_eq!(refusals(&mut machine, [set(100, LinkSetting::AdminUp, 0), up(101)]), []);
}

#[test]
fn a_link_whose_ipv6_is_off_takes_no_ipv6_address() {
    let mut machine = machine();
    let switch = |value| set(2, LinkSetting::Ipv6(Ipv6Setting::DisableIpv6), value);
    let address = || address(2, "fd00::1", 9_000);
    assert_eq!(refusals(&mut machine, [switch(1), address(), switch(0), address()]), [ErrorKind::Denied]);
    assert_eq!(machine.addresses().count(), 1);
}

#[test]
fn an_interface_that_goes_takes_its_macvlans_and_all_that_is_on_them_with_it() {
    let mut machine = machine();
    refusals(&mut machine, [macvlan(100), address(100, "10.0.0.1", 9_000), address(2, "10.0.0.2", 9_000)]);
    refusals(&mut machine, [set(2, LinkSetting::Mtu, 1400), set(100, LinkSetting::AdminUp, 1)]);
    machine.remove_interface(index(2));
    assert_eq!((machine.items().count(), machine.settings().count()), (0, 0));
    assert_eq!(refusals(&mut machine, [macvlan(100)]), [ErrorKind::Missing]);
    machine.add_interface(index(2));
    assert_eq!(refusals(&mut machine, [macvlan(100)]), []);
}
