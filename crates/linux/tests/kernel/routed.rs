//! IP packets to single hosts, over a real cable.

use std::net::IpAddr;
use std::time::Duration;

use lab::everything;
use linux::receive::{Channel, Receiver};
use linux::send::RoutedSender;
use vrrp::types::{Family, IfIndex, MacAddr};
use vrrp::wire::{Advert, ChecksumForm, IpFields, packet_len};
use vrrp::{Interval, Priority, Version, Vrid};

use crate::Test;
use crate::ground::{ip, lan};
use crate::packets::{channel, receive};

pub(crate) const ALL: &[Test] = &[
    ("packets_to_a_host_arrive_as_written_in_both_families", as_written),
    ("a_source_that_the_host_does_not_have_is_sent_all_the_same", foreign_source),
    ("a_packet_that_cannot_leave_stops_no_other", unsendable),
];

/// Queues an advert from `source` to `to`.
fn push(sender: &mut RoutedSender<u8>, link: IfIndex, (source, to): (&str, &str), tag: u8, hop_limit: u8) {
    let (source, to) = (ip(source), ip(to));
    let addresses: [IpAddr; 1] = [source];
    let advert = Advert {
        version: Version::V3,
        vrid: Vrid::new(51).unwrap(),
        priority: Priority::DEFAULT,
        interval: Interval::DEFAULT,
        addresses: &addresses,
        authentication: vrrp::wire::AuthenticationField::NONE,
    };
    let fields = IpFields { source: &source, destination: &to, id: 7, hop_limit };
    let most = packet_len(Version::V3, Family::of(&source), 1);
    sender.push(link, to, tag, most, |packet| advert.emit_packet(&fields, ChecksumForm::Rfc5798, packet));
}

fn as_written() {
    let (lan, [a, b]) = lan();
    let capture = lan.capture(everything).unwrap();
    let mut sender = a.namespace.run(|| RoutedSender::open().unwrap()).unwrap();
    let pairs = [(("10.0.0.1", "10.0.0.2"), 255), (("fd00::1", "fd00::2"), 64)];
    for ((pair, hop_limit), family) in pairs.into_iter().zip([Family::Ipv4, Family::Ipv6]) {
        let mut receiver = b.namespace.run(|| Receiver::open(channel(family)).unwrap()).unwrap();
        let since = capture.now();
        push(&mut sender, a.nic, pair, 0, hop_limit);
        assert_eq!(sender.flush(|unsent| panic!("{}", unsent.error)), 1);
        let received = receive(&mut receiver, 1).remove(0);
        assert_eq!((received.link, received.ip.source, received.ip.destination), (b.nic, ip(pair.0), ip(pair.1)));
        assert_eq!((received.ip.hop_limit, received.message[..2].to_vec()), (Some(hop_limit), vec![0x31, 51]));
        assert!(vrrp::wire::Message::read(&received.ip, &received.message).unwrap().checksum_form().is_some());
        let frame = capture.wait(since, Duration::from_secs(20), |frame| frame.advert().is_some()).unwrap();
        let macs: [MacAddr; 2] = [frame.source_mac(), frame.destination_mac()];
        assert_eq!(macs, [a.mac, b.mac]);
        let ip_header = &frame.bytes[14..];
        match family {
            Family::Ipv4 => assert_eq!((ip_header[1], &ip_header[4..6]), (0xc0, [0, 7].as_slice()), "CS6, our number"),
            Family::Ipv6 => assert_eq!(ip_header[..2], [0x6c, 0x00], "CS6"),
        }
    }
}

fn foreign_source() {
    // A router whose address has just gone says goodbye from there.
    let (_lan, [a, b]) = lan();
    let mut sender = a.namespace.run(|| RoutedSender::open().unwrap()).unwrap();
    let pairs = [("10.0.0.99", "10.0.0.2"), ("fd00::99", "fd00::2")];
    for (pair, family) in pairs.into_iter().zip([Family::Ipv4, Family::Ipv6]) {
        let mut receiver = b.namespace.run(|| Receiver::open(channel(family)).unwrap()).unwrap();
        push(&mut sender, a.nic, pair, 0, 255);
        assert_eq!(sender.flush(|unsent| panic!("{}", unsent.error)), 1);
        assert_eq!(receive(&mut receiver, 1)[0].ip.source, ip(pair.0));
    }
}

fn unsendable() {
    let (_lan, [a, b]) = lan();
    let mut sender = a.namespace.run(|| RoutedSender::open().unwrap()).unwrap();
    let mut receiver = b.namespace.run(|| Receiver::open(Channel::Ipv4).unwrap()).unwrap();
    let nowhere = IfIndex::new(9_999).unwrap();
    for (tag, link) in [(1, nowhere), (2, a.nic), (3, nowhere), (4, a.nic)] {
        push(&mut sender, link, ("10.0.0.1", "10.0.0.2"), tag, 255);
    }
    let mut failed = Vec::new();
    assert_eq!(sender.flush(|unsent| failed.push(unsent.tag)), 2);
    assert_eq!(failed, [1, 3]);
    assert_eq!(receive(&mut receiver, 2).len(), 2);
    assert_eq!(sender.flush(|unsent| panic!("{}", unsent.error)), 0, "the queue is empty");
}
