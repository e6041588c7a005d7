//! VRRPv2 in an IPsec AH: frames of keepalived, forged ones, and sequence numbers (V2-AU-02).

use std::net::IpAddr;

use vrrp::config::{Authentication, Hearing, Medium, Password, SourceCheck, Unicast, UnicastPeer};
use vrrp::wire::{self, ETHERNET_LEN};
use vrrp::{
    Action, Discard, EventKind, IfIndex, Input, LinkState, Packet, Parent, Priority, RouterConfig, StateName, Transmit,
    TransmitFrom, Version, Vrid, WallTime,
};

use crate::bench::{Bench, MILLISECOND, SECOND, config, host, parent, v2_config};

/// The frames of a capture.
pub(crate) fn captured(name: &str) -> Vec<Vec<u8>> {
    let lines =
        include_str!("../golden/signed.txt").lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    lines.map(|hex| hex.as_bytes().chunks(2).map(byte).collect()).collect()
}

/// The router of the captures, at this address.
fn of_captures(source: [u8; 4], priority: u8) -> Bench {
    let config = RouterConfig {
        authentication: Authentication::Ah(Password::from_text("s3cret")),
        ..RouterConfig::new(Vrid::new(51).unwrap(), Version::V2, vec![[10, 99, 0, 100].into()])
            .with(|it| it.priority = Priority::new(priority))
    };
    let mut bench = Bench::new(config);
    bench.set_parent(Parent { source: Some(source.into()), ..parent() });
    bench
}

/// Hands in an IP packet as a raw socket gives it.
fn receive(bench: &mut Bench, bytes: &[u8]) -> Vec<Action> {
    let (ip, payload) = wire::read_ipv4(bytes).unwrap();
    let link = IfIndex::new(2).unwrap();
    bench.give(Input::Packet(Packet { link, received: bench.now, ip, payload }))
}

/// The reason for which it was dropped.
fn dropped(bench: &mut Bench, bytes: &[u8]) -> Option<Discard> {
    counted(bench, |bench| drop(receive(bench, bytes)))
}

/// The reason for which what `give` hands in was dropped.
pub(crate) fn counted(bench: &mut Bench, give: impl FnOnce(&mut Bench)) -> Option<Discard> {
    let before = bench.snapshot().counters;
    give(bench);
    let after = bench.snapshot().counters;
    let reason = Discard::ALL.into_iter().find(|it| after.discarded.of(*it) > before.discarded.of(*it));
    assert_eq!(after.received, before.received + u64::from(reason.is_none()));
    reason
}

pub(crate) fn packets(bench: &Bench, actions: &[Action]) -> Vec<(Transmit, Vec<u8>)> {
    let packet = |action: &Action| {
        let Action::Transmit(transmit) = action else { return None };
        let mut bytes = vec![0; 1500];
        let length = bench.engine.write_packet(transmit, &mut bytes).unwrap();
        assert_eq!(bench.engine.packet_len(transmit), Some(length));
        bytes.truncate(length);
        Some((*transmit, bytes))
    };
    actions.iter().filter_map(packet).collect()
}

/// An advert that another router with this configuration sends: the first, or one after `later` seconds.
fn advert_of(config: &RouterConfig, from: u8, later: u32) -> Vec<u8> {
    let mut peer = Bench::new(config.clone());
    peer.set_parent(Parent { source: Some(host(from)), ..parent() });
    let actions = peer.pass(4 * SECOND + later * SECOND);
    packets(&peer, &actions).pop().unwrap().1
}

fn ah(key: &str) -> RouterConfig {
    RouterConfig { authentication: Authentication::Ah(Password::from_text(key)), ..v2_config(&[0; 8]) }
}

#[test]
fn frames_of_keepalived_are_taken_and_no_bit_of_them_may_differ() {
    let mut bench = of_captures([10, 99, 0, 9], 50);
    for frame in captured("v2-ah-multicast") {
        let packet = &frame[ETHERNET_LEN..];
        // What the signature covers; where another check finds it first, it is dropped as well.
        let vrid = 20 + wire::AH_LEN + 1;
        for byte in [4, 5, 8].into_iter().chain((12..packet.len()).filter(|byte| *byte != vrid)) {
            let mut forged = packet.to_vec();
            forged[byte] ^= 0x10;
            assert_ne!(dropped(&mut bench, &forged), None, "byte {byte}");
        }
        assert_eq!(dropped(&mut bench, packet), None);
        assert_eq!(dropped(&mut bench, packet), Some(Discard::Replay));
    }
}

