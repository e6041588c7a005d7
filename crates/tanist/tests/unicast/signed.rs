//! Three nodes with AH, one of them keepalived: they count together, and one that restarts is heard (G06).

use std::time::Duration;

use lab::{Network, NetworkBuilder, Program, RouterHost, Watch};
use libtest_mimic::Trial;
use rustix::process::Signal;
use testbed::lan::{Instance, Protocol, VmacMode, harness};

use super::{PATIENCE, counter, tanist};

const NODES: [&str; 3] = ["10.9.0.11", "10.9.0.12", "10.9.0.13"];
/// How long nobody else speaks where one is the only master.
const CALM: Duration = Duration::from_secs(2);

pub(super) fn trials() -> Vec<Trial> {
    if !harness::has_program("keepalived", "AH with three nodes") {
        return Vec::new();
    }
    let trial = |place: usize| {
        let name = format!("AH: three nodes, keepalived is number {}", place + 1);
        harness::test(name, move || one_master_at_a_time(place))
    };
    (0..NODES.len()).map(trial).collect()
}

/// Starts, stops, kills and restarts: the number goes on, and no honest advert is taken for a replay.
fn one_master_at_a_time(keepalived: usize) {
    let mut builder = NetworkBuilder::new();
    for (place, node) in NODES.into_iter().enumerate() {
        let program = if place == keepalived { Program::Keepalived } else { tanist() };
        builder = builder.router(&format!("r{}", place + 1), program).cable("eth0", &[format!("{node}/24")]);
    }
    let Network { mut routers, client: _client, capture, lan: _lan } = builder.build::<3>().unwrap();
    let watch = Watch::new(capture, Instance::VRID);
    for (place, priority) in [150, 100, 50].into_iter().enumerate() {
        let others: Vec<&str> = NODES.into_iter().filter(|node| *node != NODES[place]).collect();
        let instance = Instance::new(Protocol::V2, VmacMode::None, priority).unicast(NODES[place], &others);
        let instance = instance.with("authentication {\n auth_type AH\n auth_pass s3cret\n}");
        routers[place].start_with(&instance).unwrap();
    }
    is_the_only_master(&watch, &routers, 0);
    routers[1].signal(Signal::TERM).unwrap();
    routers[1].wait_end(PATIENCE).unwrap();
    routers[1].start().unwrap();
    // Meanwhile it hears the number; a keepalived that has not heard it begins with 1.
    is_the_only_master(&watch, &routers, 0);
    routers[0].kill().unwrap();
    is_the_only_master(&watch, &routers, 1);
    routers[1].kill().unwrap();
    is_the_only_master(&watch, &routers, 2);
    routers[1].start().unwrap();
    is_the_only_master(&watch, &routers, 1);
    routers[0].start().unwrap();
    is_the_only_master(&watch, &routers, 0);
    for (_, router) in routers.iter().enumerate().filter(|(place, _)| *place != keepalived) {
        assert_eq!(counter(router, "discarded_replay"), 0, "{}", router.log());
    }
}

fn is_the_only_master(watch: &Watch, routers: &[RouterHost; 3], place: usize) {
    let master = &routers[place];
    for other in routers.iter().filter(|router| router.host.name != master.host.name) {
        let settled = watch.settles(watch.now(), &master.host, &other.host, CALM, PATIENCE);
        let logs: Vec<String> = routers.iter().map(RouterHost::log).collect();
        assert!(settled, "r{} should be the only master; {}", place + 1, logs.join("\n"));
    }
}
