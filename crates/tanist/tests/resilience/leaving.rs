//! Make before break: a master that leaves by plan answers until its successor does.

use std::net::IpAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use lab::{Captured, CapturedFrame, EchoProbe, wait};
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, MachineState, Protocol, VmacMode};

use super::{PATIENCE, Test, bench, ip, pair, start_master, status};

pub(super) const TESTS: &[Test] = &[
    ("a planned stop loses no pings, IPv4, virtual MAC", || stop(Protocol::V3Ipv4, VmacMode::Vmac)),
    ("a planned stop loses no pings, IPv4, physical MAC", || stop(Protocol::V3Ipv4, VmacMode::None)),
    ("a planned stop loses no pings, IPv6, virtual MAC", || stop(Protocol::V3Ipv6, VmacMode::Vmac)),
    ("a planned stop by unicast loses no pings", unicast),
    ("a tracked interface that fails loses no pings", fault),
    ("removal by a reload loses no pings", removal),
    ("tanist_linger 0 withdraws at once", at_once),
    ("without a successor it ends after the skew time of the slowest backup", alone),
    ("a second signal ends it at once", second_signal),
];

/// Between two pings.
const PERIOD: Duration = Duration::from_millis(10);
/// The backups' skew time is 304 ms. How soon a successor answers once it has said that it is there is another matter, and on
/// a busy machine takes time.
const INTERVAL: Duration = Duration::from_millis(500);
/// Pings in most of the skew time.
const BEFORE: usize = 24;
/// Of these may get lost on a busy machine; a master that lets go at once loses nearly all.
const FEW: usize = 3;

fn slow(protocol: Protocol, vmac: VmacMode, priority: u8) -> Instance {
    Instance { interval: INTERVAL, ..Instance::new(protocol, vmac, priority) }
}

fn target(instance: &Instance) -> IpAddr {
    let address = instance.addresses.last().unwrap();
    ip(address.split('/').next().unwrap())
}

/// How pings of the address of `backup` fared while the left router left, and when that began.
struct Takeover {
    /// Lost before the successor could be there.
    before: usize,
    /// The longest run of lost pings.
    gap: usize,
    since: Captured,
}

/// Pings until the right router has been master for a while.
fn takeover(bench: &Bench, backup: &Instance, leave: impl FnOnce(&Bench)) -> Takeover {
    let probe = EchoProbe::start(&bench.client, target(backup), PERIOD).unwrap();
    let answered = || probe.tally(0, probe.position()).lost + 20 < probe.position();
    assert!(wait::until(PATIENCE, answered), "the master answers; {}", bench.left.log());
    let (from, since) = (probe.position(), bench.watch.now());
    leave(bench);
    assert!(bench.right.wait_state("MASTER", PATIENCE), "{}", bench.right.log());
    sleep(INTERVAL);
    let to = probe.position();
    sleep(Duration::from_millis(200));
    let (before, gap) = (probe.tally(from, from + BEFORE).lost, probe.tally(from, to).longest_gap);
    Takeover { before, gap, since }
}

/// Nothing but priority 0 says anything in the name of a router that has left.
fn announces_nothing(bench: &Bench, since: Captured) {
    let farewell = bench.watch.priority_zero(since, &bench.left.host, PATIENCE).expect("says priority 0");
    let announced = |frame: &CapturedFrame| frame.port == bench.left.host.port && frame.announcement().is_some();
    let later = |frame: &CapturedFrame| announced(frame) && frame.at > farewell.at;
    assert_eq!(bench.watch.capture.since(since, later), Vec::new(), "announces nothing while it leaves");
}

fn terminate(bench: &Bench) {
    bench.left.signal(Signal::TERM).unwrap();
}

