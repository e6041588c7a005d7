//! Receiving adverts: one raw IP socket per family for all routers and interfaces.
//!
//! The socket is not bound to an interface and joins no group: memberships are held elsewhere (`Machine`), and the kernel
//! gives every raw socket what the host takes in. Nothing is checked here; what the IP layer knows goes into the
//! [`Envelope`], and `vrrp` checks it.

mod filter;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{AddressFamily, Protocol, RawProtocol, SocketFlags, SocketType, socket_with};
use vrrp::input::Envelope;
use vrrp::types::{Family, IfIndex, Vrid};

use crate::clock::ClockMap;
use crate::sys::control::Control;
use crate::sys::mmsg::{self, Slot};
use crate::sys::sockopt::{self, Report};

/// Most packets in one batch.
pub const BATCH: usize = mmsg::BATCH;
/// Room for packets that wait, in bytes: some 20,000 adverts, the bookkeeping of the kernel included.
const RECEIVE_BUFFER: usize = 16 * 1024 * 1024;

/// Receives the packets of IP protocol 112 of one family, in the network namespace of the thread that opened it.
pub struct Receiver {
    socket: OwnedFd,
    family: Family,
    slots: Box<[Slot]>,
    clock: ClockMap,
    overflows: Overflows,
}

/// The kernel's running count of packets that found no room in the socket.
#[derive(Clone, Copy, Debug, Default)]
struct Overflows {
    total: u64,
    /// As last reported; wraps.
    reported: u32,
}

impl Receiver {
    /// Opens it. It receives all VRIDs until [`Receiver::filter`]. The kernel begins to note receive times some
    /// milliseconds later; until then a packet counts as received when it is read.
    ///
    /// # Errors
    /// `PermissionDenied` without CAP_NET_RAW; "address family not supported" on a kernel without IPv6.
    pub fn open(family: Family) -> io::Result<Self> {
        let (domain, reports): (_, &[Report]) = match family {
            Family::Ipv4 => (AddressFamily::INET, &[Report::PacketInfo4]),
            Family::Ipv6 => (AddressFamily::INET6, &[Report::PacketInfo6, Report::HopLimit6]),
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let vrrp = RawProtocol::new(vrrp::wire::PROTOCOL.into()).map(Protocol::from_raw);
        let socket = socket_with(domain, SocketType::RAW, flags, vrrp)?;
        for report in reports.iter().chain(&[Report::ReceiveTime, Report::Overflows]) {
            sockopt::ask_for(socket.as_fd(), *report)?;
        }
        crate::socket::grow_receive_buffer(socket.as_fd(), RECEIVE_BUFFER)?;
        let slots = std::iter::repeat_with(|| Slot::EMPTY).take(BATCH).collect();
        Ok(Self { socket, family, slots, clock: ClockMap::new(), overflows: Overflows::default() })
    }

    /// Receives one batch of at most 64 packets and hands each to `each`: the VRRP message, without IP header, be it too
    /// short to be one. Returns the size of the batch; 64 means that there may be more. Does not allocate.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there.
    pub fn receive(&mut self, mut each: impl FnMut(Envelope, &[u8])) -> io::Result<usize> {
        let count = mmsg::receive(self.socket.as_fd(), &mut self.slots)?;
        self.clock.refresh();
        for slot in &self.slots[..count] {
            let control = Control::read(slot.control());
            if let Some(reported) = control.overflows {
                self.overflows.note(reported);
            }
            if let Some((envelope, message)) = open_envelope(self.family, &self.clock, slot, &control) {
                each(envelope, message);
            }
        }
        Ok(count)
    }

    /// How many packets were lost because they came faster than they were read. Known with the next packet that is not.
    #[must_use]
    pub const fn overflows(&self) -> u64 {
        self.overflows.total
    }

    /// Receives only these VRIDs from now on; no packet of theirs is lost meanwhile.
    ///
    /// # Errors
    /// If the kernel has no memory.
    pub fn filter(&mut self, vrids: &[Vrid]) -> io::Result<()> {
        sockopt::attach_filter(self.socket.as_fd(), &filter::program(self.family, vrids))
    }
}

impl Overflows {
    fn note(&mut self, reported: u32) {
        self.total += u64::from(reported.wrapping_sub(self.reported));
        self.reported = reported;
    }
}

/// What came with a packet, and the packet without its IP header. `None` if the kernel reported no interface or gave no
/// whole IP header, which it never does.
fn open_envelope<'a>(
    family: Family,
    clock: &ClockMap,
    slot: &'a Slot,
    control: &Control,
) -> Option<(Envelope, &'a [u8])> {
    let ip = match family {
        Family::Ipv4 => ipv4(slot.data())?,
        Family::Ipv6 => ipv6(slot, control)?,
    };
    let envelope = Envelope {
        source: ip.source,
        destination: ip.destination,
        hop_limit: ip.hop_limit,
        ifindex: control.link.and_then(IfIndex::new)?,
        received: clock.to_boot_time(control.wall_nanos),
    };
    Some((envelope, ip.message))
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// What the IP layer knows of a packet.
struct IpPacket<'a> {
    source: IpAddr,
    destination: IpAddr,
    hop_limit: Option<u8>,
    message: &'a [u8],
}

/// A raw IPv4 socket delivers the IP header, options included, before the message.
fn ipv4(packet: &[u8]) -> Option<IpPacket<'_>> {
    let [version_length, _, _, _, _, _, _, _, ttl, _, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = *packet.first_chunk()?;
    let header_len = usize::from(version_length & 0xf) * 4;
    Some(IpPacket {
        source: Ipv4Addr::new(s0, s1, s2, s3).into(),
        destination: Ipv4Addr::new(d0, d1, d2, d3).into(),
        hop_limit: Some(ttl),
        message: packet.get(header_len.max(20)..)?,
    })
}

/// A raw IPv6 socket delivers the message alone; the rest stands in the sender's address and in control messages.
fn ipv6<'a>(slot: &'a Slot, control: &Control) -> Option<IpPacket<'a>> {
    // `struct sockaddr_in6`: family, port, flow label (8 bytes together), address.
    let source: [u8; 16] = *slot.name().get(8..)?.first_chunk()?;
    Some(IpPacket {
        source: Ipv6Addr::from(source).into(),
        destination: control.destination?.into(),
        hop_limit: control.hop_limit,
        message: slot.data(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_packets_are_counted_over_the_end_of_the_kernels_number() {
        let mut overflows = Overflows::default();
        for (reported, total) in [(3, 3), (3, 3), (u32::MAX, u64::from(u32::MAX)), (1, u64::from(u32::MAX) + 2)] {
            overflows.note(reported);
            assert_eq!(overflows.total, total);
        }
    }
}
