//! Advertisements as keepalived, FRR and holo sent them (`golden/captures.txt`): read, and written again bit by bit.

use std::net::IpAddr;

use etherparse::{NetSlice, SlicedPacket};
use vrrp::config::Authentication;
use vrrp::wire::{self, Advert, AuthenticationField, Headers, Message};
use vrrp::{Discard, Envelope, Family, IfIndex, Instant, MacAddr};

use crate::unhex;

const CAPTURES: &str = include_str!("../golden/captures.txt");

struct Capture {
    name: &'static str,
    verdict: &'static str,
    frame: Vec<u8>,
}

fn captures() -> impl Iterator<Item = Capture> {
    CAPTURES.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap();
        Capture { name: word(), verdict: word(), frame: unhex(word()) }
    })
}

/// What the kernel would tell of the frame, read by somebody else's parser; and the IP payload.
fn open(frame: &[u8]) -> (Envelope, Vec<u8>) {
    let packet = SlicedPacket::from_ethernet(frame).unwrap();
    let (source, destination, hop_limit, payload): (IpAddr, IpAddr, u8, _) = match packet.net.unwrap() {
        NetSlice::Ipv4(ip) => {
            let header = ip.header();
            (header.source_addr().into(), header.destination_addr().into(), header.ttl(), ip.payload().payload.to_vec())
        }
        NetSlice::Ipv6(ip) => {
            let header = ip.header();
            let payload = ip.payload().payload.to_vec();
            (header.source_addr().into(), header.destination_addr().into(), header.hop_limit(), payload)
        }
        NetSlice::Arp(_) => panic!("an ARP packet among the advertisements"),
    };
    let (ifindex, received) = (IfIndex::new(2).unwrap(), Instant::from_nanos(0));
    (Envelope { source, destination, hop_limit: Some(hop_limit), ifindex, received }, payload)
}

#[test]
fn captured_adverts_get_the_verdict_they_deserve() {
    for capture in captures() {
        let (envelope, bytes) = open(&capture.frame);
        let verdict = Message::parse(&envelope, &bytes, None).map_or_else(Discard::name, |_| "ok");
        assert_eq!(verdict, capture.verdict, "{}", capture.name);
    }
}

#[test]
fn captured_multicast_adverts_are_written_as_they_were_sent() {
    let mut written = 0;
    for capture in captures().filter(|capture| capture.verdict == "ok") {
        let (envelope, bytes) = open(&capture.frame);
        if envelope.destination != wire::group(envelope.family()) {
            continue;
        }
        let message = Message::parse(&envelope, &bytes, None).unwrap();
        let advert = Advert {
            version: message.version(),
            vrid: message.vrid().unwrap(),
            priority: message.priority(),
            interval: message.interval().unwrap(),
            addresses: &message.addresses().iter().collect::<Vec<_>>(),
            authentication: match message.authentication() {
                Some(AuthenticationField { kind: 1, data }) => Authentication::Password(data),
                Some(_) | None => Authentication::None,
            },
        };
        let mut frame = [0xff; 256];
        let at = wire::headers_len(envelope.family());
        let length = advert.emit(&envelope.source, message.checksum_form(), &mut frame[at..]).unwrap();
        let source_mac = MacAddr(capture.frame[6..12].try_into().unwrap());
        let id = u16::from_be_bytes([capture.frame[18], capture.frame[19]]);
        let headers = Headers { source_mac, source: envelope.source, id };
        let length = wire::write_headers(&mut frame, &headers, length).unwrap();
        assert_eq!(as_we_would(&frame[..length]), as_we_would(&capture.frame), "{}", capture.name);
        written += 1;
    }
    assert!(written > 40, "only {written}");
}

/// The frame without what senders choose as they like: flow label (IPv6), the flag "do not fragment" and with it the
/// header's checksum (IPv4).
fn as_we_would(frame: &[u8]) -> Vec<u8> {
    let (envelope, _) = open(frame);
    let free: &[usize] = match envelope.family() {
        Family::Ipv4 => &[20, 24, 25],
        Family::Ipv6 => &[15, 16, 17],
    };
    let mut frame = frame.to_vec();
    free.iter().for_each(|at| frame[*at] = 0);
    frame
}
