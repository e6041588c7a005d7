//! What earlier daemons, other daemons and operators left on the machine.

use std::process::Command;

use lab::{Asker, DaemonProcess, wait};
use rustix::process::Signal;
use testbed::lan::{Bench, CLIENT, Instance, Protocol, VmacMode};

use super::{PATIENCE, REPAIR_TIME, Test, becomes, holds, instance, master, setting, sh, soon, start, stop};

pub(super) const ALL: &[Test] = &[
    ("an interface that a killed daemon could not mark is removed", unmarked),
    ("while the record cannot be written no interface is made", disk_full),
    ("an address that an operator put there for good is not removed after a crash", operators_address),
    ("a virtual address on the parent beside the virtual MAC is removed, early or late", beside),
    ("what is removed from another interface is told with the name of that", other_link),
    ("an address with a twin of another length is put back at once", twin),
    ("two daemons on one parent leave its settings as they were", two_daemons),
];

fn macvlans(bench: &Bench) -> usize {
    sh(bench, "ip -o link show type macvlan").lines().count()
}

/// Killed between making the interface and giving it its alias, and the record is lost as well.
fn unmarked() {
    let router = instance(Protocol::V3Ipv4, VmacMode::Vmac);
    let mut bench = master(&router);
    bench.left.kill().unwrap();
    sh(&bench, "ip link set vrrp.51 alias ''");
    std::fs::remove_dir_all(bench.left.file("state")).unwrap();
    let begin = std::time::Instant::now();
    start(&mut bench, &router);
    assert!(begin.elapsed() < router.interval * 4 + REPAIR_TIME, "{:?}", begin.elapsed());
    assert_eq!(bench.left.host.link_of("10.9.0.1".parse().unwrap()).as_deref(), Some("vrrp.51"));
    assert_eq!(macvlans(&bench), 1, "{}", bench.left.log());
    stop(&mut bench);
    assert_eq!(macvlans(&bench), 0);
}

/// Thirty routers instead of two, with a state directory that is full.
fn disk_full() {
    let config = |count: u8| -> String {
        let router = |n| {
            format!(
                "vrrp_instance V{n} {{\n    version 3\n    interface eth0\n    use_vmac\n    virtual_router_id {n}\n    \
                 priority 150\n    advert_int 0.3\n    virtual_ipaddress {{\n        10.9.1.{n}/24\n    }}\n}}\n"
            )
        };
        (1..=count).map(router).collect()
    };
    let mut bench = super::bench();
    let state = bench.left.file("state");
    let directory = state.display().to_string();
    sh(&bench, &format!("mkdir -m 700 {directory} && mount -t tmpfs -o size=256k,mode=700 none {directory}"));
    bench.left.start_with(&config(2)).unwrap();
    becomes(&bench.left, "MASTER");
    soon(&bench, "two interfaces", || macvlans(&bench) == 2);
    sh(&bench, &format!("dd if=/dev/zero of={directory}/full bs=1k 2> /dev/null; true"));
    bench.left.reload_with(&config(30)).unwrap();
    let told = || bench.left.log().contains("cannot write ledger.json");
    assert!(wait::until(PATIENCE, told), "{}", bench.left.log());
    std::thread::sleep(REPAIR_TIME / 2);
    assert_eq!(macvlans(&bench), 2, "{}", bench.left.log());
    becomes(&bench.left, "MASTER");
    sh(&bench, &format!("rm {directory}/full"));
    bench.left.signal(Signal::HUP).unwrap();
    assert!(wait::until(PATIENCE, || macvlans(&bench) == 30), "{}; {}", macvlans(&bench), bench.left.log());
    bench.left.kill().unwrap();
    bench.left.start_with(&config(2)).unwrap();
    becomes(&bench.left, "MASTER");
    assert_eq!(macvlans(&bench), 2, "{}", bench.left.log());
    stop(&mut bench);
    assert_eq!(macvlans(&bench), 0);
    // A start does not fail: it says what it lacks, and has it as soon as there is room.
    sh(&bench, &format!("dd if=/dev/zero of={directory}/full bs=1k 2> /dev/null; true"));
    bench.left.start_with(&config(2)).unwrap();
    let is_said = || bench.left.status_document().is_some_and(|it| it["unrecorded"].is_string());
    assert!(wait::until(PATIENCE, is_said), "{}", bench.left.log());
    assert_eq!(macvlans(&bench), 0, "{}", bench.left.log());
    sh(&bench, &format!("rm {directory}/full"));
    bench.left.signal(Signal::HUP).unwrap();
    soon(&bench, "two interfaces", || macvlans(&bench) == 2);
    soon(&bench, "on record", || !is_said());
    stop(&mut bench);
    assert_eq!(macvlans(&bench), 0);
    sh(&bench, &format!("umount {directory}"));
}

fn operators_address() {
    let router = Instance {
        addresses: vec!["10.9.0.1/24".into(), "10.9.0.100/24".into()],
        ..plain().with_global("tanist_lease 3")
    };
    let mut bench = master(&router);
    bench.left.kill().unwrap();
    let address = "10.9.0.100".parse().unwrap();
    assert!(wait::until(PATIENCE, || bench.left.host.link_of(address).is_none()), "the lease ends");
    sh(&bench, "ip addr add 10.9.0.100/24 dev eth0");
    start(&mut bench, &plain());
    stop(&mut bench);
    assert!(bench.left.host.link_of(address).is_some(), "{}", bench.left.log());
}

