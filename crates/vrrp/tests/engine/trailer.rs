//! keepalived's `auth_hmac`: frames of keepalived 2.4, forged ones, keys that roll over, and sequence numbers.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use vrrp::config::{
    Authentication, Freshness, Hmac, HmacKey, HmacMode, Medium, Secret, SourceCheck, Unicast, UnicastPeer,
};
use vrrp::wire::{self, ETHERNET_LEN, TRAILER_LEN};
use vrrp::{
    Discard, EventKind, Family, IfIndex, Input, IpHeader, Packet, Parent, Priority, RouterConfig, StateName, Transmit,
    TransmitFrom, Version, Vrid, WallTime,
};

use crate::authentic::{captured, counted, packets};
use crate::bench::{Bench, SECOND, config, events, host, parent};

/// When everything here happens: seconds since 1970.
const TODAY: u64 = 1_795_344_800;
const WINDOW: Duration = Duration::from_secs(5);

fn key(id: u8, bytes: &[u8]) -> HmacKey {
    HmacKey { id, bytes: Secret::new(bytes.to_vec()) }
}

fn hmac(keys: Vec<HmacKey>, active: u8) -> Hmac {
    Hmac { keys, active, freshness: Freshness::Time { window: WINDOW }, mode: HmacMode::Enforce }
}

/// The keys of the captures.
fn keys_of_captures() -> Vec<HmacKey> {
    vec![key(1, &(0..32).collect::<Vec<u8>>()), key(7, b"0123456789abcdef0123456789abcdef0123")]
}

/// A router of ours with this authentication.
pub(crate) fn signing(hmac: Hmac) -> RouterConfig {
    RouterConfig { authentication: Authentication::Hmac(hmac), ..config() }
}

pub(crate) fn one_key(mode: HmacMode) -> Hmac {
    Hmac { mode, ..hmac(vec![key(1, &[b'a'; 32])], 1) }
}

fn at(seconds: u64) -> Input<'static> {
    Input::WallClock(WallTime::from_nanos(seconds * 1_000_000_000))
}

/// A router that knows what time it is.
fn started(config: RouterConfig) -> Bench {
    let mut bench = Bench::started(config);
    bench.give(at(TODAY));
    bench
}

/// What is in a frame, as sockets give it.
fn open(frame: &[u8]) -> (IpHeader, &[u8]) {
    let packet = &frame[ETHERNET_LEN..];
    if frame[12..14] == [0x08, 0x00] {
        return wire::read_ipv4(packet).unwrap();
    }
    let address = |at: usize| IpAddr::from(<[u8; 16]>::try_from(&packet[at..at + 16]).unwrap());
    let ip = IpHeader {
        source: address(8),
        destination: address(24),
        hop_limit: Some(packet[7]),
        protocol: packet[6],
        identification: 0,
    };
    (ip, &packet[40..])
}

fn dropped(bench: &mut Bench, ip: IpHeader, payload: &[u8]) -> Option<Discard> {
    let link = IfIndex::new(2).unwrap();
    counted(bench, |bench| drop(bench.give(Input::Packet(Packet { link, received: bench.now, ip, payload }))))
}

/// An IPv4 packet, without Ethernet header.
fn refused(bench: &mut Bench, packet: &[u8]) -> Option<Discard> {
    let (ip, payload) = wire::read_ipv4(packet).unwrap();
    dropped(bench, ip, payload)
}

/// The router that sent a captured frame or, at another address, one that hears it.
fn of_captures(frame: &[u8], source: IpAddr, active: u8) -> Bench {
    let (ip, payload) = open(frame);
    let message = wire::Message::read(&ip, payload).unwrap();
    let medium = match ip.destination.is_multicast() {
        true => Medium::multicast(ip.family()),
        false => {
            let peers = vec![UnicastPeer::new(if source == ip.source { ip.destination } else { ip.source })];
            Medium::Unicast(Unicast { peers, hop_limit: 255, sources: SourceCheck::Peers })
        }
    };
    let addresses = message.addresses().unwrap().iter().collect();
    let mut bench = Bench::new(RouterConfig {
        medium,
        authentication: Authentication::Hmac(hmac(keys_of_captures(), active)),
        ..RouterConfig::new(Vrid::new(51).unwrap(), message.version().unwrap(), addresses)
            .with(|it| it.priority = message.priority())
    });
    bench.set_parent(Parent { source: Some(source), ..parent() });
    bench
}

