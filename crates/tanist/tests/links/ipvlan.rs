//! `use_ipvlan`. Kernels without ipvlan show what is said of that, and skip the rest, loudly.

use std::net::IpAddr;
use std::time::Duration;

use lab::{Asker, Captured, Network, NetworkBuilder, Program, RouterHost};
use rustix::process::Signal;
use testbed::lan::{MachineState, harness};

use super::{PATIENCE, Test, becomes, sh, soon, tanist};

pub(super) const ALL: &[Test] = &[
    ("use_ipvlan: elects with keepalived, speaks from its own address, and answers with the interface's MAC", elects),
    ("use_ipvlan: by unicast, and over IPv6", heard_on_it),
    ("use_ipvlan: a reload makes and removes it, and what a kill leaves is undone", changed),
];

pub(super) const WITHOUT: &[Test] = &[("use_ipvlan: a kernel without it keeps the router out, and says so", refused)];

/// Whether this kernel has ipvlans; if not, says so.
pub(super) fn is_there() -> bool {
    let parent = "ip link add probe1 type veth peer name probe2";
    let _made = std::process::Command::new("sh").args(["-c", parent]).output();
    harness::makes_link("link probe1 type ipvlan mode l2", "ipvlans")
}

/// Two routers and a client. Emulated kernels are slow.
fn network(other: Program) -> Network<2> {
    let builder = NetworkBuilder::new().router("left", tanist()).cable("eth0", &["10.1.0.1/24", "fd01::1/64"]);
    let builder = builder.router("right", other).cable("eth0", &["10.1.0.2/24", "fd01::2/64"]);
    builder.client(&["10.1.0.9/24", "fd01::9/64"]).build().unwrap()
}

fn config(priority: u8, lines: &str) -> String {
    format!(
        "vrrp_instance four {{\n version 3\n advert_int 1\n state BACKUP\n interface eth0\n virtual_router_id 38\n priority \
         {priority}\n {lines}\n virtual_ipaddress {{\n 10.1.0.38/24\n }}\n}}\n"
    )
}

fn pings(network: &Network<2>, address: &str) -> bool {
    network.client.run_program("ping", &["-c1", "-W1", address]).is_ok()
}

fn elects() {
    if !harness::has_program("keepalived", "use_ipvlan against it") {
        return;
    }
    let mut network = network(Program::Keepalived);
    let before = MachineState::of(&network.routers[0].host).unwrap();
    network.routers[0].start_with(&config(100, "use_ipvlan ipvl38 10.1.0.101/24")).unwrap();
    becomes(&network.routers[0], "four", "MASTER");
    let ip = |text: &str| -> IpAddr { text.parse().unwrap() };
    {
        let left = &network.routers[0];
        soon(left, "the address of its own", || pings(&network, "10.1.0.101"));
        soon(left, "the virtual address", || pings(&network, "10.1.0.38"));
        let ask =
            || Asker::new(&network.client).unwrap().ask(ip("10.1.0.9"), ip("10.1.0.38"), Duration::from_millis(500));
        soon(left, "one MAC", || ask().unwrap().iter().all(|mac| *mac == left.host.mac));
        assert_eq!(left.host.link_of(ip("10.1.0.38")).as_deref(), Some("ipvl38"));
        let adverts = network.capture.since(Captured::default(), |frame| frame.port == left.host.port);
        let adverts: Vec<_> = adverts.iter().filter_map(|frame| Some((frame.advert()?, frame.source_mac()))).collect();
        assert!(!adverts.is_empty());
        assert!(adverts.iter().all(|(advert, mac)| advert.source == ip("10.1.0.101") && *mac == left.host.mac));
    }
    network.routers[1].start_with(&config(150, "use_ipvlan ipvl38 10.1.0.102/24")).unwrap();
    becomes(&network.routers[0], "four", "BACKUP");
    soon(&network.routers[0], "its own address stays", || pings(&network, "10.1.0.101"));
    network.routers[1].kill().unwrap();
    becomes(&network.routers[0], "four", "MASTER");
    let left = &network.routers[0];
    sh(left, "ip link set ipvl38 down");
    soon(left, "it is set up again", || pings(&network, "10.1.0.38"));
    left.signal(Signal::TERM).unwrap();
    assert!(network.routers[0].wait_end(PATIENCE).is_some(), "{}", network.routers[0].log());
    let left = &network.routers[0];
    soon(left, "restored", || before.changes(&MachineState::of(&left.host).unwrap()).is_empty());
}

