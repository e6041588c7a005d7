//! From multicast to unicast and back by reload, and routers that share a VRID.

use lab::{Captured, RouterHost, wait};
use testbed::lan::{Instance, Protocol, VmacMode};

use super::{PATIENCE, Test, bench, counter, destinations, ip, left, listens, pair, right, status};

pub(super) const TESTS: &[Test] = &[
    ("a reload from multicast to unicast and back is no failover", and_back),
    ("a peer that a reload adds hears of the master at once", added_peer),
    ("a unicast and a multicast router of one VRID live side by side", side_by_side),
];

fn and_back() {
    let multicast = |priority| Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, priority);
    let unicast = |instance: Instance| Instance { vmac: VmacMode::Vmac, ..instance };
    let mut bench = pair(&multicast(150), &multicast(100));
    let moves = |bench: &mut testbed::lan::Bench, to: [Instance; 2], destination: &str| {
        let since = bench.watch.now();
        bench.right.reload_with(&to[1]).unwrap();
        bench.left.reload_with(&to[0]).unwrap();
        let is_there = || destinations(&bench.watch, since, &bench.left.host).contains(&ip(destination));
        assert!(wait::until(PATIENCE, is_there), "{}", bench.left.log());
        let since = bench.watch.now();
        assert!(bench.watch.first_advert(since, &bench.left.host, PATIENCE).is_some());
        assert_eq!(destinations(&bench.watch, since, &bench.left.host), [ip(destination)]);
        let received = counter(&bench.right, "adverts_received");
        assert!(wait::until(PATIENCE, || counter(&bench.right, "adverts_received") > received + 1));
    };
    moves(&mut bench, [unicast(left(150)), unicast(right(100))], "10.9.0.2");
    let left_group = |host: &RouterHost| wait::until(PATIENCE, || !listens(&host.host, "224.0.0.18"));
    assert!(left_group(&bench.left) && left_group(&bench.right));
    moves(&mut bench, [multicast(150), multicast(100)], "224.0.0.18");
    assert!(listens(&bench.left.host, "224.0.0.18") && listens(&bench.right.host, "224.0.0.18"));
    for (router, changes) in [(&bench.left, 2), (&bench.right, 1)] {
        let log = router.log();
        assert_eq!(log.matches(" -> ").count(), changes, "{log}");
    }
    assert!(bench.watch.priority_zero(Captured::default(), &bench.left.host, std::time::Duration::ZERO).is_none());
    assert!(bench.watch.adverts(Captured::default(), &bench.right.host).is_empty(), "{}", bench.right.log());
}

fn added_peer() {
    let mut bench = bench();
    let slow = |peers: &[&str]| Instance {
        interval: std::time::Duration::from_secs(3),
        ..Instance::new(Protocol::V3Ipv4, VmacMode::None, 255).unicast("10.9.0.3", peers)
    };
    bench.left.start_with(&slow(&["10.9.0.2"])).unwrap();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    let first = bench.watch.first_advert(Captured::default(), &bench.left.host, PATIENCE).unwrap();
    let since = bench.watch.now();
    bench.left.reload_with(&slow(&["10.9.0.2", "10.9.0.9"])).unwrap();
    let is_told = || destinations(&bench.watch, since, &bench.left.host).contains(&ip("10.9.0.9"));
    assert!(wait::until(PATIENCE, is_told), "{}", bench.left.log());
    let told = bench.watch.first_advert(since, &bench.left.host, PATIENCE).unwrap();
    assert!(told.at.since(first.at) < std::time::Duration::from_secs(3), "before the next advert is due");
}

fn side_by_side() {
    let mut bench = bench();
    let both = |priorities: [u8; 2], own: &str, peer: &str| {
        let one = |name: &str, priority: u8, address: &str, more: &str| {
            format!(
                "vrrp_instance {name} {{\n interface eth0\n virtual_router_id 51\n priority {priority}\n advert_int 0.3\n\
                 {more}\n virtual_ipaddress {{\n {address}/24\n }}\n}}\n"
            )
        };
        let unicast = format!("unicast_src_ip {own}\n unicast_peer {{\n {peer}\n }}");
        let [first, second] = priorities;
        let routers = [one("all", first, "10.9.0.71", ""), one("one", second, "10.9.0.72", &unicast)].concat();
        format!("global_defs {{\n vrrp_version 3\n}}\n{routers}")
    };
    bench.left.start_with(&both([150, 50], "10.9.0.3", "10.9.0.2")).unwrap();
    let state = |router: &RouterHost, name: &str| {
        router.status_of(name).map(|status| status["state"].as_str().unwrap_or_default().to_owned())
    };
    // Else the right one may be master of the first as well, for a moment.
    assert!(wait::until(PATIENCE, || state(&bench.left, "all").is_some_and(|state| state == "MASTER")));
    bench.right.start_with(&both([100, 100], "10.9.0.2", "10.9.0.3")).unwrap();
    let are = |left: [&str; 2], right: [&str; 2]| {
        let of = |router: &RouterHost| ["all", "one"].map(|name| state(router, name).unwrap_or_default());
        let settled = || of(&bench.left) == left && of(&bench.right) == right;
        assert!(wait::until(PATIENCE, settled), "{}; {}", bench.left.log(), bench.right.log());
    };
    are(["MASTER", "BACKUP"], ["BACKUP", "MASTER"]);
    let refused = status(&bench.left)["counters"].clone();
    assert!(refused["discarded_unicast"].is_null() && refused["discarded_multicast"].is_null(), "{refused}");
    assert_eq!(destinations(&bench.watch, Captured::default(), &bench.right.host), [ip("10.9.0.3")]);
    bench.left.reload_with(&both([50, 150], "10.9.0.3", "10.9.0.2")).unwrap();
    are_after(&bench.left, &bench.right);
}

/// The priorities were exchanged: each router goes its way.
fn are_after(left: &RouterHost, right: &RouterHost) {
    let state = |router: &RouterHost, name: &str| router.status_of(name).unwrap_or_default()["state"].clone();
    let settled = || {
        state(left, "all") == "BACKUP"
            && state(left, "one") == "MASTER"
            && state(right, "all") == "MASTER"
            && state(right, "one") == "BACKUP"
    };
    assert!(wait::until(PATIENCE, settled), "{}; {}", left.log(), right.log());
}
