//! Adverts as odd network cards and senders deliver them, and announcements as neighbours see them.

use std::thread::sleep;
use std::time::Duration;

use lab::{Asker, CapturedFrame, ForgedAdvert, internet_checksum, wait};
use testbed::lan::{Bench, CLIENT, Instance, Protocol, VmacMode};

use super::{PATIENCE, Test, becomes, master, start};

pub(super) const ALL: &[Test] = &[
    ("padding behind an advert is no part of it, version 2", padded_v2),
    ("padding behind an advert is no part of it, version 3", padded_v3),
    ("lengths that lie do no harm, and IP options are passed over", malformed),
    ("a master announces again and again, from the virtual MAC, and only while it is master", refresh),
];

/// The shortest frame of an Ethernet, without its checksum.
const FRAME_MIN: usize = 60;

/// An advert of the client that beats all others here.
fn better(version: u8) -> ForgedAdvert {
    let interval = if version == 2 { 1 } else { 30 };
    let addresses = ["10.9.0.1".parse().unwrap()];
    ForgedAdvert { interval, ..ForgedAdvert::new(version, Instance::VRID, 200, CLIENT, &addresses) }
}

fn padded_v2() {
    padded(Protocol::V2, 2);
}

fn padded_v3() {
    padded(Protocol::V3Ipv4, 3);
}

// T02: ka#1652, kaC:03d30c5e
fn padded(protocol: Protocol, version: u8) {
    let router = Instance::new(protocol, VmacMode::None, 100);
    let mut bench = super::bench();
    let frame = better(version).frame(bench.client.mac);
    let sender = Asker::new(&bench.client).unwrap();
    bench.left.start_with(&router).unwrap();
    let end = std::time::Instant::now() + router.down_interval() * 2;
    let mut filler = [0x00, 0xff].into_iter().cycle();
    while std::time::Instant::now() < end {
        let mut frame = frame.clone();
        frame.resize(FRAME_MIN, filler.next().unwrap());
        sender.send(&frame).unwrap();
        sleep(Duration::from_millis(100));
    }
    becomes(&bench.left, "BACKUP");
    let heard = bench.left.status().unwrap()["heard"][0].clone();
    assert!(heard["priority"] == 200 && heard["dropped"].is_null(), "{heard}");
    assert!(!bench.left.log().contains("dropped") && !bench.left.log().contains("MASTER"), "{}", bench.left.log());
}

/// An IPv4 frame of the client to the group, with `words` of header and this total length, which may lie.
fn frame(bench: &Bench, words: u8, total_length: u16, behind: &[u8]) -> Vec<u8> {
    let mut header = vec![0x40 | words, 0xc0, 0, 0, 0, 0, 0, 0, 255, 112, 0, 0, 10, 9, 0, 9, 224, 0, 0, 18];
    header[2..4].copy_from_slice(&total_length.to_be_bytes());
    // Options that do nothing, as far as the header reaches.
    let options = if words == 6 { vec![1; 4] } else { Vec::new() };
    header.extend(options);
    let sum = internet_checksum(&[&header]);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    [[1, 0, 0x5e, 0, 0, 0x12].as_slice(), &bench.client.mac.0, &[0x08, 0x00], &header, behind].concat()
}

// T12: frr#14136, holo#62, kaC:aa7d5be6
fn malformed() {
    let mut bench = super::bench();
    let better = better(3);
    let (good, many) = (better.message(), ForgedAdvert { count: Some(255), ..better }.message());
    let router = Instance::new(Protocol::V3Ipv4, VmacMode::None, 100);
    start(&mut bench, &router);
    let since = bench.watch.now();
    let sender = Asker::new(&bench.client).unwrap();
    let length = 20 + u16::try_from(good.len()).unwrap();
    for (words, total_length, behind) in
        [(15, 24, &good[..4]), (5, 1500, &good[..]), (5, 20, &[]), (5, length, &many[..])]
    {
        sender.send(&frame(&bench, words, total_length, behind)).unwrap();
    }
    let dropped = || bench.left.status().is_some_and(|it| it["counters"]["discarded_length"] == 1);
    assert!(wait::until(PATIENCE, dropped), "{:?}", bench.left.status());
    assert!(bench.watch.first_advert(since, &bench.left.host, PATIENCE).is_some());
    becomes(&bench.left, "MASTER");
    sender.send(&frame(&bench, 6, length + 4, &good)).unwrap();
    let yielded = || bench.left.log().contains("MASTER -> BACKUP");
    assert!(wait::until(PATIENCE, yielded), "options are passed over; {}", bench.left.log());
}

// T16: mlb#3125, mlb#584
fn refresh() {
    let plan =
        "garp_master_delay 1\n    garp_master_repeat 2\n    garp_master_refresh 1\n    garp_master_refresh_repeat 1";
    let router = Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150).with(plan);
    let mut bench = master(&router);
    bench.right.start_with(&Instance { priority: 100, ..router.clone() }).unwrap();
    becomes(&bench.right, "BACKUP");
    let since = bench.watch.now();
    let from = |port| move |frame: &CapturedFrame| frame.port == port && frame.announcement().is_some();
    let (left, right) = (bench.left.host.port, bench.right.host.port);
    let three = || bench.watch.capture.since(since, from(left)).len() >= 5;
    assert!(wait::until(PATIENCE, three), "{}", bench.left.log());
    let announced = bench.watch.capture.since(since, from(left));
    let mac = router.virtual_mac();
    let is_right = |frame: &CapturedFrame| {
        frame.source_mac() == mac && frame.announcement() == Some(("10.9.0.1".parse().unwrap(), mac))
    };
    assert!(announced.iter().all(is_right), "{announced:?}");
    // The last ones are the refreshments.
    let gap = announced[announced.len() - 1].at.since(announced[announced.len() - 2].at);
    assert!(gap > Duration::from_millis(700) && gap < Duration::from_secs(3), "{gap:?}");
    assert_eq!(bench.watch.capture.since(since, from(right)), [], "none from the backup");
    let better = Instance { priority: 200, ..router.clone() };
    bench.right.reload_with(&better).unwrap();
    becomes(&bench.right, "MASTER");
    becomes(&bench.left, "BACKUP");
    let lost = bench.watch.now();
    sleep(Duration::from_millis(1_500));
    assert_eq!(bench.watch.capture.since(lost, from(left)), [], "none after it is master no more");
    assert!(!bench.watch.capture.since(lost, from(right)).is_empty(), "{}", bench.right.log());
    holds_nothing(&bench, &router);
}

fn holds_nothing(bench: &Bench, router: &Instance) {
    let address = router.addresses[0].split('/').next().unwrap().parse().unwrap();
    assert_eq!(bench.left.host.link_of(address), None);
}
