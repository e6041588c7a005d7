//! Unicast and other multicast groups on a real network.
//!
//! | part | shows |
//! |---|---|
//! | `election` | two and three nodes: who is master, and that nothing is multicast |
//! | `refusals` | whose adverts are taken |
//! | `sources` | source addresses that come later or go, and routers without peers |
//! | `reload` | from multicast to unicast and back, and routers that share a VRID |
//! | `groups` | other multicast groups |
//! | `checksum` | the checksum of old peers |
//! | `signed` | three nodes with AH, one of them keepalived |
//! | `trailer` | `auth_hmac`, also by multicast: keys that roll over, peers with another key or none |

mod checksum;
mod election;
mod groups;
mod refusals;
mod reload;
mod signed;
mod sources;
mod trailer;

use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use lab::{Captured, CapturedFrame, Host, Program, RouterHost, Watch, wait};
use libtest_mimic::Trial;
use serde_json::Value;
use testbed::lan::{Bench, Instance, Layout, Protocol, VmacMode, harness};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    harness::run(|| if harness::has_program("ip", "unicast") { all() } else { Vec::new() })
}

fn all() -> Vec<Trial> {
    let mut trials = election::trials();
    trials.extend(signed::trials());
    let tests = [refusals::TESTS, sources::TESTS, reload::TESTS, groups::TESTS, checksum::TESTS, trailer::TESTS];
    trials.extend(tests.concat().into_iter().map(|(what, test)| harness::test(what, test)));
    trials
}

/// What a test shows, and the test.
type Test = (&'static str, fn());

fn tanist() -> Program {
    harness::tanist(env!("CARGO_BIN_EXE_tanist"))
}

/// Left has the higher addresses.
fn bench() -> Bench {
    Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap()
}

/// Addresses of the routers of a [`Bench`]: left and right.
const fn sides(protocol: Protocol) -> [&'static str; 2] {
    match protocol {
        Protocol::V2 | Protocol::V3Ipv4 => ["10.9.0.3", "10.9.0.2"],
        Protocol::V3Ipv6 => ["2001:db8:9::3", "2001:db8:9::2"],
    }
}

/// The left one of two unicast routers, VRRPv3 over IPv4.
fn left(priority: u8) -> Instance {
    let [own, peer] = sides(Protocol::V3Ipv4);
    Instance::new(Protocol::V3Ipv4, VmacMode::None, priority).unicast(own, &[peer])
}

/// The right one.
fn right(priority: u8) -> Instance {
    let [peer, own] = sides(Protocol::V3Ipv4);
    Instance::new(Protocol::V3Ipv4, VmacMode::None, priority).unicast(own, &[peer])
}

fn start_master(router: &mut RouterHost, config: &impl ToString) {
    router.start_with(&config.to_string()).unwrap();
    assert!(router.wait_state("MASTER", PATIENCE), "{}", router.log());
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

/// What the daemon says of its first router; null while it cannot be asked.
fn status(router: &RouterHost) -> Value {
    router.status().unwrap_or_default()
}

fn counter(router: &RouterHost, name: &str) -> u64 {
    status(router)["counters"][name].as_u64().unwrap_or_default()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Where the adverts of a host have gone since `from`, each destination once.
fn destinations(watch: &Watch, from: Captured, host: &Host) -> Vec<IpAddr> {
    let destination = |frame: &CapturedFrame| watch.advert_of(frame, host).map(|advert| advert.destination);
    let mut all: Vec<IpAddr> =
        watch.capture.since(from, |frame| frame.port == host.port).iter().filter_map(destination).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether a host listens to a group on its eth0.
fn listens(host: &Host, group: &str) -> bool {
    host.run_program("ip", &["maddress", "show", "dev", "eth0"]).unwrap().split_whitespace().any(|word| word == group)
}
