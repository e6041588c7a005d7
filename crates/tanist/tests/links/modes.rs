//! `tanist_vmac_mode`: whom a virtual MAC interface reaches on its own machine, and that a router hears others either way.

use lab::{Asker, Network, NetworkBuilder, RouterHost};
use rustix::process::Signal;
use testbed::lan::MachineState;
use vrrp::types::MacAddr;

use super::{PATIENCE, Test, becomes, router, sh, soon, tanist};

pub(super) const ALL: &[Test] = &[
    ("tanist_vmac_mode private: elections, answers, and a master that hears another under its own MAC", elected),
    ("tanist_vmac_mode decides whether a container on the same interface is reached, and a reload changes it", reached),
];

/// Two routers of one VRID in private mode, IPv4 and IPv6.
fn private(priority: u8) -> String {
    let of = |name: &str, addresses: &str| {
        let lines = format!(
            "interface eth0\n use_vmac\n virtual_router_id 38\n priority {priority}\n virtual_ipaddress {{\n {addresses}\n }}"
        );
        router(name, &lines)
    };
    let globals = "global_defs {\n tanist_vmac_mode private\n}\n";
    format!("{globals}{}{}", of("four", "10.1.0.38/24"), of("six", "fe80::38/64\n fd01::38/64"))
}

fn elected() {
    let builder = NetworkBuilder::new().router("left", tanist()).cable("eth0", &["10.1.0.1/24", "fd01::1/64"]);
    let builder = builder.router("right", tanist()).cable("eth0", &["10.1.0.2/24", "fd01::2/64"]);
    let network = builder.client(&["10.1.0.9/24", "fd01::9/64"]).build().unwrap();
    let Network { routers: [mut left, mut right], client, lan: _lan, .. } = network;
    let before = MachineState::of(&left.host).unwrap();
    let answered = |router: &RouterHost| {
        for (family, asked, sender) in [(1, "10.1.0.38", "10.1.0.9"), (2, "fd01::38", "fd01::9")] {
            let window = std::time::Duration::from_millis(300);
            let (asked, sender) = (asked.parse().unwrap(), sender.parse().unwrap());
            let answers = || Asker::new(&client).unwrap().ask(sender, asked, window).unwrap();
            soon(router, "one answer", || answers() == [MacAddr([0, 0, 0x5e, 0, family, 38])]);
            soon(router, "it is pinged", || client.run_program("ping", &["-c1", "-W1", &asked.to_string()]).is_ok());
        }
    };
    let all = |router: &RouterHost, state: &str| ["four", "six"].iter().for_each(|name| becomes(router, name, state));
    let modes = |router: &RouterHost, mode: &str| {
        let is_so = || sh(router, "ip -d link show type macvlan").matches(&format!("mode {mode}")).count() == 2;
        soon(router, mode, is_so);
    };
    left.start_with(&private(100)).unwrap();
    all(&left, "MASTER");
    answered(&left);
    modes(&left, "private");
    // Its adverts bear the MAC that the macvlans on the left have, which are up: the parent does not get them.
    right.start_with(&private(150)).unwrap();
    all(&right, "MASTER");
    all(&left, "BACKUP");
    answered(&right);
    modes(&left, "bridge");
    right.kill_alone().unwrap();
    all(&left, "MASTER");
    answered(&left);
    modes(&left, "private");
    right.start_with(&private(50)).unwrap();
    all(&right, "BACKUP");
    left.signal(Signal::TERM).unwrap();
    assert!(left.wait_end(PATIENCE).is_some(), "{}", left.log());
    all(&right, "MASTER");
    soon(&left, "restored", || before.changes(&MachineState::of(&left.host).unwrap()).is_empty());
}

/// The container has an address in a subnet that the interface itself does not have: answers to it leave by the macvlan.
fn reached() {
    let builder = NetworkBuilder::new().router("host", tanist()).cable("eth0", &["10.1.0.1/24"]);
    let Network { routers: [mut host], lan: _lan, .. } = builder.client(&["10.1.0.9/24"]).build().unwrap();
    let config = |mode: &str| {
        let lines = format!(
            "interface eth0\n use_vmac\n tanist_vmac_mode {mode}\n virtual_router_id 38\n virtual_ipaddress {{\n 10.1.0.38/24\n \
             10.77.0.1/24\n }}"
        );
        router("vips", &lines)
    };
    sh(
        &host,
        "ip netns add box && ip link add link eth0 box0 type macvlan mode bridge && ip link set box0 netns box && ip -n box \
         addr add 10.77.0.77/24 dev box0 && ip -n box link set box0 up",
    );
    let before = MachineState::of(&host.host).unwrap();
    host.start_with(&config("private")).unwrap();
    becomes(&host, "vips", "MASTER");
    let pinged = |host: &RouterHost| {
        sh(host, "ip netns exec box ping -c1 -W1 10.77.0.1 >/dev/null && echo yes || echo no") == "yes\n"
    };
    let mode = |host: &RouterHost, mode: &str| sh(host, "ip -d link show vrrp.38").contains(&format!("mode {mode}"));
    soon(&host, "private", || mode(&host, "private"));
    let link = sh(&host, "ip -o link show vrrp.38");
    assert!(!pinged(&host), "nobody on the machine itself reaches it");
    host.reload_with(&config("bridge")).unwrap();
    soon(&host, "it is reached", || pinged(&host));
    host.reload_with(&config("private")).unwrap();
    soon(&host, "it is not reached any more", || mode(&host, "private") && !pinged(&host));
    sh(&host, "ip link set vrrp.38 type macvlan mode bridge");
    soon(&host, "what somebody changes is set again", || mode(&host, "private"));
    assert_eq!(sh(&host, "ip -o link show vrrp.38"), link, "it is the same interface all the time");
    assert_eq!(host.log().matches("MASTER -> ").count(), 0, "no failover; {}", host.log());
    assert_eq!(host.status_of("vips").unwrap()["vmac"]["mode"], "private");
    host.kill().unwrap();
    host.start_with(&config("bridge")).unwrap();
    becomes(&host, "vips", "MASTER");
    soon(&host, "it is reached", || pinged(&host));
    host.signal(Signal::TERM).unwrap();
    assert!(host.wait_end(PATIENCE).is_some(), "{}", host.log());
    soon(&host, "restored", || before.changes(&MachineState::of(&host.host).unwrap()).is_empty());
}
