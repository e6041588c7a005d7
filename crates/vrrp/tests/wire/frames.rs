//! Whole frames, judged by somebody else's parser.

use etherparse::{Icmpv6Header, IpNumber, Ipv6FlowLabel, NetSlice, SlicedPacket};
use vrrp::wire::{self, Headers};
use vrrp::{Family, MacAddr, Vrid};

use crate::unhex;

fn virtual_mac(family: Family) -> MacAddr {
    MacAddr::virtual_router(family, Vrid::new(250).unwrap())
}

#[test]
fn gratuitous_arp_names_the_virtual_mac_as_sender_and_target() {
    // V3-AR-07, errata 7947 and 7949; broadcast: V3-AR-06.
    let frame = wire::gratuitous_arp(virtual_mac(Family::Ipv4), "10.0.0.254".parse().unwrap());
    let expected = "ffffffffffff 00005e0001fa 0806 0001 0800 06 04 0001 \
                    00005e0001fa 0a0000fe 00005e0001fa 0a0000fe";
    assert_eq!(frame.to_vec(), unhex(&expected.replace(' ', "")));
}

#[test]
fn unsolicited_na_has_router_and_override_and_the_virtual_mac() {
    // V3-ND-06: to all nodes, hop limit 255, R=1 S=0 O=1, target = address, target link-layer = virtual MAC.
    let mac = virtual_mac(Family::Ipv6);
    let address: std::net::Ipv6Addr = "2001:db8::254".parse().unwrap();
    let frame = wire::unsolicited_na(mac, address);
    let packet = SlicedPacket::from_ethernet(&frame).unwrap();
    let NetSlice::Ipv6(ip) = packet.net.unwrap() else { panic!("not IPv6") };
    assert_eq!(frame[..12], unhex("33330000000100005e0002fa"));
    assert_eq!(ip.header().source_addr(), address);
    assert_eq!(ip.header().destination_addr(), "ff02::1".parse::<std::net::Ipv6Addr>().unwrap());
    assert_eq!(ip.header().hop_limit(), 255);
    let message = ip.payload().payload;
    let (icmp, _) = Icmpv6Header::from_slice(message).unwrap();
    let header = ip.header().to_header();
    assert_eq!(icmp.icmp_type.calc_checksum(header.source, header.destination, &message[8..]), Ok(icmp.checksum));
    assert_eq!(message[..2], [136, 0]);
    assert_eq!(message[4..8], [0xa0, 0, 0, 0]);
    assert_eq!(message[8..24], address.octets());
    assert_eq!(message[24..], unhex("020100005e0002fa"));
}

#[test]
fn ipv4_headers_are_those_of_an_advert() {
    // V3-TX-05, V3-TX-07: TTL 255, protocol 112, to the group; TOS CS6; no flags; the kernel sums nothing for us.
    let mut frame = [0xff; 64];
    let headers = Headers { source_mac: virtual_mac(Family::Ipv4), source: "192.0.2.11".parse().unwrap(), id: 0x1234 };
    let length = wire::write_headers(&mut frame, &headers, 12).unwrap();
    assert_eq!(length, 46);
    let packet = SlicedPacket::from_ethernet(&frame[..length]).unwrap();
    let NetSlice::Ipv4(ip) = packet.net.unwrap() else { panic!("not IPv4") };
    let header = ip.header().to_header();
    assert_eq!(frame[..12], unhex("01005e00001200005e0001fa"));
    assert_eq!((header.source, header.destination), ([192, 0, 2, 11], [224, 0, 0, 18]));
    assert_eq!((header.time_to_live, header.protocol), (255, IpNumber(112)));
    assert_eq!((header.total_len, header.identification), (32, 0x1234));
    assert!(!header.dont_fragment);
    assert_eq!(header.header_checksum, header.calc_header_checksum());
    assert_eq!(frame[15], 0xc0);
}

#[test]
fn ipv6_headers_are_those_of_an_advert() {
    // V3-TX-06: hop limit 255.
    let mut frame = [0xff; 100];
    let headers = Headers { source_mac: virtual_mac(Family::Ipv6), source: "fe80::1".parse().unwrap(), id: 0 };
    let length = wire::write_headers(&mut frame, &headers, 24).unwrap();
    assert_eq!(length, 78);
    let packet = SlicedPacket::from_ethernet(&frame[..length]).unwrap();
    let NetSlice::Ipv6(ip) = packet.net.unwrap() else { panic!("not IPv6") };
    let header = ip.header().to_header();
    assert_eq!(frame[..12], unhex("33330000001200005e0002fa"));
    assert_eq!(ip.header().destination_addr(), "ff02::12".parse::<std::net::Ipv6Addr>().unwrap());
    assert_eq!((header.hop_limit, header.next_header), (255, IpNumber(112)));
    assert_eq!((header.payload_length, header.flow_label), (24, Ipv6FlowLabel::ZERO));
    assert_eq!(header.traffic_class, 0xc0);
}

#[test]
fn headers_need_room_for_the_message() {
    let headers = Headers { source_mac: MacAddr::BROADCAST, source: "192.0.2.11".parse().unwrap(), id: 0 };
    assert_eq!(wire::write_headers(&mut [0; 45], &headers, 12), None);
    assert_eq!(wire::write_headers(&mut [0; 70_000], &headers, 65_516), None, "more than IPv4 can carry");
    assert_eq!(wire::write_headers(&mut [0; 45], &headers, usize::MAX), None);
}
