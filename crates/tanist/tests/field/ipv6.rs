//! Link-local addresses, and IPv6 routers whose parent changes.

use std::net::{IpAddr, SocketAddrV6, UdpSocket};
use std::time::Duration;

use lab::{Captured, CapturedFrame, wait};
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, Protocol, VmacMode};
use vrrp::types::MacAddr;

use super::{PATIENCE, Test, becomes, holds, instance, master, sh, soon, start, stop};

pub(super) const ALL: &[Test] = &[
    ("no virtual link-local address is ever the source of an advert", virtual_is_no_source),
    ("the link-local address that speaks changes only when it goes", source_changes),
    ("vmac_xmit_base comes and goes by reload, and nobody takes over", xmit_base),
    ("an IPv6 router with dont_track_primary whose link goes and comes is the only master afterwards", untracked),
    ("what sends router advertisements on the virtual MAC has its link-local address, on the master alone", advertised),
    ("a router that starts with its link down, with another priority, is the only master afterwards", down_restart),
];

/// Prints the index of the virtual MAC interface.
const INDEX: &str = "ip -o link show vrrp.51 | cut -d: -f1";

/// ff02::1.
const ALL_NODES: MacAddr = MacAddr([0x33, 0x33, 0, 0, 0, 1]);
/// How long a frame is looked for that was just sent.
const LOOK: Duration = Duration::from_secs(1);

/// The link-local addresses of the left router's eth0.
fn link_locals(bench: &Bench) -> Vec<String> {
    let text = sh(bench, "ip -o -6 addr show dev eth0 scope link");
    let word = |line: &str| line.split_whitespace().nth(3).map(str::to_owned);
    text.lines().filter_map(word).collect()
}

fn bare(address: &str) -> IpAddr {
    address.split('/').next().unwrap().parse().unwrap()
}

/// The adverts of the left router since `from`, of whatever VRID and priority: their sources.
fn sources(bench: &Bench, from: Captured) -> Vec<IpAddr> {
    let ours = |frame: &CapturedFrame| frame.port == bench.left.host.port;
    bench.watch.capture.since(from, ours).iter().filter_map(|frame| Some(frame.advert()?.source)).collect()
}

// T04: ka#1122
fn virtual_is_no_source() {
    let first = instance(Protocol::V3Ipv6, VmacMode::None);
    let second = first.to_string().replace("VI_1", "VI_2").replace("_id 51", "_id 52");
    let second = second.replace("fe80::9:1/", "fe80::9:2/").replace("2001:db8:9::1/", "2001:db8:9::72/");
    let text = format!("{first}{}", &second[second.find("vrrp_instance").unwrap()..]);
    let mut bench = super::bench();
    let own = bare(&link_locals(&bench)[0]);
    bench.left.start_with(&text).unwrap();
    let is_master = |bench: &Bench| {
        let is = |name| bench.left.status_of(name).is_some_and(|status| status["state"] == "MASTER");
        assert!(wait::until(PATIENCE, || is("VI_1") && is("VI_2")), "{}", bench.left.log());
        holds(bench, &first);
    };
    is_master(&bench);
    for round in 2..5 {
        bench.left.signal(Signal::HUP).unwrap();
        let read = || bench.left.log().matches("is in force").count() == round;
        assert!(wait::until(PATIENCE, read), "{}", bench.left.log());
        let since = bench.watch.now();
        assert!(bench.watch.first_advert(since, &bench.left.host, PATIENCE).is_some());
    }
    stop(&mut bench);
    bench.left.start().unwrap();
    is_master(&bench);
    let leaves = |frame: &CapturedFrame| frame.advert().is_some_and(|advert| advert.priority == 0);
    assert_eq!(bench.watch.capture.since(Captured::default(), leaves).len(), 2, "both say priority 0");
    let sources = sources(&bench, Captured::default());
    assert!(sources.iter().all(|source| *source == own), "{own}, not {sources:?}");
}

