//! Receiving and sending many packets by one call. Neither allocates.

use std::io;
use std::mem::{size_of, zeroed};
use std::net::IpAddr;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use libc::{c_uint, iovec, mmsghdr, sockaddr_ll, socklen_t};
use rustix::net::AddressFamily;

use super::control::Interface;

/// Most packets of one call.
pub(crate) const BATCH: usize = 64;
/// Room for a packet: IPv4 header with options (60) and the longest VRRP message, 255 IPv6 addresses (4088), with room
/// for an authentication trailer. What is longer is cut off.
const DATA_LEN: usize = 4352;
/// Room for what the kernel says beside: packet info, hop limit, receive time.
const CONTROL_LEN: usize = 192;
/// Room for a sender: `struct sockaddr_in6` has 28 bytes.
const NAME_LEN: usize = 32;

/// Room for one received packet.
#[repr(C, align(8))]
pub(crate) struct Slot {
    control: [u8; CONTROL_LEN],
    name: [u8; NAME_LEN],
    data: [u8; DATA_LEN],
    control_len: usize,
    data_len: usize,
}

impl Slot {
    pub(crate) const EMPTY: Self =
        Self { control: [0; CONTROL_LEN], name: [0; NAME_LEN], data: [0; DATA_LEN], control_len: 0, data_len: 0 };

    /// The packet.
    pub(crate) fn data(&self) -> &[u8] {
        self.data.get(..self.data_len).unwrap_or(&self.data)
    }

    /// Control messages.
    pub(crate) fn control(&self) -> &[u8] {
        self.control.get(..self.control_len).unwrap_or(&self.control)
    }

    /// The sender, as a `sockaddr`.
    pub(crate) const fn name(&self) -> &[u8; NAME_LEN] {
        &self.name
    }
}

/// Receives at most `slots.len()` (and at most [`BATCH`]) packets without waiting. Returns how many.
///
/// # Errors
/// `WouldBlock` if there are none.
#[expect(unsafe_code, reason = "rustix has no recvmmsg")]
pub(crate) fn receive(socket: BorrowedFd<'_>, slots: &mut [Slot]) -> io::Result<usize> {
    // SAFETY: both are C structures of integers and pointers, for which all-zero is a valid value.
    let (mut pieces, mut headers): ([iovec; BATCH], [mmsghdr; BATCH]) = unsafe { (zeroed(), zeroed()) };
    for ((slot, piece), header) in slots.iter_mut().zip(&mut pieces).zip(&mut headers) {
        *piece = iovec { iov_base: slot.data.as_mut_ptr().cast(), iov_len: DATA_LEN };
        let message = &mut header.msg_hdr;
        message.msg_iov = piece;
        message.msg_iovlen = 1;
        message.msg_name = slot.name.as_mut_ptr().cast();
        message.msg_namelen = length_of(NAME_LEN);
        message.msg_control = slot.control.as_mut_ptr().cast();
        message.msg_controllen = CONTROL_LEN as _;
    }
    let count = c_uint::try_from(slots.len().min(BATCH)).unwrap_or(0);
    // SAFETY: the first `count` headers were filled above and point into `pieces` and `slots`, which outlive the call
    // and which nothing else touches during it; the lengths are those of the arrays. No time-out is passed.
    let received = unsafe {
        libc::recvmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, libc::MSG_DONTWAIT as _, ptr::null_mut())
    };
    let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
    for (slot, header) in slots.iter_mut().zip(&headers).take(received) {
        slot.data_len = usize::try_from(header.msg_len).unwrap_or(0);
        slot.control_len = header.msg_hdr.msg_controllen as _;
    }
    Ok(received)
}

/// Bytes to send, and the way they go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outgoing<W> {
    pub(crate) way: W,
    /// Where the bytes start in the slab.
    pub(crate) start: usize,
    /// Their number.
    pub(crate) len: usize,
}

/// The way of a whole Ethernet frame: the index of the interface.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link(pub(crate) u32);

/// The way of a whole IP packet: as the kernel routes it to this address from the interface with this index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) link: u32,
    pub(crate) to: IpAddr,
}

impl<W> Outgoing<W> {
    fn bytes<'a>(&self, slab: &'a [u8]) -> &'a [u8] {
        slab.get(self.start..self.start + self.len).unwrap_or_default()
    }
}

