//! Foreign hands that do not stop: repairs, announcements, log lines and writes have limits.

use std::time::{Duration, Instant};

use lab::CapturedFrame;
use testbed::lan::{Protocol, VmacMode};

use super::{PATIENCE, Test, answers, becomes, holds, instance, master, setting, sh, soon};

pub(super) const ALL: &[Test] = &[
    ("an address deleted in a loop is put back a few times, and held again at the end", address_loop),
    ("an interface set down in a loop is set up a few times, and up again at the end", link_loop),
    ("an address that flaps on the parent writes the record a few times", flapping),
];

/// So often the address is deleted: more often than it may be put back at once.
const DELETIONS: usize = 14;

fn address_loop() {
    for vmac in [VmacMode::Vmac, VmacMode::None] {
        let router = instance(Protocol::V3Ipv4, vmac).with("garp_master_delay 0");
        let bench = master(&router);
        let dev = if vmac == VmacMode::Vmac { "vrrp.51" } else { "eth0" };
        std::thread::sleep(Duration::from_millis(500));
        let (since, said, start) = (bench.watch.now(), bench.left.log().lines().count(), Instant::now());
        let address = lab::prefixed("10.9.0.1/24").unwrap();
        let mut deletions = 0;
        while deletions < DELETIONS {
            // It is not there until it was put back.
            deletions += usize::from(bench.left.host.remove_address(dev, address).is_ok());
            assert!(start.elapsed() < PATIENCE * 3, "{deletions} deletions; {}", bench.left.log());
            std::thread::sleep(Duration::from_millis(1));
        }
        let most = most_repairs(start.elapsed());
        assert!(DELETIONS - 1 <= most, "it was put back {} times in {:?}", DELETIONS - 1, start.elapsed());
        holds(&bench, &router);
        answers(&bench, "10.9.0.1");
        let lines = bench.left.log().lines().count() - said;
        assert!(lines < 60, "{lines} lines; {}", bench.left.log());
        let announced = |frame: &CapturedFrame| frame.port == bench.left.host.port && frame.announcement().is_some();
        let announcements = bench.watch.capture.since(since, announced).len();
        assert!(announcements <= 100, "{announcements} announcements");
        becomes(&bench.left, "MASTER");
    }
}

/// How often an address may be put back in this time: eight times at once in ten seconds, and each second once more by a
/// repair that waited and once by a renewal.
fn most_repairs(took: Duration) -> usize {
    let seconds = usize::try_from(took.as_secs()).unwrap();
    8 * (seconds / 10 + 1) + 2 * (seconds + 1)
}

fn link_loop() {
    let router = instance(Protocol::V3Ipv4, VmacMode::Vmac);
    let bench = master(&router);
    sh(&bench, "for i in $(seq 60); do ip link set vrrp.51 down; sleep 0.05; done");
    let up = || sh(&bench, "ip -o link show type macvlan").contains(",UP");
    assert!(lab::wait::until(PATIENCE, up), "up again; {}", bench.left.log());
    holds(&bench, &router);
    answers(&bench, "10.9.0.1");
    // The window of the limit passes.
    std::thread::sleep(Duration::from_secs(10));
    sh(
        &bench,
        "for i in $(seq 12); do ip link set vrrp.51 address 02:00:00:00:00:0$((i % 10)); ip link set vrrp.51 down; sleep 0.1; done; true",
    );
    let ours = || sh(&bench, "ip -o link show type macvlan").contains("00:00:5e:00:01:33");
    assert!(lab::wait::until(PATIENCE, ours), "our MAC again; {}", bench.left.log());
    becomes(&bench.left, "MASTER");
    holds(&bench, &router);
    assert_eq!(bench.left.host.link_of("10.9.0.1".parse().unwrap()).as_deref(), Some("vrrp.51"), "keeps its name");
    answers(&bench, "10.9.0.1");
    assert!(bench.left.log().lines().count() < 120, "{}", bench.left.log());
}

fn flapping() {
    let router = instance(Protocol::V3Ipv4, VmacMode::Vmac);
    let bench = master(&router);
    let state = bench.left.file("state");
    let flaps = std::thread::scope(|scope| {
        let flapping = scope.spawn(|| {
            let command =
                "for i in $(seq 300); do ip addr add 10.5.0.1/24 dev eth0; ip addr del 10.5.0.1/24 dev eth0; done";
            sh(&bench, command);
        });
        // The record is replaced, so each write is another file.
        let (mut writes, mut last) = (0, 0);
        while !flapping.is_finished() {
            use std::os::unix::fs::MetadataExt as _;
            let file = std::fs::metadata(state.join("ledger.json")).map_or(0, |file| file.ino());
            writes += u32::from(file != last);
            last = file;
            std::thread::sleep(Duration::from_millis(1));
        }
        flapping.join().unwrap();
        writes
    });
    assert!(flaps < 100, "{flaps} writes");
    assert_eq!(bench.left.status().unwrap()["state"], "MASTER");
    soon(&bench, "nothing is changed", || setting(&bench, "ipv4/conf/eth0/arp_ignore") == "1");
    answers(&bench, "10.9.0.1");
}
