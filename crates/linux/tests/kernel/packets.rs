//! Sending and receiving adverts over a real cable.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use host::{Ipv4Setting, Item, LinkSetting, Membership, Op};
use lab::{Captured, Host, everything, internet_checksum};
use linux::poll::{Poll, Timer};
use linux::receive::{Channel, Receiver};
use linux::send::Sender;
use linux::{Machine, clock};
use vrrp::input::IpHeader;
use vrrp::time::Instant;
use vrrp::types::{Family, IfIndex, MacAddr, Vrid};
use vrrp::wire::group;

use crate::Test;
use crate::ground::{add, apply, ip, lan, macvlan, set, vmac};

pub(crate) const ALL: &[Test] = &[
    ("an_ipv4_advert_arrives_with_its_envelope", ipv4_envelope),
    ("an_ipv6_advert_arrives_with_its_envelope_whatever_its_checksum", ipv6_envelope),
    ("a_reader_who_is_late_learns_when_the_kernel_received", late_reader),
    ("ip_options_are_not_part_of_the_message", ip_options),
    ("only_filtered_vrids_arrive", filtered),
    ("a_bridge_mode_macvlan_that_is_up_lets_the_parent_hear_its_own_mac", own_mac_heard),
    ("frames_go_out_as_written_and_a_bad_link_stops_no_other", sent_as_written),
    ("a_burst_arrives_whole", burst),
    ("packets_too_short_to_have_a_vrid_arrive_through_the_filter", too_short),
    ("what_finds_no_room_is_counted", overflow),
];

/// A frame from the virtual MAC of VRID 51, as `kind` of packet, with `payload`.
pub(crate) fn frame(source: MacAddr, kind: &Packet, payload: &[u8]) -> Vec<u8> {
    let (group, ethertype) = match kind {
        Packet::V4 { .. } | Packet::From { .. } => ([0x01, 0x00, 0x5e, 0x00, 0x00, 0x12], [0x08, 0x00]),
        Packet::V6 { .. } => ([0x33, 0x33, 0x00, 0x00, 0x00, 0x12], [0x86, 0xdd]),
    };
    [group.as_slice(), &source.0, &ethertype, &kind.header(payload.len()), payload].concat()
}

/// The IP packet around an advert.
pub(crate) enum Packet {
    V4 {
        ttl: u8,
        options: &'static [u8],
    },
    /// As the usual one, from another address.
    From {
        source: [u8; 4],
    },
    V6 {
        hop_limit: u8,
    },
}

impl Packet {
    /// From 10.0.0.1 to 224.0.0.18, or from fe80::1 to ff02::12.
    fn header(&self, payload_len: usize) -> Vec<u8> {
        match self {
            Self::V4 { ttl, options } => {
                let header_len = 20 + options.len();
                let total = u16::try_from(header_len + payload_len).unwrap().to_be_bytes();
                let first = 0x40 | u8::try_from(header_len / 4).unwrap();
                let mut header = vec![first, 0xc0, total[0], total[1], 0, 0, 0, 0, *ttl, 112, 0, 0];
                header.extend([10, 0, 0, 1, 224, 0, 0, 18]);
                header.extend(*options);
                let checksum = internet_checksum(&[&header]).to_be_bytes();
                header[10..12].copy_from_slice(&checksum);
                header
            }
            Self::From { source } => {
                let mut header = USUAL_V4.header(payload_len);
                header[12..16].copy_from_slice(source);
                header[10..12].fill(0);
                let checksum = internet_checksum(&[&header]).to_be_bytes();
                header[10..12].copy_from_slice(&checksum);
                header
            }
            Self::V6 { hop_limit } => {
                let length = u16::try_from(payload_len).unwrap().to_be_bytes();
                let mut header = vec![0x60, 0, 0, 0, length[0], length[1], 112, *hop_limit];
                header.extend(SOURCE_V6.octets());
                header.extend(GROUP_V6.octets());
                header
            }
        }
    }
}

pub(crate) const SOURCE_V6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);
pub(crate) const USUAL_V4: Packet = Packet::V4 { ttl: 255, options: &[] };

/// Where plain adverts of a family come.
pub(crate) const fn channel(family: Family) -> Channel {
    match family {
        Family::Ipv4 => Channel::Ipv4,
        Family::Ipv6 => Channel::Ipv6,
    }
}

/// Begins to receive on a host: membership on eth0 and the socket. Both live as long as the value.
pub(crate) fn listen(host: &Host, family: Family) -> (Machine, Receiver) {
    let ready = host.namespace.run(|| {
        let mut machine = Machine::open().unwrap();
        apply(&mut machine, &[Op::Add(Item::Membership(Membership { link: host.nic, group: group(family) }))]);
        (machine, Receiver::open(channel(family)).unwrap())
    });
    ready.unwrap()
}

/// Sends frames from a host's eth0.
pub(crate) fn send(host: &Host, frames: &[Vec<u8>]) {
    let mut sender = host.namespace.run(|| Sender::open().unwrap()).unwrap();
    for frame in frames {
        sender.push_copy(host.nic, (), frame);
    }
    assert_eq!(sender.flush(|unsent| panic!("{}", unsent.error)), frames.len());
}

