//! Packets that are dropped: each for its reason, counted, told once, and without touching a timer.

use std::net::IpAddr;
use std::time::Duration;

use vrrp::config::{Authentication, Conformance, Parameters, RouterConfig, Secret, UnknownVrids};
use vrrp::wire::{self, Advert, ChecksumForm};
use vrrp::{
    Action, Discard, Engine, EventKind, Family, Input, Instant, Interval, IpHeader, Packet, Parent, Priority,
    StateName, UnknownVrid, Version, Vrid,
};

use crate::bench::{Bench, HIGHER, MILLISECOND, OURS, SECOND, config, events, host, packet, parent, v2_config, words};

fn advert(config: &RouterConfig) -> Vec<u8> {
    let advert = Advert {
        version: config.parameters.version,
        vrid: config.vrid,
        priority: Priority::new(200),
        interval: config.parameters.interval,
        addresses: &config.addresses,
        authentication: config.authentication.field(),
    };
    let mut bytes = vec![0; 1500];
    let length = advert.emit(&host(HIGHER), &wire::group(Family::Ipv4), ChecksumForm::Rfc9568, &mut bytes).unwrap();
    bytes.truncate(length);
    bytes
}

fn v3() -> Vec<u8> {
    advert(&config())
}

/// Hands a packet in and expects it to be dropped for `reason`, to be counted and reported, and to leave the timer
/// alone.
fn refuse(bench: &mut Bench, packet: Packet<'_>, reason: Discard) {
    let reported = EventKind::Discarded { reason, source: packet.ip.source };
    assert_eq!(drop_packet(bench, packet, reason), [reported], "{reason:?}");
}

/// Hands a packet in and expects it to be dropped for `reason`, to be counted, and to leave the timer alone. Returns what
/// is reported.
fn drop_packet(bench: &mut Bench, packet: Packet<'_>, reason: Discard) -> Vec<EventKind> {
    let (timer, counters) = (bench.engine.poll_timeout(), bench.snapshot().counters);
    let actions = bench.give(Input::Packet(packet));
    assert_eq!(words(&actions).len(), 0, "{reason:?}");
    let after = bench.snapshot().counters;
    assert_eq!(after.discarded.of(reason), counters.discarded.of(reason) + 1, "{reason:?}");
    let total = |discards: &vrrp::Discards| discards.iter().map(|(_, count)| count).sum::<u64>();
    assert_eq!(total(&after.discarded), total(&counters.discarded) + 1, "{reason:?}");
    assert_eq!(after.received, counters.received, "{reason:?}");
    assert_eq!(bench.engine.poll_timeout(), timer, "{reason:?}");
    events(&actions)
}

fn refused(config: RouterConfig, bytes: &[u8], reason: Discard) {
    for mut bench in [Bench::started(config.clone()), Bench::active(config)] {
        bench.pass(500 * MILLISECOND);
        let packet = packet(HIGHER, bench.now, bytes);
        refuse(&mut bench, packet, reason);
    }
}