#[test]
fn frames_are_written_as_keepalived_writes_them() {
    let mut bench = of_captures([10, 99, 0, 2], 100);
    let sent = bench.pass(9 * SECOND);
    let sent = packets(&bench, &sent);
    for (frame, (_, packet)) in captured("v2-ah-multicast").iter().zip(&sent).take(5) {
        assert_eq!(*packet, frame[ETHERNET_LEN..]);
    }
    assert!(sent.len() >= 5);
}

#[test]
fn kinds_do_not_mix() {
    // G23: AH against PASS.
    let (none, password) = (RouterConfig { authentication: Authentication::None, ..ah("") }, v2_config(b"secret\0\0"));
    let v3 = config();
    let table = [
        (ah("secret"), ah("secret"), None),
        (ah("secret"), ah("other"), Some(Discard::AuthenticationData)),
        (ah("secret"), password.clone(), Some(Discard::AuthenticationType)),
        (ah("secret"), none.clone(), Some(Discard::AuthenticationType)),
        (password.clone(), ah("secret"), Some(Discard::AuthenticationType)),
        (none, ah("secret"), Some(Discard::AuthenticationType)),
        (v3.clone(), ah("secret"), Some(Discard::Version)),
        (ah("secret").with(|it| it.version = Version::V3), v3, None),
    ];
    for (ours, theirs, reason) in table {
        assert_eq!(
            dropped(&mut Bench::started(ours.clone()), &advert_of(&theirs, 90, 0)),
            reason,
            "{ours:?} {theirs:?}"
        );
    }
}

#[test]
fn what_failed_is_named_with_its_sender_once() {
    let mut bench = Bench::started(ah("secret"));
    let forged = advert_of(&ah("other"), 90, 0);
    let reported = |actions: &[Action]| {
        let events = crate::bench::events(actions);
        events.into_iter().filter(|it| matches!(it, EventKind::Discarded { .. })).collect::<Vec<_>>()
    };
    let expected = EventKind::Discarded { reason: Discard::AuthenticationData, source: host(90) };
    assert_eq!(reported(&receive(&mut bench, &forged)), [expected]);
    assert_eq!(reported(&receive(&mut bench, &forged)), []);
    let speaker = bench.snapshot().speakers.into_iter().flatten().next().unwrap();
    assert_eq!((speaker.address, speaker.discarded), (host(90), Some(Discard::AuthenticationData)));
}

#[test]
fn all_routers_count_together() {
    // Whoever takes over goes on where the master was, and what was sent before is old.
    let mut bench = Bench::started(ah("secret"));
    let (early, late) = (advert_of(&ah("secret"), 90, 1), advert_of(&ah("secret"), 91, 6));
    assert_eq!(dropped(&mut bench, &late), None);
    assert_eq!(dropped(&mut bench, &early), Some(Discard::Replay), "of another sender");
    let actions = bench.pass(bench.left());
    assert_eq!(bench.state(), StateName::Active);
    assert_eq!(packets(&bench, &actions)[0].0.stamp.sequence, 8);
    assert_eq!(dropped(&mut bench, &late), Some(Discard::Replay), "what we have sent ourselves is no less old");
}

#[test]
fn a_router_that_does_not_listen_counts_on_from_what_was_sent() {
    let advert = advert_of(&ah("secret"), 90, 6);
    // An owner that ignores adverts.
    let mut owner = ah("secret").with(|it| it.priority = Priority::OWNER);
    owner.parameters.switches.hearing = Hearing::UnlessOwner;
    let mut bench = Bench::active(owner);
    assert_eq!(dropped(&mut bench, &advert), Some(Discard::OwnerIgnores));
    let actions = bench.pass(SECOND);
    assert_eq!(packets(&bench, &actions)[0].0.stamp.sequence, 8);
    // One that does not run yet.
    let mut bench = Bench::started(ah("secret"));
    bench.set_parent(Parent { link: LinkState::Down, ..parent() });
    assert_eq!(dropped(&mut bench, &advert), Some(Discard::NotRunning));
    bench.set_parent(parent());
    assert_eq!(bench.state(), StateName::Backup);
    assert_eq!(dropped(&mut bench, &advert), Some(Discard::Replay));
    let actions = bench.pass(4 * SECOND);
    assert_eq!(packets(&bench, &actions)[0].0.stamp.sequence, 8);
}

