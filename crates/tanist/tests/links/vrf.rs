//! Routers whose interface is in a VRF. Kernels without VRF skip them, loudly.

use std::net::IpAddr;

use lab::{Network, NetworkBuilder, Program, RouterHost};
use rustix::process::Signal;
use testbed::lan::{MachineState, harness};

use super::{PATIENCE, Test, becomes, sh, soon, tanist};

pub(super) const ALL: &[Test] = &[
    (
        "VRF: a router in one elects with keepalived and answers the LAN and a routed client, with a virtual MAC",
        with_vmac,
    ),
    ("VRF: the same without a virtual MAC", without_vmac),
    ("VRF: by unicast", by_unicast),
    ("VRF: the virtual MAC interface follows its parent into another and out", followed),
];

/// A router in a configuration, for kernels that are emulated: slow.
fn router(name: &str, lines: &str) -> String {
    format!("vrrp_instance {name} {{\n version 3\n advert_int 1\n {lines}\n}}\n")
}

/// Whether this kernel has VRFs; if not, says so.
pub(super) fn is_there() -> bool {
    harness::makes_link("type vrf table 4242", "routers in a VRF")
}

/// A router whose eth0 is in the VRF `blue`, which has a route to 10.50.0.0/24 and fd50::/64 over the client; another router.
fn in_vrf(other: Program) -> Network<2> {
    let builder = NetworkBuilder::new().router("left", tanist()).cable("eth0", &["10.1.0.1/24"]);
    let builder = builder.router("right", other).cable("eth0", &["10.1.0.2/24", "fd01::2/64"]);
    let network: Network<2> = builder.client(&["10.1.0.9/24", "fd01::9/64"]).build().unwrap();
    let left = &network.routers[0];
    sh(
        left,
        "ip link add blue type vrf table 4242 && ip link set blue up && ip link set eth0 master blue && ip addr add fd01::1/64 \
         dev eth0 nodad && ip route add 10.50.0.0/24 via 10.1.0.9 table 4242 && ip route add fd50::/64 via fd01::9 table 4242",
    );
    soon(left, "the link-local address", || !sh(left, "ip -6 -o addr show dev eth0 scope link -tentative").is_empty());
    let behind = ["addr add 10.50.0.9/32 dev lo", "addr add fd50::9/128 dev lo nodad"];
    behind
        .iter()
        .for_each(|command| drop(network.client.run_program("ip", &command.split(' ').collect::<Vec<_>>()).unwrap()));
    network
}

/// The client reaches the addresses, from the LAN and from behind it.
#[track_caller]
fn answers(network: &Network<2>, addresses: &[&str]) {
    for address in addresses {
        let is_ipv4 = address.parse::<IpAddr>().unwrap().is_ipv4();
        for from in if is_ipv4 { ["10.1.0.9", "10.50.0.9"] } else { ["fd01::9", "fd50::9"] } {
            let ping = || network.client.run_program("ping", &["-c1", "-W1", "-I", from, address]).is_ok();
            soon(&network.routers[0], &format!("{address} answers {from}"), ping);
        }
    }
}

/// An IPv4 and an IPv6 router. One address has a host prefix.
fn both(priority: u8, lines: &str) -> String {
    let of = |name: &str, addresses: &str| {
        let lines = format!(
            "interface eth0\n virtual_router_id 38\n state BACKUP\n priority {priority}\n {lines}\n virtual_ipaddress {{\n \
             {addresses}\n }}"
        );
        router(name, &lines)
    };
    of("four", "10.1.0.38/24\n 10.1.0.39/32") + &of("six", "fe80::38/64\n fd01::38/64")
}

