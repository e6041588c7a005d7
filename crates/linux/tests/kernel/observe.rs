//! What the packet socket sees beside the sockets that listen.

use std::net::IpAddr;
use std::time::Duration;

use linux::observe::{Observer, Sighting};
use linux::poll::{Poll, Timer};
use linux::{Machine, clock};
use vrrp::types::Family;

use crate::Test;
use crate::ground::{ip, lan, set, vmac};
use crate::packets::{Packet, SOURCE_V6, USUAL_V4, frame, listen, send};

pub(crate) const ALL: &[Test] = &[
    ("an_advert_is_seen_with_the_mac_of_its_sender", seen),
    ("what_the_host_drops_is_seen_all_the_same", dropped),
    ("tagged_frames_and_what_we_send_are_not_seen", not_seen),
];

/// Waits until something was seen `N` times.
fn sightings<const N: usize>(observer: &mut Observer) -> [Sighting; N] {
    let (mut poll, timer, mut ready) = (Poll::new().unwrap(), Timer::new().unwrap(), Vec::new());
    timer.set(Some(clock::now() + Duration::from_secs(20))).unwrap();
    poll.add(&timer, 0).unwrap();
    poll.add(&*observer, 1).unwrap();
    let mut seen = Vec::new();
    while seen.len() < N {
        poll.wait(&mut ready).unwrap();
        assert!(!ready.contains(&0), "only {} of {N} were seen", seen.len());
        observer.read(|sighting| seen.push(sighting)).unwrap();
    }
    seen.try_into().unwrap()
}

fn seen() {
    let (_lan, [a, b]) = lan();
    let mut observer = b.namespace.run(|| Observer::open(b.nic).unwrap()).unwrap();
    let before = clock::now();
    send(&a, &[frame(vmac(51), &USUAL_V4, &[0x31, 51, 100, 1])]);
    let [found] = sightings(&mut observer);
    assert_eq!((found.link, found.mac, found.hop_limit), (b.nic, vmac(51), 255));
    assert_eq!((found.source, found.destination), (ip("10.0.0.1"), ip("224.0.0.18")));
    assert_eq!((found.version_and_type, found.vrid, found.priority), (0x31, 51, 100));
    assert!(found.received + Duration::from_millis(1) >= before && found.received <= clock::now());
    send(&a, &[frame(a.mac, &Packet::V6 { hop_limit: 64 }, &[0x31, 7, 0, 1])]);
    let [found] = sightings(&mut observer);
    assert_eq!((found.mac, found.vrid, found.priority, found.hop_limit), (a.mac, 7, 0, 64));
    assert_eq!((found.source, found.destination), (IpAddr::from(SOURCE_V6), ip("ff02::12")));
}

/// A reverse-path check drops it here; a host firewall or a bridge would do the same.
fn dropped() {
    let (_lan, [a, b]) = lan();
    let mut observer = b.namespace.run(|| Observer::open(b.nic).unwrap()).unwrap();
    let (_machine, mut receiver) = listen(&b, Family::Ipv4);
    b.namespace
        .run(|| {
            let strict = set(b.nic, host::LinkSetting::Ipv4(host::Ipv4Setting::RpFilter), 1);
            crate::ground::apply(&mut Machine::open().unwrap(), &[strict]);
        })
        .unwrap();
    let elsewhere = Packet::From { source: [192, 0, 2, 1] };
    send(&a, &[frame(vmac(51), &elsewhere, &[0x31, 51, 100, 1]), frame(vmac(51), &USUAL_V4, &[0x31, 52, 100, 1])]);
    assert_eq!(sightings::<2>(&mut observer).map(|sighting| sighting.vrid), [51, 52]);
    let mut heard = Vec::new();
    while receiver.receive(|packet| heard.push(packet.payload[1])).is_ok() {}
    assert_eq!(heard, [52]);
}

fn not_seen() {
    let (_lan, [a, b]) = lan();
    let mut observer = b.namespace.run(|| Observer::open(b.nic).unwrap()).unwrap();
    let untagged = frame(vmac(51), &USUAL_V4, &[0x31, 51, 100, 1]);
    // VLAN 10: four bytes between the addresses and the EtherType.
    let tagged = [&untagged[..12], &[0x81, 0x00, 0, 10], &untagged[12..]].concat();
    send(&b, &[frame(vmac(51), &USUAL_V4, &[0x31, 9, 100, 1])]);
    send(&a, &[tagged, frame(vmac(51), &USUAL_V4, &[0x31, 52, 100, 1])]);
    assert_eq!(sightings::<1>(&mut observer)[0].vrid, 52);
}
