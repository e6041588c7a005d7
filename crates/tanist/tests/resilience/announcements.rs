//! Announcements: how many, in which order, and what leaves with the virtual MAC around them.

use std::time::Duration;

use lab::{Captured, CapturedFrame, wait};
use testbed::lan::{Bench, Instance, Protocol, VmacMode};
use vrrp::types::MacAddr;

use super::{PATIENCE, TOLERANCE, Test, bench, count, pair, sent, start_master};

pub(super) const TESTS: &[Test] = &[
    ("with a gap no round is lost, and rounds of routers interleave", gap),
    ("a number of rounds beyond all reason is limited, and adverts keep time", far_too_many),
    ("an IPv6 takeover is an advert, group joins, unsolicited NA, and nothing else, MLDv2", || takeover(Mld::V2)),
    ("an IPv6 takeover is an advert, group joins, unsolicited NA, and nothing else, MLDv1", || takeover(Mld::V1)),
    ("the virtual MAC is silent once the successor has spoken, MLDv2", || silent_after(Mld::V2)),
    ("the virtual MAC is silent once the successor has spoken, MLDv1", || silent_after(Mld::V1)),
];

/// Rounds of a takeover in these tests.
const ROUNDS: usize = 3;

fn gap() {
    const ROUTERS: usize = 8;
    let one = |number: usize| {
        format!(
            "vrrp_instance VI_{number} {{\n interface eth0\n virtual_router_id {}\n priority 150\n advert_int 0.3\n\
             garp_master_repeat {ROUNDS}\n garp_master_delay 0\n\
             virtual_ipaddress {{\n 10.9.1.{number}/32\n }}\n}}\n",
            60 + number
        )
    };
    let globals = "global_defs {\n vrrp_version 3\n vrrp_garp_interval 0.1\n}\n";
    let config: String = std::iter::once(globals.to_owned()).chain((0..ROUTERS).map(one)).collect();
    let mut bench = bench();
    start_master(&mut bench.left, &config);
    let all = || bench.watch.announcements(Captured::default(), &bench.left.host);
    let addresses: Vec<String> = (0..ROUTERS).map(|number| format!("10.9.1.{number}")).collect();
    let complete = || addresses.iter().all(|address| count(&all(), address) >= ROUNDS);
    assert!(wait::until(PATIENCE, complete), "{:?}; {}", all(), bench.left.log());
    std::thread::sleep(TOLERANCE);
    let all = all();
    for address in &addresses {
        assert_eq!(count(&all, address), ROUNDS, "{address} in {all:?}");
    }
    let first_complete = (1..=all.len()).find(|until| addresses.iter().any(|it| count(&all[..*until], it) == ROUNDS));
    let until_then = &all[..first_complete.unwrap()];
    assert!(addresses.iter().all(|address| count(until_then, address) >= ROUNDS - 1), "in turns: {all:?}");
    // The first round leaves at once, all others one by one.
    let apart = all.windows(2).skip(ROUTERS).all(|pair| pair[1].0.since(pair[0].0) >= Duration::from_millis(90));
    assert!(apart, "{all:?}");
}

fn far_too_many() {
    const MOST: usize = 100;
    for vmac in [VmacMode::Vmac, VmacMode::None] {
        let instance = Instance::new(Protocol::V3Ipv4, vmac, 150);
        let instance = instance.with("garp_master_repeat 4000000000").with("garp_master_delay 1");
        let mut bench = bench();
        start_master(&mut bench.left, &instance);
        let all = || count(&bench.watch.announcements(Captured::default(), &bench.left.host), "10.9.0.1");
        assert!(wait::until(PATIENCE, || all() >= 2 * MOST), "{}; {}", all(), bench.left.log());
        std::thread::sleep(instance.interval * 3);
        assert_eq!(all(), 2 * MOST, "{vmac}");
        let gap = bench.watch.longest_gap(Captured::default(), &bench.left.host).unwrap();
        assert!(gap <= instance.interval + TOLERANCE, "{gap:?}");
    }
}

/// Which version of multicast listener discovery the routers' hosts speak.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mld {
    V1,
    V2,
}

