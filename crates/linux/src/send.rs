//! Sending frames: one packet socket for all routers and interfaces, many frames by one call.
//!
//! Frames are written whole, Ethernet header included, so each may have its own source address. They go through the
//! queues of the interface: whoever watches the interface sees them.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use vrrp::types::IfIndex;

use crate::sys::mmsg::{self, BATCH, Frame};
use crate::sys::sockopt;

/// Room for frames that are on their way, in bytes.
const SEND_BUFFER: usize = 4 * 1024 * 1024;
/// Frames and bytes that find room without an allocation: advertisements of a thousand routers.
const ROOM_FRAMES: usize = 1024;
const ROOM_BYTES: usize = 128 * 1024;
/// The highest priority an interface's queue knows, and the highest one may ask for without CAP_NET_ADMIN.
const PRIORITIES: [u8; 2] = [7, 6];

/// Sends frames, in the network namespace of the thread that opened it. It never receives. A `T` travels with each frame
/// and says what it was for if it cannot be sent.
pub struct Sender<T> {
    socket: OwnedFd,
    slab: Vec<u8>,
    frames: Vec<(Frame, T)>,
}

/// A frame that could not be sent.
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
        let [high, lower] = PRIORITIES;
        sockopt::set_priority(socket.as_fd(), high).or_else(|_| sockopt::set_priority(socket.as_fd(), lower))?;
        crate::socket::grow_send_buffer(socket.as_fd(), SEND_BUFFER)?;
        Ok(Self { socket, slab: Vec::with_capacity(ROOM_BYTES), frames: Vec::with_capacity(ROOM_FRAMES) })
    }

    /// Queues a frame, which `write` writes to a room of `most` zeros; it returns the length. `None` of it: nothing is
    /// queued. Does not allocate while the queue is of ordinary size: 1024 frames, 128 KiB.
    pub fn push(&mut self, link: IfIndex, tag: T, most: usize, write: impl FnOnce(&mut [u8]) -> Option<usize>) {
        let start = self.slab.len();
        self.slab.resize(start + most, 0);
        let len = write(&mut self.slab[start..]);
        self.slab.truncate(start + len.unwrap_or(0));
        self.frames.extend(len.map(|len| (Frame { link: link.value(), start, len }, tag)));
    }

    /// Queues a copy of a frame.
    pub fn push_copy(&mut self, link: IfIndex, tag: T, frame: &[u8]) {
        let start = self.slab.len();
        self.slab.extend_from_slice(frame);
        self.frames.push((Frame { link: link.value(), start, len: frame.len() }, tag));
    }

    /// Sends what is queued, in order, and empties the queue. A frame that cannot be sent is reported to `failed` and
    /// left out. Returns how many were sent.
    pub fn flush(&mut self, mut failed: impl FnMut(Unsent<T>)) -> usize {
        let (mut next, mut sent) = (0, 0);
        while next < self.frames.len() {
            let end = self.frames.len().min(next + BATCH);
            let batch = self.frames[next..end].iter().map(|(frame, _)| *frame);
            match mmsg::send(self.socket.as_fd(), &self.slab, batch) {
                Ok(count) => {
                    next += count;
                    sent += count;
                }
                Err(error) if error.raw_os_error() == Some(Errno::INTR.raw_os_error()) => {}
                Err(error) => {
                    let (_, tag) = self.frames[next];
                    failed(Unsent { tag, error });
                    next += 1;
                }
            }
        }
        self.frames.clear();
        self.slab.clear();
        sent
    }
}
