//! Others keep the kernel's network lock (RTNL) for long. There is one for all namespaces, so that this test has a program
//! of its own: tests beside it would wait as well.

use std::fs;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use lab::wait;
use libtest_mimic::Trial;
use testbed::lan::{Bench, Instance, Layout, Protocol, VmacMode, harness};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(20);
/// Interfaces that go at once: the lock is held for some seconds.
const LINKS: usize = 400;

fn main() -> ExitCode {
    harness::run(|| if harness::has_program("ip", "a busy kernel") { all() } else { Vec::new() })
}

fn all() -> Vec<Trial> {
    vec![harness::test("waiting for the kernel's network lock is no reason for a failover", busy_kernel)]
}

fn busy_kernel() {
    let slow = |priority| {
        let instance = Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, priority);
        Instance { interval: Duration::from_secs(1), ..instance }
    };
    let tanist = || harness::tanist(env!("CARGO_BIN_EXE_tanist"));
    let mut bench = Bench::new(tanist(), tanist(), Layout::LeftHigher).unwrap();
    bench.left.start_with(&slow(150)).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    bench.right.start_with(&slow(100)).unwrap();
    assert!(bench.right.wait_state("BACKUP", PATIENCE), "{}", bench.right.log());
    let file = bench.left.file("links");
    let one = |number: usize| format!("link add name b{number} group 7 type bridge\n");
    fs::write(&file, (0..LINKS).map(one).collect::<String>()).unwrap();
    let since = bench.watch.now();
    bench.left.host.run_program("ip", &["-batch", file.to_str().unwrap()]).unwrap();
    bench.left.host.run_program("ip", &["link", "delete", "group", "7"]).unwrap();
    sleep(Duration::from_secs(2));
    assert_eq!(bench.watch.adverts(since, &bench.right.host).len(), 0, "{}", bench.left.log());
    let gap = bench.watch.longest_gap(since, &bench.left.host).unwrap();
    assert!(gap < slow(100).down_interval(), "{gap:?}");
    let status = || bench.left.status().unwrap_or_default();
    assert!(wait::until(PATIENCE, || status()["addresses_installed"] == "installed"), "{}", bench.left.log());
    assert_eq!(status()["counters"]["became_master"], 1, "{}", bench.left.log());
    assert_eq!(bench.left.host.link_of("10.9.0.1".parse().unwrap()).as_deref(), Some("vrrp.51"));
    for router in [&bench.left, &bench.right] {
        assert!(!router.log().contains("hangs"), "{}", router.log());
    }
}
