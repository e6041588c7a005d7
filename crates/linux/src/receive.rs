//! Receiving adverts: one raw IP socket per [`Channel`] for all routers and interfaces.
//!
//! The socket is not bound to an interface and joins no group: memberships are held elsewhere (`Machine`), and the kernel
//! gives every raw socket what the host takes in. Nothing is checked here; what the IP layer knows goes into the
//! [`Packet`], and `vrrp` checks it.

mod filter;

use std::io;
use std::net::Ipv6Addr;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::net::{AddressFamily, Protocol, RawProtocol, SocketFlags, SocketType, socket_with};
use vrrp::input::{IpHeader, Packet};
use vrrp::types::{Family, IfIndex, Vrid};
use vrrp::wire::{AH_PROTOCOL, PROTOCOL, read_ipv4};

use crate::clock::ClockMap;
use crate::inbox::Inbox;
use crate::sys::control::Control;
use crate::sys::mmsg::{self, Slot};
use crate::sys::sockopt::{self, Report};

/// Most packets in one batch.
pub const BATCH: usize = mmsg::BATCH;
/// Packets in one batch of a receiver that has little memory.
const SMALL_BATCH: usize = 4;
/// Room for packets that wait, in bytes: some 20,000 adverts, the bookkeeping of the kernel included.
const RECEIVE_BUFFER: usize = 16 * 1024 * 1024;

/// A way for adverts to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Protocol 112 over IPv4.
    Ipv4,
    /// Protocol 112 over IPv6.
    Ipv6,
    /// IPv4, inside an authentication header. What IPsec carries else is left alone.
    Ah,
}

impl Channel {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Ipv4, Self::Ipv6, Self::Ah];

    const fn family(self) -> Family {
        match self {
            Self::Ipv4 | Self::Ah => Family::Ipv4,
            Self::Ipv6 => Family::Ipv6,
        }
    }

    const fn protocol(self) -> u8 {
        match self {
            Self::Ipv4 | Self::Ipv6 => PROTOCOL,
            Self::Ah => AH_PROTOCOL,
        }
    }
}

/// Receives the packets of one channel, in the network namespace of the thread that opened it.
pub struct Receiver {
    inbox: Inbox,
    channel: Channel,
}

impl Receiver {
    /// Opens it. It receives all VRIDs until [`Receiver::filter`]. The kernel begins to note receive times some
    /// milliseconds later; until then a packet counts as received when it is read.
    ///
    /// # Errors
    /// `PermissionDenied` without CAP_NET_RAW; "address family not supported" on a kernel without IPv6.
    pub fn open(channel: Channel) -> io::Result<Self> {
        Self::with_batch(channel, BATCH)
    }

    /// The same, with little memory: for batches of a few packets.
    ///
    /// # Errors
    /// As [`Receiver::open`].
    pub fn open_small(channel: Channel) -> io::Result<Self> {
        Self::with_batch(channel, SMALL_BATCH)
    }

    fn with_batch(channel: Channel, batch: usize) -> io::Result<Self> {
        let (domain, reports): (_, &[Report]) = match channel.family() {
            Family::Ipv4 => (AddressFamily::INET, &[Report::PacketInfo4]),
            Family::Ipv6 => (AddressFamily::INET6, &[Report::PacketInfo6, Report::HopLimit6]),
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let protocol = RawProtocol::new(channel.protocol().into()).map(Protocol::from_raw);
        let socket = socket_with(domain, SocketType::RAW, flags, protocol)?;
        Ok(Self { inbox: Inbox::new(socket, reports, RECEIVE_BUFFER, batch)?, channel })
    }

    /// Receives one batch of at most 64 packets and hands each to `each`, be its payload too short to be an advert. Returns
    /// the size of the batch; 64 means that there may be more. Does not allocate.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there.
    pub fn receive(&mut self, mut each: impl FnMut(Packet<'_>)) -> io::Result<usize> {
        let family = self.channel.family();
        self.inbox.receive(|clock, slot, control| packet(family, clock, slot, control).into_iter().for_each(&mut each))
    }

    /// How many packets were lost because they came faster than they were read. Known with the next packet that is not.
    #[must_use]
    pub const fn overflows(&self) -> u64 {
        self.inbox.overflows()
    }

    /// Receives only these VRIDs from now on; no packet of theirs is lost meanwhile.
    ///
    /// # Errors
    /// If the kernel has no memory.
    pub fn filter(&mut self, vrids: &[Vrid]) -> io::Result<()> {
        sockopt::attach_filter(self.inbox.as_fd(), &filter::program(self.channel, vrids))
    }
}

/// A received packet. `None` if the kernel reported no interface or gave no whole IP header, which it never does.
fn packet<'a>(family: Family, clock: &ClockMap, slot: &'a Slot, control: &Control) -> Option<Packet<'a>> {
    let (ip, payload) = match family {
        Family::Ipv4 => read_ipv4(slot.data())?,
        Family::Ipv6 => ipv6(slot, control)?,
    };
    let (link, received) = (control.link.and_then(IfIndex::new)?, clock.to_boot_time(control.wall_nanos));
    Some(Packet { link, received, ip, payload })
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inbox.as_fd()
    }
}

/// A raw IPv6 socket delivers the payload alone; the rest stands in the sender's address and in control messages.
fn ipv6<'a>(slot: &'a Slot, control: &Control) -> Option<(IpHeader, &'a [u8])> {
    // `struct sockaddr_in6`: family, port, flow label (8 bytes together), address.
    let source: [u8; 16] = *slot.name().get(8..)?.first_chunk()?;
    let ip = IpHeader {
        source: Ipv6Addr::from(source).into(),
        destination: control.destination?,
        hop_limit: control.hop_limit,
        protocol: PROTOCOL,
        identification: 0,
    };
    Some((ip, slot.data()))
}