#[test]
fn numbers_are_never_behind_the_clock() {
    // G06: a router that has restarted is heard at once.
    // Sixteenths of a second from 2026 on, ten days later; the first advert leaves after 3.4 s.
    let day = WallTime::from_nanos((1_767_225_600 + 864_000) * 1_000_000_000);
    let numbers = |clock: Option<WallTime>| {
        let mut bench = Bench::started(ah("secret"));
        clock.map(|clock| bench.give(Input::WallClock(clock)));
        let actions = bench.pass(6 * SECOND);
        packets(&bench, &actions).iter().map(|(transmit, _)| transmit.stamp.sequence).collect::<Vec<_>>()
    };
    assert_eq!(numbers(None), [1, 2, 3]);
    assert_eq!(numbers(Some(day)), [13_824_054, 13_824_070, 13_824_086]);
    // A clock that shows the next century would use the numbers up.
    assert_eq!(numbers(Some(WallTime::from_nanos(4_100_000_000 * 1_000_000_000))), [1, 2, 3]);
}

#[test]
fn an_answer_after_a_stall_makes_nothing_old_that_was_received_before() {
    let day = WallTime::from_nanos((1_767_225_600 + 864_000) * 1_000_000_000);
    let with_clock = |priority: u8, from: u8| {
        let config = ah("secret").with(|it| it.priority = Priority::new(priority));
        let mut bench = Bench::new(config);
        bench.set_parent(Parent { source: Some(host(from)), ..parent() });
        bench.give(Input::WallClock(day));
        bench
    };
    let (mut inferior, mut superior) = (with_clock(50, 10), with_clock(200, 90));
    let mut ours = with_clock(100, 2);
    ours.pass(4 * SECOND);
    // Both speak while we stand still, the better one last.
    let last = |bench: &mut Bench, time| {
        let actions = bench.pass(time);
        packets(bench, &actions).pop().unwrap().1
    };
    let (first, second) = (last(&mut inferior, MILLISECOND * 4500), last(&mut superior, MILLISECOND * 5500));
    ours.now = superior.now + MILLISECOND;
    for (bytes, received) in [(first, inferior.now), (second, superior.now)] {
        let (ip, payload) = wire::read_ipv4(&bytes).unwrap();
        ours.give(Input::Packet(Packet { link: IfIndex::new(2).unwrap(), received, ip, payload }));
    }
    assert_eq!(ours.state(), StateName::Backup);
}

#[test]
fn a_peer_that_counts_anew_is_heard_once_it_has_heard_us() {
    // keepalived that is killed and started again: it begins with 1, and hears of the number from whoever took over.
    let mut old = Bench::started(ah("secret"));
    assert_eq!(dropped(&mut old, &advert_of(&ah("secret"), 90, 9)), None);
    let superior = ah("secret").with(|it| it.priority = Priority::new(200));
    let mut restarted = Bench::started(superior);
    restarted.set_parent(Parent { source: Some(host(90)), ..parent() });
    let first = restarted.pass(restarted.left());
    let first = packets(&restarted, &first).remove(0).1;
    assert_eq!(dropped(&mut old, &first), Some(Discard::Replay));
    let ours = old.pass(old.left());
    assert_eq!(old.state(), StateName::Active);
    let (transmit, ours) = packets(&old, &ours).remove(0);
    let answer = receive(&mut restarted, &ours);
    let (answered, answer) = packets(&restarted, &answer).remove(0);
    assert_eq!((restarted.state(), answered.stamp.sequence), (StateName::Active, transmit.stamp.sequence + 1));
    assert_eq!(dropped(&mut old, &answer), None);
    assert_eq!(old.state(), StateName::Backup);
}

#[test]
fn a_peer_that_counts_anew_and_is_deaf_to_the_virtual_mac_gets_copies_it_hears() {
    // keepalived with `vmac_xmit_base` that is killed and started again: it never hears the number, and is not heard.
    let mut bench = Bench::active(ah("secret"));
    let ahead = advert_of(&ah("secret").with(|it| it.priority = Priority::new(50)), 10, 99);
    assert_eq!(dropped(&mut bench, &ahead), None);
    let superior = ah("secret").with(|it| it.priority = Priority::new(200));
    for later in 0..6 {
        bench.pass(SECOND);
        assert_eq!(dropped(&mut bench, &advert_of(&superior, 90, later)), Some(Discard::Replay));
    }
    let actions = bench.pass(SECOND);
    let from: Vec<_> = packets(&bench, &actions).iter().map(|(transmit, _)| transmit.from).collect();
    assert_eq!(from, [TransmitFrom::Virtual, TransmitFrom::Physical]);
    let of_it = bench.snapshot().speakers.into_iter().flatten().filter(|it| it.address == host(90));
    assert_eq!(of_it.map(|it| it.discarded).collect::<Vec<_>>(), [Some(Discard::Replay)]);
}