fn plain() -> Instance {
    instance(Protocol::V3Ipv4, VmacMode::None)
}

/// Left by a daemon without virtual MAC, or put there by hand.
fn beside() {
    let router = instance(Protocol::V3Ipv4, VmacMode::Vmac);
    let mut bench = super::bench();
    sh(&bench, "ip addr add 10.9.0.1/24 dev eth0");
    start(&mut bench, &router);
    let alone = |bench: &Bench| {
        soon(bench, "not on eth0", || !sh(bench, "ip -o -4 addr show dev eth0").contains(" 10.9.0.1/"));
        let mut asker = Asker::new(&bench.client).unwrap();
        let answers = asker.ask(CLIENT, "10.9.0.1".parse().unwrap(), REPAIR_TIME / 8).unwrap();
        assert_eq!(answers, [router.virtual_mac()]);
    };
    alone(&bench);
    bench.left.says("had put 10.9.0.1 on eth0");
    sh(&bench, "ip addr add 10.9.0.1/24 dev eth0");
    alone(&bench);
}

fn other_link() {
    let mut router = plain();
    router.addresses.push("10.7.0.1/24 dev dmz0".into());
    let mut bench = super::bench();
    sh(
        &bench,
        "ip link add dmz0 type veth peer name dmz1; ip link set dmz1 up; ip link set dmz0 up; \
         ip addr add 10.7.0.2/24 dev dmz0; ip addr add 10.7.0.1/24 dev dmz0",
    );
    start(&mut bench, &router);
    bench.left.says("had put 10.7.0.1 on dmz0");
    assert!(!bench.left.log().contains("10.7.0.1 on eth0"), "{}", bench.left.log());
    let kept = sh(&bench, "ip -o -4 addr show dev dmz0");
    assert!(kept.contains("10.7.0.1/24") && !kept.contains("10.7.0.1/24 scope global dmz0"), "{kept}");
}

fn twin() {
    let bench = master(&plain());
    // T09, kaC:bd7cc2b8: the twin may go.
    let since = bench.watch.now();
    sh(&bench, "ip addr add 10.9.0.1/32 dev eth0; ip addr del 10.9.0.1/32 dev eth0");
    std::thread::sleep(REPAIR_TIME / 4);
    assert!(!bench.left.log().contains("someone"), "{}", bench.left.log());
    assert!(sh(&bench, "ip -o -4 addr show dev eth0").contains(" 10.9.0.1/24"), "{}", bench.left.log());
    assert!(bench.watch.priority_zero(since, &bench.left.host, std::time::Duration::ZERO).is_none());
    sh(&bench, "ip addr add 10.9.0.1/32 dev eth0");
    std::thread::sleep(REPAIR_TIME / 4);
    sh(&bench, "ip addr del 10.9.0.1/24 dev eth0");
    soon(&bench, "put back", || sh(&bench, "ip -o -4 addr show dev eth0").contains(" 10.9.0.1/24"));
    bench.left.says("someone removed 10.9.0.1 from eth0");
}

/// The first saves the values that were there, the second those of the first.
fn two_daemons() {
    for first_stops_first in [true, false] {
        let router = instance(Protocol::V3Ipv4, VmacMode::Vmac);
        let mut bench = super::bench();
        let settings = |bench: &Bench| {
            ["arp_ignore", "arp_announce", "arp_filter"].map(|name| setting(bench, &format!("ipv4/conf/eth0/{name}")))
        };
        let before = settings(&bench);
        start(&mut bench, &router);
        let mut second = second_daemon(&bench);
        soon(&bench, "the second is master", || bench.left.host.link_of("10.9.0.52".parse().unwrap()).is_some());
        assert_ne!(settings(&bench), before);
        if first_stops_first {
            stop(&mut bench);
            soon(&bench, "the second keeps what it needs", || settings(&bench)[..2] == ["1", "2"]);
            std::thread::sleep(REPAIR_TIME / 2);
        }
        second.signal(Signal::TERM).unwrap();
        assert!(second.wait(REPAIR_TIME).is_some_and(|status| status.success()), "the second leaves");
        if !first_stops_first {
            soon(&bench, "the first keeps what it needs", || settings(&bench)[..2] == ["1", "2"]);
            holds(&bench, &router);
            std::thread::sleep(REPAIR_TIME / 2);
            stop(&mut bench);
        }
        assert!(wait::until(REPAIR_TIME, || settings(&bench) == before), "{:?}, before {before:?}", settings(&bench));
    }
}

/// Another daemon on the left host, with another router and a state directory of its own.
fn second_daemon(bench: &Bench) -> DaemonProcess {
    let config = bench.left.file("second.conf");
    let text = "vrrp_instance VI_2 {\n    version 3\n    interface eth0\n    use_vmac\n    virtual_router_id 52\n    \
                advert_int 0.3\n    virtual_ipaddress {\n        10.9.0.52/24\n    }\n}\n";
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanist"));
    command.args(["run", "--foreground", "--die-with-parent", &std::process::id().to_string(), "-f"]).arg(config);
    command.arg("--state-dir").arg(bench.left.file("second")).arg("--control").arg(bench.left.file("control2"));
    DaemonProcess::spawn(&bench.left.host.namespace, &mut command, &bench.left.file("log2")).unwrap()
}
