//! Whole frames, judged by somebody else's parser.

use std::net::IpAddr;

use etherparse::{Icmpv6Header, IpNumber, Ipv6FlowLabel, NetSlice, SlicedPacket};
use vrrp::wire::{self, Advert, AuthenticationField, ChecksumForm, ETHERNET_LEN, IpFields};
use vrrp::{Family, Interval, MacAddr, Priority, Version, Vrid};

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

/// A whole frame: an advert of `count` addresses from `source` to the group, behind the virtual MAC.
fn advert_frame(source: &str, id: u16, count: usize) -> Vec<u8> {
    let source: IpAddr = source.parse().unwrap();
    let family = Family::of(&source);
    let (group, mut frame) = (wire::group(family), vec![0xff; 2000]);
    let ip = IpFields { source: &source, destination: &group, id, hop_limit: wire::HOP_LIMIT };
    let advert = advert(&vec![source; count]).emit_packet(&ip, ChecksumForm::Rfc9568, &mut frame[ETHERNET_LEN..]);
    frame.truncate(ETHERNET_LEN + advert.unwrap());
    wire::write_ethernet(&mut frame, wire::multicast_mac(group), virtual_mac(family), family).unwrap();
    frame
}

fn advert(addresses: &[IpAddr]) -> Advert<'_> {
    Advert {
        version: Version::V3,
        vrid: Vrid::new(250).unwrap(),
        priority: Priority::DEFAULT,
        interval: Interval::DEFAULT,
        addresses,
        authentication: AuthenticationField::NONE,
    }
}

#[test]
fn ipv4_headers_are_those_of_an_advert() {
    // V3-TX-05, V3-TX-07: TTL 255, protocol 112, to the group; TOS CS6; no flags; the kernel sums nothing for us.
    let frame = advert_frame("192.0.2.11", 0x1234, 1);
    assert_eq!(frame.len(), 46);
    let packet = SlicedPacket::from_ethernet(&frame).unwrap();
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
    let frame = advert_frame("fe80::1", 0, 1);
    assert_eq!(frame.len(), 78);
    let packet = SlicedPacket::from_ethernet(&frame).unwrap();
    let NetSlice::Ipv6(ip) = packet.net.unwrap() else { panic!("not IPv6") };
    let header = ip.header().to_header();
    assert_eq!(frame[..12], unhex("33330000001200005e0002fa"));
    assert_eq!(ip.header().destination_addr(), "ff02::12".parse::<std::net::Ipv6Addr>().unwrap());
    assert_eq!((header.hop_limit, header.next_header), (255, IpNumber(112)));
    assert_eq!((header.payload_length, header.flow_label), (24, Ipv6FlowLabel::ZERO));
    assert_eq!(header.traffic_class, 0xc0);
}

#[test]
fn packets_need_room_and_one_family() {
    let (source, other): (IpAddr, IpAddr) = ("192.0.2.11".parse().unwrap(), "fe80::1".parse().unwrap());
    let (addresses, form) = ([source], ChecksumForm::Rfc9568);
    let write = |destination: &IpAddr, out: &mut [u8]| {
        let ip = IpFields { source: &source, destination, id: 0, hop_limit: 255 };
        advert(&addresses).emit_packet(&ip, form, out)
    };
    assert_eq!(write(&wire::group(Family::Ipv4), &mut [0; 32]), Some(32));
    assert_eq!(write(&wire::group(Family::Ipv4), &mut [0; 31]), None);
    assert_eq!(write(&wire::group(Family::Ipv4), &mut [0; 19]), None);
    assert_eq!(write(&other, &mut [0; 200]), None);
    assert_eq!(wire::write_ethernet(&mut [0; 13], MacAddr::BROADCAST, MacAddr::BROADCAST, Family::Ipv4), None);
}

#[test]
fn what_a_raw_ipv4_socket_delivers_is_read() {
    // IHL may exceed 5: options are no part of the message.
    let packet = &advert_frame("192.0.2.11", 7, 1)[ETHERNET_LEN..];
    let (ip, payload) = wire::read_ipv4(packet).unwrap();
    assert_eq!((ip.source, ip.destination), ("192.0.2.11".parse().unwrap(), wire::group(Family::Ipv4)));
    assert_eq!((ip.hop_limit, ip.protocol, payload.len()), (Some(255), 112, 12));
    let with_options = [&[0x46], &packet[1..20], &[1; 4], payload].concat();
    assert_eq!(wire::read_ipv4(&with_options), Some((ip, payload)));
    assert_eq!(wire::read_ipv4(&packet[..19]), None);
    assert_eq!(wire::read_ipv4(&with_options[..23]), None, "less than the header claims");
}

#[test]
fn groups_have_their_ethernet_addresses() {
    // RFC 1112 §6.4: the low 23 bits; RFC 2464 §7: the low 32.
    assert_eq!(wire::multicast_mac("224.128.1.2".parse().unwrap()).to_string(), "01:00:5e:00:01:02");
    assert_eq!(wire::multicast_mac("ff02::1:ff12:3456".parse().unwrap()).to_string(), "33:33:ff:12:34:56");
}
