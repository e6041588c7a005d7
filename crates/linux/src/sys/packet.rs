//! Packet sockets: what rustix has no address type for.

use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::{sockaddr_ll, socklen_t};
use rustix::net::AddressFamily;
use vrrp::types::IfIndex;

/// Every EtherType, in network byte order: ETH_P_ALL.
const ALL: u16 = 0x0003_u16.to_be();

/// Lets a packet socket of protocol 0 receive what comes in on `link`, of every EtherType, before the kernel gives it to
/// bridges or protocols.
///
/// # Errors
/// `NotFound` (ENODEV) if there is no such link.
#[expect(unsafe_code, reason = "rustix has no addresses of packet sockets")]
pub(crate) fn bind(socket: BorrowedFd<'_>, link: IfIndex) -> io::Result<()> {
    #[expect(clippy::cast_possible_truncation, reason = "it has 20 bytes")]
    const LENGTH: socklen_t = size_of::<sockaddr_ll>() as socklen_t;
    // SAFETY: all-zero is a valid value of this C structure of integers.
    let mut address: sockaddr_ll = unsafe { zeroed() };
    address.sll_family = AddressFamily::PACKET.as_raw();
    address.sll_protocol = ALL;
    address.sll_ifindex = link.value().cast_signed();
    // SAFETY: the descriptor is open while borrowed; the kernel reads LENGTH bytes at the pointer, which is to a live
    // structure of that size.
    let result = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), LENGTH) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
