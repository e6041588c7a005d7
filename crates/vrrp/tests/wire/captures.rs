//! Advertisements as keepalived, FRR and holo sent them (`golden/captures.txt`): read, and written again bit by bit.

use std::net::IpAddr;

use etherparse::{NetSlice, SlicedPacket};
use vrrp::wire::{self, Advert, AuthenticationField, ETHERNET_LEN, IpFields};
use vrrp::{Discard, Family, IpHeader, MacAddr};

use crate::{read, refusal, unhex};

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
fn open(frame: &[u8]) -> (IpHeader, Vec<u8>) {
    let packet = SlicedPacket::from_ethernet(frame).unwrap();
    let (source, destination, hop_limit, protocol, payload): (IpAddr, IpAddr, u8, u8, _) = match packet.net.unwrap() {
        NetSlice::Ipv4(ip) => {
            let header = ip.header();
            let (source, destination) = (header.source_addr().into(), header.destination_addr().into());
            (source, destination, header.ttl(), header.protocol().0, ip.payload().payload.to_vec())
        }
        NetSlice::Ipv6(ip) => {
            let header = ip.header();
            let (source, destination) = (header.source_addr().into(), header.destination_addr().into());
            (source, destination, header.hop_limit(), header.next_header().0, ip.payload().payload.to_vec())
        }
        NetSlice::Arp(_) => panic!("an ARP packet among the advertisements"),
    };
    (IpHeader { source, destination, hop_limit: Some(hop_limit), protocol, identification: 0 }, payload)
}

#[test]
fn captured_adverts_get_the_verdict_they_deserve() {
    for capture in captures() {
        let (ip, bytes) = open(&capture.frame);
        let verdict = refusal(&ip, &bytes, None).map_or("ok", Discard::name);
        assert_eq!(verdict, capture.verdict, "{}", capture.name);
    }
}

#[test]
fn captured_multicast_adverts_are_written_as_they_were_sent() {
    let mut written = 0;
    for capture in captures().filter(|capture| capture.verdict == "ok") {
        let (ip, bytes) = open(&capture.frame);
        if ip.destination != wire::group(ip.family()) {
            continue;
        }
        let message = read(&ip, &bytes, None);
        let advert = Advert {
            version: message.version().unwrap(),
            vrid: message.vrid().unwrap(),
            priority: message.priority(),
            interval: message.interval().unwrap(),
            addresses: &message.addresses().unwrap().iter().collect::<Vec<_>>(),
            authentication: message.authentication().unwrap_or(AuthenticationField::NONE),
        };
        let mut frame = [0xff; 256];
        let source_mac = MacAddr(capture.frame[6..12].try_into().unwrap());
        let id = u16::from_be_bytes([capture.frame[18], capture.frame[19]]);
        let (packet, form) = (&mut frame[ETHERNET_LEN..], message.checksum_form().unwrap());
        let hop_limit = ip.hop_limit.unwrap();
        let fields = IpFields { source: &ip.source, destination: &ip.destination, id, hop_limit };
        let length = ETHERNET_LEN + advert.emit_packet(&fields, form, packet).unwrap();
        wire::write_ethernet(&mut frame, wire::multicast_mac(ip.destination), source_mac, ip.family()).unwrap();
        assert_eq!(as_we_would(&frame[..length]), as_we_would(&capture.frame), "{}", capture.name);
        written += 1;
    }
    assert!(written > 40, "only {written}");
}

/// The frame without what senders choose as they like: flow label (IPv6), the flag "do not fragment" and with it the
/// header's checksum (IPv4).
fn as_we_would(frame: &[u8]) -> Vec<u8> {
    let (ip, _) = open(frame);
    let free: &[usize] = match ip.family() {
        Family::Ipv4 => &[20, 24, 25],
        Family::Ipv6 => &[15, 16, 17],
    };
    let mut frame = frame.to_vec();
    free.iter().for_each(|at| frame[*at] = 0);
    frame
}