const CAPTURES: [&str; 4] =
    ["HEAD-hmac-v2-ipv4", "HEAD-hmac-v3-ipv4", "HEAD-hmac-v3-ipv6", "HEAD-hmac-v3-unicast-ipv4"];

/// The clock of the sender when it signed: seconds, and nanoseconds that give the same fraction.
fn clock_of(payload: &[u8]) -> u64 {
    let trailer = &payload[payload.len() - TRAILER_LEN..];
    let seconds = u32::from_be_bytes(trailer[4..8].try_into().unwrap());
    let fraction = u16::from_be_bytes(trailer[8..10].try_into().unwrap());
    u64::from(seconds) * 1_000_000_000 + (u64::from(fraction) * 1_000_000_000).div_ceil(65_536)
}

#[test]
fn frames_of_keepalived_are_taken_and_no_bit_of_them_may_differ() {
    for frame in CAPTURES.into_iter().flat_map(captured) {
        let (ip, payload) = open(&frame);
        let other: IpAddr = match ip.family() {
            Family::Ipv4 if ip.destination.is_multicast() => [10, 99, 0, 9].into(),
            Family::Ipv4 => ip.destination,
            Family::Ipv6 => Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 9).into(),
        };
        let mut bench = of_captures(&frame, other, 1);
        bench.give(Input::WallClock(WallTime::from_nanos(clock_of(payload))));
        for byte in (0..payload.len()).filter(|byte| *byte != 1) {
            let mut forged = payload.to_vec();
            forged[byte] ^= 0x10;
            assert_ne!(dropped(&mut bench, ip, &forged), None, "byte {byte}");
        }
        let elsewhere = match ip.source {
            IpAddr::V4(_) => [10, 99, 0, 77].into(),
            IpAddr::V6(_) => Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 77).into(),
        };
        assert_ne!(dropped(&mut bench, IpHeader { source: elsewhere, ..ip }, payload), None);
        assert_eq!(dropped(&mut bench, ip, payload), None);
        assert_eq!(dropped(&mut bench, ip, payload), Some(Discard::Replay));
    }
}

#[test]
fn frames_are_written_as_keepalived_writes_them() {
    for name in CAPTURES {
        let frame = captured(name).remove(0);
        let (ip, payload) = open(&frame);
        let mut bench = of_captures(&frame, ip.source, payload[payload.len() - TRAILER_LEN + 1]);
        let first = bench.left();
        let clock = clock_of(payload) - u64::try_from(first.as_nanos()).unwrap();
        bench.give(Input::WallClock(WallTime::from_nanos(clock)));
        let sent = bench.pass(first);
        let (_, packet) = packets(&bench, &sent).remove(0);
        let mut expected = frame[ETHERNET_LEN..].to_vec();
        if ip.family() == Family::Ipv6 {
            expected[..4].copy_from_slice(&[0x6c, 0, 0, 0]); // without flow label
        }
        assert_eq!(packet, expected, "{name}");
    }
}

/// An advert that another router with this configuration sends, at a time of day.
fn advert_of(config: &RouterConfig, from: u8, seconds: u64) -> Vec<u8> {
    let mut peer = Bench::new(config.clone());
    peer.set_parent(Parent { source: Some(host(from)), ..parent() });
    let first = peer.left();
    peer.now = peer.now + first;
    peer.give(at(seconds));
    let actions = peer.wake();
    packets(&peer, &actions).remove(0).1
}

#[test]
fn modes_and_keys() {
    use HmacMode::{Enforce, Permissive, ReceiveOnly};
    let none = config();
    let other_key = || hmac(vec![key(1, &[b'b'; 32])], 1);
    let other_number = || hmac(vec![key(2, &[b'a'; 32])], 2);
    let both = |active| hmac(vec![key(1, &[b'a'; 32]), key(2, &[b'b'; 32])], active);
    let only = |mode| signing(one_key(mode));
    let table = [
        (only(Enforce), only(Enforce), None),
        (only(Enforce), only(Permissive), None),
        (only(Enforce), only(ReceiveOnly), Some(Discard::SignatureMissing)),
        (only(Enforce), none.clone(), Some(Discard::SignatureMissing)),
        (only(Permissive), only(ReceiveOnly), None),
        (only(Permissive), none.clone(), None),
        (only(ReceiveOnly), none.clone(), None),
        (only(ReceiveOnly), only(Enforce), None),
        (none.clone(), only(ReceiveOnly), None),
        (none, only(Permissive), Some(Discard::AuthenticationType)),
        // A trailer that is there must be right.
        (only(Enforce), signing(other_key()), Some(Discard::AuthenticationData)),
        (only(Permissive), signing(other_key()), Some(Discard::AuthenticationData)),
        (only(ReceiveOnly), signing(other_key()), Some(Discard::AuthenticationData)),
        (only(ReceiveOnly), signing(other_number()), Some(Discard::SignatureKey)),
        // A roll-over: the new key everywhere, then it signs, then the old one goes.
        (signing(both(1)), only(Enforce), None),
        (only(Enforce), signing(both(1)), None),
        (signing(both(1)), signing(both(2)), None),
        (signing(hmac(vec![key(2, &[b'b'; 32])], 2)), signing(both(2)), None),
        (only(Enforce), signing(both(2)), Some(Discard::SignatureKey)),
    ];
    for (ours, theirs, reason) in table {
        for version in [Version::V2, Version::V3] {
            let (ours, theirs) =
                (ours.clone().with(|it| it.version = version), theirs.clone().with(|it| it.version = version));
            let advert = advert_of(&theirs, 90, TODAY);
            assert_eq!(refused(&mut started(ours.clone()), &advert), reason, "{ours:?} {theirs:?}");
        }
    }
}

