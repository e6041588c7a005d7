//! Unicast: to whom adverts go, whose are taken, and routers that share a VRID.

use std::net::IpAddr;

use vrrp::config::{ChecksumPolicy, Medium, RouterConfig, SourceCheck, Unicast, UnicastPeer};
use vrrp::wire::{self, ChecksumForm};
use vrrp::{
    Action, Causes, Destination, Discard, EventKind, Family, Input, IpHeader, LinkState, Packet, Parent, Priority,
    StateName, Transmit, Version,
};

use crate::bench::{Bench, HIGHER, LOWER, OURS, SECOND, config, events, host, message, parent, v2_config, words};

const STRANGER: u8 = 77;

fn unicast(peers: &[u8]) -> Unicast {
    let peers = peers.iter().map(|peer| UnicastPeer::new(host(*peer))).collect();
    Unicast { peers, hop_limit: 255, sources: SourceCheck::Anybody }
}

fn with(unicast: Unicast) -> RouterConfig {
    RouterConfig { medium: Medium::Unicast(unicast), ..config() }
}

/// Two peers, both ranges.
fn checked() -> RouterConfig {
    let near = UnicastPeer { min_ttl: 254, ..UnicastPeer::new(host(LOWER)) };
    let far = UnicastPeer { max_ttl: 63, ..UnicastPeer::new(host(HIGHER)) };
    with(Unicast { peers: vec![near, far], hop_limit: 64, sources: SourceCheck::Peers })
}

fn transmits(actions: &[Action]) -> Vec<Transmit> {
    let transmit = |action: &Action| match action {
        Action::Transmit(transmit) => Some(*transmit),
        Action::AnnounceFirst { .. }
        | Action::InstallAddresses { .. }
        | Action::KeepAddresses { .. }
        | Action::WithdrawAddresses { .. }
        | Action::Announce(_)
        | Action::Event(_)
        | Action::UnknownVrid(_) => None,
    };
    actions.iter().filter_map(transmit).collect()
}

fn peers_of(transmits: &[Transmit]) -> Vec<IpAddr> {
    let peer = |transmit: &Transmit| match transmit.to {
        Destination::Unicast(peer) => peer,
        Destination::Multicast(group) => panic!("multicast to {group}"),
    };
    transmits.iter().map(peer).collect()
}

/// Hands in an advert with priority 200, and returns why it was dropped; `None`: it was not.
fn give(bench: &mut Bench, config: &RouterConfig, from: u8, to: IpAddr, ttl: Option<u8>) -> Option<Discard> {
    let before = bench.snapshot().counters.discarded;
    let bytes = message(config, host(from), to, 200);
    hand_in(bench, host(from), to, ttl, &bytes);
    let after = bench.snapshot().counters.discarded;
    let mut dropped = Discard::ALL.into_iter().filter(|reason| after.of(*reason) > before.of(*reason));
    let reason = dropped.next();
    assert_eq!(dropped.next(), None);
    reason
}

fn hand_in(
    bench: &mut Bench,
    source: IpAddr,
    destination: IpAddr,
    hop_limit: Option<u8>,
    payload: &[u8],
) -> Vec<Action> {
    let ip = IpHeader { source, destination, hop_limit, protocol: wire::PROTOCOL, identification: 0 };
    let link = parent().ifindex.unwrap();
    bench.give(Input::Packet(Packet { link, received: bench.now, ip, payload }))
}

// G05: kaC:cb95b7f6, kaC:1f18c976
#[test]
fn each_peer_gets_its_copy_of_one_advert_and_oneself_none() {
    for config in [
        with(unicast(&[LOWER, OURS, HIGHER])),
        RouterConfig { medium: with(unicast(&[LOWER, OURS, HIGHER])).medium, ..v2_config(&[0; 8]) },
    ] {
        let mut bench = Bench::active(config);
        let actions = bench.pass(SECOND);
        let copies = transmits(&actions);
        assert_eq!(peers_of(&copies), [host(LOWER), host(HIGHER)]);
        let same = |transmit: &Transmit| (transmit.stamp.number, transmit.stamp.identification, transmit.priority);
        assert_eq!(same(&copies[0]), same(&copies[1]), "one advert");
        assert_eq!(bench.snapshot().counters.sent, 2, "copies are not counted");
    }
}