#[test]
fn what_the_ip_header_gives_away() {
    // V3-RX-01, V3-RX-02, V3-RX-03.
    let bytes = v3();
    let packet = packet(HIGHER, Instant::from_nanos(0), &bytes);
    let ip = packet.ip;
    for (ip, reason) in [
        (IpHeader { protocol: 50, ..ip }, Discard::Protocol),
        (IpHeader { destination: host(OURS), ..ip }, Discard::Unicast),
        (IpHeader { destination: IpAddr::from([224, 0, 0, 19]), ..ip }, Discard::WrongDestination),
        (IpHeader { source: host(OURS), ..ip }, Discard::OwnPacket),
        (IpHeader { hop_limit: Some(254), ..ip }, Discard::HopLimit),
        (IpHeader { hop_limit: None, ..ip }, Discard::HopLimit),
    ] {
        refuse(&mut Bench::started(config()), Packet { ip, ..packet }, reason);
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
    refused(config().with(|it| it.version = Version::V2), &v3(), Discard::Version);
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
    refused(ours.clone(), &advert(&ours.with(|it| it.interval = interval)), Discard::IntervalMismatch);
}

#[test]
fn what_version_2_insists_on_in_strict_mode() {
    // V2-RX-08: another list is dropped, unless it is the owner's.
    let strict = config().with(|it| *it = Parameters { conformance: Conformance::Strict, version: Version::V2, ..*it });
    let other = RouterConfig { addresses: vec![host(1)], ..strict.clone() };
    refused(strict.clone(), &advert(&other), Discard::AddressList);
    let mut bench = Bench::started(strict);
    let owners = Advert {
        version: Version::V2,
        vrid: other.vrid,
        priority: Priority::OWNER,
        interval: other.parameters.interval,
        addresses: &other.addresses,
        authentication: other.authentication.field(),
    };
    let mut bytes = [0; 20];
    owners.emit(&host(HIGHER), &wire::group(Family::Ipv4), ChecksumForm::Rfc9568, &mut bytes).unwrap();
    bench.give(Input::Packet(packet(HIGHER, bench.now, &bytes)));
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
            RouterConfig::new(Vrid::new(5).unwrap(), Version::V3, vec![global]).with(|it| it.conformance = conformance);
        let router = engine.add(now, config.clone());
        engine.handle(now, Input::Parent { router, parent: Parent { source: Some(ours), ..parent() } });
        let advert = Advert {
            version: Version::V3,
            vrid: config.vrid,
            priority: Priority::DEFAULT,
            interval: config.parameters.interval,
            addresses: &config.addresses,
            authentication: config.authentication.field(),
        };
        let mut bytes = [0; 24];
        let destination = wire::group(Family::Ipv6);
        advert.emit(&source, &destination, ChecksumForm::Rfc9568, &mut bytes).unwrap();
        let packet = packet(0, now, &bytes);
        engine.handle(now, Input::Packet(Packet { ip: IpHeader { source, destination, ..packet.ip }, ..packet }));
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
    let actions = bench.give(Input::Packet(packet(HIGHER, bench.now, &bytes)));
    assert!(matches!(events(&actions)[..], [EventKind::AddressMismatch(_)]));
    let counters = bench.snapshot().counters;
    assert_eq!((counters.received, counters.interval_mismatches, counters.address_mismatches), (2, 1, 1));
}

#[test]
fn who_does_not_take_part_hears_nothing() {
    // V3-ST-03. It has said why it does not take part: that it drops packets is no news.
    let mut bench = Bench::started(config());
    bench.give(Input::Shutdown { router: None });
    let bytes = v3();
    let packet = packet(HIGHER, bench.now, &bytes);
    assert_eq!(drop_packet(&mut bench, packet, Discard::NotRunning), []);
    assert_eq!(bench.state(), StateName::Initialize);
}

#[test]
fn packets_of_nobody_are_counted() {
    // V3-RX-08; the other checks come in the same order.
    let mut bench = Bench::started(config());
    let other = advert(&RouterConfig { vrid: Vrid::new(6).unwrap(), ..config() });
    let known = v3();
    let ours = packet(HIGHER, bench.now, &other);
    let elsewhere = Packet { link: vrrp::IfIndex::new(9).unwrap(), payload: &known, ..ours };
    let far = Packet { ip: IpHeader { hop_limit: Some(1), ..ours.ip }, ..ours };
    for packet in [ours, elsewhere, far, Packet { payload: &[], ..ours }] {
        assert_eq!(bench.give(Input::Packet(packet)), []);
    }
    let counted: Vec<_> = bench.engine.no_such_router().iter().collect();
    assert_eq!(counted, [(Discard::HopLimit, 1), (Discard::TooShort, 1), (Discard::UnknownVrid, 2)]);
}

#[test]
fn virtual_routers_of_others_are_told_once_a_minute_to_who_asks_and_not_without_limit() {
    let mut bench = Bench::started(config());
    let heard = |bench: &mut Bench, vrid: u8| {
        let bytes = advert(&RouterConfig { vrid: Vrid::new(vrid).unwrap(), ..config() });
        let packet = packet(HIGHER, bench.now, &bytes);
        bench.give(Input::Packet(packet))
    };
    assert_eq!(heard(&mut bench, 6), []);
    bench.engine.tell_unknown_vrids(UnknownVrids::Told);
    let told = |vrid: u8| {
        let (link, vrid) = (parent().ifindex.unwrap(), Vrid::new(vrid).unwrap());
        [Action::UnknownVrid(UnknownVrid { link, source: host(HIGHER), vrid })]
    };
    assert_eq!(heard(&mut bench, 6), told(6));
    assert_eq!((heard(&mut bench, 6), heard(&mut bench, 7)), (vec![], told(7).to_vec()));
    bench.now = bench.now + Duration::from_secs(59);
    assert_eq!(heard(&mut bench, 6), []);
    bench.now = bench.now + SECOND;
    assert_eq!(heard(&mut bench, 6), told(6));
    let all = (6..=255).flat_map(|vrid| heard(&mut bench, vrid)).count();
    assert_eq!(all, 31, "of 32 a minute one was told already");
    // What is wrong in other ways is of nobody.
    bench.now = bench.now + Duration::from_secs(60);
    let bytes = advert(&RouterConfig { vrid: Vrid::new(6).unwrap(), ..config() });
    let right = packet(HIGHER, bench.now, &bytes);
    let far = Packet { ip: IpHeader { hop_limit: Some(1), ..right.ip }, ..right };
    assert_eq!(bench.give(Input::Packet(far)), []);
    bench.engine.tell_unknown_vrids(UnknownVrids::Counted);
    assert_eq!(heard(&mut bench, 6), []);
}

#[test]
fn drops_are_told_once_a_minute() {
    // RFC 9568 §7.1: log, subject to rate limiting; counters go on.
    let mut bench = Bench::started(config());
    let mut told = 0;
    for _ in 0..1_200 {
        let (bytes, far) = (v3(), Some(1));
        let packet = packet(HIGHER, bench.now, &bytes);
        let packet = Packet { ip: IpHeader { hop_limit: far, ..packet.ip }, ..packet };
        told += bench.give(Input::Packet(packet)).len();
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
        bench.give(Input::Packet(packet(HIGHER, bench.now, &v3()[..11])));
        sent += words(&bench.pass(50 * MILLISECOND)).iter().filter(|word| word.starts_with("send")).count();
    }
    assert_eq!((bench.state(), sent), (StateName::Active, 50));
    assert_eq!(bench.left(), SECOND);
    assert_ne!(bench.left(), Duration::ZERO);
}

/// A VRRPv2 advert with an interval of two seconds, a wrong password, another address and whatever else is asked for.
fn wrong_in_many_ways(kind: u8, password: &[u8; 8]) -> Vec<u8> {
    let config = RouterConfig {
        authentication: Authentication::Password(Secret::new(*password)),
        addresses: vec![host(1)],
        ..v2_config(password).with(|it| it.interval = Interval::from_secs(2).unwrap())
    };
    let mut bytes = advert(&config);
    let sum = u16::from_be_bytes([bytes[6], bytes[7]]).wrapping_add(u16::from(1 - kind) << 8);
    bytes[4] = kind;
    bytes[6..8].copy_from_slice(&sum.to_be_bytes());
    bytes
}

#[test]
fn checks_come_in_the_order_of_the_rfcs() {
    // Each packet has all the faults of those below it: RFC 9568 §7.1, RFC 3768 §7.1 (authentication before the list,
    // the list before the interval).
    let strict = v2_config(b"secret\0\0").with(|it| it.conformance = Conformance::Strict);
    let ours = Bench::started(strict.clone());
    let other_type = wrong_in_many_ways(0, b"other\0\0\0");
    let other_data = wrong_in_many_ways(1, b"other\0\0\0");
    let other_list = wrong_in_many_ways(1, b"secret\0\0");
    let other_interval = advert(&strict.clone().with(|it| it.interval = Interval::from_secs(2).unwrap()));
    let with = |at: usize, value: u8| {
        let mut bytes = other_type.clone();
        bytes[at] = value;
        bytes
    };
    let (wrong_sum, wrong_length, wrong_kind, wrong_version) = (with(7, 0), with(3, 9), with(0, 0x22), with(0, 0x12));
    let plain = packet(HIGHER, ours.now, &other_type).ip;
    let far = IpHeader { hop_limit: Some(1), ..plain };
    let from_us = IpHeader { source: host(OURS), ..far };
    let elsewhere = IpHeader { destination: host(OURS), ..from_us };
    let foreign = IpHeader { protocol: 50, ..elsewhere };
    let table: [(IpHeader, &[u8], Discard); 14] = [
        (foreign, &[0x12, 5], Discard::Protocol),
        (elsewhere, &[0x12, 5], Discard::Unicast),
        (from_us, &[0x12, 5], Discard::OwnPacket),
        (far, &[0x12, 5], Discard::HopLimit),
        (plain, &[0x12, 5], Discard::TooShort),
        (plain, &wrong_version, Discard::Version),
        (plain, &wrong_kind, Discard::Type),
        (plain, &wrong_length, Discard::Length),
        (plain, &wrong_sum, Discard::Checksum),
        (plain, &other_type, Discard::AuthenticationType),
        (plain, &other_data, Discard::AuthenticationData),
        (plain, &other_list, Discard::AddressList),
        (plain, &other_interval, Discard::IntervalMismatch),
        (plain, &advert(&strict), Discard::NotRunning),
    ];
    for (ip, bytes, reason) in table {
        let mut bench = Bench::started(strict.clone());
        if reason == Discard::NotRunning {
            bench.give(Input::Shutdown { router: None });
        }
        let packet = Packet { ip, ..packet(HIGHER, bench.now, bytes) };
        drop_packet(&mut bench, packet, reason);
    }
    let order: Vec<Discard> = table.iter().map(|(_, _, reason)| *reason).collect();
    assert!(order.is_sorted(), "Discard counts in the order of the checks");
    assert!(Discard::ALL.is_sorted());
}