fn stop(protocol: Protocol, vmac: VmacMode) {
    let (master, backup) = (slow(protocol, vmac, 150), slow(protocol, vmac, 100));
    let mut bench = pair(&master, &backup);
    let Takeover { before, since, .. } = takeover(&bench, &backup, terminate);
    assert!(before <= FEW, "{before} pings; {} {}", bench.left.log(), bench.right.log());
    announces_nothing(&bench, since);
    assert!(bench.left.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", bench.left.log());
    assert_eq!(bench.left.host.link_of(target(&backup)), None);
}

fn unicast() {
    let master = slow(Protocol::V3Ipv4, VmacMode::None, 150).unicast("10.9.0.3", &["10.9.0.2"]);
    let backup = slow(Protocol::V3Ipv4, VmacMode::None, 100).unicast("10.9.0.2", &["10.9.0.3"]);
    let bench = pair(&master, &backup);
    let Takeover { before, .. } = takeover(&bench, &backup, terminate);
    assert!(before <= FEW, "{before} pings; {} {}", bench.left.log(), bench.right.log());
}

fn fault() {
    let (master, backup) = (instance(150).with("track_interface {\n        uplink\n    }"), instance(100));
    let mut bench = bench();
    bench.left.host.run_program("ip", &["link", "add", "uplink", "up", "type", "bridge"]).unwrap();
    bench.left.host.run_program("ip", &["link", "add", "port", "master", "uplink", "up", "type", "veth"]).unwrap();
    bench.left.host.run_program("ip", &["link", "set", "veth0", "up"]).unwrap();
    start_master(&mut bench.left, &master);
    bench.right.start_with(&backup).unwrap();
    let heard = || status(&bench.right)["master"]["priority"] == 150;
    assert!(wait::until(PATIENCE, heard), "{}", bench.right.log());
    let Takeover { before, since, .. } = takeover(&bench, &backup, |bench| {
        bench.left.host.run_program("ip", &["link", "set", "uplink", "down"]).map(drop).unwrap();
    });
    assert!(before <= FEW, "{before} pings; {} {}", bench.left.log(), bench.right.log());
    announces_nothing(&bench, since);
    assert_eq!(status(&bench.left)["state"], "FAULT");
    assert!(wait::until(PATIENCE, || bench.left.host.link_of(target(&backup)).is_none()), "{}", bench.left.log());
}

fn instance(priority: u8) -> Instance {
    slow(Protocol::V3Ipv4, VmacMode::Vmac, priority)
}

fn removal() {
    // It announces once, before.
    let other = "vrrp_instance other {\n interface eth0\n virtual_router_id 77\n garp_master_delay 0\n virtual_ipaddress {\n \
                 10.9.0.77\n }\n}\n";
    let (master, backup) = (instance(150), instance(100));
    let mut bench = bench();
    let state = |bench: &Bench| MachineState::of(&bench.left.host).unwrap();
    bench.left.start_with(&other).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let without = state(&bench);
    bench.left.reload_with(&format!("{master}{other}")).unwrap();
    let is_master = |bench: &Bench| bench.left.status_of("VI_1").is_some_and(|it| it["state"] == "MASTER");
    assert!(wait::until(PATIENCE, || is_master(&bench)), "{}", bench.left.log());
    bench.right.start_with(&backup).unwrap();
    let heard = || status(&bench.right)["master"]["priority"] == 150;
    assert!(wait::until(PATIENCE, heard), "{}", bench.right.log());
    bench.left.configure(other).unwrap();
    let Takeover { before, since, .. } = takeover(&bench, &backup, |bench| bench.left.signal(Signal::HUP).unwrap());
    assert!(before <= FEW, "{before} pings; {} {}", bench.left.log(), bench.right.log());
    announces_nothing(&bench, since);
    let changes = || without.changes(&state(&bench));
    assert!(wait::until(PATIENCE, || changes().is_empty()), "{:?}; {}", changes(), bench.left.log());
}

fn at_once() {
    let (master, backup) = (instance(150).with("tanist_linger 0"), instance(100));
    let bench = pair(&master, &backup);
    let Takeover { gap, .. } = takeover(&bench, &backup, terminate);
    assert!(gap > BEFORE / 2, "{gap} pings in a row; {}", bench.left.log());
}

fn alone() {
    let mut bench = bench();
    let master = Instance { interval: Duration::from_secs(1), ..instance(150) };
    start_master(&mut bench.left, &master);
    let since = bench.watch.now();
    let start = Instant::now();
    terminate(&bench);
    let leaving = || status(&bench.left)["leaving_seconds"].as_f64().is_some_and(|seconds| seconds <= 1.0);
    assert!(wait::until(PATIENCE, leaving), "status says that it leaves; {}", bench.left.log());
    assert_eq!(status(&bench.left)["addresses_installed"], "installed");
    assert!(bench.left.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", bench.left.log());
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!(bench.left.host.link_of(target(&master)), None);
    announces_nothing(&bench, since);
}

fn second_signal() {
    let mut bench = bench();
    start_master(&mut bench.left, &instance(150));
    let patient = Instance { interval: Duration::from_secs(40), ..instance(150).with("tanist_linger 40") };
    bench.left.reload_with(&patient).unwrap();
    let is_slow = || status(&bench.left)["interval_ms"] == 40_000;
    assert!(wait::until(PATIENCE, is_slow), "{}", bench.left.log());
    terminate(&bench);
    let leaving = || status(&bench.left)["leaving_seconds"].is_number();
    assert!(wait::until(PATIENCE, leaving), "{}", bench.left.log());
    terminate(&bench);
    assert!(bench.left.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", bench.left.log());
}
