//! The virtual MAC, as clients and switches see it: one answer per question, never the physical MAC, a silent backup.
//! And the two configurations of the classic virtual-MAC note, as users have them.

use std::fs;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lab::{
    Asker, Captured, CapturedFrame, Host, Lan, Network, NetworkBuilder, Program, Resolution, RouterHost, Watch,
    forget_neighbours, internet_checksum, neighbours, wait,
};
use libtest_mimic::Trial;
use testbed::lan::{Bench, CLIENT, CLIENT_V6, Instance, Layout, Protocol, VmacMode, harness};
use vrrp::types::MacAddr;

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long answers are listened for: a second one would come at once.
const ANSWER_TIME: Duration = Duration::from_millis(300);
/// Where the classic note has its script.
const SCRIPTS: &str = "/usr/local/bin";

fn main() -> ExitCode {
    harness::run(all)
}

fn all() -> Vec<Trial> {
    harness::shadow(SCRIPTS).expect("a directory of our own for scripts");
    let mut trials = vec![
        harness::test(
            "classic note, vmac_xmit_base: adverts from the physical MAC, ARP with the virtual one",
            classic_a,
        ),
        harness::test("classic note, use_vmac: adverts from the virtual MAC, the script runs once", classic_b),
        harness::test("use_vmac NAME names the interface", named_interface),
    ];
    for protocol in [Protocol::V3Ipv4, Protocol::V3Ipv6] {
        trials.push(harness::test(format!("{protocol}: one answer per request"), move || one_answer(protocol)));
        trials.push(harness::test(format!("{protocol}: clients never learn the physical MAC"), move || {
            no_poison(protocol)
        }));
        trials.push(harness::test(format!("{protocol}: a backup is silent"), move || silent_backup(protocol)));
    }
    trials
}

fn tanist() -> Program {
    Program::Tanist(env!("CARGO_BIN_EXE_tanist").into())
}

/// The LAN of the classic note: one router at 10.0.0.2 and a client at 10.0.0.9.
struct Classic {
    router: RouterHost,
    client: Host,
    watch: Watch,
    _lan: Lan,
}

const CLASSIC_VIP: &str = "10.0.0.254";
const CLASSIC_MAC: MacAddr = MacAddr([0, 0, 0x5e, 0, 1, 0xfa]);

impl Classic {
    /// Starts tanist with the configuration of the note, and waits until it is master.
    fn master(lines: &str) -> Self {
        let builder = NetworkBuilder::new().router("router", tanist()).cable("eth0", &["10.0.0.2/24"]);
        let network = builder.client(&["10.0.0.9/24"]).build().unwrap();
        let Network { routers: [router], client, capture, lan } = network;
        let mut classic = Self { router, client, watch: Watch::new(capture, 250), _lan: lan };
        let config = format!(
            "vrrp_instance VI_250 {{\n    state BACKUP\n    interface eth0\n    virtual_router_id 250\n{lines}    \
             priority 150\n    advert_int 1\n    virtual_ipaddress {{\n        {CLASSIC_VIP}\n    }}\n}}\n"
        );
        classic.router.start_with(&config).unwrap();
        assert!(classic.router.wait_state("MASTER", PATIENCE), "becomes master; {}", classic.router.log());
        classic
    }

    /// The source MAC addresses of all its advertisements so far, and it has sent some.
    fn advert_macs(&self) -> Vec<MacAddr> {
        let host = &self.router.host;
        self.watch.first_advert(Captured::default(), host, PATIENCE).expect("advertises");
        let mut macs: Vec<MacAddr> =
            self.watch.adverts(Captured::default(), host).iter().map(CapturedFrame::source_mac).collect();
        macs.dedup();
        macs
    }

    fn answers(&self) -> Vec<MacAddr> {
        Asker::new(&self.client).unwrap().ask(ip("10.0.0.9"), ip(CLASSIC_VIP), ANSWER_TIME).unwrap()
    }

    fn has_interface(&self, name: &str) -> bool {
        self.router.host.run_program("ip", &["link", "show", name]).is_ok_and(|text| text.contains("00:00:5e:00:01:fa"))
    }
}

fn classic_a() {
    let classic = Classic::master("    use_vmac\n    vmac_xmit_base\n");
    assert!(classic.has_interface("vrrp.250"));
    assert_eq!(classic.advert_macs(), [classic.router.host.mac]);
    assert_eq!(classic.answers(), [CLASSIC_MAC]);
}

