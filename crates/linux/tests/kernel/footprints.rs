//! A router's whole footprint on a real machine: what the parts do together.

use std::net::IpAddr;
use std::time::Duration;

use host::{
    Attachment, Footprint, Item, Kernel, Ledger, Lifetime, LinkAddress, LinkRoute, MAIN_TABLE, MacvlanLink,
    MacvlanMode, Op, OwnKind, ParentAnswers, ParentLink, Phase, PrefixRoute, Vmac,
};
use lab::{Asker, Capture, Captured, CapturedFrame, EchoProbe, Host, everything};
use linux::netlink::{Mode, Socket};
use linux::{Machine, clock};
use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteMessage, RouteProtocol, RouteType};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use vrrp::types::{Family, IfIndex, MacAddr, Vrid};

use crate::Test;
use crate::ground::{apply, ip, lan, proc_net, vip};

pub(crate) const ALL: &[Test] = &[
    ("routes_through_the_virtual_mac_are_taken_and_both_addresses_answer", routes_kernel_metric),
    ("the_same_where_the_parents_route_has_a_metric", routes_with_metric),
    ("a_master_that_leaves_sends_no_mld_done_from_the_virtual_mac", silent_leave),
    ("a_footprint_that_was_entered_and_left_leaves_nothing", nothing_left),
    ("a_lease_keeps_its_losing_route_when_it_is_renewed", renewed),
];

const PHASES: [Phase; 3] = [Phase::Standing, Phase::Up, Phase::Active];

/// A router of VRID 51 on a host's eth0.
struct Router {
    machine: Machine,
    ledger: Ledger<()>,
    footprint: Footprint,
    vmac: MacvlanLink,
}

impl Router {
    /// To be made, and to be used, in the host's namespace.
    fn new(host: &Host, address: &str, prefix_len: u8) -> Self {
        let mut machine = Machine::open().unwrap();
        let family = Family::of(&ip(address));
        let vmac = MacvlanLink {
            index: machine.unused_index(|_| false),
            name: "vrrp.51".into(),
            parent: host.nic,
            mac: virtual_mac(family),
            kind: OwnKind::Macvlan,
            alias: "tanist:VI".into(),
            group: None,
        };
        let lifetime = Lifetime::Lease(Duration::from_secs(100));
        let address =
            LinkAddress { prefix_len, lifetime, prefix_route: PrefixRoute::Kernel, ..vip(vmac.index, address) };
        let prefixes = machine.addresses().unwrap().into_iter().filter(|a| a.link == host.nic);
        let on = ParentLink {
            index: host.nic,
            name: "eth0".into(),
            mtu: 1500,
            prefixes: prefixes.map(|a| (a.address, a.prefix_len)).collect(),
            all_rp_filter: 0,
            owned: Vec::new(),
            answers: ParentAnswers::OwnAddresses,
            vrf: None,
        };
        let footprint = Footprint::of(&Attachment {
            group: Some(vrrp::wire::group(family)),
            parent: host.nic,
            vmacs: vec![Vmac { link: vmac.clone(), family, address: None, mode: MacvlanMode::Bridge, on }],
            addresses: vec![address],
            routes: Vec::new(),
            rules: Vec::new(),
            dropping: None,
        });
        Self { machine, ledger: Ledger::default(), footprint, vmac }
    }

    fn enter(&mut self, phase: Phase) {
        let tasks = self.ledger.enter((), phase, &self.footprint, |key| self.machine.read(key).ok());
        assert_eq!(self.machine.apply(&tasks), []);
    }

    fn leave(&mut self, phase: Phase) {
        let tasks = self.ledger.leave((), phase, |key| self.machine.read(key).ok());
        // Switching IPv6 off has taken the addresses away already.
        let failures = self.machine.apply(&tasks);
        assert_eq!(self.ledger.undone(&tasks, failures), []);
    }
}

fn virtual_mac(family: Family) -> MacAddr {
    MacAddr::virtual_router(family, Vrid::new(51).unwrap())
}