#[test]
fn replays_make_nobody_a_deaf_peer() {
    // One packet again and again, or several in turn: they are answered at most.
    let superior = ah("secret").with(|it| it.priority = Priority::new(200));
    let recorded = [3, 2, 1].map(|later| advert_of(&superior, 90, later));
    for replayed in [&recorded[..1], &recorded[..]] {
        let mut bench = Bench::active(ah("secret"));
        let ahead = advert_of(&ah("secret").with(|it| it.priority = Priority::new(50)), 10, 99);
        assert_eq!(dropped(&mut bench, &ahead), None);
        for packet in replayed.iter().cycle().take(7) {
            bench.pass(SECOND);
            assert_eq!(dropped(&mut bench, packet), Some(Discard::Replay));
        }
        let actions = bench.pass(SECOND);
        let from: Vec<_> = packets(&bench, &actions).iter().map(|(transmit, _)| transmit.from).collect();
        assert_eq!(from, [TransmitFrom::Virtual], "{} packets", replayed.len());
    }
}

#[test]
fn packets_to_several_peers_share_a_number_and_copies_have_their_own() {
    let peers = [60, 70].map(|last| UnicastPeer::new(host(last))).to_vec();
    let unicast = Medium::Unicast(Unicast { peers, hop_limit: 9, sources: SourceCheck::Peers });
    let mut bench = Bench::started(RouterConfig { medium: unicast, ..ah("secret") });
    let actions = bench.pass(bench.left());
    let sent = packets(&bench, &actions);
    let of = |sent: &[(Transmit, Vec<u8>)]| sent.iter().map(|(it, _)| (it.from, it.stamp.sequence)).collect::<Vec<_>>();
    assert_eq!(of(&sent), [(TransmitFrom::Virtual, 1), (TransmitFrom::Virtual, 1)]);
    // The TTL of unicast is not covered: routers on the way lower it.
    let mut passed_on = sent[0].1.clone();
    passed_on[8] = 3;
    let listener = Medium::Unicast(Unicast {
        peers: vec![UnicastPeer::new(host(50))],
        hop_limit: 9,
        sources: SourceCheck::Anybody,
    });
    let mut peer = Bench::new(RouterConfig { medium: listener, ..ah("secret") });
    peer.set_parent(Parent { source: Some(host(60)), ..parent() });
    assert_eq!(dropped(&mut peer, &passed_on), None);

    // A peer that is deaf to the virtual MAC: see `inferior.rs`.
    let mut bench = Bench::active(ah("secret"));
    let inferior = ah("secret").with(|it| it.priority = Priority::new(50));
    let mut last = Vec::new();
    for later in 0..9 {
        bench.pass(SECOND);
        let heard = advert_of(&inferior, 10, 20 + later * 10);
        let answer = receive(&mut bench, &heard);
        last = packets(&bench, &answer);
    }
    let [(TransmitFrom::Virtual, first), (TransmitFrom::Physical, second)] = of(&last)[..] else { panic!("{last:?}") };
    assert_eq!(second, first + 1);
    assert_eq!(last[0].0.stamp.number, last[1].0.stamp.number, "one advert");
}

#[test]
fn a_reload_that_changes_the_key_tells_those_who_have_it() {
    let mut bench = Bench::active(ah("secret"));
    let actions = bench.update(|config| config.authentication = Authentication::Ah(Password::from_text("new")));
    assert_eq!(bench.state(), StateName::Active);
    let (transmit, bytes) = packets(&bench, &actions).remove(0);
    assert_eq!(transmit.stamp.sequence, 2, "the number goes on");
    let mut peer = Bench::new(ah("new"));
    peer.set_parent(Parent { source: Some(host(60)), ..parent() });
    assert_eq!(dropped(&mut peer, &bytes), None);
    let actions = bench.update(|config| config.authentication = Authentication::None);
    let source: IpAddr = host(50);
    assert!(
        packets(&bench, &actions).iter().all(|(it, bytes)| it.stamp.source == source && bytes[9] == wire::PROTOCOL)
    );
}