#[test]
fn a_trailer_of_another_kind_is_refused_in_all_modes() {
    for mode in [HmacMode::Enforce, HmacMode::Permissive, HmacMode::ReceiveOnly] {
        let advert = advert_of(&signing(one_key(HmacMode::Enforce)), 90, TODAY);
        let trailer = advert.len() - TRAILER_LEN;
        for byte in [trailer, trailer + 2, trailer + 3] {
            let mut forged = advert.clone();
            forged[byte] ^= 2;
            let mut bench = started(signing(one_key(mode)));
            assert_eq!(refused(&mut bench, &forged), Some(Discard::SignatureKind));
        }
        let mut longer = advert.clone();
        longer.push(0);
        assert_eq!(refused(&mut started(signing(one_key(mode))), &longer), Some(Discard::Length));
    }
}

#[test]
fn what_failed_is_named_with_its_sender() {
    let mut bench = started(signing(one_key(HmacMode::Enforce)));
    let unsigned = advert_of(&config(), 90, TODAY);
    let (ip, payload) = wire::read_ipv4(&unsigned).unwrap();
    let link = IfIndex::new(2).unwrap();
    let actions = bench.give(Input::Packet(Packet { link, received: bench.now, ip, payload }));
    let expected = EventKind::Discarded { reason: Discard::SignatureMissing, source: host(90) };
    assert_eq!(events(&actions), [expected]);
    assert_eq!(bench.pass(Duration::ZERO), [], "no timer moved");
}

#[test]
fn adverts_are_of_this_time_and_newer_than_the_last() {
    let theirs = signing(one_key(HmacMode::Enforce));
    let monotonic = signing(Hmac { freshness: Freshness::Monotonic, ..one_key(HmacMode::Enforce) });
    let advert = |from, seconds| advert_of(&theirs, from, seconds);
    let mut bench = started(theirs.clone());
    for (from, seconds, reason) in [
        (90, TODAY - 6, Some(Discard::Stale)),
        (90, TODAY + 6, Some(Discard::Stale)),
        (90, TODAY - 5, None),
        (90, TODAY - 4, None),
        (90, TODAY - 4, Some(Discard::Replay)),
        (90, TODAY - 5, Some(Discard::Replay)),
        (80, TODAY - 5, None), // each sender has its own clock
        (90, TODAY + 5, None),
        (90, TODAY, Some(Discard::Replay)),
    ] {
        assert_eq!(refused(&mut bench, &advert(from, seconds)), reason, "{from} {seconds}");
    }
    // What was heard of a clock that was wrong is forgotten once it is none of this time.
    bench.pass(11 * SECOND);
    assert_eq!(refused(&mut bench, &advert(90, TODAY + 11)), None);
    bench.give(at(TODAY));
    assert_eq!(refused(&mut bench, &advert(90, TODAY)), None, "our clock was set back");
    bench.update(|config| *config = monotonic.clone());
    assert_eq!(refused(&mut bench, &advert(90, TODAY)), Some(Discard::Replay), "marks stay over a reload");
    assert_eq!(refused(&mut bench, &advert(90, TODAY + 900)), None);
    assert_eq!(refused(&mut bench, &advert(90, TODAY + 899)), Some(Discard::Replay));
    // Without a time of day nothing is of this time.
    assert_eq!(refused(&mut Bench::started(theirs.clone()), &advert(90, TODAY)), Some(Discard::Stale));
    assert_eq!(refused(&mut Bench::started(monotonic), &advert(90, 7)), None);
}