#[test]
fn priority_0_goes_to_all_peers() {
    let mut bench = Bench::active(with(unicast(&[LOWER, HIGHER])));
    let actions = bench.give(Input::Shutdown { router: None });
    let copies = transmits(&actions);
    assert_eq!(peers_of(&copies), [host(LOWER), host(HIGHER)]);
    assert!(copies.iter().all(|copy| copy.priority == Priority::RELEASE));
    assert_eq!(bench.snapshot().counters.sent_priority_zero, 1);
}

#[test]
fn headers_and_checksums_are_those_of_the_destination() {
    // V3-CK-09.
    let mut bench = Bench::active(checked());
    for copy in transmits(&bench.pass(SECOND)) {
        let mut bytes = [0; 100];
        let length = bench.engine.write_packet(&copy, &mut bytes).unwrap();
        let (ip, payload) = wire::read_ipv4(&bytes[..length]).unwrap();
        assert_eq!((ip.source, ip.destination, ip.hop_limit), (host(OURS), copy.to.address(), Some(64)));
        assert_eq!(wire::Message::read(&ip, payload).unwrap().checksum_form(), Some(ChecksumForm::Rfc5798));
    }
    let peer: IpAddr = "2001:db8::2".parse().unwrap();
    let ours: IpAddr = "2001:db8::1".parse().unwrap();
    let medium =
        Medium::Unicast(Unicast { peers: vec![UnicastPeer::new(peer)], hop_limit: 7, sources: SourceCheck::Peers });
    let addresses = vec!["2001:db8::9".parse().unwrap()];
    let base = RouterConfig::new(config().vrid, Version::V3, addresses);
    let mut bench =
        Bench::new(RouterConfig { medium, source: Some(ours), ..base.with(|it| it.priority = Priority::OWNER) });
    let actions = bench.set_parent(Parent { source: Some(ours), ..parent() });
    let copy = transmits(&actions)[0];
    let mut bytes = [0; 100];
    let length = bench.engine.write_packet(&copy, &mut bytes).unwrap();
    assert_eq!((bytes[6], bytes[7], length), (112, 7, 64), "next header, hop limit");
    let ip = IpHeader { source: ours, destination: peer, hop_limit: Some(7), protocol: 112, identification: 0 };
    assert!(wire::Message::read(&ip, &bytes[40..length]).unwrap().checksum_form().is_some());
}

#[test]
fn an_advert_fails_once_however_many_copies_do() {
    // V3-TX-11.
    let both = with(unicast(&[LOWER, HIGHER])).with(|it| it.checksum = ChecksumPolicy::Auto);
    let mut bench = Bench::active(both);
    let (sent, first, second) = {
        let (first, second) = (transmits(&bench.pass(SECOND)), transmits(&bench.pass(SECOND)));
        (bench.snapshot().counters.sent, first, second)
    };
    for copy in first.iter().chain(&second).chain(&first) {
        bench.give(Input::SendFailed(*copy));
    }
    let counters = bench.snapshot().counters;
    assert_eq!((counters.sent, counters.send_failed), (sent - 2, 2));
}

// G02: ka#2645
#[test]
fn a_router_that_is_its_own_only_peer_speaks_to_nobody() {
    let mut bench = Bench::active(with(unicast(&[OURS])));
    assert_eq!(transmits(&bench.pass(SECOND)), []);
    assert_eq!(bench.snapshot().counters.sent, 0);
}

