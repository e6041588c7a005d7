//! Socket options that rustix does not cover.

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::{c_int, socklen_t};

use super::bpf::Instruction;

/// Options of a netlink socket, all switched on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NetlinkOption {
    /// Refusals come with text.
    ExtendedAck,
    /// Acknowledgements do not quote the request.
    CapAck,
    /// Filters of dump requests are heeded.
    StrictCheck,
}

/// Switches a netlink option on.
///
/// # Errors
/// On kernels that do not know it.
pub(crate) fn set_netlink(socket: BorrowedFd<'_>, option: NetlinkOption) -> io::Result<()> {
    let name = match option {
        NetlinkOption::ExtendedAck => libc::NETLINK_EXT_ACK,
        NetlinkOption::CapAck => libc::NETLINK_CAP_ACK,
        NetlinkOption::StrictCheck => libc::NETLINK_GET_STRICT_CHK,
    };
    set_int(socket, libc::SOL_NETLINK, name, 1)
}

/// What a socket reports beside a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Report {
    /// IPv4: the interface and the destination.
    PacketInfo4,
    /// IPv6: the interface and the destination.
    PacketInfo6,
    /// IPv4: the TTL.
    Ttl4,
    /// IPv6: the hop limit.
    HopLimit6,
    /// When the kernel received it, wall clock.
    ReceiveTime,
    /// How many packets found no room before it.
    Overflows,
}

/// Asks for `what` with every packet.
///
/// # Errors
/// On kernels that do not know it.
pub(crate) fn ask_for(socket: BorrowedFd<'_>, what: Report) -> io::Result<()> {
    let (level, name) = match what {
        Report::PacketInfo4 => (libc::IPPROTO_IP, libc::IP_PKTINFO),
        Report::PacketInfo6 => (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO),
        Report::Ttl4 => (libc::IPPROTO_IP, libc::IP_RECVTTL),
        Report::HopLimit6 => (libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT),
        Report::ReceiveTime => (libc::SOL_SOCKET, libc::SO_TIMESTAMPNS),
        Report::Overflows => (libc::SOL_SOCKET, libc::SO_RXQ_OVFL),
    };
    set_int(socket, level, name, 1)
}

/// Keeps what the host itself sends away from a packet socket.
///
/// # Errors
/// On kernels that do not know it.
pub(crate) fn ignore_outgoing(socket: BorrowedFd<'_>) -> io::Result<()> {
    set_int(socket, libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, 1)
}

/// Sets the priority of sent packets in the queues of the interface, 0–7.
///
/// # Errors
/// `PermissionDenied` for 7 without CAP_NET_ADMIN.
pub(crate) fn set_priority(socket: BorrowedFd<'_>, priority: u8) -> io::Result<()> {
    set_int(socket, libc::SOL_SOCKET, libc::SO_PRIORITY, priority.into())
}

/// `struct sock_fprog`.
#[repr(C)]
struct Program {
    len: libc::c_ushort,
    filter: *const Instruction,
}

/// Lets a socket receive only what `program` accepts; replaces an earlier one.
///
/// # Errors
/// `InvalidInput` for a program the kernel does not accept.
pub(crate) fn attach_filter(socket: BorrowedFd<'_>, program: &[Instruction]) -> io::Result<()> {
    let len = program.len().try_into().map_err(|_| io::ErrorKind::InvalidInput)?;
    // The kernel copies `len` instructions from `filter` during the call, while `program` is borrowed.
    set(socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &Program { len, filter: program.as_ptr() })
}

/// Sets an option whose value is an `int`.
fn set_int(socket: BorrowedFd<'_>, level: c_int, name: c_int, value: c_int) -> io::Result<()> {
    set(socket, level, name, &value)
}

/// Sets an option whose value is a `T`. Private: `T` must be what the kernel expects for the option.
#[expect(unsafe_code, reason = "rustix has no setsockopt for these options")]
fn set<T>(socket: BorrowedFd<'_>, level: c_int, name: c_int, value: &T) -> io::Result<()> {
    let length = socklen_t::try_from(size_of::<T>()).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open while borrowed; the kernel reads `length` bytes at `value`, which is a live `T` of
    // that size.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, std::ptr::from_ref(value).cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