/// `ip route add NETWORK via GATEWAY dev LINK`.
fn route_via(network: &str, gateway: &str, link: IfIndex) -> std::io::Result<()> {
    let address = |text: &str| match ip(text) {
        IpAddr::V4(address) => (AddressFamily::Inet, 24, RouteAddress::Inet(address)),
        IpAddr::V6(address) => (AddressFamily::Inet6, 64, RouteAddress::Inet6(address)),
    };
    let mut message = RouteMessage::default();
    let (family, prefix_len, network) = address(network);
    message.header.address_family = family;
    message.header.destination_prefix_length = prefix_len;
    message.header.table = 254;
    message.header.protocol = RouteProtocol::Boot;
    message.header.kind = RouteType::Unicast;
    message.attributes = vec![
        RouteAttribute::Destination(network),
        RouteAttribute::Gateway(address(gateway).2),
        RouteAttribute::Oif(link.value()),
    ];
    Socket::open()?.run(RouteNetlinkMessage::NewRoute(message), Mode::Create)
}

fn routes_kernel_metric() {
    let (_lan, [node, client]) = lan();
    routes(&node, &client);
}

/// As NetworkManager does it: its addresses bring no route, it adds one with a metric of its own.
fn routes_with_metric() {
    let (_lan, [node, client]) = lan();
    let own = |address: &str, prefix_len| LinkAddress { prefix_len, ..vip(node.nic, address) };
    let route = |network: &str, prefix_len| LinkRoute {
        link: node.nic,
        network: ip(network),
        prefix_len,
        metric: 100,
        table: MAIN_TABLE,
    };
    node.namespace
        .run(|| {
            for (address, network, prefix_len) in [("10.0.0.1", "10.0.0.0", 24), ("fd00::1", "fd00::", 64)] {
                let address = Item::from(own(address, prefix_len));
                let route = Item::Route(route(network, prefix_len));
                let ops = [Op::Remove(address.clone()), Op::Add(address), Op::Add(route)];
                apply(&mut Machine::open().unwrap(), &ops);
            }
        })
        .unwrap();
    routes(&node, &client);
}

/// With a VIP in the parent's subnet, with its prefix and with a host prefix.
fn routes(node: &Host, client: &Host) {
    let families = [
        ("10.0.0.1", "10.0.0.2", "10.0.0.254", [24, 32], "192.0.2.0"),
        ("fd00::1", "fd00::2", "fd00::fe", [64, 128], "2001:db8::"),
    ];
    for (own, gateway, vip, prefix_lens, network) in families {
        for prefix_len in prefix_lens {
            let mut router = node.namespace.run(|| Router::new(node, vip, prefix_len)).unwrap();
            let vmac = router.vmac.clone();
            node.namespace
                .run(|| {
                    PHASES.into_iter().for_each(|phase| router.enter(phase));
                    route_via(network, gateway, vmac.index).unwrap_or_else(|e| panic!("{vip}/{prefix_len}: {e}"));
                })
                .unwrap();
            let mut asker = Asker::new(client).unwrap();
            let mut ask = |target: &str| asker.ask(ip(gateway), ip(target), Duration::from_millis(100)).unwrap();
            // A busy machine takes its time.
            let mut answers = |target: &str| (0..50).map(|_| ask(target)).find(|answers| !answers.is_empty());
            assert_eq!(answers(vip), Some(vec![vmac.mac]), "{vip}/{prefix_len}");
            assert_eq!(answers(own), Some(vec![node.mac]), "{own} beside {vip}/{prefix_len}");
            for target in [vip, own] {
                pings(client, target);
            }
            pings(node, gateway);
            node.namespace.run(|| PHASES.into_iter().rev().for_each(|phase| router.leave(phase))).unwrap();
            assert_eq!(ask(vip), []);
            pings(client, own);
        }
    }
}

