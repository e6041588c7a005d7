//! What sockets that receive packets in batches have in common.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::clock::ClockMap;
use crate::socket::{Overflows, grow_receive_buffer};
use crate::sys::control::Control;
use crate::sys::mmsg::{self, Slot};
use crate::sys::sockopt::{self, Report};

/// A socket with room for one batch.
pub(crate) struct Inbox {
    socket: OwnedFd,
    slots: Box<[Slot]>,
    clock: ClockMap,
    overflows: Overflows,
}

impl Inbox {
    /// Has the kernel say `reports`, the receive time and what found no room, and makes room for `bytes` that wait and for
    /// batches of `batch`, which is 64 at most.
    pub(crate) fn new(socket: OwnedFd, reports: &[Report], bytes: usize, batch: usize) -> io::Result<Self> {
        for report in reports.iter().chain(&[Report::ReceiveTime, Report::Overflows]) {
            sockopt::ask_for(socket.as_fd(), *report)?;
        }
        grow_receive_buffer(socket.as_fd(), bytes)?;
        let slots = std::iter::repeat_with(|| Slot::EMPTY).take(batch).collect();
        Ok(Self { socket, slots, clock: ClockMap::new(), overflows: Overflows::default() })
    }

    /// Receives one batch and hands each packet to `each`. Returns the size of the batch. Does not allocate.
    pub(crate) fn receive(&mut self, mut each: impl FnMut(&ClockMap, &Slot, &Control)) -> io::Result<usize> {
        let count = mmsg::receive(self.socket.as_fd(), &mut self.slots)?;
        self.clock.refresh();
        for slot in &self.slots[..count] {
            let control = Control::read(slot.control());
            if let Some(reported) = control.overflows {
                self.overflows.note(reported);
            }
            each(&self.clock, slot, &control);
        }
        Ok(count)
    }

    pub(crate) const fn overflows(&self) -> u64 {
        self.overflows.total()
    }
}

impl AsFd for Inbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
