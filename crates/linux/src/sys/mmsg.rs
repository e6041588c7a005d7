//! Receiving and sending many packets by one call. Neither allocates.

use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use libc::{c_uint, iovec, mmsghdr, sockaddr_ll, socklen_t};
use rustix::net::AddressFamily;

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

/// A whole Ethernet frame and where it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Index of the interface.
    pub(crate) link: u32,
    /// Where the frame starts in the slab.
    pub(crate) start: usize,
    /// Its length in bytes.
    pub(crate) len: usize,
}

impl Frame {
    /// Its bytes.
    pub(crate) fn bytes(self, slab: &[u8]) -> &[u8] {
        slab.get(self.start..self.start + self.len).unwrap_or_default()
    }
}

/// Sends at most [`BATCH`] frames that lie in `slab` by a packet socket, without waiting. Returns how many were sent;
/// if fewer than given, the next one would have failed.
///
/// # Errors
/// Why the first frame could not be sent.
#[expect(unsafe_code, reason = "rustix's sendmmsg allocates for addresses of packet sockets")]
pub(crate) fn send(socket: BorrowedFd<'_>, slab: &[u8], frames: impl Iterator<Item = Frame>) -> io::Result<usize> {
    // SAFETY: these are C structures of integers and pointers, for which all-zero is a valid value.
    let (mut targets, mut pieces, mut headers): ([sockaddr_ll; BATCH], [iovec; BATCH], [mmsghdr; BATCH]) =
        unsafe { (zeroed(), zeroed(), zeroed()) };
    let mut count: c_uint = 0;
    for (((frame, target), piece), header) in frames.zip(&mut targets).zip(&mut pieces).zip(&mut headers) {
        let bytes = frame.bytes(slab);
        target.sll_family = AddressFamily::PACKET.as_raw();
        target.sll_ifindex = frame.link.cast_signed();
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
