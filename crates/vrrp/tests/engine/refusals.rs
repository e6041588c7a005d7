//! Packets that are dropped: each for its reason, counted, told once, and without touching a timer.

use std::time::Duration;

use vrrp::config::{Authentication, Conformance, RouterConfig};
use vrrp::wire::{Advert, ChecksumForm};
use vrrp::{
    Discard, Engine, Envelope, EventKind, Family, Input, Instant, Interval, Parent, Priority, StateName, Version, Vrid,
};

use crate::bench::{
    Bench, HIGHER, MILLISECOND, OURS, SECOND, config, envelope, events, host, parent, v2_config, words,
};

fn advert(config: &RouterConfig) -> Vec<u8> {
    let advert = Advert {
        version: config.version,
        vrid: config.vrid,
        priority: Priority::new(200),
        interval: config.interval,
        addresses: &config.addresses,
        authentication: config.authentication,
    };
    let mut bytes = vec![0; 1500];
    let length = advert.emit(&host(HIGHER), ChecksumForm::Rfc9568, &mut bytes).unwrap();
    bytes.truncate(length);
    bytes
}

fn v3() -> Vec<u8> {
    advert(&config())
}

/// Hands a packet in and expects it to be dropped for `reason`, to be counted and told, and to leave the timer alone.
fn refuse(bench: &mut Bench, envelope: Envelope, bytes: &[u8], reason: Discard) {
    let (timer, counters) = (bench.engine.poll_timeout(), bench.snapshot().counters);
    let actions = bench.give(Input::Advert { envelope, bytes });
    let told = EventKind::Discarded { reason, source: envelope.source };
    assert_eq!((words(&actions).len(), events(&actions)), (0, vec![told]), "{reason}");
    let after = bench.snapshot().counters;
    assert_eq!(after.discarded.of(reason), counters.discarded.of(reason) + 1, "{reason}");
    assert_eq!(after.discarded.total(), counters.discarded.total() + 1, "{reason}");
    assert_eq!(after.received, counters.received, "{reason}");
    assert_eq!(bench.engine.poll_timeout(), timer, "{reason}");
}

fn refused(config: RouterConfig, bytes: &[u8], reason: Discard) {
    for mut bench in [Bench::started(config.clone()), Bench::active(config)] {
        bench.pass(500 * MILLISECOND);
        let envelope = envelope(HIGHER, bench.now);
        refuse(&mut bench, envelope, bytes, reason);
    }
}

#[test]
fn what_the_ip_header_gives_away() {
    // V3-RX-01, V3-RX-02, V3-RX-03.
    let envelope = envelope(HIGHER, Instant::from_nanos(0));
    for (envelope, reason) in [
        (Envelope { destination: host(OURS), ..envelope }, Discard::WrongDestination),
        (Envelope { source: host(OURS), ..envelope }, Discard::OwnPacket),
        (Envelope { hop_limit: Some(254), ..envelope }, Discard::HopLimit),
        (Envelope { hop_limit: None, ..envelope }, Discard::HopLimit),
    ] {
        refuse(&mut Bench::started(config()), envelope, &v3(), reason);
    }
}

#[test]
fn what_the_form_gives_away() {
    // V3-RX-04 to V3-RX-07, in the order of the checks.
    refused(config(), &v3()[..7], Discard::TooShort);
    let with_first = |first: u8| [&[first], &v3()[1..]].concat();
    refused(config(), &with_first(0x21), Discard::Version);
    refused(config(), &with_first(0x32), Discard::Type);
    refused(config(), &v3()[..11], Discard::Length);
    refused(config(), &[&v3()[..11], &[0]].concat(), Discard::Checksum);
    refused(RouterConfig { version: Version::V2, ..config() }, &v3(), Discard::Version);
}

#[test]
fn what_the_values_give_away() {
    // V3-RX-10, V3-RX-12 (EID 8299, 8301).
    refused(config(), &advert(&RouterConfig { addresses: vec![], ..config() }), Discard::NoAddress);
    let mut bytes = v3();
    let sum = u16::from_be_bytes([bytes[6], bytes[7]]).wrapping_add(100);
    bytes[5] = 0;
    bytes[6..8].copy_from_slice(&sum.to_be_bytes());
    refused(config(), &bytes, Discard::IntervalZero);
}

#[test]
fn what_version_2_insists_on() {
    // V2-RX-06, V2-RX-09, V2-AU-01.
    let ours = v2_config(b"secret\0\0");
    refused(ours.clone(), &advert(&v2_config(b"secret\0\x01")), Discard::AuthenticationData);
    let without = RouterConfig { authentication: Authentication::None, ..ours.clone() };
    refused(ours.clone(), &advert(&without), Discard::AuthenticationType);
    refused(without, &advert(&ours), Discard::AuthenticationType);
    let interval = Interval::from_secs(2).unwrap();
    refused(ours.clone(), &advert(&RouterConfig { interval, ..ours }), Discard::IntervalMismatch);
}

#[test]
fn what_version_2_insists_on_in_strict_mode() {
    // V2-RX-08: another list is dropped, unless it is the owner's.
    let strict = RouterConfig { conformance: Conformance::Strict, version: Version::V2, ..config() };
    let other = RouterConfig { addresses: vec![host(1)], ..strict.clone() };
    refused(strict.clone(), &advert(&other), Discard::AddressList);
    let mut bench = Bench::started(strict);
    let owners = Advert {
        version: Version::V2,
        vrid: other.vrid,
        priority: Priority::OWNER,
        interval: other.interval,
        addresses: &other.addresses,
        authentication: other.authentication,
    };
    let mut bytes = [0; 20];
    owners.emit(&host(HIGHER), ChecksumForm::Rfc9568, &mut bytes).unwrap();
    bench.give(Input::Advert { envelope: envelope(HIGHER, bench.now), bytes: &bytes });
    assert_eq!(bench.snapshot().counters.received, 1);
}