/// The ipvlan gets what is sent to its address, the interface does not.
fn heard_on_it() {
    let mut network = network(tanist());
    let unicast = |own: u8, peer: u8| format!("use_ipvlan 10.1.0.{own}/24\n unicast_peer {{\n 10.1.0.{peer}\n }}");
    let six = |priority: u8| {
        format!(
            "vrrp_instance six {{\n advert_int 1\n interface eth0\n virtual_router_id 38\n priority {priority}\n use_ipvlan \
             ipvl6\n virtual_ipaddress {{\n fe80::38/64\n fd01::38/64\n }}\n}}\n"
        )
    };
    network.routers[0].start_with(&(config(100, &unicast(101, 102)) + &six(100))).unwrap();
    network.routers[1].start_with(&(config(50, &unicast(102, 101)) + &six(50))).unwrap();
    let all = |router: &RouterHost, state: &str| ["four", "six"].iter().for_each(|name| becomes(router, name, state));
    all(&network.routers[0], "MASTER");
    all(&network.routers[1], "BACKUP");
    for address in ["10.1.0.38", "fd01::38", "10.1.0.102"] {
        soon(&network.routers[0], address, || pings(&network, address));
    }
    network.routers[1].reload_with(&(config(150, &unicast(102, 101)) + &six(150))).unwrap();
    all(&network.routers[1], "MASTER");
    all(&network.routers[0], "BACKUP");
    for address in ["10.1.0.38", "fd01::38", "10.1.0.101"] {
        soon(&network.routers[0], address, || pings(&network, address));
    }
}

fn changed() {
    let mut network = network(tanist());
    let before = MachineState::of(&network.routers[0].host).unwrap();
    let kinds = |router: &RouterHost, kind: &str| sh(router, &format!("ip -o link show type {kind}")).lines().count();
    network.routers[0].start_with(&config(100, "use_vmac")).unwrap();
    becomes(&network.routers[0], "four", "MASTER");
    for (lines, kind) in [
        ("use_ipvlan 10.1.0.101/24", "ipvlan"),
        ("use_ipvlan other 10.1.0.102/24 private group 7", "ipvlan"),
        ("use_vmac", "macvlan"),
        ("use_ipvlan 10.1.0.101/24", "ipvlan"),
    ] {
        network.routers[0].reload_with(&config(100, lines)).unwrap();
        let left = &network.routers[0];
        soon(left, lines, || kinds(left, kind) == 1 && kinds(left, "macvlan") + kinds(left, "ipvlan") == 1);
        soon(left, lines, || pings(&network, "10.1.0.38"));
        becomes(left, "four", "MASTER");
        if lines.contains("other") {
            assert!(sh(left, "ip -d -o link show other").contains("group 7"), "{}", sh(left, "ip -d link show other"));
            assert!(pings(&network, "10.1.0.102"));
        }
    }
    network.routers[0].kill().unwrap();
    network.routers[0].start_with(&config(100, "")).unwrap();
    becomes(&network.routers[0], "four", "MASTER");
    let left = &network.routers[0];
    soon(left, "on the interface itself", || {
        left.host.link_of("10.1.0.38".parse().unwrap()).as_deref() == Some("eth0")
    });
    assert_eq!(kinds(left, "ipvlan"), 0);
    left.signal(Signal::TERM).unwrap();
    assert!(network.routers[0].wait_end(PATIENCE).is_some(), "{}", network.routers[0].log());
    let left = &network.routers[0];
    soon(left, "restored", || before.changes(&MachineState::of(&left.host).unwrap()).is_empty());
}

fn refused() {
    let mut network = network(tanist());
    let before = MachineState::of(&network.routers[0].host).unwrap();
    network.routers[0].start_with(&config(100, "use_ipvlan ipvl38 10.1.0.101/24")).unwrap();
    let left = &network.routers[0];
    soon(left, "said", || left.log().contains("this kernel has no ipvlan"));
    becomes(left, "four", "FAULT");
    assert!(left.status_of("four").unwrap()["hold_down_seconds"].is_number(), "{:?}", left.status_of("four"));
    left.signal(Signal::TERM).unwrap();
    assert!(network.routers[0].wait_end(PATIENCE).is_some(), "{}", network.routers[0].log());
    let left = &network.routers[0];
    soon(left, "untouched", || before.changes(&MachineState::of(&left.host).unwrap()).is_empty());
}
