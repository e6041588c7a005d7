//! Packet sockets that take in whole frames, for the lab and the tests. The daemon itself never reads frames.

use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use vrrp::time::Instant;
use vrrp::types::IfIndex;

/// Longest frame that is taken in whole.
pub(crate) const FRAME_MAX: usize = 9216;

/// A received frame without its bytes.
pub(crate) struct Received {
    /// Its length in the buffer.
    pub(crate) len: usize,
    /// The interface it came in on.
    pub(crate) ifindex: IfIndex,
    /// When the kernel received it, on the boot-time clock.
    pub(crate) at: Instant,
}

/// Opens a non-blocking packet socket for all protocols, without what this host sends itself, on one interface or on
/// all of the calling thread's network namespace. [`rustix::net::send`] sends whole frames on a bound one.
#[expect(unsafe_code, reason = "packet addresses and socket options that rustix does not have")]
pub(crate) fn open(interface: Option<IfIndex>) -> io::Result<OwnedFd> {
    const ALL: u16 = 0x0003_u16.to_be();
    const FAMILY: u16 = 17;
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: a system call without pointers; a non-negative result is a new descriptor that nobody else owns.
    let socket = unsafe {
        let fd = checked(libc::socket(libc::AF_PACKET, kind, i32::from(ALL)))?;
        OwnedFd::from_raw_fd(fd)
    };
    set(&socket, libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, 1)?;
    set(&socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1)?;
    set(&socket, libc::SOL_SOCKET, libc::SO_RCVBUF, 4 << 20)?;
    if let Some(interface) = interface {
        // SAFETY: all-zero bytes are a valid sockaddr_ll, and the length given is that of the structure pointed to.
        unsafe {
            let mut address: libc::sockaddr_ll = zeroed();
            address.sll_family = FAMILY;
            address.sll_protocol = ALL;
            address.sll_ifindex = interface.value().cast_signed();
            checked(libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length_of::<libc::sockaddr_ll>()))?;
        }
    }
    Ok(socket)
}

/// Takes one frame in. Fails with `WouldBlock` when there is none.
#[expect(unsafe_code, reason = "recvmsg with a packet address and a time stamp, which rustix does not have")]
pub(crate) fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<Received> {
    /// Room for one time stamp message, aligned as the kernel wants it.
    #[repr(C, align(8))]
    struct Control([u8; 64]);
    /// Length of a control message with a time stamp: header and timespec.
    const STAMP_LEN: usize = size_of::<libc::cmsghdr>() + size_of::<libc::timespec>();
    let mut control = Control([0; 64]);
    let mut slice = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: all-zero bytes are valid for both structures. Every pointer in `message` is to a local or to `buffer`,
    // which outlive the call, with its true length. The kernel keeps the control length truthful, so CMSG_FIRSTHDR
    // gives null or a header inside `control`; a timespec is read unaligned, only after its length was checked.
    unsafe {
        let mut from: libc::sockaddr_ll = zeroed();
        let mut message: libc::msghdr = zeroed();
        message.msg_name = (&raw mut from).cast();
        message.msg_namelen = length_of::<libc::sockaddr_ll>();
        message.msg_iov = &raw mut slice;
        message.msg_iovlen = 1;
        message.msg_control = control.0.as_mut_ptr().cast();
        message.msg_controllen = control.0.len();
        let len = libc::recvmsg(socket.as_raw_fd(), &raw mut message, 0);
        let len = usize::try_from(len).map_err(|_| io::Error::last_os_error())?;
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        let stamped =
            !header.is_null() && (*header).cmsg_type == libc::SCM_TIMESTAMPNS && (*header).cmsg_len >= STAMP_LEN;
        let stamp = stamped.then(|| libc::CMSG_DATA(header).cast::<libc::timespec>().read_unaligned());
        let ifindex = IfIndex::new(from.sll_ifindex.cast_unsigned()).ok_or(io::ErrorKind::NotFound)?;
        Ok(Received { len, ifindex, at: boot_time(stamp) })
    }
}

/// The kernel's time of reception on the boot-time clock; now if it gave none.
fn boot_time(stamp: Option<libc::timespec>) -> Instant {
    let now = clock(libc::CLOCK_BOOTTIME);
    let age = stamp.map_or(Duration::ZERO, |stamp| clock(libc::CLOCK_REALTIME).saturating_sub(duration(stamp)));
    Instant::from_nanos(u64::try_from(now.saturating_sub(age).as_nanos()).unwrap_or(u64::MAX))
}

/// The time of a clock.
#[expect(unsafe_code, reason = "clock_gettime")]
fn clock(id: libc::clockid_t) -> Duration {
    // SAFETY: the pointer is to a local; all-zero bytes are a valid timespec.
    duration(unsafe {
        let mut time: libc::timespec = zeroed();
        libc::clock_gettime(id, &raw mut time);
        time
    })
}

fn duration(time: libc::timespec) -> Duration {
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Sets an integer socket option.
#[expect(unsafe_code, reason = "socket options that rustix does not have")]
fn set(socket: &OwnedFd, level: i32, option: i32, value: i32) -> io::Result<()> {
    // SAFETY: the pointer is to a local of the length given.
    let result =
        unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const value).cast(), length_of::<i32>()) };
    checked(result).map(|_| ())
}

/// The size of a small structure as system calls take it.
#[expect(clippy::cast_possible_truncation, reason = "the structures have a few dozen bytes")]
const fn length_of<T>() -> libc::socklen_t {
    size_of::<T>() as libc::socklen_t
}

/// The result of a system call, or errno.
fn checked(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