fn classic_b() {
    let (script, record) = (format!("{SCRIPTS}/vmac_tweak.sh"), format!("{SCRIPTS}/calls"));
    fs::write(&script, format!("#!/bin/sh\necho \"$@\" >> {record}\n")).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let classic = Classic::master("    use_vmac\n    notify_master \"/usr/local/bin/vmac_tweak.sh vrrp.250\"\n");
    assert!(classic.has_interface("vrrp.250"));
    assert_eq!(classic.advert_macs(), [CLASSIC_MAC]);
    assert_eq!(classic.answers(), [CLASSIC_MAC]);
    let called = wait::until(PATIENCE, || fs::read_to_string(&record).is_ok());
    assert!(called, "the script runs; {}", classic.router.log());
    // Two more advertisements: time enough for a second call, if there were one.
    for _ in 0..2 {
        let since = classic.watch.now();
        classic.watch.first_advert(since, &classic.router.host, PATIENCE).expect("goes on advertising");
    }
    assert_eq!(fs::read_to_string(&record).unwrap(), "vrrp.250\n", "once, with its argument");
}

fn named_interface() {
    let classic = Classic::master("    use_vmac vrrp250\n");
    assert!(classic.has_interface("vrrp250"));
    assert!(!classic.has_interface("vrrp.250"));
    assert_eq!(classic.answers(), [CLASSIC_MAC]);
}

/// A master of ours that is alone.
fn master(protocol: Protocol) -> Bench {
    let mut bench = Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap();
    bench.left.start_with(&Instance::new(protocol, VmacMode::Vmac, 150)).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "becomes master; {}", bench.left.log());
    bench
}

/// Per protocol: the client, the virtual address, the router's own address and the virtual MAC.
fn names(protocol: Protocol) -> (IpAddr, IpAddr, IpAddr, MacAddr) {
    let virtual_mac = Instance::new(protocol, VmacMode::Vmac, 150).virtual_mac();
    match protocol {
        Protocol::V2 | Protocol::V3Ipv4 => (CLIENT, ip("10.9.0.1"), ip("10.9.0.3"), virtual_mac),
        Protocol::V3Ipv6 => (CLIENT_V6, ip("2001:db8:9::1"), ip("2001:db8:9::3"), virtual_mac),
    }
}

fn one_answer(protocol: Protocol) {
    let bench = master(protocol);
    let (client, vip, own, virtual_mac) = names(protocol);
    let mut asker = Asker::new(&bench.client).unwrap();
    for _ in 0..5 {
        assert_eq!(asker.ask(client, vip, ANSWER_TIME).unwrap(), [virtual_mac], "the virtual address");
        assert_eq!(asker.ask(client, own, ANSWER_TIME).unwrap(), [bench.left.host.mac], "the router's own address");
    }
}

/// Also after the master itself had to ask for the client, with the virtual address as its source.
fn no_poison(protocol: Protocol) {
    let bench = master(protocol);
    let (client, vip, _, virtual_mac) = names(protocol);
    for _ in 0..3 {
        forget_neighbours(&bench.left.host.namespace).unwrap();
        forget_neighbours(&bench.client.namespace).unwrap();
        let since = bench.watch.now();
        send_from(&bench.left.host, vip, client);
        let about_client = |frame: &CapturedFrame| matches!(frame.resolution(), Some(Resolution::Request { target, .. }) if target == client);
        assert!(bench.watch.capture.wait(since, PATIENCE, about_client).is_some(), "the master asks for the client");
        send_from(&bench.client, client, vip);
        let entry = || neighbours(&bench.client.namespace).unwrap().into_iter().find(|entry| entry.address == vip);
        assert!(
            wait::until(PATIENCE, || entry().is_some_and(|entry| entry.mac.is_some())),
            "the client learns the virtual address"
        );
        assert_eq!(entry().unwrap().mac, Some(virtual_mac));
    }
    let physical = |frame: &CapturedFrame| match frame.resolution() {
        Some(Resolution::Request { sender, sender_mac, .. }) => sender == vip && sender_mac != Some(virtual_mac),
        Some(Resolution::Reply { address, mac }) => address == vip && mac != virtual_mac,
        None => false,
    };
    assert_eq!(bench.watch.capture.since(Captured::default(), physical), []);
}