/// Fails unless `target` answers `from`.
fn pings(from: &Host, target: &str) {
    let probe = EchoProbe::start(from, ip(target), Duration::from_millis(1)).unwrap();
    for _ in 0..2000 {
        let sent = probe.position();
        if sent > 0 && probe.tally(0, sent).lost < sent {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("{target} does not answer");
}

/// MLDv1 is spoken where an old querier was heard, or where the administrator says so. Addresses that are removed from a
/// link that is up make the kernel leave their groups: with Done messages from the virtual MAC, which lead switches to the
/// old master after its successor has spoken.
fn silent_leave() {
    const REPORT: u8 = 131;
    const DONE: u8 = 132;
    let (lan, [node, _client]) = lan();
    let capture = lan.capture(everything).unwrap();
    let mut router = node.namespace.run(|| Router::new(&node, "fd00::fe", 64)).unwrap();
    let from_virtual_mac = |frame: &CapturedFrame| frame.source_mac() == virtual_mac(Family::Ipv6);
    node.namespace
        .run(|| {
            router.enter(Phase::Standing);
            std::fs::write("/proc/sys/net/ipv6/conf/vrrp.51/force_mld_version", "1").unwrap();
            [Phase::Up, Phase::Active].into_iter().for_each(|phase| router.enter(phase));
        })
        .unwrap();
    // Ethernet, IPv6, hop-by-hop options with the router alert; then ICMPv6.
    let reports = |frame: &CapturedFrame| from_virtual_mac(frame) && frame.bytes.get(62) == Some(&REPORT);
    let begin = Captured::default();
    assert!(capture.wait(begin, Duration::from_secs(20), reports).is_some(), "the groups are joined first");
    // Reports are repeated as long as the router is master: what counts is that none says "I leave", and that nothing
    // comes after the router has left.
    let left_at = node.namespace.run(|| (router.leave(Phase::Active), clock::now()).1).unwrap();
    node.namespace.run(|| [Phase::Up, Phase::Standing].into_iter().for_each(|phase| router.leave(phase))).unwrap();
    settle(&node, &capture);
    let done = |frame: &CapturedFrame| from_virtual_mac(frame) && frame.bytes.get(62) == Some(&DONE);
    assert_eq!(capture.since(begin, done), []);
    let late = |frame: &CapturedFrame| from_virtual_mac(frame) && frame.at > left_at;
    assert_eq!(capture.since(begin, late), []);
}

/// Waits until everything that the node has sent so far was captured.
fn settle(node: &Host, capture: &Capture) {
    let marker = [node.mac.0.as_slice(), &node.mac.0, &[0x88, 0xb5], b"marker"].concat();
    let from = capture.now();
    Asker::new(node).unwrap().send(&marker).unwrap();
    assert!(capture.wait(from, Duration::from_secs(20), |frame| frame.bytes == marker).is_some());
}

fn nothing_left() {
    let (_lan, [node, _client]) = lan();
    node.namespace
        .run(|| {
            let state = || {
                let mut machine = Machine::open().unwrap();
                let settings = ["arp_ignore", "arp_announce", "arp_filter", "promote_secondaries"]
                    .map(|name| std::fs::read_to_string(format!("/proc/sys/net/ipv4/conf/eth0/{name}")).unwrap());
                // Destination, prefix and metric; behind them come counters.
                let route = |line: &str| line.split_whitespace().take(6).map(str::to_owned).collect::<Vec<_>>();
                let routes = ["route", "ipv6_route"].map(|t| proc_net(t).lines().map(route).collect::<Vec<_>>());
                (machine.links().unwrap(), machine.addresses().unwrap().len(), settings, routes)
            };
            let before = state();
            for (address, prefix_len) in [("10.0.0.254", 32), ("10.9.0.254", 24), ("fd00::fe", 128), ("fe80::5", 64)] {
                let mut router = Router::new(&node, address, prefix_len);
                PHASES.into_iter().for_each(|phase| router.enter(phase));
                PHASES.into_iter().rev().for_each(|phase| router.leave(phase));
                assert_eq!(state(), before, "{address}/{prefix_len}");
            }
        })
        .unwrap();
}

fn renewed() {
    let (_lan, [node, _client]) = lan();
    node.namespace
        .run(|| {
            for (address, prefix_len, table) in [("10.0.0.254", 24, "route"), ("fd00::fe", 64, "ipv6_route")] {
                let mut router = Router::new(&node, address, prefix_len);
                PHASES.into_iter().for_each(|phase| router.enter(phase));
                // 4,000,000,000 as one table writes it, and as the other does.
                let is_losing = |line: &str| line.contains("ee6b2800") || line.contains("4000000000");
                let losing = || proc_net(table).lines().filter(|l| l.contains("vrrp.51") && is_losing(l)).count();
                assert_eq!(losing(), 1, "{}", proc_net(table));
                let again: Vec<Op> = router.footprint.leased().cloned().collect();
                apply(&mut router.machine, &again);
                assert_eq!(losing(), 1, "{}", proc_net(table));
                PHASES.into_iter().rev().for_each(|phase| router.leave(phase));
            }
        })
        .unwrap();
}