// T26: ka#1892, ka#1896, ka#1898
fn untracked() {
    let router = instance(Protocol::V3Ipv6, VmacMode::None).with("dont_track_primary");
    let mut bench = master(&router);
    bench.right.start_with(&Instance { priority: 100, ..router.clone() }).unwrap();
    becomes(&bench.right, "BACKUP");
    sh(&bench, "ip link set eth0 down");
    becomes(&bench.right, "MASTER");
    let since = bench.watch.now();
    sh(&bench, "ip link set eth0 up");
    becomes(&bench.right, "BACKUP");
    becomes(&bench.left, "MASTER");
    holds(&bench, &router);
    super::answers(&bench, "2001:db8:9::1");
    let own = bare(&link_locals(&bench).into_iter().find(|address| !address.starts_with("fe80::9:1/")).unwrap());
    let sources = sources(&bench, since);
    assert!(!sources.is_empty() && sources.iter().all(|source| *source == own), "{own}, not {sources:?}");
}

// T31: a firewall guide with radvd on the virtual MAC, for which a datagram stands here: to all nodes, from the virtual
// link-local address, which the client has as its router.
fn advertised() {
    let router = instance(Protocol::V3Ipv6, VmacMode::Vmac);
    let mut bench = master(&router);
    bench.right.start_with(&Instance { priority: 100, ..router.clone() }).unwrap();
    becomes(&bench.right, "BACKUP");
    bench.client.run_program("ip", &["-6", "route", "add", "default", "via", "fe80::9:1", "dev", "eth0"]).unwrap();
    for host in [&bench.left.host, &bench.right.host] {
        host.run_program("ip", &["addr", "add", "2001:db8:77::1/128", "dev", "lo", "nodad"]).unwrap();
    }
    let mac = router.virtual_mac();
    let speaks = |bench: &Bench, sender: &lab::Host| {
        let since = bench.watch.now();
        let links = sender.links().unwrap();
        let Some(link) = links.iter().find(|link| link.name == "vrrp.51") else { return false };
        let at = |address: &str, port| SocketAddrV6::new(address.parse().unwrap(), port, 0, link.index.value());
        let say = || UdpSocket::bind(at("fe80::9:1", 0)).and_then(|socket| socket.send_to(b"RA", at("ff02::1", 9)));
        let sent = |frame: &CapturedFrame| frame.port == sender.port && frame.source_mac() == mac;
        let to_all = |frame: &CapturedFrame| sent(frame) && frame.destination_mac() == ALL_NODES;
        sender.namespace.run(say).unwrap().is_ok() && bench.watch.capture.wait(since, LOOK, to_all).is_some()
    };
    let routes = |bench: &Bench| bench.client.run_program("ping", &["-c1", "-W1", "2001:db8:77::1"]).is_ok();
    soon(&bench, "the master speaks from the virtual address", || speaks(&bench, &bench.left.host));
    soon(&bench, "the client has a way", || routes(&bench));
    assert!(!speaks(&bench, &bench.right.host), "a backup says nothing");
    bench.left.kill().unwrap();
    becomes(&bench.right, "MASTER");
    soon(&bench, "the other master speaks from it", || speaks(&bench, &bench.right.host));
    soon(&bench, "the client has the same way", || routes(&bench));
}

// T05: kaC:7048b666, kaC:e73702a7
fn source_changes() {
    let router = instance(Protocol::V3Ipv6, VmacMode::Vmac);
    let mut bench = master(&router);
    bench.right.start_with(&Instance { priority: 100, ..router.clone() }).unwrap();
    becomes(&bench.right, "BACKUP");
    let first = link_locals(&bench).remove(0);
    let speaks_from = |source: &str, since: Captured| {
        let since_then = || sources(&bench, since).last() == Some(&bare(source));
        assert!(wait::until(PATIENCE, since_then), "{source}: {:?}; {}", sources(&bench, since), bench.left.log());
    };
    let added = bench.watch.now();
    sh(&bench, "ip addr add fe80::1/64 dev eth0 nodad");
    std::thread::sleep(router.interval * 3);
    assert!(sources(&bench, added).iter().all(|source| *source == bare(&first)), "the old one goes on speaking");
    let deleted = bench.watch.now();
    sh(&bench, &format!("ip addr del {first} dev eth0"));
    speaks_from("fe80::1", deleted);
    assert_eq!(bench.watch.adverts(added, &bench.right.host), [], "nobody takes over");
    let none_left = bench.watch.now();
    sh(&bench, "ip addr del fe80::1/64 dev eth0");
    becomes(&bench.left, "FAULT");
    becomes(&bench.right, "MASTER");
    let status = bench.left.status().unwrap();
    assert_eq!(status["waiting_for"][0], "no source address on the interface", "{status}");
    let last = sources(&bench, none_left);
    assert!(last.iter().all(|source| *source == bare("fe80::1")), "neither :: nor a global address: {last:?}");
    sh(&bench, &format!("ip addr add {first} dev eth0 nodad"));
    becomes(&bench.left, "MASTER");
    becomes(&bench.right, "BACKUP");
}

