//! Sending frames: one packet socket for all routers and interfaces, many frames by one call.
//!
//! Frames are written whole, Ethernet header included, so each may have its own source address. They go through the
//! queues of the interface: whoever watches the interface sees them.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use vrrp::types::IfIndex;

use crate::sys::mmsg::{self, Frame};
use crate::sys::sockopt;

/// Room for frames that are on their way, in bytes.
const SEND_BUFFER: usize = 4 * 1024 * 1024;
/// Frames and bytes that find room without an allocation: adverts of a thousand routers.
const ROOM_FRAMES: usize = 1024;
const ROOM_BYTES: usize = 128 * 1024;
/// The highest priority an interface's queue knows, and the highest one may ask for without CAP_NET_ADMIN.
const PRIORITIES: [u8; 2] = [7, 6];

/// Sends frames, in the network namespace of the thread that opened it. It never receives. Each frame has a tag that says
/// whose it is.
pub struct Sender<T> {
    socket: OwnedFd,
    slab: Vec<u8>,
    queue: Vec<Queued<T>>,
}

/// A frame that waits to be sent.
#[derive(Clone, Copy, Debug)]
struct Queued<T> {
    frame: Frame,
    tag: T,
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
        let [high, lower] = PRIORITIES;
        sockopt::set_priority(socket.as_fd(), high).or_else(|_| sockopt::set_priority(socket.as_fd(), lower))?;
        crate::socket::grow_send_buffer(socket.as_fd(), SEND_BUFFER)?;
        Ok(Self { socket, slab: Vec::with_capacity(ROOM_BYTES), queue: Vec::with_capacity(ROOM_FRAMES) })
    }

    /// Queues a frame of `len` bytes, which `fill` writes over zeros. Does not allocate while the queue is of ordinary
    /// size: 1024 frames, 128 KiB.
    pub fn push(&mut self, tag: T, link: IfIndex, len: usize, fill: impl FnOnce(&mut [u8])) {
        let start = self.slab.len();
        self.slab.resize(start + len, 0);
        fill(&mut self.slab[start..]);
        self.queue.push(Queued { frame: Frame { link: link.value(), start, len }, tag });
    }

    /// Sends what is queued, in order, and empties the queue. Each frame that cannot be sent is reported to `failed` and
    /// left out: it is not to be counted as sent. Returns how many were sent.
    pub fn flush(&mut self, mut failed: impl FnMut(T, IfIndex, io::Error)) -> usize {
        let (mut next, mut sent) = (0, 0);
        while let Some(first) = self.queue.get(next).copied() {
            let frames = self.queue[next..].iter().map(|queued| queued.frame);
            match mmsg::send(self.socket.as_fd(), &self.slab, frames) {
                Ok(count) => {
                    next += count;
                    sent += count;
                }
                Err(error) if error.raw_os_error() == Some(Errno::INTR.raw_os_error()) => {}
                Err(error) => {
                    if let Some(link) = IfIndex::new(first.frame.link) {
                        failed(first.tag, link, error);
                    }
                    next += 1;
                }
            }
        }
        self.queue.clear();
        self.slab.clear();
        sent
    }
}
