//! Sending IP packets to single hosts: raw sockets, and the kernel's routes and neighbours.
//!
//! Packets are written whole, header included: so a router that has just lost its source address can still say goodbye from
//! there. They leave by the interface that the sender names, with its MAC.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{AddressFamily, Protocol, RawProtocol, SocketFlags, SocketType, socket_with};
use vrrp::types::{Family, IfIndex};

use super::queue::Queue;
use super::{SEND_BUFFER, Unsent, prioritise};
use crate::sys::bpf::{RETURN, step};
use crate::sys::mmsg::{self, Route};
use crate::sys::sockopt;

/// The protocol number of raw sockets to which the header belongs (IPPROTO_RAW).
const HEADER_INCLUDED: u32 = 255;

/// Sends IP packets, in the network namespace of the thread that opened it. It never receives. A `T` travels with each
/// packet and says what it was for if it cannot be sent.
pub struct RoutedSender<T> {
    ipv4: Lane<T>,
    ipv6: Lane<T>,
}

/// One family. The kernel may lack it.
struct Lane<T> {
    socket: io::Result<OwnedFd>,
    queue: Queue<Route, T>,
}

impl<T: Copy> RoutedSender<T> {
    /// Opens it. On a kernel without a family, its packets cannot be sent.
    ///
    /// # Errors
    /// `PermissionDenied` without CAP_NET_RAW.
    pub fn open() -> io::Result<Self> {
        let lane = |family| match open(family) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(error),
            socket => Ok(Lane { socket, queue: Queue::new() }),
        };
        Ok(Self { ipv4: lane(Family::Ipv4)?, ipv6: lane(Family::Ipv6)? })
    }

    /// Queues a packet to `to`, which `write` writes to a room of `most` zeros; it returns the length. `None` of it: nothing
    /// is queued. Does not allocate while the queue is of ordinary size: 1024 packets, 128 KiB.
    pub fn push(
        &mut self,
        link: IfIndex,
        to: IpAddr,
        tag: T,
        most: usize,
        write: impl FnOnce(&mut [u8]) -> Option<usize>,
    ) {
        let lane = match Family::of(&to) {
            Family::Ipv4 => &mut self.ipv4,
            Family::Ipv6 => &mut self.ipv6,
        };
        lane.queue.push(Route { link: link.value(), to }, tag, most, write);
    }

    /// Sends what is queued, in order within a family, and empties the queue. A packet that cannot be sent is reported to
    /// `failed` and left out. Returns how many were sent.
    pub fn flush(&mut self, mut failed: impl FnMut(Unsent<T>)) -> usize {
        [&mut self.ipv4, &mut self.ipv6].into_iter().map(|lane| lane.flush(&mut failed)).sum()
    }
}

impl<T: Copy> Lane<T> {
    fn flush(&mut self, failed: impl FnMut(Unsent<T>)) -> usize {
        let Self { socket, queue } = self;
        let send = |slab: &[u8], batch: &mut dyn Iterator<Item = _>| match socket {
            Ok(socket) => mmsg::send_routed(socket.as_fd(), slab, batch),
            Err(error) => Err(error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)),
        };
        queue.flush(send, failed)
    }
}

fn open(family: Family) -> io::Result<OwnedFd> {
    let domain = match family {
        Family::Ipv4 => AddressFamily::INET,
        Family::Ipv6 => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let protocol = RawProtocol::new(HEADER_INCLUDED).map(Protocol::from_raw);
    let socket = socket_with(domain, SocketType::RAW, flags, protocol)?;
    sockopt::attach_filter(socket.as_fd(), &[step(RETURN, 0)])?;
    prioritise(socket.as_fd())?;
    crate::socket::grow_send_buffer(socket.as_fd(), SEND_BUFFER)?;
    Ok(socket)
}