/// A packet that came.
pub(crate) struct Received {
    pub(crate) link: IfIndex,
    at: Instant,
    pub(crate) ip: IpHeader,
    pub(crate) message: Vec<u8>,
}

/// Waits until `count` packets have come.
pub(crate) fn receive(receiver: &mut Receiver, count: usize) -> Vec<Received> {
    let (mut poll, timer, mut ready) = (Poll::new().unwrap(), Timer::new().unwrap(), Vec::new());
    timer.set(Some(clock::now() + Duration::from_secs(20))).unwrap();
    poll.add(&timer, 0).unwrap();
    poll.add(&*receiver, 1).unwrap();
    let mut messages = Vec::new();
    while messages.len() < count {
        poll.wait(&mut ready).unwrap();
        assert!(!ready.contains(&0), "only {} of {count} came", messages.len());
        receiver
            .receive(|it| {
                messages.push(Received { link: it.link, at: it.received, ip: it.ip, message: it.payload.to_vec() });
            })
            .unwrap();
    }
    messages
}

fn ipv4_envelope() {
    let (_lan, [a, b]) = lan();
    let (_machine, mut receiver) = listen(&b, Family::Ipv4);
    let before = clock::now();
    send(&a, &[frame(vmac(51), &USUAL_V4, b"3abc"), frame(vmac(51), &Packet::V4 { ttl: 64, options: &[] }, b"3def")]);
    let messages = receive(&mut receiver, 2);
    let Received { link, at, ip: header, message } = &messages[0];
    assert_eq!((header.source, header.destination), (ip("10.0.0.1"), ip("224.0.0.18")));
    assert_eq!((header.hop_limit, header.protocol), (Some(255), 112));
    assert_eq!((*link, message.as_slice()), (b.nic, b"3abc".as_slice()));
    // A millisecond for the distance between reading two clocks.
    assert!(*at + Duration::from_millis(1) >= before && *at <= clock::now());
    assert_eq!((messages[1].ip.hop_limit, messages[1].message.as_slice()), (Some(64), b"3def".as_slice()));
}

fn ipv6_envelope() {
    let (_lan, [a, b]) = lan();
    let (_machine, mut receiver) = listen(&b, Family::Ipv6);
    let before = clock::now();
    // Eight bytes whose checksum is wrong: it is for us to count, so the kernel must not drop it (V3-RX checks).
    send(&a, &[frame(vmac(51), &Packet::V6 { hop_limit: 254 }, b"31234567")]);
    let Received { link, at, ip: header, message } = receive(&mut receiver, 1).remove(0);
    assert_eq!((header.source, header.destination), (IpAddr::from(SOURCE_V6), IpAddr::from(GROUP_V6)));
    assert_eq!((header.hop_limit, header.protocol), (Some(254), 112));
    assert_eq!((link, message.as_slice()), (b.nic, b"31234567".as_slice()));
    assert!(at + Duration::from_millis(1) >= before && at <= clock::now());
}

/// V3-TM-10: received-before-expiry wins, so what counts is when a packet came, not when it was read. (The kernel takes a
/// moment after the first socket asked before it notes receive times: until then it reports the time of reading.)
fn late_reader() {
    const LATE: Duration = Duration::from_millis(100);
    let (_lan, [a, b]) = lan();
    let (_machine, mut receiver) = listen(&b, Family::Ipv4);
    let mut age_when_read = || {
        send(&a, &[frame(vmac(51), &USUAL_V4, b"3abc")]);
        wait(LATE);
        let received = receive(&mut receiver, 1).remove(0);
        clock::now().since(received.at)
    };
    assert!((0..50).any(|_| age_when_read() >= LATE), "the kernel never notes receive times");
    assert!(age_when_read() >= LATE, "once it does, it goes on");
}

/// Lets time pass, which is what the test is about.
fn wait(time: Duration) {
    let (mut poll, timer) = (Poll::new().unwrap(), Timer::new().unwrap());
    poll.add(&timer, 0).unwrap();
    timer.set(Some(clock::now() + time)).unwrap();
    poll.wait(&mut Vec::new()).unwrap();
}

fn ip_options() {
    let (_lan, [a, b]) = lan();
    let (_machine, mut receiver) = listen(&b, Family::Ipv4);
    // Router alert.
    send(&a, &[frame(vmac(51), &Packet::V4 { ttl: 255, options: &[0x94, 4, 0, 0] }, b"3abc")]);
    assert_eq!(receive(&mut receiver, 1)[0].message, b"3abc");
}

fn filtered() {
    let (_lan, [a, b]) = lan();
    for (family, kind) in [(Family::Ipv4, USUAL_V4), (Family::Ipv6, Packet::V6 { hop_limit: 255 })] {
        let (_machine, mut receiver) = listen(&b, family);
        receiver.filter(&[2, 33, 255].map(|vrid| Vrid::new(vrid).unwrap())).unwrap();
        let all: Vec<_> = (0..=255).map(|vrid| frame(vmac(51), &kind, &[0x31, vrid, 100, 1])).collect();
        send(&a, &all);
        let vrids: Vec<_> = receive(&mut receiver, 3).into_iter().map(|it| it.message[1]).collect();
        assert_eq!(vrids, [2, 33, 255], "{family}");
    }
}

