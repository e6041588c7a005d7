//! Adverts as they arrive on the wire, beside the sockets that the protocol listens on.
//!
//! A packet socket sees what the host firewall drops and what goes to a bridge, and it sees Ethernet addresses. So it
//! answers two questions: do adverts arrive that [`crate::receive`] does not get, and which MAC address does a peer have.
//! Nothing that it shows may touch a timer: whether a packet counts is for the firewall and the protocol to decide.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};

use vrrp::time::Instant;
use vrrp::types::{IfIndex, MacAddr};
use vrrp::wire::{AH_PROTOCOL, message_of, read_ipv4};

use crate::sys::bpf::{
    Instruction, JUMP_EQUAL, LOAD_BYTE, LOAD_BYTE_AT_X, LOAD_PAIR, RETURN, VLAN_TAG_PRESENT, X_HEADER_LEN, branch, step,
};
use crate::tap::{Tap, TappedFrame};

const ETHERNET_LEN: usize = 14;
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
/// Where the protocol of an IPv4 packet and the next header of an IPv6 packet stand in a frame.
const PROTOCOL_V4: u32 = 14 + 9;
const NEXT_HEADER_V6: u32 = 14 + 6;
/// What is copied of a frame: Ethernet, IPv4 header with options, authentication header, and what is read of a message.
const SNAP: u32 = 14 + 60 + 24 + 8;

/// Watches one interface for VRRP, in the network namespace of the thread that opened it.
pub struct Observer(Tap);

/// An advert, or what calls itself one: nothing of it was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The interface it came in on.
    pub link: IfIndex,
    /// Source of the frame: a virtual MAC, or the sender's own.
    pub mac: MacAddr,
    /// Source of the IP packet.
    pub source: IpAddr,
    /// Destination of the IP packet: the group, or an address of this host.
    pub destination: IpAddr,
    /// TTL or hop limit.
    pub hop_limit: u8,
    /// Version (high half) and type, as they stand on the wire.
    pub version_and_type: u8,
    /// As it stands on the wire; 0 is no VRID.
    pub vrid: u8,
    /// 0 says "I leave".
    pub priority: u8,
    /// When the kernel received it.
    pub received: Instant,
}

impl Observer {
    /// Begins to watch `link`. It does not see what this host sends, nor frames with a VLAN tag, which are of another
    /// interface.
    ///
    /// # Errors
    /// `PermissionDenied` without CAP_NET_RAW; ENODEV if there is no such link.
    pub fn open(link: IfIndex) -> io::Result<Self> {
        Ok(Self(Tap::of_few(link, &program())?))
    }

    /// Hands over what was seen since, without waiting. What came faster than it was read is lost.
    ///
    /// # Errors
    /// "Network is down" once when the link goes down, and ENODEV when it is gone.
    pub fn read(&mut self, mut each: impl FnMut(Sighting)) -> io::Result<()> {
        self.0.receive(|frame| sighting(&frame).into_iter().for_each(&mut each))
    }
}

impl AsFd for Observer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Accepts the beginning of untagged frames of VRRP, also in an authentication header. IPv6 extension headers are passed over by nobody who speaks VRRP.
fn program() -> Vec<Instruction> {
    let vrrp = u32::from(vrrp::wire::PROTOCOL);
    vec![
        step(LOAD_BYTE, VLAN_TAG_PRESENT),
        branch(JUMP_EQUAL, 0, 0, 12),
        step(LOAD_PAIR, 12),
        branch(JUMP_EQUAL, IPV4.into(), 0, 6),
        step(LOAD_BYTE, PROTOCOL_V4),
        branch(JUMP_EQUAL, vrrp, 7, 0),
        branch(JUMP_EQUAL, AH_PROTOCOL.into(), 0, 7),
        step(X_HEADER_LEN, 14),
        step(LOAD_BYTE_AT_X, 14),
        branch(JUMP_EQUAL, vrrp, 3, 4),
        branch(JUMP_EQUAL, IPV6.into(), 0, 3),
        step(LOAD_BYTE, NEXT_HEADER_V6),
        branch(JUMP_EQUAL, vrrp, 0, 1),
        step(RETURN, SNAP),
        step(RETURN, 0),
    ]
}

