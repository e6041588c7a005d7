//! `net_namespace`: the daemon goes to a namespace that somebody made.

use std::time::Duration;

use lab::{Network, RouterHost, wait};
use rustix::process::Signal;

use super::{PATIENCE, Test, becomes, router, sh, soon, two_legged};

pub(super) const ALL: &[Test] = &[
    ("net_namespace: routers and scripts run there, and it is left as it was, after a kill as well", entered),
    ("a namespace that is not there keeps the daemon from starting", missing),
];

fn entered() {
    let Network { routers: [mut host], lan: _lan, .. } = two_legged("eth0", "eth1");
    sh(&host, "ip netns add blue && ip link add b0 type veth peer name b1 netns blue && ip link set b0 up");
    sh(
        &host,
        "ip -n blue addr add 10.9.9.1/24 dev b1 && ip -n blue addr add fd09::1/64 dev b1 nodad && ip -n blue link set b1 up",
    );
    let (script, told) = (host.file("script"), host.file("told"));
    let text = format!("#!/bin/sh\nip -o link show b1 > {}\n", told.display());
    std::fs::write(&script, text).unwrap();
    sh(&host, &format!("chmod 755 {}", script.display()));
    let four = "interface b1\n use_vmac\n virtual_router_id 7\n virtual_ipaddress {\n 10.9.9.7/24\n }";
    let six = "interface b1\n virtual_router_id 7\n virtual_ipaddress {\n fe80::7/64\n fd09::7/64\n }";
    let four = format!("{four}\n notify_master {}", script.display());
    let config = format!("net_namespace blue\n{}{}", router("four", &four), router("six", six));
    let state =
        |host: &RouterHost| sh(host, "ip -n blue -o link; ip -n blue -o addr; ip -n blue route; ip -n blue -6 route");
    soon(&host, "the link is up", || sh(&host, "ip -n blue -o -6 addr show dev b1 scope link").contains("fe80::"));
    wait::until(Duration::from_secs(3), || !state(&host).contains("tentative"));
    let before = state(&host);
    host.start_with(&config).unwrap();
    for name in ["four", "six"] {
        becomes(&host, name, "MASTER");
    }
    soon(&host, "addresses", || {
        let addresses = state(&host);
        ["10.9.9.7", "fe80::7", "fd09::7", "vrrp.7"].iter().all(|it| addresses.contains(it))
    });
    soon(&host, "the script runs there", || std::fs::read_to_string(&told).is_ok_and(|text| text.contains("b1")));
    assert!(!sh(&host, "ip -o addr").contains("10.9.9.7"));
    host.reload_with(&config.replace("net_namespace blue", "")).unwrap();
    soon(&host, "said", || host.log().contains("a reload does not change the namespace"));
    becomes(&host, "four", "MASTER");
    host.kill().unwrap();
    host.start_with(&config).unwrap();
    becomes(&host, "four", "MASTER");
    host.signal(Signal::TERM).unwrap();
    assert!(host.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", host.log());
    soon(&host, &before, || state(&host) == before);
}

fn missing() {
    let Network { routers: [mut host], lan: _lan, .. } = two_legged("eth0", "eth1");
    let lines = "interface eth0\n virtual_router_id 7\n virtual_ipaddress {\n 10.1.0.7/24\n }";
    host.start_with(&format!("net_namespace nowhere\n{}", router("lost", lines))).unwrap();
    assert!(host.wait_end(PATIENCE).is_some_and(|status| !status.success()), "{}", host.log());
    host.says("the network namespace nowhere cannot be entered");
}
