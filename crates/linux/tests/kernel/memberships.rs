//! Memberships of the VRRP group.

use std::os::fd::{AsFd, AsRawFd};

use host::{ErrorKind, Item, LinkSetting, Membership, Op};
use linux::netlink::{Mode, Socket};
use linux::netns::Namespace;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkMessage};
use vrrp::types::{Family, IfIndex};
use vrrp::wire::group;

use crate::Test;
use crate::ground::{add, apply, attempt, macvlan, on_a_host, proc_net, remove, set};

pub(crate) const ALL: &[Test] = &[
    ("a_membership_is_joined_and_left_in_both_families", joined_and_left),
    ("a_membership_held_already_is_no_error_and_one_not_held_is_missing", twice),
    ("more_links_than_one_socket_may_join_are_joined", beyond_the_limit),
    ("a_link_that_returns_with_its_index_is_joined_again", returned),
    ("a_membership_that_the_kernel_forgot_is_found_and_joined_again", forgotten),
    ("a_membership_that_cannot_be_joined_again_yet_is_not_forgotten", not_yet),
    ("two_hundred_links_that_come_and_go_cost_no_descriptor", no_leak),
];

fn both(link: IfIndex) -> [Membership; 2] {
    [Family::Ipv4, Family::Ipv6].map(|family| Membership { link, group: group(family) })
}

fn joins(link: IfIndex) -> [Op; 2] {
    both(link).map(|membership| Op::Add(Item::Membership(membership)))
}

fn leaves(link: IfIndex) -> [Op; 2] {
    both(link).map(|membership| Op::Remove(Item::Membership(membership)))
}

/// Whether the kernel lists 224.0.0.18 (bytes reversed), ff02::12, and the Ethernet groups of both.
fn listed() -> [bool; 4] {
    [
        proc_net("igmp").contains("120000E0"),
        proc_net("igmp6").contains("ff020000000000000000000000000012"),
        proc_net("dev_mcast").contains("01005e000012"),
        proc_net("dev_mcast").contains("333300000012"),
    ]
}

fn joined_and_left() {
    on_a_host(|machine, eth0| {
        assert_eq!(listed(), [false; 4]);
        apply(machine, &joins(eth0));
        assert_eq!(listed(), [true; 4]);
        apply(machine, &leaves(eth0));
        assert_eq!(listed(), [false; 4]);
    });
}

fn twice() {
    on_a_host(|machine, eth0| {
        apply(machine, &joins(eth0));
        apply(machine, &joins(eth0));
        apply(machine, &leaves(eth0));
        for failure in attempt(machine, &leaves(eth0)) {
            assert_eq!(failure.kind, ErrorKind::Missing);
        }
        assert_eq!(listed(), [false; 4]);
        let gone = IfIndex::new(999).unwrap();
        for failure in attempt(machine, &joins(gone)) {
            assert_eq!(failure.kind, ErrorKind::Missing);
        }
    });
}

fn beyond_the_limit() {
    on_a_host(|machine, eth0| {
        let links: Vec<_> = (1..=45).map(|vrid| macvlan(machine, eth0, vrid)).collect();
        apply(machine, &links.iter().map(add).collect::<Vec<_>>());
        let ops: Vec<_> = links.iter().flat_map(|link| joins(link.index)).collect();
        apply(machine, &ops);
        assert_eq!(proc_net("igmp").matches("120000E0").count(), 45);
    });
}

/// A NIC that is lent to a container: it goes to another namespace and comes back with its index, and the kernel has
/// forgotten its groups, without a word to the sockets that hold them.
fn returned() {
    on_a_host(|machine, eth0| {
        apply(machine, &joins(eth0));
        let elsewhere = Namespace::new().unwrap();
        let here = Namespace::current().unwrap();
        move_to(eth0, &elsewhere);
        apply(machine, &leaves(eth0));
        elsewhere.run(|| move_to(eth0, &here)).unwrap();
        apply(machine, &[set(eth0, LinkSetting::AdminUp, 1)]);
        assert_eq!(listed(), [false; 4]);
        apply(machine, &joins(eth0));
        assert_eq!(listed(), [true; 4]);
    });
}

fn forgotten() {
    on_a_host(|machine, eth0| {
        apply(machine, &joins(eth0));
        assert_eq!(machine.lost_memberships().unwrap(), []);
        // Too small for IPv6: the kernel takes its IPv6 side away, and makes another one afterwards.
        apply(machine, &[set(eth0, LinkSetting::Mtu, 1200), set(eth0, LinkSetting::Mtu, 1500)]);
        let ipv6 = both(eth0)[1];
        assert_eq!(machine.lost_memberships().unwrap(), [ipv6]);
        assert_eq!(listed(), [true, false, true, false]);
        machine.rejoin(ipv6).unwrap();
        assert_eq!(machine.lost_memberships().unwrap(), []);
        assert_eq!(listed(), [true; 4]);
        apply(machine, &leaves(eth0));
        assert_eq!(listed(), [false; 4]);
    });
}

/// The MTU stays too small for a while.
fn not_yet() {
    on_a_host(|machine, eth0| {
        apply(machine, &joins(eth0));
        let ipv6 = both(eth0)[1];
        apply(machine, &[set(eth0, LinkSetting::Mtu, 1200)]);
        for _ in 0..2 {
            assert_eq!(machine.lost_memberships().unwrap(), [ipv6]);
            machine.rejoin(ipv6).unwrap_err();
        }
        apply(machine, &[set(eth0, LinkSetting::Mtu, 1500)]);
        assert_eq!(machine.lost_memberships().unwrap(), [ipv6]);
        machine.rejoin(ipv6).unwrap();
        assert_eq!((machine.lost_memberships().unwrap(), listed()), (vec![], [true; 4]));
        apply(machine, &[set(eth0, LinkSetting::Mtu, 1200)]);
        machine.rejoin(ipv6).unwrap_err();
        apply(machine, &leaves(eth0));
        apply(machine, &[set(eth0, LinkSetting::Mtu, 1500)]);
        assert_eq!((machine.lost_memberships().unwrap(), listed()), (vec![], [false; 4]), "left while it waited");
    });
}

fn no_leak() {
    on_a_host(|machine, eth0| {
        let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
        let mut before = None;
        for _ in 0..200 {
            let link = macvlan(machine, eth0, 1);
            apply(machine, &[add(&link)]);
            apply(machine, &joins(link.index));
            apply(machine, &[remove(&link)]);
            // The kernel takes a drop without device; nothing is to be joined here any more.
            apply(machine, &leaves(link.index));
            before = before.or_else(|| Some(descriptors()));
        }
        // Other tests run in this process: they may have some open that they had not before, but not one for each link.
        assert!(descriptors() < before.unwrap() + 100);
        assert_eq!(machine.lost_memberships().unwrap(), []);
    });
}

/// Moves a link, as an administrator would, to another namespace.
fn move_to(link: IfIndex, namespace: &Namespace) {
    let mut message = LinkMessage::default();
    message.header.index = link.value();
    message.attributes = vec![LinkAttribute::NetNsFd(namespace.as_fd().as_raw_fd())];
    Socket::open().unwrap().run(RouteNetlinkMessage::SetLink(message), Mode::Change).unwrap();
}