/// `None` for what is too short to have a priority.
fn sighting(frame: &TappedFrame<'_>) -> Option<Sighting> {
    let mac = MacAddr(*frame.bytes.get(6..)?.first_chunk()?);
    let packet = frame.bytes.get(ETHERNET_LEN..)?;
    let (source, destination, hop_limit, message): (IpAddr, IpAddr, u8, &[u8]) =
        match u16::from_be_bytes(*frame.bytes.get(12..)?.first_chunk()?) {
            IPV4 => {
                let (ip, payload) = read_ipv4(packet)?;
                (ip.source, ip.destination, ip.hop_limit?, message_of(ip.protocol, payload))
            }
            IPV6 => {
                let source: [u8; 16] = *packet.get(8..)?.first_chunk()?;
                let destination: [u8; 16] = *packet.get(24..)?.first_chunk()?;
                (source.into(), destination.into(), *packet.get(7)?, packet.get(40..)?)
            }
            _ => return None,
        };
    let [version_and_type, vrid, priority, ..] = *message else { return None };
    let (link, received) = (frame.link, frame.at);
    Some(Sighting { link, mac, source, destination, hop_limit, version_and_type, vrid, priority, received })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;
    use crate::sys::bpf::run;
    use crate::tap::Direction;

    fn frame(ethertype: u16, header: &[u8], message: &[u8]) -> Vec<u8> {
        [&[1, 0, 0x5e, 0, 0, 18, 0, 0, 0x5e, 0, 1, 51], ethertype.to_be_bytes().as_slice(), header, message].concat()
    }

    fn ipv4(protocol: u8, words: u8) -> Vec<u8> {
        let mut header = vec![0x40 | words, 0, 0, 0, 0, 0, 0, 0, 255, protocol, 0, 0, 10, 0, 0, 1, 224, 0, 0, 18];
        header.resize(usize::from(words) * 4, 0);
        header
    }

    fn ipv6(next_header: u8) -> Vec<u8> {
        let group: Ipv6Addr = "ff02::12".parse().unwrap();
        let start = [0x60, 0, 0, 0, 0, 0, next_header, 254];
        [start.as_slice(), &Ipv6Addr::LOCALHOST.octets(), &group.octets()].concat()
    }

    #[test]
    fn only_vrrp_of_both_families_is_seen() {
        let seen = |ethertype, header: &[u8]| run(&program(), &frame(ethertype, header, b"3abc")) == SNAP;
        assert!(seen(IPV4, &ipv4(112, 5)) && seen(IPV4, &ipv4(112, 15)) && seen(IPV6, &ipv6(112)));
        assert!(!seen(IPV4, &ipv4(17, 5)) && !seen(IPV6, &ipv6(58)) && !seen(0x0806, &ipv4(112, 5)));
        assert!(!seen(IPV6, &ipv4(112, 5)) && !seen(IPV4, &[]));
        let signed = |next: u8, words: u8| [ipv4(51, words), vec![next, 4]].concat();
        assert!(seen(IPV4, &signed(112, 5)) && seen(IPV4, &signed(112, 15)) && !seen(IPV4, &signed(6, 5)));
    }

    #[test]
    fn a_sighting_is_read_behind_options_and_cut_frames_are_none() {
        let (at, link) = (Instant::from_nanos(7), IfIndex::new(3).unwrap());
        let read = |bytes: &[u8]| sighting(&TappedFrame { at, link, direction: Direction::Received, bytes });
        for words in [5, 6, 15] {
            let bytes = frame(IPV4, &ipv4(112, words), &[0x31, 51, 100, 1]);
            let found = read(&bytes).unwrap();
            assert_eq!((found.version_and_type, found.vrid, found.priority, found.hop_limit), (0x31, 51, 100, 255));
            assert_eq!((found.source, found.destination), ([10, 0, 0, 1].into(), [224, 0, 0, 18].into()));
            assert_eq!(found.mac, MacAddr([0, 0, 0x5e, 0, 1, 51]));
            assert!((0..bytes.len() - 1).all(|end| read(&bytes[..end]).is_none()));
        }
        let signed = [ipv4(51, 5), vec![112, 4], vec![0; 22]].concat();
        assert_eq!(read(&frame(IPV4, &signed, &[0x21, 53, 9])).map(|it| (it.vrid, it.priority)), Some((53, 9)));
        let found = read(&frame(IPV6, &ipv6(112), &[0x31, 52, 0])).unwrap();
        assert_eq!((found.vrid, found.priority, found.hop_limit), (52, 0, 254));
        assert_eq!(found.destination, "ff02::12".parse::<IpAddr>().unwrap());
    }
}
