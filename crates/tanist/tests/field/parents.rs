//! Parents that go and come back: moved, renamed, deleted, put into a bridge.

use std::time::Duration;

use lab::{CapturedFrame, wait};
use testbed::lan::{Bench, Instance, Protocol, VmacMode};

use super::{PATIENCE, Test, becomes, holds, instance, master, sh, soon, start, stop};

pub(super) const ALL: &[Test] = &[
    ("a parent that was away, renamed or made anew hears its peer again, with a virtual MAC", returns_vmac),
    ("a parent that was away, renamed or made anew hears its peer again, without", returns_plain),
    ("an MTU too small for IPv6 for a moment leaves one master", mtu_blip),
    ("fifty new parents cost no descriptor", no_leak),
    ("a parent that leaves its bridge carries the router at once", left_bridge),
    ("a parent that is deleted is not told as a virtual interface that someone deleted", parent_deleted),
    ("a master that loses its own address puts nothing back and announces nothing", no_source),
    ("an address of another interface is announced there once that is up", other_link),
    ("an address may be on the virtual MAC interface by name, which may be tracked", own_link),
];

/// Takes the left router's eth0 to another namespace and back. Its addresses are lost.
pub(super) const AWAY: &str = "unshare -n sleep 60 & pid=$!; sleep 0.3; ip link set eth0 netns $pid; \
                               nsenter -t $pid -n ip link set eth0 netns $$; kill $pid";
/// Gives them back.
pub(super) const ADDRESSES: &str = "ip link set eth0 up; ip addr replace 10.9.0.3/24 dev eth0; \
                                    ip addr replace 2001:db8:9::3/64 dev eth0 nodad";
/// Renames it for a moment.
pub(super) const RENAME: &str = "ip link set eth0 down; ip link set eth0 name eth9; ip link set eth9 up; sleep 0.3; \
                                 ip link set eth9 down; ip link set eth9 name eth0";

/// The lines of /proc/net/dev_mcast with the group's MAC, in both families.
fn multicast_macs(bench: &Bench) -> usize {
    let macs = sh(bench, "cat /proc/net/dev_mcast");
    macs.lines().filter(|line| line.contains("01005e000012") || line.contains("333300000012")).count()
}

fn returns_vmac() {
    returns(VmacMode::Vmac);
}

fn returns_plain() {
    returns(VmacMode::None);
}

/// The left router is a backup with a peer in charge: if it hears nothing, there are two masters.
fn returns(vmac: VmacMode) {
    for protocol in [Protocol::V3Ipv4, Protocol::V3Ipv6] {
        let mut bench = super::bench();
        let backup = Instance { priority: 100, ..instance(protocol, vmac) };
        bench.right.start_with(&instance(protocol, vmac)).unwrap();
        becomes(&bench.right, "MASTER");
        bench.left.start_with(&backup).unwrap();
        becomes(&bench.left, "BACKUP");
        hears(&bench, &backup, "at the start");
        sh(&bench, &format!("{AWAY}; {ADDRESSES}"));
        hears(&bench, &backup, "moved and back");
        sh(&bench, &format!("{RENAME}; {ADDRESSES}"));
        hears(&bench, &backup, "renamed and back");
        sh(&bench, "ip link del eth0");
        bench.replug_left().unwrap();
        hears(&bench, &backup, "made anew");
        sh(&bench, "ip link set eth0 down; ip link set eth0 name eth9; ip link set eth9 up");
        becomes(&bench.left, "FAULT");
        soon(&bench, "a link that no router uses is not listened on", || multicast_macs(&bench) == 0);
        stop(&mut bench);
    }
}

/// The left router stays a backup for longer than its down timer runs, and listens on one link.
#[track_caller]
fn hears(bench: &Bench, backup: &Instance, after: &str) {
    becomes(&bench.left, "BACKUP");
    // What it did before it was joined again does not count.
    soon(bench, after, || multicast_macs(bench) == 1);
    let since = bench.watch.now();
    let speaks = bench.watch.first_advert(since, &bench.left.host, backup.down_interval() * 2);
    assert!(speaks.is_none(), "{after}: it hears its peer; {}", bench.left.log());
    becomes(&bench.left, "BACKUP");
}

fn mtu_blip() {
    for vmac in [VmacMode::Vmac, VmacMode::None] {
        let mut bench = super::bench();
        let backup = Instance { priority: 100, ..instance(Protocol::V3Ipv6, vmac) };
        bench.right.start_with(&instance(Protocol::V3Ipv6, vmac)).unwrap();
        becomes(&bench.right, "MASTER");
        bench.left.start_with(&backup).unwrap();
        becomes(&bench.left, "BACKUP");
        // The second is longer than it takes to notice that the group is lost.
        for pause in ["0.3", "2.5"] {
            sh(&bench, &format!("ip link set eth0 mtu 1200; sleep {pause}; ip link set eth0 mtu 1500; {ADDRESSES}"));
            hears(&bench, &backup, "the MTU is large enough again");
        }
        if vmac == VmacMode::Vmac {
            soon(&bench, "the MTU of its interface follows", || {
                sh(&bench, "ip -o link show vrrp.51").contains("mtu 1500 ")
            });
        }
    }
}

