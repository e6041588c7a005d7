//! Addresses that have a virtual MAC on another interface than their router's, or of the other family.

use std::net::IpAddr;
use std::time::Duration;

use lab::{Asker, Captured, CapturedFrame, Network, NetworkBuilder, Plugged, RouterHost, Segment};
use rustix::process::Signal;
use testbed::lan::MachineState;
use vrrp::types::MacAddr;

use super::{PATIENCE, Test, becomes, router, sh, soon, tanist, two_legged};

pub(super) const ALL: &[Test] = &[
    ("G21: use_vmac_addr: an address on another link has the virtual MAC there, and a backup is silent", elsewhere),
    ("use_vmac of an address: the other family's virtual MAC on the router's own link", other_family),
    ("routers of one sync group share the virtual MAC of one VRID on one link", shared),
    (
        "garp_extra_if shows where virtual MACs are that no advert carries, with `all` other interfaces as well",
        reminded,
    ),
    ("a reload gives addresses virtual MACs and takes them away, and what a kill leaves is undone", changed),
];

/// VRID 38, IPv4 and IPv6.
const MAC: MacAddr = MacAddr([0, 0, 0x5e, 0, 1, 38]);
const MAC6: MacAddr = MacAddr([0, 0, 0x5e, 0, 2, 38]);
/// How long answers are listened for.
const ANSWER_TIME: Duration = Duration::from_millis(300);

