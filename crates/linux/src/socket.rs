//! What sockets of several kinds share.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::net::sockopt::{
    set_socket_recv_buffer_size, set_socket_recv_buffer_size_force, set_socket_send_buffer_size,
    set_socket_send_buffer_size_force,
};

/// Gives a socket room for `bytes` that wait to be received: beyond the machine's limit if CAP_NET_ADMIN allows that.
pub(crate) fn grow_receive_buffer(socket: BorrowedFd<'_>, bytes: usize) -> io::Result<()> {
    Ok(set_socket_recv_buffer_size_force(socket, bytes).or_else(|_| set_socket_recv_buffer_size(socket, bytes))?)
}

/// The same for what waits to be sent.
pub(crate) fn grow_send_buffer(socket: BorrowedFd<'_>, bytes: usize) -> io::Result<()> {
    Ok(set_socket_send_buffer_size_force(socket, bytes).or_else(|_| set_socket_send_buffer_size(socket, bytes))?)
}

/// The kernel's running count of packets that found no room in the socket.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Overflows {
    total: u64,
    /// As last reported; wraps.
    reported: u32,
}

impl Overflows {
    pub(crate) const fn total(self) -> u64 {
        self.total
    }

    pub(crate) fn note(&mut self, reported: u32) {
        self.total += u64::from(reported.wrapping_sub(self.reported));
        self.reported = reported;
    }
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
