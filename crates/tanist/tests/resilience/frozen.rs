//! A daemon that did not run for a while, and goes on.

use std::thread::sleep;
use std::time::Duration;

use lab::wait;
use testbed::lan::{Instance, Protocol, VmacMode};

use super::{PATIENCE, Test, ip, many, pair, status, two_segments};

pub(super) const TESTS: &[Test] = &[
    ("a thawed backup says and does nothing, at an interval of a second", || thawed(Duration::from_secs(1))),
    ("a thawed backup says and does nothing, at an interval of 0.3 s", || thawed(Duration::from_millis(300))),
    ("a master that is thawed in time goes on as if nothing had been", thawed_master),
    ("four hundred backups that are thawed stay backups", many_thawed),
];

/// How soon a master has its address again, should it have lost it while it was frozen.
const BACK: Duration = Duration::from_millis(400);

/// Between one and two down intervals: after a longer silence it would listen first anyway.
fn thawed(interval: Duration) {
    let instance = |priority| Instance { interval, ..Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, priority) };
    let backup = instance(100);
    let bench = pair(&instance(150), &backup);
    let since = bench.watch.now();
    for part in [11, 13, 15, 17, 19] {
        bench.right.freeze().unwrap();
        sleep(backup.down_interval() * part / 10);
        bench.right.thaw().unwrap();
        sleep(interval);
        let (adverts, announced) =
            (bench.watch.adverts(since, &bench.right.host).len(), bench.watch.announcements(since, &bench.right.host));
        assert_eq!((adverts, announced), (0, Vec::new()), "after {part} tenths; {}", bench.right.log());
    }
    let status = status(&bench.right);
    assert_eq!((&status["state"], &status["counters"]["became_master"]), (&"BACKUP".into(), &0.into()));
    let log = bench.right.log();
    assert!(!log.contains("-> MASTER") && !log.contains("hangs"), "{log}");
}

/// Frozen for longer than its threads may be silent. With the interval before it, that is less than a down interval.
fn thawed_master() {
    let slow = |priority| Instance { interval: Duration::from_secs(1), ..super::instance(priority) };
    let bench = pair(&slow(150), &slow(100));
    let since = bench.watch.now();
    for _ in 0..4 {
        bench.left.freeze().unwrap();
        sleep(Duration::from_millis(2200));
        bench.left.thaw().unwrap();
        let holds = || bench.left.host.link_of(ip("10.9.0.1")).as_deref() == Some("vrrp.51");
        assert!(wait::until(BACK, holds), "holds its address again; {}", bench.left.log());
        sleep(slow(150).interval * 2);
    }
    assert!(bench.watch.priority_zero(since, &bench.left.host, Duration::ZERO).is_none(), "{}", bench.left.log());
    assert_eq!(bench.watch.adverts(since, &bench.right.host).len(), 0, "{}", bench.right.log());
    let status = status(&bench.left);
    assert_eq!((&status["state"], &status["counters"]["became_master"]), (&"MASTER".into(), &1.into()));
    assert!(!bench.left.log().contains("hangs"), "{}", bench.left.log());
}

/// So many that what waits in the socket is more than one reading takes.
fn many_thawed() {
    const ROUTERS: usize = 400;
    let mut network = two_segments();
    let [master, backup] = &mut network.routers;
    let states = |router: &lab::RouterHost, wanted: &str| {
        let document = router.status_document().unwrap_or_default();
        let routers = document["routers"].as_array().map_or(&[][..], Vec::as_slice);
        routers.iter().filter(|router| router["state"] == wanted).count()
    };
    master.start_with(&many(ROUTERS, 150, "advert_int 1")).unwrap();
    assert!(wait::until(PATIENCE * 3, || states(master, "MASTER") == ROUTERS), "{}", master.log());
    backup.start_with(&many(ROUTERS, 100, "advert_int 1")).unwrap();
    assert!(wait::until(PATIENCE, || states(backup, "BACKUP") == ROUTERS), "{}", backup.log());
    sleep(Duration::from_secs(2));
    let since = network.capture.now();
    let ports: Vec<_> = ["eth0", "eth1"].iter().map(|name| backup.host.cable(name).unwrap().port).collect();
    // After the longer time what a reading leaves in the socket decides.
    for millis in [4000, 6500] {
        backup.freeze().unwrap();
        sleep(Duration::from_millis(millis));
        backup.thaw().unwrap();
        sleep(Duration::from_secs(2));
    }
    let adverts = network.capture.since(since, |frame| ports.contains(&frame.port) && frame.advert().is_some());
    assert_eq!(adverts.len(), 0, "{}", lab::tail(&backup.log(), 20).join("\n"));
    assert_eq!(states(backup, "BACKUP"), ROUTERS);
}
