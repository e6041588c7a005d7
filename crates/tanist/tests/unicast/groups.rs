//! Other multicast groups than the standard's.

use lab::Captured;
use testbed::lan::{Bench, Instance, Protocol, VmacMode};

use super::{PATIENCE, Test, bench, destinations, ip, listens, pair, start_master};

pub(super) const TESTS: &[Test] = &[
    ("mcast_dst_ip: routers of one group elect, and hear no other group", own),
    ("vrrp_mcast_group4 and vrrp_mcast_group6 are those of all routers", global),
    ("a reload to another group leaves the old one", reload),
];

fn instance(protocol: Protocol, vmac: VmacMode, priority: u8, group: &str) -> Instance {
    Instance::new(protocol, vmac, priority).with(&format!("mcast_dst_ip {group}"))
}

/// Left takes over from right when it is killed.
fn fails_over(bench: &mut Bench, group: &str) {
    assert_eq!(destinations(&bench.watch, Captured::default(), &bench.left.host), [ip(group)]);
    assert!(listens(&bench.right.host, group), "joined");
    bench.left.kill().unwrap();
    assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
    assert_eq!(destinations(&bench.watch, Captured::default(), &bench.right.host), [ip(group)]);
}

fn own() {
    for (protocol, vmac, group) in [
        (Protocol::V2, VmacMode::None, "224.0.0.77"),
        (Protocol::V3Ipv4, VmacMode::Vmac, "239.1.2.3"),
        (Protocol::V3Ipv6, VmacMode::Vmac, "ff02::77"),
    ] {
        let mut bench = pair(&instance(protocol, vmac, 150, group), &instance(protocol, vmac, 100, group));
        fails_over(&mut bench, group);
    }
    let mut bench = bench();
    start_master(&mut bench.left, &instance(Protocol::V3Ipv4, VmacMode::None, 150, "224.0.0.77"));
    start_master(&mut bench.right, &instance(Protocol::V3Ipv4, VmacMode::None, 100, "224.0.0.78"));
    assert!(bench.left.wait_state("MASTER", PATIENCE), "they do not meet; {}", bench.left.log());
}

fn global() {
    for (protocol, line, group) in [
        (Protocol::V3Ipv4, "vrrp_mcast_group4 224.0.0.81", "224.0.0.81"),
        (Protocol::V3Ipv6, "vrrp_mcast_group6 ff02::81", "ff02::81"),
    ] {
        let instance = |priority| Instance::new(protocol, VmacMode::None, priority).with_global(line);
        let mut bench = pair(&instance(150), &instance(100));
        fails_over(&mut bench, group);
    }
}

fn reload() {
    let mut bench = bench();
    let with = |group| instance(Protocol::V3Ipv4, VmacMode::Vmac, 150, group);
    start_master(&mut bench.left, &with("224.0.0.77"));
    let since = bench.watch.now();
    bench.left.reload_with(&with("224.0.0.78")).unwrap();
    let moved = || {
        let host = &bench.left.host;
        destinations(&bench.watch, since, host).contains(&ip("224.0.0.78"))
            && listens(host, "224.0.0.78")
            && !listens(host, "224.0.0.77")
    };
    assert!(lab::wait::until(PATIENCE, moved), "{}", bench.left.log());
    assert_eq!(bench.left.log().matches("-> MASTER").count(), 1, "no change of role; {}", bench.left.log());
}