/// Both routers have the same MAC address on their macvlans; a peer must be heard on the parent.
fn own_mac_heard() {
    let (_lan, [a, b]) = lan();
    let (mut machine, mut receiver) = listen(&b, Family::Ipv4);
    b.namespace
        .run(|| {
            let ours = macvlan(&mut machine, b.nic, 51);
            let rp_filter = |link: IfIndex| set(link, LinkSetting::Ipv4(Ipv4Setting::RpFilter), 0);
            apply(&mut machine, &[add(&ours), rp_filter(ours.index), set(ours.index, LinkSetting::AdminUp, 1)]);
        })
        .unwrap();
    send(&a, &[frame(vmac(51), &USUAL_V4, b"3abc")]);
    assert_eq!(receive(&mut receiver, 1).remove(0).link, b.nic);
    assert_eq!(receiver.receive(|_| ()).unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "heard once");
}

fn sent_as_written() {
    let (lan, [a]) = lan();
    let capture = lan.capture(everything).unwrap();
    let mut sender = a.namespace.run(|| Sender::open().unwrap()).unwrap();
    let nobody = IfIndex::new(999).unwrap();
    let frames: Vec<_> = (1..=150).map(|vrid| frame(vmac(vrid), &USUAL_V4, &[0x31, vrid])).collect();
    for (number, frame) in frames.iter().enumerate() {
        let link = if number % 50 == 20 { nobody } else { a.nic };
        sender.push(link, (number, link), 100, |room| {
            room[..frame.len()].copy_from_slice(frame);
            Some(frame.len())
        });
        sender.push(link, (number, link), 100, |_| None);
    }
    let mut failed = Vec::new();
    let sent = sender.flush(|unsent| failed.push((unsent.tag, unsent.error.raw_os_error())));
    assert_eq!(sent, 147);
    assert_eq!(failed, [20, 70, 120].map(|number| ((number, nobody), Some(6))), "ENXIO, each with its tag");
    assert_eq!(sender.flush(|_| ()), 0, "the queue is empty");
    let last = frames.last().unwrap();
    assert!(capture.wait(Captured::default(), Duration::from_secs(20), |f| f.bytes == *last).is_some());
    let seen = capture.since(Captured::default(), |frame| frame.bytes.get(6..11) == Some(&[0, 0, 0x5e, 0, 1]));
    let expected: Vec<_> =
        frames.into_iter().enumerate().filter(|(n, _)| n % 50 != 20).map(|(_, frame)| frame).collect();
    assert_eq!(seen.into_iter().map(|frame| frame.bytes).collect::<Vec<_>>(), expected);
}

fn burst() {
    let (_lan, [a, b]) = lan();
    let (_machine, mut receiver) = listen(&b, Family::Ipv4);
    let frames: Vec<_> = (0..200).map(|number| frame(vmac(51), &USUAL_V4, &[0x31, number])).collect();
    send(&a, &frames);
    let numbers: Vec<_> = receive(&mut receiver, 200).into_iter().map(|it| it.message[1]).collect();
    assert_eq!(numbers, (0..200).collect::<Vec<u8>>());
}

/// Somebody has to count them.
fn too_short() {
    let (_lan, [a, b]) = lan();
    for (family, kind) in [(Family::Ipv4, USUAL_V4), (Family::Ipv6, Packet::V6 { hop_limit: 255 })] {
        let (_machine, mut receiver) = listen(&b, family);
        receiver.filter(&[Vrid::new(2).unwrap()]).unwrap();
        send(&a, &[b"".as_slice(), b"3", &[0x31, 9, 100, 1], &[0x31, 2, 100, 1]].map(|p| frame(vmac(51), &kind, p)));
        let lengths: Vec<_> = receive(&mut receiver, 3).into_iter().map(|it| it.message.len()).collect();
        assert_eq!(lengths, [0, 1, 4], "{family}");
    }
}

fn overflow() {
    /// More than the socket's buffer takes.
    const FRAMES: usize = 60_000;
    let (_lan, [a, b]) = lan();
    let (_machine, mut receiver) = listen(&b, Family::Ipv4);
    let one = frame(vmac(51), &USUAL_V4, &[0x31, 2, 100, 1]);
    let burst = vec![one.clone(); 1000];
    (0..FRAMES / burst.len()).for_each(|_| send(&a, &burst));
    let mut count = 0;
    while receiver.receive(|_| count += 1).is_ok() {}
    assert!(count < FRAMES, "the buffer is larger than the burst");
    // The kernel reports it with the next packet.
    send(&a, std::slice::from_ref(&one));
    count += receive(&mut receiver, 1).len();
    let lost = usize::try_from(receiver.overflows()).unwrap();
    assert!(lost > 0 && count + lost <= FRAMES + 1, "{count} received, {lost} lost");
}
