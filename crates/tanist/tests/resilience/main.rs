//! What befalls a daemon in the field, on a real kernel: it is frozen, its threads hang, its parent changes, others send it
//! what they like. Each time it is the wire and `tanist status` that are looked at.

mod announcements;
mod deaf;
mod frozen;
mod host_thread;
mod leaving;
mod parent;
mod peers;
mod signals;
mod switches;

use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use lab::{Captured, CapturedFrame, Network, NetworkBuilder, Program, RouterHost, wait};
use libtest_mimic::Trial;
use serde_json::Value;
use testbed::lan::{Bench, Instance, Layout, Protocol, VmacMode, harness};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(20);
/// How much later than the protocol wants something may happen on a busy machine.
const TOLERANCE: Duration = Duration::from_millis(150);

fn main() -> ExitCode {
    harness::run(|| if harness::has_program("ip", "what befalls a daemon") { all() } else { Vec::new() })
}

fn all() -> Vec<Trial> {
    let tests = [
        frozen::TESTS,
        announcements::TESTS,
        signals::TESTS,
        host_thread::TESTS,
        leaving::TESTS,
        deaf::TESTS,
        parent::TESTS,
        peers::TESTS,
        switches::TESTS,
    ];
    tests.concat().into_iter().map(|(what, test)| harness::test(what, test)).collect()
}

/// What a test shows, and the test.
type Test = (&'static str, fn());

fn tanist() -> Program {
    harness::tanist(env!("CARGO_BIN_EXE_tanist"))
}

fn bench() -> Bench {
    Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap()
}

fn instance(priority: u8) -> Instance {
    Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, priority)
}

/// Left is master, right is backup and has heard it.
fn pair(master: &Instance, backup: &Instance) -> Bench {
    let mut bench = bench();
    start_master(&mut bench.left, master);
    bench.right.start_with(backup).unwrap();
    let heard = || status(&bench.right)["master"]["priority"] == master.priority;
    assert!(wait::until(PATIENCE, heard), "the backup hears its master; {}", bench.right.log());
    bench
}

fn start_master(router: &mut RouterHost, config: &impl ToString) {
    router.start_with(&config.to_string()).unwrap();
    assert!(router.wait_state("MASTER", PATIENCE), "{}", router.log());
}

/// What the daemon says of its first router; null while it cannot be asked.
fn status(router: &RouterHost) -> Value {
    router.status().unwrap_or_default()
}

fn count(announced: &[(vrrp::time::Instant, IpAddr)], address: &str) -> usize {
    let address = ip(address);
    announced.iter().filter(|(_, it)| *it == address).count()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Two routers of which each has eth0 on the first segment and eth1 on the second.
fn two_segments() -> Network<2> {
    let second = lab::Segment::nth(1);
    let builder = NetworkBuilder::new().router("r1", tanist()).cable("eth0", &["10.9.0.3/24"]);
    let builder = builder.cable_to(second, "eth1", &["10.8.0.3/24"]);
    let builder = builder.router("r2", tanist()).cable("eth0", &["10.9.0.2/24"]);
    builder.cable_to(second, "eth1", &["10.8.0.2/24"]).build().unwrap()
}

/// `count` instances, half of them on each of eth0 and eth1, with VRIDs from 1.
fn many(count: usize, priority: u8, lines: &str) -> String {
    let one = |number: usize| {
        let (link, vrid) = (number % 2, number / 2 + 1);
        let network = 9 - link;
        format!(
            "vrrp_instance VI_{number} {{\n interface eth{link}\n virtual_router_id {vrid}\n priority {priority}\n\
             {lines}\n virtual_ipaddress {{\n 10.{network}.1.{vrid}/32\n }}\n}}\n"
        )
    };
    format!("global_defs {{\n vrrp_version 3\n}}\n{}", (0..count).map(one).collect::<String>())
}

/// The frames that a host has sent since `from` and that are wanted.
fn sent(
    bench: &Bench,
    from: Captured,
    host: &lab::Host,
    wanted: impl Fn(&CapturedFrame) -> bool,
) -> Vec<CapturedFrame> {
    bench.watch.capture.since(from, |frame| frame.port == host.port && wanted(frame))
}
