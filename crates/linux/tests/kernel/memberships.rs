//! Memberships of the VRRP group.

use host::{ErrorKind, Item, Kernel, Membership, Op};
use vrrp::types::{Family, IfIndex};

use crate::Test;
use crate::ground::{add, apply, macvlan, on_a_host, proc_net};

pub(crate) const ALL: &[Test] = &[
    ("a_membership_is_joined_and_left_in_both_families", joined_and_left),
    ("a_membership_held_already_is_no_error_and_one_not_held_is_missing", twice),
    ("more_links_than_one_socket_may_join_are_joined", beyond_the_limit),
];

fn joins(link: IfIndex) -> [Op; 2] {
    [Family::Ipv4, Family::Ipv6].map(|family| Op::Add(Item::Membership(Membership { link, family })))
}

fn leaves(link: IfIndex) -> [Op; 2] {
    [Family::Ipv4, Family::Ipv6].map(|family| Op::Remove(Item::Membership(Membership { link, family })))
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
        for failure in machine.apply(&leaves(eth0)) {
            assert_eq!(failure.error.kind, ErrorKind::Missing);
        }
        assert_eq!(listed(), [false; 4]);
        let gone = IfIndex::new(999).unwrap();
        for failure in machine.apply(&joins(gone)) {
            assert_eq!(failure.error.kind, ErrorKind::Missing);
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
