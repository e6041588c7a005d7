//! Socket options that rustix does not cover.

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::{c_int, socklen_t};

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