#[test]
fn nothing_is_new_again_however_many_send() {
    let theirs = signing(one_key(HmacMode::Enforce));
    let mut bench = started(theirs.clone());
    let adverts: Vec<_> = (100..120).map(|from| advert_of(&theirs, from, TODAY - 4 + u64::from(from % 5))).collect();
    let taken: Vec<bool> = adverts.iter().map(|advert| refused(&mut bench, advert).is_none()).collect();
    assert_eq!(taken[..8], [true; 8]);
    for advert in &adverts {
        assert_eq!(refused(&mut bench, advert), Some(Discard::Replay));
    }
    assert_eq!(refused(&mut bench, &advert_of(&theirs, 130, TODAY + 1)), None, "a new one is heard");
}

#[test]
fn numbers_begin_again_in_2106() {
    let last = u64::from(u32::MAX);
    let theirs = signing(one_key(HmacMode::Enforce));
    let mut bench = Bench::started(theirs.clone());
    bench.give(at(last));
    assert_eq!(refused(&mut bench, &advert_of(&theirs, 90, last)), None);
    assert_eq!(refused(&mut bench, &advert_of(&theirs, 90, last + 2)), None);
    assert_eq!(refused(&mut bench, &advert_of(&theirs, 90, last)), Some(Discard::Replay));
}

fn numbers(sent: &[(Transmit, Vec<u8>)]) -> Vec<(TransmitFrom, u64)> {
    sent.iter().map(|(transmit, _)| (transmit.from, transmit.stamp.sequence)).collect()
}

#[test]
fn our_numbers_follow_the_clock_and_never_repeat() {
    for (freshness, follows) in [(Freshness::Time { window: WINDOW }, true), (Freshness::Monotonic, false)] {
        let mut bench = started(signing(Hmac { freshness, ..one_key(HmacMode::Enforce) }));
        let mut next = |seconds: Option<u64>, expected: u64| {
            bench.give(Input::Wake { heard_until: bench.now });
            bench.now = bench.now + bench.left();
            seconds.map(|seconds| bench.give(at(seconds)));
            let actions = bench.wake();
            let (transmit, _) = packets(&bench, &actions).remove(0);
            assert_eq!(transmit.stamp.sequence, expected, "{freshness:?}");
        };
        let of = |seconds: u64| seconds << 32;
        next(Some(TODAY), of(TODAY));
        next(Some(TODAY), of(TODAY) + 1);
        next(Some(TODAY + 1), of(TODAY + 1));
        next(Some(TODAY - 3), of(TODAY + 1) + 1);
        next(Some(TODAY - 9), if follows { of(TODAY - 9) } else { of(TODAY + 1) + 2 });
    }
}

#[test]
fn packets_to_several_peers_share_a_signature_and_copies_have_their_own() {
    let peers = [60, 70].map(|last| UnicastPeer::new(host(last))).to_vec();
    let unicast = Medium::Unicast(Unicast { peers, hop_limit: 9, sources: SourceCheck::Peers });
    let mut bench = started(RouterConfig { medium: unicast, ..signing(one_key(HmacMode::Enforce)) });
    let actions = bench.pass(bench.left());
    let sent = packets(&bench, &actions);
    assert_eq!(sent.len(), 2);
    let trailer = |packet: &[u8]| packet[packet.len() - TRAILER_LEN..].to_vec();
    assert_eq!(trailer(&sent[0].1), trailer(&sent[1].1));

    // A peer that is deaf to the virtual MAC, and to our checksum: see `inferior.rs`.
    let ours = signing(one_key(HmacMode::Permissive));
    let inferior = ours.clone().with(|it| it.priority = Priority::new(50));
    let mut bench = started(ours.clone());
    bench.pass(bench.left());
    assert_eq!(bench.state(), StateName::Active);
    for second in 0..20 {
        bench.pass(SECOND);
        refused(&mut bench, &advert_of(&inferior, 10, TODAY + 4 + second));
    }
    let actions = bench.pass(SECOND);
    let sent = packets(&bench, &actions);
    let mut backup = started(ours.with(|it| it.priority = Priority::new(20)));
    backup.set_parent(Parent { source: Some(host(5)), ..parent() });
    backup.give(at(TODAY + 24));
    assert!(numbers(&sent).iter().any(|(from, _)| *from == TransmitFrom::Physical), "{sent:?}");
    for (transmit, packet) in &sent {
        assert_eq!(refused(&mut backup, packet), None, "{transmit:?}");
    }
}