// T06: ka#1865, ka#2026
fn xmit_base() {
    let router = |vmac, priority| Instance { priority, ..instance(Protocol::V3Ipv6, vmac) };
    let mut bench = master(&router(VmacMode::Vmac, 150));
    bench.right.start_with(&router(VmacMode::Vmac, 100)).unwrap();
    becomes(&bench.right, "BACKUP");
    let (since, link) = (bench.watch.now(), sh(&bench, INDEX));
    for round in 2..6 {
        let (vmac, mac) = match round % 2 {
            0 => (VmacMode::XmitBase, bench.left.host.mac),
            _ => (VmacMode::Vmac, router(VmacMode::Vmac, 150).virtual_mac()),
        };
        bench.left.reload_with(&router(vmac, 150)).unwrap();
        bench.right.reload_with(&router(vmac, 100)).unwrap();
        let read = || [&bench.left, &bench.right].iter().all(|it| it.log().matches("is in force").count() == round);
        assert!(wait::until(PATIENCE, read), "{}", bench.left.log());
        let has_changed = || {
            let since = bench.watch.now();
            let advert = bench.watch.first_advert(since, &bench.left.host, PATIENCE);
            advert.is_some_and(|frame| frame.source_mac() == mac)
        };
        assert!(wait::until(PATIENCE, has_changed), "{vmac}: from {mac}; {}", bench.left.log());
    }
    let now = sh(&bench, INDEX);
    assert_eq!(now, link, "the same interface");
    assert_eq!(bench.watch.adverts(since, &bench.right.host), [], "{}", bench.right.log());
    let gap = bench.watch.longest_gap(since, &bench.left.host).unwrap();
    assert!(gap < router(VmacMode::Vmac, 150).interval * 2, "{gap:?}; {}", bench.left.log());
    assert_eq!(bench.left.log().matches(" -> ").count(), 2, "{}", bench.left.log());
}

// T13: ka#1716
fn down_restart() {
    let router = |priority| Instance { priority, ..instance(Protocol::V3Ipv6, VmacMode::None) };
    let mut bench = super::bench();
    bench.right.start_with(&router(100)).unwrap();
    becomes(&bench.right, "MASTER");
    bench.left.start_with(&router(90)).unwrap();
    becomes(&bench.left, "BACKUP");
    sh(&bench, "ip link set eth0 down");
    becomes(&bench.left, "FAULT");
    stop(&mut bench);
    let since = bench.watch.now();
    bench.left.start_with(&router(120)).unwrap();
    becomes(&bench.left, "FAULT");
    assert_eq!(sources(&bench, since), [""; 0].map(bare), "nothing while the link is down");
    sh(&bench, &format!("{} 2> /dev/null", super::parents::ADDRESSES));
    let calm = router(100).down_interval() + Duration::from_millis(300);
    let settles = bench.watch.settles(since, &bench.left.host, &bench.right.host, calm, PATIENCE);
    assert!(settles, "one master; {}; {}", bench.left.log(), bench.right.log());
    becomes(&bench.right, "BACKUP");
    let farewells = bench.watch.capture.since(since, |frame| frame.advert().is_some_and(|it| it.priority == 0));
    assert_eq!(farewells, [], "it yields to a better one, nobody stops");
    start_again(&mut bench, &router(120));
}

/// And it comes back after a planned stop.
fn start_again(bench: &mut Bench, router: &Instance) {
    stop(bench);
    becomes(&bench.right, "MASTER");
    start(bench, router);
}