#[test]
fn what_ipv6_insists_on_in_strict_mode() {
    // V3-RX-11, EID 8300; the field does not follow it.
    let global = "2001:db8::254".parse().unwrap();
    let (source, ours) = ("fe80::2".parse().unwrap(), "fe80::1".parse().unwrap());
    for (conformance, expected) in [(Conformance::Field, 0), (Conformance::Strict, 1)] {
        let mut engine = Engine::new();
        let now = Instant::from_nanos(0);
        let config =
            RouterConfig { conformance, ..RouterConfig::new(Vrid::new(5).unwrap(), Version::V3, vec![global]) };
        let router = engine.add(now, config.clone());
        engine.handle(now, Input::Parent { router, parent: Parent { source: Some(ours), ..parent() } });
        let advert = Advert {
            version: Version::V3,
            vrid: config.vrid,
            priority: Priority::DEFAULT,
            interval: config.interval,
            addresses: &config.addresses,
            authentication: Authentication::None,
        };
        let mut bytes = [0; 24];
        advert.emit(&source, ChecksumForm::Rfc9568, &mut bytes).unwrap();
        let envelope = Envelope { source, destination: vrrp::wire::group(Family::Ipv6), ..envelope(0, now) };
        engine.handle(now, Input::Advert { envelope, bytes: &bytes });
        let counters = engine.snapshot(router).unwrap().counters;
        assert_eq!(counters.discarded.of(Discard::FirstNotLinkLocal), expected);
        assert_eq!(counters.received, 1 - expected);
    }
}

#[test]
fn what_is_odd_but_kept() {
    // V3-RX-13, V3-RX-14: log, do not drop.
    let mut bench = Bench::started(config());
    let actions = bench.hear_interval(HIGHER, 200, 50);
    assert!(matches!(events(&actions)[..], [EventKind::IntervalMismatch { heard, .. }] if heard.centis() == 50));
    let bytes = advert(&RouterConfig { addresses: vec![host(1)], ..config() });
    let actions = bench.give(Input::Advert { envelope: envelope(HIGHER, bench.now), bytes: &bytes });
    assert!(matches!(events(&actions)[..], [EventKind::AddressMismatch(_)]));
    let counters = bench.snapshot().counters;
    assert_eq!((counters.received, counters.interval_mismatches, counters.address_mismatches), (2, 1, 1));
}

#[test]
fn who_does_not_take_part_hears_nothing() {
    // V3-ST-03.
    let mut bench = Bench::started(config());
    bench.give(Input::Shutdown { router: None });
    let envelope = envelope(HIGHER, bench.now);
    refuse(&mut bench, envelope, &v3(), Discard::NotRunning);
    assert_eq!(bench.state(), StateName::Initialize);
}

#[test]
fn packets_of_nobody_are_counted() {
    // V3-RX-08; the other checks come in the same order.
    let mut bench = Bench::started(config());
    let other = advert(&RouterConfig { vrid: Vrid::new(6).unwrap(), ..config() });
    let ours = envelope(HIGHER, bench.now);
    let elsewhere = Envelope { ifindex: vrrp::IfIndex::new(9).unwrap(), ..ours };
    let far = Envelope { hop_limit: Some(1), ..ours };
    for (envelope, bytes) in [(ours, &other), (elsewhere, &v3()), (far, &other)] {
        assert_eq!(bench.give(Input::Advert { envelope, bytes }), []);
    }
    assert_eq!(bench.give(Input::Advert { envelope: ours, bytes: &[] }), []);
    let counted: Vec<_> = bench.engine.unclaimed().iter().collect();
    assert_eq!(counted, [(Discard::HopLimit, 1), (Discard::TooShort, 1), (Discard::UnknownVrid, 2)]);
}

#[test]
fn drops_are_told_once_a_minute() {
    // RFC 9568 §7.1: log, subject to rate limiting; counters go on.
    let mut bench = Bench::started(config());
    let mut told = 0;
    for _ in 0..1_200 {
        let envelope = Envelope { hop_limit: Some(1), ..envelope(HIGHER, bench.now) };
        told += bench.give(Input::Advert { envelope, bytes: &v3() }).len();
        bench.pass(100 * MILLISECOND);
        bench.hear(HIGHER, 200);
    }
    assert_eq!(told, 2, "in two minutes");
    assert_eq!(bench.snapshot().counters.discarded.of(Discard::HopLimit), 1_200);
}

#[test]
fn junk_does_not_silence_an_active() {
    // DESIGN §8: in keepalived any packet for the VRID restarts the master's timer.
    let mut bench = Bench::active(config());
    let mut sent = 0;
    for _ in 0..1_000 {
        let envelope = envelope(HIGHER, bench.now);
        bench.give(Input::Advert { envelope, bytes: &v3()[..11] });
        sent += words(&bench.pass(50 * MILLISECOND)).iter().filter(|word| word.starts_with("send")).count();
    }
    assert_eq!((bench.state(), sent), (StateName::Active, 50));
    assert_eq!(bench.left(), SECOND);
    assert_ne!(bench.left(), Duration::ZERO);
}
