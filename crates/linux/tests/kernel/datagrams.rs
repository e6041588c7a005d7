//! UDP packets that tell how far they came.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use lab::wait;
use linux::clock;
use linux::udp::{DatagramReceiver, DatagramSender, Inherited};
use vrrp::types::Family;

use crate::Test;
use crate::ground::{ip, lan};

pub(crate) const ALL: &[Test] = &[
    ("a_datagram_tells_both_its_ends_its_hop_limit_and_its_receive_time", told),
    ("a_flood_of_datagrams_that_came_too_far_is_taken_in_part", far),
    ("sockets_that_are_passed_on_keep_their_ports_and_what_waits_in_them", passed_on),
    ("a_datagram_leaves_once_its_source_address_is_there_and_a_port_has_one_owner", source),
];

const PORT: u16 = 3784;

/// Source, destination, hop limit and payload of the packet that waits.
fn receive(receiver: &mut DatagramReceiver) -> (String, String, Option<u8>, Vec<u8>) {
    let mut found = None;
    let since = clock::now();
    let arrived = wait::until(Duration::from_secs(20), || {
        let each = |it: linux::udp::Datagram<'_>| {
            assert!(it.received >= since - Duration::from_secs(20) && it.received <= clock::now());
            found = Some((it.source.to_string(), it.destination.to_string(), it.hop_limit, it.payload.to_vec()));
        };
        receiver.receive(each).is_ok()
    });
    assert!(arrived);
    found.unwrap()
}

fn told() {
    let (_lan, [a, b]) = lan();
    for ((source, to), family) in
        [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")].into_iter().zip([Family::Ipv4, Family::Ipv6])
    {
        let mut receiver = b.namespace.run(|| DatagramReceiver::open(family, PORT).unwrap()).unwrap();
        // A child process that somebody starts just now has the old socket for a moment: no port is used twice.
        for (from, hop_limit, port) in [(Some(ip(source)), 255, 50_000), (None, 7, 50_001)] {
            let sender = a.namespace.run(|| DatagramSender::open(family, from, port, hop_limit).unwrap()).unwrap();
            sender.send(SocketAddr::new(ip(to), PORT), b"hello").unwrap();
            let expected = (source.to_owned(), to.to_owned(), Some(hop_limit), b"hello".to_vec());
            assert_eq!(receive(&mut receiver), expected);
        }
        let nothing = receiver.receive(|_| {}).unwrap_err();
        assert_eq!((nothing.kind(), receiver.overflows()), (io::ErrorKind::WouldBlock, 0));
    }
}

fn passed_on() {
    let (_lan, [a, b]) = lan();
    for ((source, to), family) in
        [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")].into_iter().zip([Family::Ipv4, Family::Ipv6])
    {
        let receiver = b.namespace.run(|| DatagramReceiver::open(family, PORT).unwrap()).unwrap();
        let sender = a.namespace.run(|| DatagramSender::open(family, None, 50_007, 9).unwrap()).unwrap();
        sender.send(SocketAddr::new(ip(to), PORT), b"waits").unwrap();
        let pass = |socket: BorrowedFd<'_>| Inherited::of(socket.try_clone_to_owned().unwrap()).unwrap();
        let (inherited, ours) = (pass(receiver.as_fd()), pass(sender.as_fd()));
        drop((receiver, sender));
        assert_eq!((inherited.local().port(), ours.local().port()), (PORT, 50_007));
        assert!(ours.local().ip().is_unspecified() && Family::of(&ours.local().ip()) == family);
        let mut receiver = DatagramReceiver::adopt(inherited).unwrap();
        assert_eq!(receive(&mut receiver), (source.to_owned(), to.to_owned(), Some(9), b"waits".to_vec()));
        DatagramSender::adopt(ours).send(SocketAddr::new(ip(to), PORT), b"goes on").unwrap();
        assert_eq!(receive(&mut receiver).3, b"goes on");
    }
    let none = UnixStream::pair().unwrap().0;
    assert!(Inherited::of(none.into()).is_err());
    let file = std::fs::File::open("/dev/null").unwrap();
    assert!(Inherited::of(file.into()).is_err());
}

fn far() {
    let (_lan, [a, b]) = lan();
    for (to, family) in [("10.0.0.2", Family::Ipv4), ("fd00::2", Family::Ipv6)] {
        let mut receiver = b.namespace.run(|| DatagramReceiver::open(family, PORT).unwrap()).unwrap();
        receiver.prefer(64);
        let mut port = 50_000;
        let mut send = |hop_limit, count| {
            port += 1;
            let sender = a.namespace.run(|| DatagramSender::open(family, None, port, hop_limit).unwrap()).unwrap();
            (0..count).for_each(|_| sender.send(SocketAddr::new(ip(to), PORT), b"hello").unwrap());
        };
        // How many of these pass; the last one is none of them.
        let mut passed = |count| {
            send(63, count);
            send(64, 1);
            let mut found = Vec::new();
            let arrived = wait::until(Duration::from_secs(20), || {
                while receiver.receive(|it| found.push(it.hop_limit)).is_ok() {}
                found.last() == Some(&Some(64))
            });
            assert!(arrived, "{family:?}: {}", found.len());
            found.len() - 1
        };
        assert_eq!(passed(40), 40);
        // The flood is noticed when it is read.
        assert_eq!(passed(500), 500);
        // One in eight of a thousand: what is farther from that than 80 does not happen.
        let share = passed(1000);
        assert!((45..205).contains(&share), "{family:?}: {share}");
        // It is over when two periods of a second have passed without.
        for _ in 0..2 {
            std::thread::sleep(Duration::from_millis(1100));
            passed(0);
        }
        assert_eq!(passed(40), 40);
    }
}

fn source() {
    let (_lan, [a, b]) = lan();
    let mut receiver = b.namespace.run(|| DatagramReceiver::open(Family::Ipv4, PORT).unwrap()).unwrap();
    let open = || DatagramSender::open(Family::Ipv4, Some(ip("10.0.0.77")), 50_000, 255);
    let sender = a.namespace.run(open).unwrap().unwrap();
    let to = SocketAddr::new(ip("10.0.0.2"), PORT);
    assert!(sender.send(to, b"early").is_err());
    a.add_address("eth0", lab::prefixed("10.0.0.77/24").unwrap()).unwrap();
    sender.send(to, b"late").unwrap();
    assert_eq!(receive(&mut receiver), ("10.0.0.77".into(), "10.0.0.2".into(), Some(255), b"late".to_vec()));
    assert_eq!(a.namespace.run(open).unwrap().unwrap_err().kind(), io::ErrorKind::AddrInUse);
    let second = b.namespace.run(|| DatagramReceiver::open(Family::Ipv4, PORT).map(drop)).unwrap();
    assert_eq!(second.unwrap_err().kind(), io::ErrorKind::AddrInUse);
}