fn elects(lines: &str) {
    if !harness::has_program("keepalived", "routers in a VRF, against it") {
        return;
    }
    let mut network = in_vrf(Program::Keepalived);
    let before = MachineState::of(&network.routers[0].host).unwrap();
    network.routers[0].start_with(&both(100, lines)).unwrap();
    let all = |router: &RouterHost, state: &str| ["four", "six"].iter().for_each(|name| becomes(router, name, state));
    all(&network.routers[0], "MASTER");
    let addresses = ["10.1.0.38", "10.1.0.39", "fd01::38"];
    answers(&network, &addresses);
    // keepalived is heard in the VRF …
    network.routers[1].start_with(&both(150, lines)).unwrap();
    all(&network.routers[0], "BACKUP");
    network.routers[1].kill().unwrap();
    all(&network.routers[0], "MASTER");
    // … and hears.
    network.routers[1].start_with(&both(50, lines)).unwrap();
    let holds = |router: &RouterHost| sh(router, "ip -o addr").contains("10.1.0.38");
    let is_backup = || network.routers[1].log().matches("Entering BACKUP STATE").count() == 2;
    soon(&network.routers[0], "keepalived is a backup", is_backup);
    answers(&network, &addresses);
    assert!(holds(&network.routers[0]) && !holds(&network.routers[1]), "{}", network.routers[1].log());
    network.routers[0].signal(Signal::TERM).unwrap();
    assert!(network.routers[0].wait_end(PATIENCE).is_some(), "{}", network.routers[0].log());
    let left = &network.routers[0];
    soon(left, "restored", || before.changes(&MachineState::of(&left.host).unwrap()).is_empty());
}

fn with_vmac() {
    elects("use_vmac");
}

fn without_vmac() {
    elects("");
}

fn by_unicast() {
    let mut network = in_vrf(tanist());
    let config = |own: u8, peer: u8, priority: u8| {
        let lines = format!("unicast_src_ip 10.1.0.{own}\n unicast_peer {{\n 10.1.0.{peer}\n }}");
        let lines = format!("interface eth0\n virtual_router_id 38\n priority {priority}\n {lines}");
        router("four", &format!("{lines}\n virtual_ipaddress {{\n 10.1.0.38/24\n }}"))
    };
    network.routers[0].start_with(&config(1, 2, 100)).unwrap();
    becomes(&network.routers[0], "four", "MASTER");
    answers(&network, &["10.1.0.38"]);
    network.routers[1].start_with(&config(2, 1, 50)).unwrap();
    becomes(&network.routers[1], "four", "BACKUP");
    network.routers[1].reload_with(&config(2, 1, 150)).unwrap();
    becomes(&network.routers[1], "four", "MASTER");
    becomes(&network.routers[0], "four", "BACKUP");
}

fn followed() {
    let mut network = in_vrf(tanist());
    network.routers[0].start_with(&both(100, "use_vmac")).unwrap();
    let left = &network.routers[0];
    let all = || ["four", "six"].iter().for_each(|name| becomes(left, name, "MASTER"));
    let in_vrf = |vrf: &str, count: usize| {
        let is_so = || sh(left, &format!("ip -o link show type macvlan vrf {vrf}")).lines().count() == count;
        soon(left, vrf, is_so);
    };
    all();
    in_vrf("blue", 2);
    answers(&network, &["10.1.0.38", "10.1.0.39", "fd01::38"]);
    sh(left, "ip link set eth0 nomaster && ip addr add fd01::1/64 dev eth0 nodad");
    in_vrf("blue", 0);
    all();
    let reached = |address: &str| network.client.run_program("ping", &["-c1", "-W1", address]).is_ok();
    soon(left, "answers without a VRF", || ["10.1.0.38", "10.1.0.39", "fd01::38"].iter().all(|it| reached(it)));
    sh(
        left,
        "ip link add red type vrf table 4343 && ip link set red up && ip link set eth0 master red && ip addr add fd01::1/64 dev \
         eth0 nodad && ip link del blue",
    );
    in_vrf("red", 2);
    all();
    soon(left, "answers in another", || ["10.1.0.38", "10.1.0.39", "fd01::38"].iter().all(|it| reached(it)));
}
