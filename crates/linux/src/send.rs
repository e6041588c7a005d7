//! Sending: whole frames by one packet socket for all routers and interfaces ([`Sender`]), whole IP packets by the kernel's
//! routes ([`RoutedSender`]); many by one call.

mod queue;
mod routed;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use vrrp::types::IfIndex;

use self::queue::Queue;
pub use self::routed::RoutedSender;
use crate::sys::mmsg::{self, Link};
use crate::sys::sockopt;

/// Room for what is on its way, in bytes.
const SEND_BUFFER: usize = 4 * 1024 * 1024;
/// The highest priority an interface's queue knows, and the highest one may ask for without CAP_NET_ADMIN.
const PRIORITIES: [u8; 2] = [7, 6];

/// Sends frames, in the network namespace of the thread that opened it. It never receives. A `T` travels with each frame
/// and says what it was for if it cannot be sent.
///
/// Frames are written whole, Ethernet header included, so each may have its own source address. They go through the
/// queues of the interface: whoever watches the interface sees them.
pub struct Sender<T> {
    socket: OwnedFd,
    queue: Queue<Link, T>,
}

/// Something that could not be sent.
#[derive(Debug)]
pub struct Unsent<T> {
    /// What it was for.
    pub tag: T,
    /// Why.
    pub error: io::Error,
}

impl<T: Copy> Sender<T> {
    /// Opens it.
    ///
    /// # Errors
    /// `PermissionDenied` without CAP_NET_RAW.
    pub fn open() -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        // Protocol 0: the socket is never handed a packet.
        let socket = socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)?;
        prioritise(socket.as_fd())?;
        crate::socket::grow_send_buffer(socket.as_fd(), SEND_BUFFER)?;
        Ok(Self { socket, queue: Queue::new() })
    }

    /// Queues a frame, which `write` writes to a room of `most` zeros; it returns the length. `None` of it: nothing is
    /// queued. Does not allocate while the queue is of ordinary size: 1024 frames, 128 KiB.
    pub fn push(&mut self, link: IfIndex, tag: T, most: usize, write: impl FnOnce(&mut [u8]) -> Option<usize>) {
        self.queue.push(Link(link.value()), tag, most, write);
    }

    /// Queues a copy of a frame.
    pub fn push_copy(&mut self, link: IfIndex, tag: T, frame: &[u8]) {
        self.queue.push_copy(Link(link.value()), tag, frame);
    }

    /// Sends what is queued, in order, and empties the queue. A frame that cannot be sent is reported to `failed` and
    /// left out. Returns how many were sent.
    pub fn flush(&mut self, failed: impl FnMut(Unsent<T>)) -> usize {
        let Self { socket, queue } = self;
        queue.flush(|slab, batch| mmsg::send_frames(socket.as_fd(), slab, batch), failed)
    }
}

/// What is sent overtakes other traffic in the queue of the interface.
pub(crate) fn prioritise(socket: BorrowedFd<'_>) -> io::Result<()> {
    let [high, lower] = PRIORITIES;
    sockopt::set_priority(socket, high).or_else(|_| sockopt::set_priority(socket, lower))
}