/// What the virtual MAC sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Advert,
    /// A report of multicast listener discovery: it joins, or goes on listening.
    Join,
    /// An MLDv1 Done.
    Done,
    NeighborAdvertisement,
    Other,
}

fn what(frame: &CapturedFrame) -> Sent {
    const HOP_BY_HOP: u8 = 0;
    const NEXT_HEADER: usize = 20;
    const PAYLOAD: usize = 54;
    if frame.advert().is_some() {
        return Sent::Advert;
    }
    // The router alert option that comes with MLD takes 8 bytes.
    let offset = if frame.bytes.get(NEXT_HEADER) == Some(&HOP_BY_HOP) { PAYLOAD + 8 } else { PAYLOAD };
    match frame.bytes.get(offset) {
        Some(131 | 143) => Sent::Join,
        Some(132) => Sent::Done,
        Some(136) => Sent::NeighborAdvertisement,
        _ => Sent::Other,
    }
}

fn routers() -> (Instance, Instance) {
    let instance = |priority| Instance::new(Protocol::V3Ipv6, VmacMode::Vmac, priority).with("garp_master_delay 1");
    (instance(150), instance(100))
}

fn speak(bench: &Bench, mld: Mld) {
    let version = match mld {
        Mld::V1 => "1",
        Mld::V2 => "0",
    };
    for router in [&bench.left, &bench.right] {
        for which in ["all", "default"] {
            router.host.set_sysctl(&format!("net/ipv6/conf/{which}/force_mld_version"), version).unwrap();
        }
    }
}

/// What the virtual MAC sent from a host, in order.
fn of_virtual_mac(bench: &Bench, from: Captured, host: &lab::Host, mac: MacAddr) -> Vec<(vrrp::time::Instant, Sent)> {
    let frames = sent(bench, from, host, |frame| frame.source_mac() == mac);
    frames.iter().map(|frame| (frame.at, what(frame))).collect()
}

fn takeover(mld: Mld) {
    let (master, backup) = routers();
    let mut bench = pair(&master, &backup);
    speak(&bench, mld);
    let since = bench.watch.now();
    bench.left.kill().unwrap();
    bench.watch.first_advert(since, &bench.right.host, PATIENCE).expect("the backup takes over");
    let all = || of_virtual_mac(&bench, since, &bench.right.host, backup.virtual_mac());
    let position = |wanted: Sent| all().iter().position(|(_, what)| *what == wanted);
    let both = || position(Sent::Join).is_some() && position(Sent::NeighborAdvertisement).is_some();
    assert!(wait::until(PATIENCE, both), "{:?}; {}", all(), bench.right.log());
    std::thread::sleep(backup.interval);
    let all: Vec<Sent> = all().into_iter().map(|(_, what)| what).collect();
    assert_eq!(all.first(), Some(&Sent::Advert), "{all:?}");
    assert!(!all.contains(&Sent::Other) && !all.contains(&Sent::Done), "{all:?}");
    match mld {
        Mld::V1 => assert!(position(Sent::Join) < position(Sent::NeighborAdvertisement), "{all:?}"),
        // The kernel has joined, but keeps its report back for some milliseconds, so that one report says it all.
        Mld::V2 => {}
    }
}

fn silent_after(mld: Mld) {
    let (master, backup) = routers();
    let mut bench = bench();
    speak(&bench, mld);
    start_master(&mut bench.right, &backup);
    std::thread::sleep(backup.down_interval());
    let since = bench.watch.now();
    bench.left.start_with(&master).unwrap();
    let first = bench.watch.first_advert(since, &bench.left.host, PATIENCE).expect("preempts");
    assert!(bench.right.wait_state("BACKUP", PATIENCE), "{}", bench.right.log());
    std::thread::sleep(Duration::from_secs(3));
    let late = of_virtual_mac(&bench, since, &bench.right.host, backup.virtual_mac());
    // An advert may cross the successor's.
    let crossed = |what: &Sent| *what == Sent::Advert;
    let late: Vec<_> = late.into_iter().filter(|(at, what)| *at > first.at && !crossed(what)).collect();
    assert_eq!(late, [], "since {:?}; {}", first.at, bench.right.log());
}