/// A router on eth1 with addresses on eth0.
fn dmz(priority: u8, lines: &str) -> String {
    let lines = format!(
        "interface eth1\n virtual_router_id 38\n priority {priority}\n {lines}\n virtual_ipaddress {{\n 10.2.0.38/24\n \
         10.1.0.38/24 dev eth0\n }}\n virtual_ipaddress_excluded {{\n fd01::38/64 dev eth0\n }}"
    );
    router("dmz", &lines)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn elsewhere() {
    let builder = NetworkBuilder::new().router("left", tanist()).cable("eth0", &["10.1.0.1/24", "fd01::1/64"]);
    let builder = builder.cable_to(Segment::nth(1), "eth1", &["10.2.0.1/24"]);
    let builder = builder.router("right", tanist()).cable("eth0", &["10.1.0.2/24", "fd01::2/64"]);
    let builder = builder.cable_to(Segment::nth(1), "eth1", &["10.2.0.2/24"]);
    let network = builder.client(&["10.1.0.9/24", "fd01::9/64"]).build().unwrap();
    let Network { routers: [mut left, mut right], client, capture, lan: _lan } = network;
    left.start_with(&dmz(150, "use_vmac\n use_vmac_addr")).unwrap();
    becomes(&left, "dmz", "MASTER");
    right.start_with(&dmz(100, "use_vmac\n use_vmac_addr")).unwrap();
    becomes(&right, "dmz", "BACKUP");
    let macs = || sh(&right, "ip link show type macvlan");
    soon(&right, "the backup has all three interfaces", || {
        macs().matches(&MAC.to_string()).count() == 2 && macs().contains(&MAC6.to_string())
    });
    for (mac, asked, sender) in [(MAC, "10.1.0.38", "10.1.0.9"), (MAC6, "fd01::38", "fd01::9")] {
        let answers = || Asker::new(&client).unwrap().ask(ip(sender), ip(asked), ANSWER_TIME).unwrap();
        soon(&left, asked, || answers() == [mac]);
    }
    let of = |host: &dyn Plugged, mac: MacAddr| {
        let port = host.port();
        move |frame: &CapturedFrame| frame.port == port && frame.source_mac() == mac
    };
    for mac in [MAC, MAC6] {
        assert_eq!(capture.since(Captured::default(), of(&right.host, mac)), [], "a backup is silent");
    }
    let begin = capture.now();
    left.signal(Signal::TERM).unwrap();
    becomes(&right, "dmz", "MASTER");
    for (address, mac) in [("10.1.0.38", MAC), ("fd01::38", MAC6)] {
        let sent = of(&right.host, mac);
        let announced = |frame: &CapturedFrame| sent(frame) && frame.announcement() == Some((ip(address), mac));
        assert!(capture.wait(begin, PATIENCE, announced).is_some(), "{address} is announced; {}", right.log());
    }
}

fn other_family() {
    let Network { routers: [mut host], lan: _lan, client, .. } = two_legged("eth0", "eth1");
    let lines = "interface eth0\n use_vmac\n virtual_router_id 38\n virtual_ipaddress {\n fe80::38/64\n }\n \
                 virtual_ipaddress_excluded {\n 10.1.0.38/24 use_vmac\n 10.1.0.39/24\n }";
    host.start_with(&router("six", lines)).unwrap();
    becomes(&host, "six", "MASTER");
    let physical = host.host.mac;
    for (asked, mac) in [("10.1.0.38", MAC), ("10.1.0.39", physical)] {
        let answers = || Asker::new(&client).unwrap().ask(ip("10.1.0.9"), ip(asked), ANSWER_TIME).unwrap();
        soon(&host, asked, || answers() == [mac]);
    }
    assert!(sh(&host, "ip -o addr show dev vrrp1.38").contains("10.1.0.38"), "{}", host.log());
}

/// The first has an address where the second runs.
fn shared() {
    let Network { routers: [mut host], lan: _lan, .. } = two_legged("eth0", "eth1");
    let second = "interface eth0\n use_vmac\n virtual_router_id 38\n virtual_ipaddress {\n 10.1.0.40/24\n }";
    let group = "vrrp_sync_group both {\n group {\n dmz\n lan\n }\n}\n";
    let config = dmz(150, "use_vmac\n use_vmac_addr") + &router("lan", second) + group;
    let before = MachineState::of(&host.host).unwrap();
    host.start_with(&config).unwrap();
    becomes(&host, "dmz", "MASTER");
    becomes(&host, "lan", "MASTER");
    let macs = sh(&host, "ip link show type macvlan");
    assert_eq!(macs.matches(&MAC.to_string()).count(), 2, "one on eth0, one on eth1: {macs}");
    let link = |address: &str| host.host.link_of(ip(address));
    soon(&host, "both addresses are on it", || link("10.1.0.38").is_some() && link("10.1.0.38") == link("10.1.0.40"));
    host.reload_with(&dmz(150, "use_vmac\n use_vmac_addr")).unwrap();
    soon(&host, "one is left", || host.host.link_of(ip("10.1.0.40")).is_none());
    becomes(&host, "dmz", "MASTER");
    assert!(host.host.link_of(ip("10.1.0.38")).is_some_and(|link| link.starts_with("vrrp")), "{}", host.log());
    host.signal(Signal::TERM).unwrap();
    assert!(host.wait_end(PATIENCE).is_some(), "{}", host.log());
    soon(&host, "restored", || before.changes(&MachineState::of(&host.host).unwrap()).is_empty());
}

/// On eth0 there are two virtual MACs, and in the end only its own MAC.
fn reminded() {
    let Network { routers: [mut host], lan: _lan, capture, .. } = two_legged("eth0", "eth1");
    let quiet = "garp_master_delay 0\n garp_master_repeat 1";
    host.start_with(&dmz(150, &format!("{quiet}\n use_vmac\n use_vmac_addr\n garp_extra_if 1"))).unwrap();
    becomes(&host, "dmz", "MASTER");
    let three_of = |host: &RouterHost, address: &str, mac: MacAddr| {
        let mut begin = Captured::default();
        for _ in 0..3 {
            let announced = |frame: &CapturedFrame| frame.announcement() == Some((ip(address), mac));
            let found = capture.wait(begin, PATIENCE, announced);
            assert!(found.is_some(), "{address}; {}", host.log());
            begin = capture.now();
        }
    };
    three_of(&host, "10.1.0.38", MAC);
    three_of(&host, "fd01::38", MAC6);
    host.reload_with(&dmz(150, &format!("{quiet}\n garp_extra_if all 1"))).unwrap();
    soon(&host, "on the link itself", || host.host.link_of(ip("10.1.0.38")).as_deref() == Some("eth0"));
    three_of(&host, "10.1.0.38", host.host.mac);
}

fn changed() {
    let Network { routers: [mut host], lan: _lan, .. } = two_legged("eth0", "eth1");
    let before = MachineState::of(&host.host).unwrap();
    let link = |host: &RouterHost| host.host.link_of(ip("10.1.0.38"));
    host.start_with(&dmz(150, "use_vmac")).unwrap();
    becomes(&host, "dmz", "MASTER");
    soon(&host, "on the link itself", || link(&host).as_deref() == Some("eth0"));
    host.reload_with(&dmz(150, "use_vmac\n use_vmac_addr")).unwrap();
    soon(&host, "on a virtual MAC", || link(&host).is_some_and(|link| link.starts_with("vrrp")));
    let own = sh(&host, "ip -o link show dev vrrp.38");
    sh(&host, &format!("ip link del {}", link(&host).unwrap()));
    soon(&host, "made again", || link(&host).is_some_and(|link| link.starts_with("vrrp")));
    assert_eq!(sh(&host, "ip -o link show dev vrrp.38"), own, "the other stays as it is");
    host.kill().unwrap();
    host.start_with(&dmz(150, "")).unwrap();
    becomes(&host, "dmz", "MASTER");
    soon(&host, "on the link itself", || link(&host).as_deref() == Some("eth0"));
    assert_eq!(sh(&host, "ip -o link show type macvlan"), "");
    host.signal(Signal::TERM).unwrap();
    assert!(host.wait_end(PATIENCE).is_some(), "{}", host.log());
    soon(&host, "restored", || before.changes(&MachineState::of(&host.host).unwrap()).is_empty());
}
