//! Virtual addresses that look like others, are exchanged, or have no own address of their family beside.

use lab::wait;
use testbed::lan::{Bench, Protocol, VmacMode};

use super::{PATIENCE, Test, becomes, instance, master, sh, soon, start, stop};

pub(super) const ALL: &[Test] = &[
    ("the same address with another prefix comes and goes: it is another one", prefix_twin),
    ("an address that is exchanged by a reload, a restart or after a kill is gone", exchanged),
    ("a router without an address of its family waits, and that of the other runs", families),
];

// T09: kaC:bd7cc2b8
fn prefix_twin() {
    let bench = master(&instance(Protocol::V3Ipv4, VmacMode::None));
    let told = || bench.left.log().lines().count();
    let before = told();
    sh(&bench, "ip addr add 10.9.0.1/32 dev eth0; ip addr del 10.9.0.1/32 dev eth0");
    // Leases are renewed meanwhile.
    let renewed = || sh(&bench, "ip -o addr show dev eth0").contains("10.9.0.1/24");
    assert!(!wait::until(std::time::Duration::from_millis(1500), || !renewed()), "{}", bench.left.log());
    assert_eq!(told(), before, "{}", bench.left.log());
    becomes(&bench.left, "MASTER");
}

// T46: ka#718, ka#382, ka#384
fn exchanged() {
    let with = |address: &str| {
        let mut instance = instance(Protocol::V3Ipv4, VmacMode::Vmac);
        instance.addresses = vec![format!("{address}/24")];
        instance
    };
    let (old, new) = (with("10.9.0.151"), with("10.9.0.152"));
    let has_new = |bench: &Bench, old: &str, new: &str| {
        soon(bench, "it is exchanged", || {
            let addresses = sh(bench, "ip -o addr show");
            addresses.contains(&format!(" {new}/")) && !addresses.contains(&format!(" {old}/"))
        });
    };
    let mut bench = master(&old);
    let before = bench.watch.now();
    bench.left.reload_with(&new).unwrap();
    has_new(&bench, "10.9.0.151", "10.9.0.152");
    let after = bench.watch.now();
    let announced = |since, address: &str| {
        let all = bench.watch.announcements(since, &bench.left.host);
        all.iter().any(|(_, it)| it.to_string() == address)
    };
    soon(&bench, "the new one is announced", || announced(before, "10.9.0.152"));
    assert!(!announced(after, "10.9.0.151"), "{}", bench.left.log());
    stop(&mut bench);
    start(&mut bench, &old);
    has_new(&bench, "10.9.0.152", "10.9.0.151");
    bench.left.kill().unwrap();
    bench.left.start_with(&new).unwrap();
    becomes(&bench.left, "MASTER");
    has_new(&bench, "10.9.0.151", "10.9.0.152");
}

// T23: ka#2274
fn families() {
    let mut bench = super::bench();
    sh(&bench, "ip link add lla0 type veth peer name lla1; ip link set lla1 up; ip link set lla0 up");
    let text = |name: &str, vrid: u8, addresses: &str| {
        format!(
            "vrrp_instance {name} {{\n interface lla0\n version 3\n use_vmac\n virtual_router_id {vrid}\n priority 150\n \
             advert_int 0.2\n virtual_ipaddress {{\n {addresses}\n }}\n}}\n"
        )
    };
    let both = text("only6", 93, "fe80::93/64\n 2001:db8:93::1/64") + &text("only4", 94, "10.8.0.94/24");
    bench.left.start_with(&both).unwrap();
    let state = |name: &str| bench.left.status_of(name).map(|status| status["state"].as_str().unwrap().to_owned());
    let is = |name: &str, wanted: &str| state(name).as_deref() == Some(wanted);
    assert!(wait::until(PATIENCE, || is("only6", "MASTER")), "{}", bench.left.log());
    let status = bench.left.status_of("only4").unwrap();
    assert!(status["state"] == "FAULT" && status["waiting_for"].to_string().contains("no source address"), "{status}");
    sh(&bench, "ip addr add 10.8.0.1/24 dev lla0");
    assert!(wait::until(PATIENCE, || is("only4", "MASTER")), "{}", bench.left.log());
    soon(&bench, "it has its address", || sh(&bench, "ip -o addr show").contains(" 10.8.0.94/"));
    sh(&bench, "ip addr del 10.8.0.1/24 dev lla0");
    assert!(wait::until(PATIENCE, || is("only4", "FAULT")), "{}", bench.left.log());
    soon(&bench, "it has let go", || !sh(&bench, "ip -o addr show").contains(" 10.8.0.94/"));
    assert!(is("only6", "MASTER"), "{}", bench.left.log());
}