#[test]
fn without_peers_it_stays_out_and_never_multicasts() {
    let mut bench = Bench::started(with(unicast(&[])));
    assert_eq!((bench.state(), bench.snapshot().waiting_for), (StateName::Initialize, Causes::NO_PEER));
    bench.update(|config| config.medium = Medium::Unicast(unicast(&[LOWER])));
    assert_eq!(bench.state(), StateName::Backup);
    bench.pass(bench.left());
    let actions = bench.update(|config| config.medium = Medium::Unicast(unicast(&[])));
    let farewell = transmits(&actions);
    assert_eq!(peers_of(&farewell), [host(LOWER)], "those it spoke to hear that it leaves");
    assert_eq!(farewell[0].priority, Priority::RELEASE);
    assert_eq!(bench.state(), StateName::Initialize);
    let counters = bench.snapshot().counters;
    assert_eq!(counters.sent_priority_zero, 1);
}

#[test]
fn what_a_unicast_router_takes() {
    let group = wire::group(Family::Ipv4);
    let (any, checked) = (with(unicast(&[LOWER, HIGHER])), checked());
    for (config, from, to, ttl, expected) in [
        (&any, LOWER, host(OURS), Some(255), None),
        (&any, STRANGER, host(OURS), Some(1), None),
        (&any, STRANGER, host(OURS), None, None),
        (&any, LOWER, group, Some(255), Some(Discard::Multicast)),
        (&any, LOWER, IpAddr::from([224, 0, 0, 19]), Some(255), Some(Discard::Multicast)),
        (&any, LOWER, host(99), Some(255), Some(Discard::WrongDestination)),
        (&any, OURS, host(OURS), Some(255), Some(Discard::OwnPacket)),
        (&checked, LOWER, host(OURS), Some(254), None),
        (&checked, LOWER, host(OURS), Some(253), Some(Discard::PeerHopLimit)),
        (&checked, LOWER, host(OURS), None, Some(Discard::PeerHopLimit)),
        (&checked, HIGHER, host(OURS), Some(0), None),
        (&checked, HIGHER, host(OURS), Some(63), None),
        (&checked, HIGHER, host(OURS), Some(64), Some(Discard::PeerHopLimit)),
        (&checked, STRANGER, host(OURS), Some(255), Some(Discard::UnlistedSource)),
        (&checked, LOWER, group, Some(255), Some(Discard::Multicast)),
    ] {
        for mut bench in [Bench::started(config.clone()), Bench::active(config.clone())] {
            let timer = bench.engine.poll_timeout();
            let refused = give(&mut bench, config, from, to, ttl);
            assert_eq!(refused, expected, "from {from} to {to} with {ttl:?}");
            assert!(refused.is_none() || bench.engine.poll_timeout() == timer, "what is refused touches no timer");
        }
    }
}

#[test]
fn a_range_that_is_empty_takes_nothing() {
    let peer = UnicastPeer { min_ttl: 9, max_ttl: 8, ..UnicastPeer::new(host(LOWER)) };
    let config = with(Unicast { peers: vec![peer], hop_limit: 255, sources: SourceCheck::Peers });
    let mut bench = Bench::started(config.clone());
    for ttl in [0, 8, 9, 255] {
        assert_eq!(give(&mut bench, &config, LOWER, host(OURS), Some(ttl)), Some(Discard::PeerHopLimit));
    }
}

#[test]
fn a_multicast_router_takes_no_unicast() {
    let mut bench = Bench::started(config());
    assert_eq!(give(&mut bench, &config(), LOWER, host(OURS), Some(255)), Some(Discard::Unicast));
}

#[test]
fn one_that_is_no_peer_is_obeyed_and_reported_once() {
    let config = with(unicast(&[LOWER]));
    let mut bench = Bench::started(config.clone());
    let bytes = message(&config, host(HIGHER), host(OURS), 200);
    let mut reports = Vec::new();
    for _ in 0..3 {
        reports.extend(events(&hand_in(&mut bench, host(HIGHER), host(OURS), Some(64), &bytes)));
    }
    let [EventKind::UnlistedPeer(peer)] = reports[..] else { panic!("{reports:?}") };
    assert_eq!(peer.address, host(HIGHER));
    assert_eq!(bench.snapshot().master, Some(peer));
}

