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