// T31: a firewall guide with radvd on the virtual MAC; T40: VPP, and the conformance suites.
/// Whatever happens around it, no frame of a backup carries the virtual MAC: a switch would send traffic to it.
fn silent_backup(protocol: Protocol) {
    let mut bench = master(protocol);
    let (client, vip, _, virtual_mac) = names(protocol);
    let watched = if std::env::var_os("TANIST_LONG").is_some() { 60 } else { 15 };
    heed_router_advertisements(&bench.right.host);
    bench.right.start_with(&Instance::new(protocol, VmacMode::Vmac, 100)).unwrap();
    assert!(bench.right.wait_state("BACKUP", PATIENCE), "becomes backup; {}", bench.right.log());
    let mut asker = Asker::new(&bench.client).unwrap();
    let end = Instant::now() + Duration::from_secs(watched);
    while Instant::now() < end {
        asker.send(&igmp_query(bench.client.mac)).unwrap();
        asker.send(&router_advertisement(bench.client.mac)).unwrap();
        asker.ask(client, vip, Duration::from_secs(1)).unwrap();
        bench.lan.cut(&bench.right.host).unwrap();
        assert!(bench.right.wait_state("FAULT", PATIENCE), "notices the cut cable; {}", bench.right.log());
        bench.lan.restore(&bench.right.host).unwrap();
        assert!(bench.right.wait_state("BACKUP", PATIENCE), "notices the cable; {}", bench.right.log());
    }
    let from_virtual_mac =
        |frame: &CapturedFrame| frame.port == bench.right.host.port && frame.source_mac() == virtual_mac;
    assert_eq!(bench.watch.capture.since(Captured::default(), from_virtual_mac), []);
    assert!(!bench.watch.adverts(Captured::default(), &bench.left.host).is_empty(), "the recording shows the master");
    let addresses = bench.right.host.run_program("ip", &["-6", "addr", "show", "dev", "eth0"]).unwrap();
    assert!(addresses.contains("dynamic"), "the router advertisements were good: {addresses}");
}

/// As on a machine that takes its addresses from router advertisements: interfaces to come inherit it.
fn heed_router_advertisements(host: &Host) {
    let switch_on =
        || ["default", "eth0"].map(|link| fs::write(format!("/proc/sys/net/ipv6/conf/{link}/accept_ra"), "2"));
    host.namespace.run(switch_on).unwrap().into_iter().for_each(Result::unwrap);
}

/// Makes `host` send a packet, for which it must know its neighbour.
fn send_from(host: &Host, source: IpAddr, destination: IpAddr) {
    let socket = host.namespace.run(|| UdpSocket::bind(SocketAddr::new(source, 0))).unwrap().unwrap();
    socket.send_to(b"hello", SocketAddr::new(destination, 9)).unwrap();
}

/// IGMPv3 general query (RFC 3376 §4.1), from 10.9.0.9, with the router alert option.
fn igmp_query(mac: MacAddr) -> Vec<u8> {
    let mut header = [0x46, 0xc0, 0, 36, 0, 0, 0, 0, 1, 2, 0, 0, 10, 9, 0, 9, 224, 0, 0, 1, 0x94, 4, 0, 0];
    let mut query = [0x11, 10, 0, 0, 0, 0, 0, 0, 2, 0x7d, 0, 0];
    let [header_sum, query_sum] = [header.as_slice(), &query].map(|bytes| internet_checksum(&[bytes]).to_be_bytes());
    header[10..12].copy_from_slice(&header_sum);
    query[2..4].copy_from_slice(&query_sum);
    [[1, 0, 0x5e, 0, 0, 1].as_slice(), &mac.0, &[0x08, 0x00], &header, &query].concat()
}

/// Router advertisement of 2001:db8:9::/64 for address configuration (RFC 4861 §4.2), from fe80::9.
fn router_advertisement(mac: MacAddr) -> Vec<u8> {
    const PAYLOAD_LEN_AND_PROTOCOL: [u8; 4] = [0, 48, 0, 58];
    let addresses = [ip_bytes("fe80::9"), ip_bytes("ff02::1")].concat();
    let advertisement = [134, 0, 0, 0, 64, 0, 0x0e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0];
    let prefix = [3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 0x0e, 0x10, 0, 0, 0, 0];
    let mut message = [advertisement.as_slice(), &prefix, &ip_bytes("2001:db8:9::")].concat();
    let sum = internet_checksum(&[&addresses, &PAYLOAD_LEN_AND_PROTOCOL, &message]);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    let header = [0x60, 0, 0, 0, 0, 48, 58, 255];
    [[0x33, 0x33, 0, 0, 0, 1].as_slice(), &mac.0, &[0x86, 0xdd], &header, &addresses, &message].concat()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn ip_bytes(text: &str) -> [u8; 16] {
    text.parse::<std::net::Ipv6Addr>().unwrap().octets()
}
