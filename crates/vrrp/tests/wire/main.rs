//! Bytes and their meaning, against bytes that others wrote.

mod captures;
mod frames;
mod golden;
mod refusals;
mod roundtrip;

use std::net::IpAddr;

use vrrp::config::Medium;
use vrrp::wire::{self, Message};
use vrrp::{
    Discard, Engine, Family, IfIndex, Input, Instant, IpHeader, LinkState, Packet, Parent, RouterConfig, Version, Vrid,
};

/// Bytes of a hexadecimal text.
fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// An IP header as it should be: to the group, hop limit 255.
fn ip_from(source: IpAddr) -> IpHeader {
    let destination = wire::group(Family::of(&source));
    IpHeader { source, destination, hop_limit: Some(255), protocol: wire::PROTOCOL, identification: 0 }
}

/// Reads a message whose form is right.
fn read<'a>(ip: &IpHeader, bytes: &'a [u8], version: Option<Version>) -> Message<'a> {
    assert_eq!(refusal(ip, bytes, version), None, "{bytes:02x?}");
    Message::read(ip, bytes).unwrap()
}

/// The first check of its form that a message fails, up to the checksum, at a router that speaks this version or
/// (`None`) that of the message.
fn refusal(ip: &IpHeader, bytes: &[u8], version: Option<Version>) -> Option<Discard> {
    let (mut engine, now, link) = (Engine::new(), Instant::from_nanos(0), IfIndex::new(2).unwrap());
    let vrid = wire::vrid(bytes).unwrap_or(Vrid::new(1).unwrap());
    let spoken = version.or_else(|| Message::read(ip, bytes)?.version());
    let router = engine.add(
        now,
        RouterConfig {
            family: ip.family(),
            medium: Medium::Multicast { group: ip.destination },
            ..RouterConfig::new(vrid, spoken.unwrap_or(Version::V3), Vec::new())
        },
    );
    let parent = Parent { ifindex: Some(link), link: LinkState::Up, source: None };
    engine.handle(now, Input::Parent { router, parent });
    engine.handle(now, Input::Packet(Packet { link, received: now, ip: *ip, payload: bytes }));
    let counters = engine.snapshot(router).unwrap().counters;
    let dropped: Vec<Discard> =
        counters.discarded.iter().chain(engine.no_such_router().iter()).map(|(reason, _)| reason).collect();
    let [reason] = dropped[..] else { panic!("dropped for {dropped:?}") };
    (reason < Discard::UnknownVrid).then_some(reason)
}