#[test]
fn a_required_source_that_is_absent_is_a_cause_of_its_own() {
    let config = RouterConfig { source: Some(host(OURS)), ..with(unicast(&[LOWER])) };
    let absent = Parent { source: None, ..parent() };
    let mut bench = Bench::new(config);
    bench.set_parent(absent);
    assert_eq!(bench.snapshot().waiting_for, Causes::SOURCE_ABSENT);
    bench.set_parent(Parent { link: LinkState::Down, ..absent });
    assert_eq!(bench.snapshot().waiting_for, Causes::SOURCE_ABSENT.with(Causes::LINK_DOWN));
    bench.set_parent(parent());
    assert_eq!(bench.state(), StateName::Backup);
    bench.pass(bench.left());
    let farewell = transmits(&bench.set_parent(absent));
    assert_eq!(farewell[0].priority, Priority::RELEASE, "said from the address that is gone");
    assert_eq!(farewell[0].stamp.source, host(OURS));
}

#[test]
fn a_change_of_medium_keeps_the_role_and_is_told_at_once() {
    let mut bench = Bench::active(config());
    let to_unicast = transmits(&bench.update(|config| config.medium = Medium::Unicast(unicast(&[LOWER]))));
    assert_eq!(peers_of(&to_unicast), [host(LOWER)]);
    assert_eq!(to_unicast[0].priority, Priority::new(150));
    let more = transmits(&bench.update(|config| config.medium = Medium::Unicast(unicast(&[LOWER, HIGHER]))));
    assert_eq!(peers_of(&more), [host(LOWER), host(HIGHER)]);
    assert_eq!(transmits(&bench.update(|_| {})), [], "nothing changed");
    let back = transmits(&bench.update(|config| config.medium = Medium::multicast(Family::Ipv4)));
    assert_eq!(back[0].to, Destination::Multicast(wire::group(Family::Ipv4)));
    assert_eq!(bench.state(), StateName::Active);
    let mut backup = Bench::started(config());
    let timer = backup.engine.poll_timeout();
    assert_eq!(words(&backup.update(|config| config.medium = Medium::Unicast(unicast(&[LOWER])))), [""; 0]);
    assert_eq!(backup.engine.poll_timeout(), timer, "a backup waits on");
}

#[test]
fn routers_of_one_vrid_are_told_apart_by_how_their_adverts_travel() {
    let group = IpAddr::from([224, 0, 0, 99]);
    let configs = [
        config(),
        RouterConfig { medium: Medium::Multicast { group }, ..config() },
        with(unicast(&[LOWER])),
        with(unicast(&[HIGHER])),
    ];
    let mut bench = Bench::started(configs[0].clone());
    let mut routers = vec![bench.router];
    for config in &configs[1..] {
        let router = bench.engine.add(bench.now, config.clone());
        bench.give(Input::Parent { router, parent: parent() });
        routers.push(router);
    }
    for (from, to, expected) in
        [(LOWER, wire::group(Family::Ipv4), 0), (LOWER, group, 1), (LOWER, host(OURS), 2), (HIGHER, host(OURS), 3)]
    {
        let bytes = message(&configs[0], host(from), to, 200);
        hand_in(&mut bench, host(from), to, Some(255), &bytes);
        let masters: Vec<_> = routers.iter().map(|id| bench.engine.snapshot(*id).unwrap().counters.received).collect();
        let expected: Vec<u64> = (0..4).map(|place| u64::from(place <= expected)).collect();
        assert_eq!(masters, expected, "from {from} to {to}");
    }
    bench.engine.remove(routers[2]);
    let bytes = message(&configs[0], host(LOWER), host(OURS), 200);
    hand_in(&mut bench, host(LOWER), host(OURS), Some(255), &bytes);
    assert_eq!(bench.engine.snapshot(routers[3]).unwrap().counters.received, 2, "the other unicast router is left");
}
