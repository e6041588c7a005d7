//! What virtual MAC interfaces are called.

use lab::{Network, RouterHost};

use super::{Test, becomes, router, sh, soon, two_legged};

pub(super) const ALL: &[Test] = &[
    ("C20: one VRID on two parents and in both families: names as keepalived gives them, kept by reloads", same_vrid),
    ("an interface that vanishes comes back under its name, whoever comes first", back_again),
];

/// Field case C20: the default names of one VRID, in the order of the file.
const C20: [(&str, &str); 3] = [
    (
        "long_parent",
        "interface enp94s0f1np1.25\n use_vmac\n virtual_router_id 200\n virtual_ipaddress {\n 10.1.0.25/24\n }",
    ),
    (
        "twin_vlan",
        "interface enp94s0f1np1.26\n use_vmac\n virtual_router_id 200\n virtual_ipaddress {\n 10.2.0.26/24\n }",
    ),
    (
        "twin_vlan6",
        "interface enp94s0f1np1.26\n use_vmac\n virtual_router_id 200\n virtual_ipaddress {\n fe80::26/64\n }",
    ),
];

fn network() -> Network<1> {
    two_legged("enp94s0f1np1.25", "enp94s0f1np1.26")
}

fn config(global: &str, order: [usize; 3]) -> String {
    format!("global_defs {{\n{global}\n}}\n{}", order.map(|at| router(C20[at].0, C20[at].1)).concat())
}

/// The interfaces of the three routers, by what `status` says, and they are there.
#[track_caller]
fn named(host: &RouterHost, names: [&str; 3]) {
    for ((router, _), name) in C20.iter().zip(names) {
        becomes(host, router, "MASTER");
        let told = || host.status_of(router).is_some_and(|status| status["vmac"]["name"] == name);
        soon(host, &format!("{router} is on {name}"), told);
    }
    // What is planned is told before it is there.
    soon(host, "they are there, and no others", || {
        let there = sh(host, "ip -o link show type macvlan");
        there.lines().count() == 3 && names.iter().all(|name| there.contains(&format!(" {name}@")))
    });
}

fn same_vrid() {
    let Network { routers: [mut host], lan: _lan, .. } = network();
    host.start_with(&config("", [0, 1, 2])).unwrap();
    let default = ["vrrp.200", "vrrp1.200", "vrrp6.200"];
    named(&host, default);
    host.reload_with(&config("", [2, 1, 0])).unwrap();
    soon(&host, "reloaded", || host.log().matches("is in force").count() == 2);
    named(&host, default);
    host.kill().unwrap();
    host.start_with(&config("", [0, 1, 2])).unwrap();
    named(&host, default);
    host.reload_with(&config("vmac_prefix a-very-long-prefix", [0, 1, 2])).unwrap();
    named(&host, ["a-very-long.200", "a-very-lon1.200", "a-very-lon6.200"]);
    host.kill().unwrap();
    // A name that somebody else has, of an interface of another kind.
    sh(&host, "ip link add vrrp.200 type bridge");
    host.start_with(&config("", [0, 1, 2])).unwrap();
    named(&host, ["vrrp1.200", "vrrp2.200", "vrrp6.200"]);
}

/// Two parents vanish, and come back in the other order.
fn back_again() {
    let Network { routers: [mut host], lan: _lan, .. } = network();
    sh(&host, "ip link add d0 type veth peer name p0; ip link add d1 type veth peer name p1");
    let up = "ip link set p$n up; ip addr add 10.$n.9.1/24 dev d$n; ip link set d$n up";
    sh(&host, &format!("for n in 0 1; do {up}; done"));
    let lines = |dev: &str, net: u8| {
        format!("interface {dev}\n use_vmac\n virtual_router_id 9\n virtual_ipaddress {{\n 10.{net}.9.9/24\n }}")
    };
    let config = router("first", &lines("d0", 0)) + &router("second", &lines("d1", 1));
    host.start_with(&format!("global_defs {{\n dynamic_interfaces\n}}\n{config}")).unwrap();
    let name_of = |host: &RouterHost, router: &str| host.status_of(router).map(|status| status["vmac"]["name"].clone());
    for round in 0..2 {
        for (router, name) in [("first", "vrrp.9"), ("second", "vrrp1.9")] {
            becomes(&host, router, "MASTER");
            soon(&host, router, || name_of(&host, router).is_some_and(|it| it == name));
        }
        if round == 0 {
            sh(&host, "ip link del d0; ip link del d1");
            ["first", "second"].iter().for_each(|router| becomes(&host, router, "FAULT"));
            sh(&host, &format!("for n in 1 0; do ip link add d$n type veth peer name p$n; {up}; sleep 0.3; done"));
        }
    }
}
