//! What users reported of other implementations, and what conformance suites ask, where one router and a clock show it.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::{Effect, EffectKind, Parameters, Preempt, RouterConfig, Tracking};
use vrrp::wire;
use vrrp::{
    Action, Discard, Family, Input, Interval, IpHeader, Packet, Parent, Priority, Reading, StateName, TrackerId,
    Version, Vrid,
};

use crate::bench::{Bench, HIGHER, LOWER, MILLISECOND, SECOND, config, message, packet, parent, v2_config, words};

/// Hands in an advert as `config` would send it, from anywhere.
fn hear_from(bench: &mut Bench, config: &RouterConfig, source: IpAddr, priority: u8) -> Vec<Action> {
    let destination = wire::group(Family::of(&source));
    let bytes = message(config, source, destination, priority);
    let ip = IpHeader { source, destination, hop_limit: Some(255), protocol: wire::PROTOCOL, identification: 0 };
    let link = parent().ifindex.unwrap();
    bench.give(Input::Packet(Packet { link, received: bench.now, ip, payload: &bytes }))
}

// T17: ka#580, ka#1148
#[test]
fn addresses_are_compared_in_network_order() {
    // Bytes from behind, 10.44.0.200 would be the greater.
    let (smaller, greater) = (IpAddr::from([10, 44, 0, 200]), IpAddr::from([10, 44, 1, 3]));
    for (ours, theirs, split) in [(smaller, greater, StateName::Backup), (greater, smaller, StateName::Active)] {
        let start = || {
            let mut bench = Bench::new(config());
            bench.set_parent(Parent { source: Some(ours), ..parent() });
            bench
        };
        let mut bench = start();
        bench.pass(bench.left());
        assert_eq!(bench.state(), StateName::Active);
        hear_from(&mut bench, &config(), theirs, 150);
        assert_eq!(bench.state(), split, "{ours}, Active, hears {theirs}");
        // Whoever comes later displaces nobody.
        let mut bench = start();
        for _ in 0..10 {
            bench.pass(SECOND);
            hear_from(&mut bench, &config(), theirs, 150);
        }
        assert_eq!(bench.state(), StateName::Backup, "{ours}, Backup, hears {theirs}");
    }
}

fn tracking(trackers: u32) -> Vec<Tracking> {
    let effect = Effect::plain(EffectKind::Fault);
    (0..trackers).map(|id| Tracking { tracker: TrackerId(id), effect }).collect()
}

// T36: ka#2717
#[test]
fn a_router_is_out_exactly_while_anything_it_tracks_is_down() {
    let mut bench = Bench::active(RouterConfig { tracking: tracking(2), ..config() });
    let mut readings = [Reading::Up; 2];
    let mut dice = 7_u64;
    for step in 0..200 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let reading = if dice >> 63 == 0 { Reading::Up } else { Reading::Down };
        let tracker = u32::from((dice >> 40) % 2 == 1);
        readings[usize::try_from(tracker).unwrap()] = reading;
        bench.give(Input::Reading { tracker: TrackerId(tracker), reading });
        let out = bench.state() == StateName::Initialize;
        assert_eq!(out, readings.contains(&Reading::Down), "step {step}: {readings:?}");
        bench.pass(Duration::from_millis((dice >> 48) % 5_000));
    }
}

// G17: ka#1652
#[test]
fn without_preemption_one_whose_script_fails_first_stays_backup() {
    let config = RouterConfig { tracking: tracking(1), ..config().with(|it| it.preempt = Preempt::Never) };
    let mut bench = Bench::new(config);
    bench.set_parent(parent());
    bench.give(Input::Reading { tracker: TrackerId(0), reading: Reading::Down });
    bench.pass(2 * SECOND);
    bench.hear(LOWER, 100);
    assert_eq!(bench.state(), StateName::Initialize);
    bench.give(Input::Reading { tracker: TrackerId(0), reading: Reading::Up });
    for _ in 0..10 {
        assert_eq!(bench.state(), StateName::Backup);
        bench.pass(SECOND);
        assert_eq!(words(&bench.hear(LOWER, 100)), [""; 0]);
    }
    bench.pass(bench.left());
    assert_eq!(bench.state(), StateName::Active, "its master is dead");
}

// G08: ka#2114
#[test]
fn of_equals_whose_numbers_decide_the_better_displaces() {
    let track = Tracking { tracker: TrackerId(0), effect: Effect::plain(EffectKind::Factor(-1)) };
    let mut bench = Bench::new(RouterConfig { tracking: vec![track], ..config() });
    let level = |bench: &mut Bench, level| {
        bench.give(Input::Reading { tracker: TrackerId(0), reading: Reading::Level(level) });
    };
    level(&mut bench, 50);
    bench.set_parent(parent());
    for _ in 0..5 {
        bench.pass(SECOND);
        bench.hear(HIGHER, 150);
    }
    assert_eq!((bench.state(), bench.snapshot().priority), (StateName::Backup, Priority::new(100)));
    // The number of the master rises, then ours is back.
    level(&mut bench, 0);
    bench.hear(HIGHER, 100);
    bench.pass(bench.left());
    assert_eq!(bench.state(), StateName::Active);
    level(&mut bench, 50);
    bench.hear(LOWER, 150);
    assert_eq!(bench.state(), StateName::Backup, "also from a lower address");
}

