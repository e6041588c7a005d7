//! What is to be sent, in order, with room that is kept.

use std::io;

use rustix::io::Errno;

use super::Unsent;
use crate::sys::mmsg::{BATCH, Outgoing};

/// Packets and bytes that find room without an allocation: advertisements of a thousand routers.
const ROOM_PACKETS: usize = 1024;
const ROOM_BYTES: usize = 128 * 1024;

/// Packets that go some way `W`; a `T` travels with each and says what it was for if it cannot be sent.
pub(super) struct Queue<W, T> {
    slab: Vec<u8>,
    packets: Vec<(Outgoing<W>, T)>,
}

impl<W: Copy, T: Copy> Queue<W, T> {
    pub(super) fn new() -> Self {
        Self { slab: Vec::with_capacity(ROOM_BYTES), packets: Vec::with_capacity(ROOM_PACKETS) }
    }

    /// Queues what `write` writes to a room of `most` zeros; it returns the length. `None` of it: nothing is queued.
    pub(super) fn push(&mut self, way: W, tag: T, most: usize, write: impl FnOnce(&mut [u8]) -> Option<usize>) {
        let start = self.slab.len();
        self.slab.resize(start + most, 0);
        let len = write(&mut self.slab[start..]);
        self.slab.truncate(start + len.unwrap_or(0));
        self.packets.extend(len.map(|len| (Outgoing { way, start, len }, tag)));
    }

    /// Queues a copy.
    pub(super) fn push_copy(&mut self, way: W, tag: T, packet: &[u8]) {
        let start = self.slab.len();
        self.slab.extend_from_slice(packet);
        self.packets.push((Outgoing { way, start, len: packet.len() }, tag));
    }

    /// Sends everything by `send`, which takes the slab and at most [`BATCH`] packets and returns how many it sent, and
    /// empties the queue. One that cannot be sent is reported to `failed` and left out. Returns how many were sent.
    pub(super) fn flush(
        &mut self,
        mut send: impl FnMut(&[u8], &mut dyn Iterator<Item = Outgoing<W>>) -> io::Result<usize>,
        mut failed: impl FnMut(Unsent<T>),
    ) -> usize {
        let (mut next, mut sent) = (0, 0);
        while next < self.packets.len() {
            let end = self.packets.len().min(next + BATCH);
            let mut batch = self.packets[next..end].iter().map(|(packet, _)| *packet);
            match send(&self.slab, &mut batch) {
                Ok(count) => {
                    next += count;
                    sent += count;
                }
                Err(error) if error.raw_os_error() == Some(Errno::INTR.raw_os_error()) => {}
                Err(error) => {
                    let (_, tag) = self.packets[next];
                    failed(Unsent { tag, error });
                    next += 1;
                }
            }
        }
        self.packets.clear();
        self.slab.clear();
        sent
    }
}
