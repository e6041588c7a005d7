//! What stands from the daemon's start to its stop, whatever routers do.

use std::process::ExitCode;
use std::time::Duration;

use lab::{Program, wait};
use libtest_mimic::Trial;
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, Layout, MachineState, Protocol, VmacMode, harness};

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    harness::run(|| if harness::has_program("ip", "changing the machine") { all() } else { Vec::new() })
}

fn all() -> Vec<Trial> {
    let tests: [(&str, fn()); 5] = [
        ("static addresses stand from start to stop, and nothing else is touched", from_start_to_stop),
        ("after a kill the next start and stop restore the machine", killed),
        ("a reload changes only what differs", reload),
        ("others take static addresses away: they come back, but for no_track", taken_away),
        ("routers of a track_group are in fault while its address is lost", track_group),
    ];
    tests.into_iter().map(|(what, test)| harness::test(what, test)).collect()
}

/// A bench whose left router has a second interface, with one address.
fn bench() -> Bench {
    let tanist = || Program::Tanist(env!("CARGO_BIN_EXE_tanist").into());
    let bench = Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap();
    left(
        &bench,
        "ip link add dmz0 type veth peer name dmz1; ip link set dmz1 up; ip link set dmz0 up; \
         ip addr add 10.7.0.1/24 dev dmz0",
    );
    let addresses = || left(&bench, "ip addr show");
    soon(&bench, "no address is tentative", || !addresses().contains("tentative"));
    bench
}

/// A router, and these static addresses.
fn config(more: &str, statics: &str) -> String {
    let instance = Instance::new(Protocol::V3Ipv4, VmacMode::None, 150).with_global("default_interface dmz0");
    format!("{more}\nstatic_ipaddress {{\n{statics}\n}}\n{instance}")
}

/// What a command of the shell on the left router prints.
fn left(bench: &Bench, command: &str) -> String {
    bench.left.host.run_program("sh", &["-c", command]).unwrap()
}

fn soon(bench: &Bench, what: &str, holds: impl FnMut() -> bool) {
    assert!(wait::until(PATIENCE, holds), "{what}: {}\n{}", left(bench, "ip addr show"), bench.left.log());
}

fn has(bench: &Bench, address: &str) -> bool {
    left(bench, "ip -o addr show").contains(address)
}

fn start(bench: &mut Bench, text: &str) {
    bench.left.start_with(text).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
}