/// A message with one field of its first four bytes changed, and the checksum with it.
fn with_byte(mut bytes: Vec<u8>, at: usize, value: u8) -> Vec<u8> {
    let shift = if at.is_multiple_of(2) { 8 } else { 0 };
    let word = |value: u8| u32::from(value) << shift;
    let sum = u32::from(u16::from_be_bytes([bytes[6], bytes[7]]));
    let sum = sum + word(bytes[at]) + 0xffff - word(value);
    let sum = u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
    bytes[at] = value;
    bytes[6..8].copy_from_slice(&sum.to_be_bytes());
    bytes
}

// T39: UNH-IOL "VRRP Operations", groups 2 and 4
#[test]
fn bad_packets_of_a_better_sender_change_neither_state_nor_timer() {
    let interval = Interval::from_secs(2).unwrap();
    let ours =
        config().with(|it| *it = Parameters { interval, priority: Priority::new(100), version: Version::V2, ..*it });
    let source = IpAddr::from([10, 0, 0, HIGHER]);
    let good = message(&ours, source, wire::group(Family::of(&source)), 200);
    let other = |config: RouterConfig| message(&config, source, wire::group(Family::of(&source)), 200);
    let bad = [
        (Discard::Version, with_byte(good.clone(), 0, 0x11)),
        (Discard::Version, with_byte(good.clone(), 0, 0x31)),
        (Discard::Type, with_byte(good.clone(), 0, 0x22)),
        (Discard::Length, with_byte(good.clone(), 3, 2)),
        (Discard::Checksum, [&good[..7], &[good[7] ^ 1], &good[8..]].concat()),
        (
            Discard::AuthenticationType,
            other(
                v2_config(b"secret\0\0")
                    .with(|it| *it = Parameters { interval, priority: ours.parameters.priority, ..*it }),
            ),
        ),
        (Discard::IntervalMismatch, other(ours.clone().with(|it| it.interval = Interval::from_secs(1).unwrap()))),
        (Discard::UnknownVrid, other(RouterConfig { vrid: Vrid::new(6).unwrap(), ..ours.clone() })),
        (Discard::HopLimit, good),
    ];
    let mut bench = Bench::started(ours);
    let started = bench.now;
    for (reason, bytes) in bad.iter().cycle().take(60) {
        let timer = bench.engine.poll_timeout();
        let packet = packet(HIGHER, bench.now, bytes);
        let hop_limit = Some(if *reason == Discard::HopLimit { 254 } else { 255 });
        bench.give(Input::Packet(Packet { ip: IpHeader { hop_limit, ..packet.ip }, ..packet }));
        assert_eq!((bench.state(), bench.engine.poll_timeout()), (StateName::Backup, timer), "{reason:?}");
        bench.pass(100 * MILLISECOND);
    }
    let counters = bench.snapshot().counters.discarded;
    for (reason, _) in &bad {
        let foreign = bench.engine.no_such_router().of(*reason);
        assert!(counters.of(*reason) + foreign > 0, "{reason:?} has its own count");
    }
    bench.pass(bench.left());
    assert_eq!(bench.state(), StateName::Active);
    // 3 × 2 s and a skew of (256 − 100)/256 s.
    assert_eq!(bench.now.since(started), Duration::from_micros(6_609_375));
}

// T40: UNH-IOL VRRPv3 interoperability; FDio/vpp test_vrrp.py
#[test]
fn an_inferior_sender_does_not_put_off_a_takeover_in_either_family() {
    let v6 = RouterConfig::new(config().vrid, Version::V3, vec!["fe80::fe".parse().unwrap()]);
    let families: [(RouterConfig, IpAddr, IpAddr); 2] = [
        (config(), IpAddr::from([10, 0, 0, 50]), IpAddr::from([10, 0, 0, HIGHER])),
        (v6, "fe80::50".parse().unwrap(), "fe80::90".parse().unwrap()),
    ];
    for (config, source, peer) in families {
        let config = config.with(|it| it.priority = Priority::new(100));
        let mut bench = Bench::new(config.clone());
        bench.set_parent(Parent { source: Some(source), ..parent() });
        let started = bench.now;
        for _ in 0..3 {
            assert_eq!(words(&bench.pass(SECOND)), [""; 0], "no advert before the down timer");
            assert_eq!(words(&hear_from(&mut bench, &config, peer, 50)), [""; 0]);
        }
        bench.pass(bench.left());
        assert_eq!((bench.state(), bench.now.since(started)), (StateName::Active, Duration::from_micros(3_609_375)));
        let actions = hear_from(&mut bench, &config, peer, 255);
        assert_eq!((bench.state(), words(&actions)), (StateName::Backup, vec!["withdraw".to_owned()]));
    }
}

// G24: ka#2087; G03: ka#2123
#[test]
fn version_2_elects_a_master_of_nothing_and_version_3_does_not() {
    let nothing = |version| RouterConfig { addresses: Vec::new(), ..config().with(|it| it.version = version) };
    let mut bench = Bench::active(nothing(Version::V2));
    let actions = bench.pass(SECOND);
    assert_eq!((words(&actions), bench.message(&actions[0]).3), (vec!["send 150".to_owned()], Vec::new()));
    bench.hear(HIGHER, 200);
    assert_eq!(bench.state(), StateName::Backup, "it hears its like");
    let mut with_address = Bench::started(config().with(|it| it.version = Version::V2));
    hear_from(&mut with_address, &nothing(Version::V2), IpAddr::from([10, 0, 0, HIGHER]), 200);
    assert_eq!(with_address.snapshot().counters.discarded.of(Discard::NoAddress), 1);
    let bench = Bench::started(nothing(Version::V3));
    assert_eq!((bench.state(), bench.snapshot().waiting_for), (StateName::Initialize, vrrp::Causes::NO_ADDRESS));
}
