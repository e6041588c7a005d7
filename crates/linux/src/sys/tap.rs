//! Binding a packet socket, whose address rustix does not have.

use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::net::AddressFamily;
use vrrp::types::IfIndex;

use super::mmsg::length_of;

/// ETH_P_ALL, in network byte order.
const ALL_PROTOCOLS: u16 = 0x0003_u16.to_be();
/// The index that stands for every interface.
const ALL_LINKS: i32 = 0;

/// Lets a packet socket take in the frames of all protocols, of one interface or (`None`) of all in its namespace.
///
/// # Errors
/// If there is no such interface.
#[expect(unsafe_code, reason = "rustix has no addresses of packet sockets")]
pub(crate) fn bind(socket: BorrowedFd<'_>, link: Option<IfIndex>) -> io::Result<()> {
    // SAFETY: a C structure of integers, for which all-zero is a valid value.
    let mut address: libc::sockaddr_ll = unsafe { zeroed() };
    address.sll_family = AddressFamily::PACKET.as_raw();
    address.sll_protocol = ALL_PROTOCOLS;
    address.sll_ifindex = link.map_or(ALL_LINKS, |link| link.value().cast_signed());
    let length = length_of(size_of::<libc::sockaddr_ll>());
    // SAFETY: the descriptor is open while borrowed; the kernel reads `length` bytes at the pointer, which is to a live
    // structure of that size.
    let result = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