fn stop(bench: &mut Bench) {
    bench.left.signal(Signal::TERM).unwrap();
    assert!(bench.left.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", bench.left.log());
}

fn restored(bench: &Bench, before: &MachineState) {
    let changes = || before.changes(&MachineState::of(&bench.left.host).unwrap());
    wait::until(PATIENCE, || changes().is_empty());
    assert_eq!(changes(), Vec::<String>::new(), "log: {}", bench.left.log());
}

/// The kernel has finished with the IPv6 address: it joins its anycast group some time after it was added.
fn settled(bench: &Bench) {
    let route = || left(bench, "ip -o route get 2001:db8:5::10 2>&1 || true");
    soon(bench, "the IPv6 address is local", || route().starts_with("local"));
}

/// The state of a static in `tanist status`.
fn state_of(bench: &Bench, name: &str) -> Option<String> {
    let status = bench.left.status_document()?;
    let found = status["statics"].as_array()?.iter().find(|entry| entry["name"] == name)?;
    Some(found["state"].as_str()?.to_owned())
}

const ALL: &str = "10.5.0.10/24\n10.5.0.11/24\n2001:db8:5::10/64\n10.7.0.1/24\n10.6.0.10/24 dev late0";

fn from_start_to_stop() {
    let mut bench = bench();
    let before = MachineState::of(&bench.left.host).unwrap();
    start(&mut bench, &config("", ALL));
    for address in ["10.5.0.10/24", "10.5.0.11/24", "2001:db8:5::10/64", "10.7.0.1/24"] {
        soon(&bench, address, || has(&bench, &format!(" {address} ")));
    }
    let forever = left(&bench, "ip -o addr show dev dmz0 | grep -c 'valid_lft forever'");
    assert!(forever.trim().parse::<u32>().unwrap() >= 4, "{}", left(&bench, "ip addr show dmz0"));
    let states = [
        ("static address 10.5.0.10/24 dev dmz0", "added"),
        ("static address 10.7.0.1/24 dev dmz0", "found"),
        ("static address 10.6.0.10/24 dev late0", "waiting"),
    ];
    for (name, state) in states {
        soon(&bench, name, || state_of(&bench, name).as_deref() == Some(state));
    }
    left(&bench, "ip link add late0 type veth peer name late1; ip link set late0 up");
    soon(&bench, "the late interface has its address", || has(&bench, " 10.6.0.10/24 "));
    left(&bench, "ip link del late0");
    soon(&bench, "waits again", || state_of(&bench, states[2].0).as_deref() == Some("waiting"));
    settled(&bench);
    stop(&mut bench);
    restored(&bench, &before);
}

fn killed() {
    let mut bench = bench();
    let before = MachineState::of(&bench.left.host).unwrap();
    start(&mut bench, &config("", ALL));
    settled(&bench);
    bench.left.kill().unwrap();
    // One that somebody puts back without our number is theirs; nothing of the old file is left otherwise.
    start(&mut bench, &config("", "10.5.0.12/24"));
    soon(&bench, "only the new one", || has(&bench, " 10.5.0.12/24 ") && !has(&bench, " 10.5.0.10/24 "));
    assert!(!has(&bench, "2001:db8:5::10"), "{}", bench.left.log());
    stop(&mut bench);
    restored(&bench, &before);
}

/// Also a file that has nothing but static addresses runs.
fn reload() {
    let mut bench = bench();
    let before = MachineState::of(&bench.left.host).unwrap();
    let statics = |lines: &str| format!("static_ipaddress {{\n{lines}\n}}\n");
    bench.left.start_with(&statics("10.5.0.10/24 dev dmz0\n10.5.0.11/24 dev dmz0")).unwrap();
    soon(&bench, "both are there", || has(&bench, " 10.5.0.10/24 ") && has(&bench, " 10.5.0.11/24 "));
    let monitor = bench.left.file("monitor").display().to_string();
    left(&bench, &format!("timeout 60 ip -o monitor address > {monitor} 2>&1 & echo $! > {monitor}.pid"));
    // It listens once it has told of an address that comes.
    soon(&bench, "the monitor listens", || {
        left(&bench, "ip addr del 10.7.0.9/32 dev dmz0 2> /dev/null; ip addr add 10.7.0.9/32 dev dmz0");
        left(&bench, &format!("cat {monitor}")).contains("10.7.0.9")
    });
    left(&bench, "ip addr del 10.7.0.9/32 dev dmz0");
    bench.left.reload_with(&statics("10.5.0.11/24 dev dmz0\n10.5.0.12/24 dev dmz0 label dmz0:x")).unwrap();
    soon(&bench, "one is exchanged", || has(&bench, " 10.5.0.12/24 ") && !has(&bench, " 10.5.0.10/24 "));
    let labels = left(&bench, "ip -o addr show dev dmz0");
    assert!(labels.contains("dmz0:x"), "{labels}");
    let seen = || left(&bench, &format!("cat {monitor}"));
    soon(&bench, "the monitor tells of it", || seen().contains("10.5.0.12"));
    // When the first of a subnet goes the kernel tells of the next again, which it promotes.
    let deleted = |address: &str| seen().lines().any(|line| line.starts_with("Deleted") && line.contains(address));
    assert!(deleted(" 10.5.0.10/") && !deleted(" 10.5.0.11/"), "{}", seen());
    left(&bench, &format!("kill $(cat {monitor}.pid)"));
    stop(&mut bench);
    restored(&bench, &before);
}

fn taken_away() {
    let mut bench = bench();
    start(&mut bench, &config("", "10.5.0.10/24\n10.5.0.11/24 no_track\n2001:db8:5::10/64"));
    soon(&bench, "added", || has(&bench, " 2001:db8:5::10/64 ") && has(&bench, " 10.5.0.11/24 "));
    left(&bench, "ip addr del 10.5.0.11/24 dev dmz0; ip addr del 10.5.0.10/24 dev dmz0");
    soon(&bench, "back", || has(&bench, " 10.5.0.10/24 ") && bench.left.log().contains("removed 10.5.0.10 from dmz0"));
    let given_up = "static address 10.5.0.11/24 dev dmz0";
    soon(&bench, "given up", || state_of(&bench, given_up).as_deref() == Some("given_up"));
    assert!(!has(&bench, " 10.5.0.11/24 "));
    // The kernel takes IPv6 addresses off an interface that goes down.
    left(&bench, "ip link set dmz0 down");
    left(&bench, "ip link set dmz0 up");
    soon(&bench, "back after the link", || has(&bench, " 2001:db8:5::10/64 "));
    // IPv6 off: refused, said, and tried again when it comes back.
    left(&bench, "echo 1 > /proc/sys/net/ipv6/conf/dmz0/disable_ipv6");
    let v6 = "static address 2001:db8:5::10/64 dev dmz0";
    soon(&bench, "refused", || state_of(&bench, v6).as_deref() == Some("refused"));
    left(&bench, "echo 0 > /proc/sys/net/ipv6/conf/dmz0/disable_ipv6");
    soon(&bench, "added once IPv6 is there", || has(&bench, " 2001:db8:5::10/64 "));
    stop(&mut bench);
    assert!(!has(&bench, " 10.5.0.") && !has(&bench, " 2001:db8:5:"), "{}", bench.left.log());
}

fn track_group() {
    let mut bench = bench();
    let group = "track_group TG {\n group {\n VI_1\n }\n}";
    start(&mut bench, &config(group, "10.5.0.10/24 track_group TG"));
    left(&bench, "ip link set dmz0 down");
    assert!(bench.left.wait_state("FAULT", PATIENCE), "{}", bench.left.log());
    let status = bench.left.status().unwrap();
    let tracked = status["trackers"].as_array().unwrap();
    assert!(tracked.iter().any(|it| it["name"] == "track_group TG" && it["reading"] == "down"), "{status}");
    left(&bench, "ip link set dmz0 up");
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    left(&bench, "ip link del dmz0");
    assert!(bench.left.wait_state("FAULT", PATIENCE), "{}", bench.left.log());
    // Without the address in the group the router runs.
    bench.left.reload_with(&config(group, "10.5.0.10/24")).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    stop(&mut bench);
}