/// Sends at most [`BATCH`] frames that lie in `slab` by a packet socket, without waiting. Returns how many were sent;
/// if fewer than given, the next one would have failed.
///
/// # Errors
/// Why the first frame could not be sent.
#[expect(unsafe_code, reason = "rustix's sendmmsg allocates for addresses of packet sockets")]
pub(crate) fn send_frames(
    socket: BorrowedFd<'_>,
    slab: &[u8],
    frames: impl Iterator<Item = Outgoing<Link>>,
) -> io::Result<usize> {
    // SAFETY: these are C structures of integers and pointers, for which all-zero is a valid value.
    let (mut targets, mut pieces, mut headers): ([sockaddr_ll; BATCH], [iovec; BATCH], [mmsghdr; BATCH]) =
        unsafe { (zeroed(), zeroed(), zeroed()) };
    let mut count: c_uint = 0;
    for (((frame, target), piece), header) in frames.zip(&mut targets).zip(&mut pieces).zip(&mut headers) {
        let bytes = frame.bytes(slab);
        target.sll_family = AddressFamily::PACKET.as_raw();
        target.sll_ifindex = frame.way.0.cast_signed();
        target.sll_protocol = ethertype(bytes);
        *piece = iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        let message = &mut header.msg_hdr;
        message.msg_iov = piece;
        message.msg_iovlen = 1;
        message.msg_name = ptr::from_mut(target).cast();
        message.msg_namelen = length_of(size_of::<sockaddr_ll>());
        count += 1;
    }
    // SAFETY: the first `count` headers were filled above and point into `targets`, `pieces` and `slab`, which outlive
    // the call; the kernel only reads them (it writes `msg_len` of the headers, which are ours).
    let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, libc::MSG_DONTWAIT as _) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// The same for IP packets, header and all, by a raw socket of their family that has the header included.
///
/// # Errors
/// Why the first packet could not be sent.
#[expect(unsafe_code, reason = "rustix's sendmmsg allocates for addresses")]
pub(crate) fn send_routed(
    socket: BorrowedFd<'_>,
    slab: &[u8],
    packets: impl Iterator<Item = Outgoing<Route>>,
) -> io::Result<usize> {
    let mut targets = [(Name::EMPTY, Interface::EMPTY); BATCH];
    // SAFETY: these are C structures of integers and pointers, for which all-zero is a valid value.
    let (mut pieces, mut headers): ([iovec; BATCH], [mmsghdr; BATCH]) = unsafe { (zeroed(), zeroed()) };
    let mut count: c_uint = 0;
    for (((packet, target), piece), header) in packets.zip(&mut targets).zip(&mut pieces).zip(&mut headers) {
        let bytes = packet.bytes(slab);
        *target = (Name::of(packet.way.to), Interface::leave_by(packet.way.link, &packet.way.to));
        let (name, interface) = target;
        *piece = iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        let message = &mut header.msg_hdr;
        message.msg_iov = piece;
        message.msg_iovlen = 1;
        message.msg_name = name.bytes.as_mut_ptr().cast();
        message.msg_namelen = length_of(name.len);
        message.msg_control = interface.bytes.as_mut_ptr().cast();
        message.msg_controllen = interface.len as _;
        count += 1;
    }
    // SAFETY: the first `count` headers were filled above and point into `targets`, `pieces` and `slab`, which outlive
    // the call; lengths are within the arrays; the kernel only reads them (it writes `msg_len` of the headers, which are
    // ours).
    let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, libc::MSG_DONTWAIT as _) };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// A `struct sockaddr_in` or `struct sockaddr_in6` without port and scope.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Name {
    bytes: [u8; NAME_LEN],
    len: usize,
}

impl Name {
    const EMPTY: Self = Self { bytes: [0; NAME_LEN], len: 0 };

    fn of(address: IpAddr) -> Self {
        let mut name = Self::EMPTY;
        let (family, start, len) = match &address {
            IpAddr::V4(_) => (AddressFamily::INET, 4, size_of::<libc::sockaddr_in>()),
            IpAddr::V6(_) => (AddressFamily::INET6, 8, size_of::<libc::sockaddr_in6>()),
        };
        name.bytes[..2].copy_from_slice(&family.as_raw().to_ne_bytes());
        match address {
            IpAddr::V4(address) => name.bytes[start..start + 4].copy_from_slice(&address.octets()),
            IpAddr::V6(address) => name.bytes[start..start + 16].copy_from_slice(&address.octets()),
        }
        Self { len, ..name }
    }
}

/// The frame's EtherType as it stands there, in network byte order: qdiscs and taps go by it.
fn ethertype(frame: &[u8]) -> u16 {
    frame.get(12..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u16::from_ne_bytes(*bytes))
}

/// A size known at compile time, as a `socklen_t`.
pub(super) const fn length_of(size: usize) -> socklen_t {
    assert!(size <= 256);
    #[expect(clippy::cast_possible_truncation, reason = "asserted above")]
    {
        size as socklen_t
    }
}