fn no_leak() {
    let mut bench = super::bench();
    let router = instance(Protocol::V3Ipv4, VmacMode::Vmac);
    bench.right.start_with(&Instance { priority: 200, ..router.clone() }).unwrap();
    bench.left.start_with(&router).unwrap();
    becomes(&bench.left, "BACKUP");
    let pid = bench.left.pid().unwrap().as_raw_nonzero();
    let descriptors = || std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    let mut before = 0;
    for round in 0..50 {
        sh(&bench, "ip link del eth0");
        bench.replug_left().unwrap();
        if round % 10 == 0 {
            becomes(&bench.left, "BACKUP");
        }
        if round == 10 {
            before = descriptors();
        }
    }
    becomes(&bench.left, "BACKUP");
    // A connection of `status` may be open.
    assert!(wait::until(PATIENCE, || descriptors() <= before + 1), "{} after {before}", descriptors());
    soon(&bench, "listens once", || multicast_macs(&bench) == 1);
}

/// A port of a bridge takes no macvlan.
fn left_bridge() {
    let mut bench = super::bench();
    sh(&bench, "ip link add br0 type bridge; ip link set br0 up; ip link set eth0 master br0");
    let router = instance(Protocol::V3Ipv4, VmacMode::Vmac);
    bench.left.start_with(&router).unwrap();
    let refused = || bench.left.log().contains("leaves the election");
    assert!(wait::until(PATIENCE, refused), "{}", bench.left.log());
    std::thread::sleep(Duration::from_secs(3));
    let begin = std::time::Instant::now();
    sh(&bench, "ip link set eth0 nomaster");
    becomes(&bench.left, "MASTER");
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}; {}", begin.elapsed(), bench.left.log());
    holds(&bench, &router);
}

// T08: kaC:8a7620c6, kaC:984ac06e, kaC:1383336f, ka#2572: of IPv6 the new link has another scope, and `nopreempt`
// must not keep it from being set up.
fn parent_deleted() {
    for router in
        [instance(Protocol::V3Ipv4, VmacMode::Vmac), instance(Protocol::V3Ipv6, VmacMode::Vmac).with("nopreempt")]
    {
        deleted_and_back(&router);
    }
}

fn deleted_and_back(router: &Instance) {
    let mut bench = master(router);
    for _ in 0..5 {
        sh(&bench, "ip link del eth0");
        becomes(&bench.left, "FAULT");
        bench.replug_left().unwrap();
        becomes(&bench.left, "MASTER");
        assert_eq!(sh(&bench, "ip -o link show type macvlan").lines().count(), 1);
        assert_eq!(multicast_macs(&bench), 1, "listens on the new link");
    }
    let log = bench.left.log();
    assert!(!log.contains("someone deleted") && !log.contains("ERROR"), "{log}");
}

fn no_source() {
    let mut router = instance(Protocol::V3Ipv4, VmacMode::None).with("garp_master_delay 0");
    router.addresses.push("10.9.0.77/24".into());
    let bench = master(&router);
    std::thread::sleep(Duration::from_millis(500));
    let since = bench.watch.now();
    sh(&bench, "ip -4 addr flush dev eth0");
    becomes(&bench.left, "FAULT");
    soon(&bench, "withdrawn", || !sh(&bench, "ip -o -4 addr show dev eth0").contains("10.9.0."));
    assert!(!bench.left.log().contains("someone removed"), "{}", bench.left.log());
    let announced = |frame: &CapturedFrame| frame.port == bench.left.host.port && frame.announcement().is_some();
    assert_eq!(bench.watch.capture.since(since, announced), []);
    sh(&bench, ADDRESSES);
    becomes(&bench.left, "MASTER");
    holds(&bench, &router);
}

/// One that appears later, and goes and comes.
fn other_link() {
    let mut router = instance(Protocol::V3Ipv4, VmacMode::None).with("garp_master_delay 0");
    router.addresses.push("10.7.0.1/24 dev dmz0".into());
    let mut bench = super::bench();
    bench.left.start_with(&router).unwrap();
    becomes(&bench.left, "MASTER");
    let address = "10.7.0.1".parse().unwrap();
    for round in 1..3 {
        soon(&bench, "the address is left out", || bench.left.log().matches("10.7.0.1 is left out").count() == round);
        sh(&bench, "ip link add dmz0 type veth peer name dmz1; ip link set dmz1 up");
        let capture = bench.left.host.capture("dmz1", |frame: &CapturedFrame| frame.announcement().is_some()).unwrap();
        std::thread::sleep(Duration::from_millis(500));
        let up = capture.now();
        sh(&bench, "ip link set dmz0 up");
        let announced = capture.wait(up, PATIENCE, |frame| frame.announcement().is_some_and(|it| it.0 == address));
        assert!(announced.is_some(), "announced; {}", bench.left.log());
        assert_eq!(bench.left.host.link_of(address).as_deref(), Some("dmz0"));
        sh(&bench, "ip link del dmz0");
    }
}

fn own_link() {
    let mut router = instance(Protocol::V3Ipv4, VmacMode::Vmac).with("track_interface {\n        vrrp.51\n    }");
    router.addresses.push("10.9.0.131/24 dev vrrp.51".into());
    let mut bench = super::bench();
    start(&mut bench, &router);
    let address = "10.9.0.131".parse().unwrap();
    let announced = |frame: &CapturedFrame| frame.announcement() == Some((address, router.virtual_mac()));
    assert!(bench.watch.capture.wait(lab::Captured::default(), PATIENCE, announced).is_some(), "{}", bench.left.log());
    soon(&bench, "on its interface", || bench.left.host.link_of(address).as_deref() == Some("vrrp.51"));
    sh(&bench, "ip link del vrrp.51");
    soon(&bench, "again", || bench.left.host.link_of(address).as_deref() == Some("vrrp.51"));
    becomes(&bench.left, "MASTER");
}
