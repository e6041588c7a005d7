//! What a killed daemon left without a word of it, and what others change behind our back: it is found, and put right.

use std::process::ExitCode;
use std::time::Duration;

use lab::{Program, wait};
use libtest_mimic::Trial;
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, Layout, Protocol, VmacMode, harness};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(15);
/// A tick of the host thread, twice, on a busy machine.
const REPAIR_TIME: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    harness::run(|| if harness::has_program("ip", "changing the machine") { all() } else { Vec::new() })
}

/// A test, given what the left router is to run.
type Test = fn(Instance);

fn all() -> Vec<Trial> {
    let tests: [(&str, Protocol, Test); 6] = [
        ("a killed daemon's interface is removed although the record is lost", Protocol::V3Ipv4, record_lost),
        ("a record that cannot be read is kept aside and said", Protocol::V3Ipv4, record_unreadable),
        ("the record of somebody else is not obeyed", Protocol::V3Ipv4, record_of_others),
        ("a parent that was away under its index is listened on again", Protocol::V3Ipv4, parent_away),
        ("an MTU too small for IPv6 for a moment makes no second master", Protocol::V3Ipv6, mtu_blip),
        ("settings of the virtual MAC interface are kept, whatever all says", Protocol::V3Ipv4, settings_changed),
    ];
    tests
        .into_iter()
        .map(|(what, protocol, test)| {
            let instance = Instance::new(protocol, VmacMode::Vmac, 150);
            harness::test(what, move || test(instance))
        })
        .collect()
}

fn bench() -> Bench {
    let tanist = || Program::Tanist(env!("CARGO_BIN_EXE_tanist").into());
    Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap()
}

fn master(bench: &mut Bench, instance: &Instance) {
    bench.left.start_with(instance).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    assert!(wait::until(REPAIR_TIME, || left(bench, "ip -o addr show").contains("vrrp.51")), "{}", bench.left.log());
}

/// What a command of the shell on the left router prints.
fn left(bench: &Bench, command: &str) -> String {
    bench.left.host.run_program("sh", &["-c", command]).unwrap()
}

fn macvlans(bench: &Bench) -> usize {
    left(bench, "ip -o link show type macvlan").lines().count()
}

fn stop(bench: &mut Bench) {
    bench.left.signal(Signal::TERM).unwrap();
    assert!(bench.left.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", bench.left.log());
}

/// As in a container with a /run of its own: what is left bears our mark, and it is up with our MAC.
fn record_lost(instance: Instance) {
    let mut bench = bench();
    master(&mut bench, &instance);
    bench.left.kill().unwrap();
    assert_eq!(macvlans(&bench), 1);
    std::fs::remove_dir_all(bench.left.file("state")).unwrap();
    // After the down timer, and not after a back-off, which would be twice as long as is waited here.
    master(&mut bench, &instance);
    assert_eq!(macvlans(&bench), 1, "{}", bench.left.log());
    stop(&mut bench);
    assert_eq!(macvlans(&bench), 0);
}

fn record_unreadable(instance: Instance) {
    let mut bench = bench();
    master(&mut bench, &instance);
    bench.left.kill().unwrap();
    let record = bench.left.file("state").join("ledger.json");
    std::fs::write(&record, r#"{"boot":"of an older version","undo":[]}"#).unwrap();
    master(&mut bench, &instance);
    let log = bench.left.log();
    assert!(log.contains("it is of version 0") && log.contains("kept as ledger.json.unreadable"), "{log}");
    assert!(record.with_extension("json.unreadable").exists());
    stop(&mut bench);
}

fn record_of_others(instance: Instance) {
    use std::os::unix::fs::PermissionsExt;
    let mut bench = bench();
    master(&mut bench, &instance);
    bench.left.kill().unwrap();
    let record = bench.left.file("state").join("ledger.json");
    std::fs::set_permissions(&record, std::fs::Permissions::from_mode(0o666)).unwrap();
    bench.left.start_with(&instance).unwrap();
    let ended = bench.left.wait_end(PATIENCE);
    assert!(ended.is_some_and(|status| !status.success()), "{}", bench.left.log());
    bench.left.says("may be written by others (mode 0666)");
}

/// Lent to another namespace and given back: the index is the same, the kernel has forgotten the group.
fn parent_away(instance: Instance) {
    let mut bench = bench();
    let instance = instance.with_global("dynamic_interfaces");
    master(&mut bench, &instance);
    let addresses = left(&bench, "ip -o -4 addr show dev eth0");
    let own = addresses.split_whitespace().nth(3).unwrap().to_owned();
    let away = "unshare -n sleep 60 & pid=$!; sleep 0.3; ip link set eth0 netns $pid; \
                nsenter -t $pid -n ip link set eth0 netns $$; kill $pid";
    left(&bench, away);
    left(&bench, &format!("ip addr add {own} dev eth0; ip link set eth0 up"));
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let group = "120000E0";
    assert!(wait::until(REPAIR_TIME, || left(&bench, "cat /proc/net/igmp").contains(group)), "{}", bench.left.log());
    stop(&mut bench);
}

/// The kernel takes the IPv6 side of the parent away and makes another: without our group on it.
fn mtu_blip(instance: Instance) {
    let mut bench = bench();
    master(&mut bench, &instance);
    left(&bench, "ip link set eth0 mtu 1200; sleep 0.2; ip link set eth0 mtu 1500");
    let joined = || {
        let groups = left(&bench, "cat /proc/net/igmp6");
        groups.lines().any(|line| line.contains("eth0") && line.contains("ff020000000000000000000000000012"))
    };
    assert!(wait::until(REPAIR_TIME, joined), "{}", bench.left.log());
    let link = || left(&bench, "ip -o link show vrrp.51");
    assert!(wait::until(REPAIR_TIME, || link().contains("mtu 1500")), "{}; {}", link(), bench.left.log());
}

/// `sysctl --system`, firewalld, tuned, and udev for every new interface.
fn settings_changed(instance: Instance) {
    let mut bench = bench();
    master(&mut bench, &instance);
    let is = |setting: &str, value: &str| {
        left(&bench, &format!("cat /proc/sys/net/ipv4/conf/vrrp.51/{setting}")).trim() == value
    };
    left(&bench, "echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter");
    assert!(wait::until(REPAIR_TIME, || is("rp_filter", "2")), "{}", bench.left.log());
    left(&bench, "echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter");
    assert!(wait::until(REPAIR_TIME, || is("rp_filter", "0")), "{}", bench.left.log());
    for (setting, wrong, right) in [("rp_filter", "1", "0"), ("arp_filter", "1", "0"), ("accept_local", "0", "1")] {
        left(&bench, &format!("echo {wrong} > /proc/sys/net/ipv4/conf/vrrp.51/{setting}"));
        assert!(wait::until(REPAIR_TIME, || is(setting, right)), "{setting}: {}", bench.left.log());
    }
    left(&bench, "echo 1 > /proc/sys/net/ipv4/conf/all/arp_filter");
    let said = || bench.left.log().contains("net.ipv4.conf.all.arp_filter is 1");
    assert!(wait::until(REPAIR_TIME, said), "{}", bench.left.log());
    stop(&mut bench);
}
