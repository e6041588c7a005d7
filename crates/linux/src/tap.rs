//! Taking in whole frames: for the lab, for the tests, and for [`crate::observe`].

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, send, socket_with};
use vrrp::time::Instant;
use vrrp::types::IfIndex;

use crate::clock::ClockMap;
use crate::sys::bpf::Instruction;
use crate::sys::control::Control;
use crate::sys::mmsg::{self, BATCH, Slot};
use crate::sys::sockopt::{self, Report};
use crate::sys::tap::bind;

/// Room for frames that wait to be read, in bytes.
const RECEIVE_BUFFER: usize = 8 * 1024 * 1024;
/// Frames taken in by one call where few are expected.
const FEW: usize = 8;

/// A packet socket for the frames of all protocols.
pub struct Tap {
    socket: OwnedFd,
    slots: Box<[Slot]>,
    clock: ClockMap,
}

/// Whether a tap also takes in what its own host sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnFrames {
    /// Yes.
    Included,
    /// No, only what comes in.
    Ignored,
}

/// Which way a frame went, as the host of the tap sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It came in.
    Received,
    /// The host of the tap sent it.
    Sent,
}

/// A frame that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TappedFrame<'a> {
    /// When the kernel met it, on the clock of [`crate::clock`].
    pub at: Instant,
    /// The interface of the tap's namespace that it went through.
    pub link: IfIndex,
    /// Which way.
    pub direction: Direction,
    /// From the destination MAC address on, without a VLAN tag; what is longer than 4352 bytes is cut off.
    pub bytes: &'a [u8],
}

impl Tap {
    /// Opens one in the calling thread's network namespace: of one interface, or (`None`) of all there, also those to
    /// come. The kernel begins to note receive times some milliseconds later; until then a frame counts as met when it
    /// is read.
    ///
    /// # Errors
    /// `PermissionDenied` without CAP_NET_RAW.
    pub fn open(link: Option<IfIndex>, own: OwnFrames) -> io::Result<Self> {
        let socket = unbound(own)?;
        crate::socket::grow_receive_buffer(socket.as_fd(), RECEIVE_BUFFER)?;
        bind(socket.as_fd(), link)?;
        Ok(Self::of(socket, BATCH))
    }

    /// Opens one that takes in only the frames of `link` that `program` accepts, and only as much of them as it says:
    /// few, so that it needs little memory.
    ///
    /// # Errors
    /// As [`Tap::open`]; ENODEV if there is no such interface.
    pub(crate) fn of_few(link: IfIndex, program: &[Instruction]) -> io::Result<Self> {
        let socket = unbound(OwnFrames::Ignored)?;
        sockopt::attach_filter(socket.as_fd(), program)?;
        bind(socket.as_fd(), Some(link))?;
        Ok(Self::of(socket, FEW))
    }

    fn of(socket: OwnedFd, slots: usize) -> Self {
        let slots = std::iter::repeat_with(|| Slot::EMPTY).take(slots).collect();
        Self { socket, slots, clock: ClockMap::new() }
    }

    /// Takes in all that has arrived, without waiting, and hands it to `each` in order.
    ///
    /// # Errors
    /// If the socket fails, for example because its interface is gone. What was taken in before was handed over.
    pub fn receive(&mut self, mut each: impl FnMut(TappedFrame<'_>)) -> io::Result<()> {
        loop {
            let count = match mmsg::receive(self.socket.as_fd(), &mut self.slots) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.clock.refresh();
            self.slots[..count].iter().filter_map(|slot| read(slot, &self.clock)).for_each(&mut each);
        }
    }

    /// Sends a whole frame as it is through the interface of this tap.
    ///
    /// # Errors
    /// If the interface is down or gone, or the tap is one of all interfaces.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        Ok(send(&self.socket, frame, SendFlags::empty()).map(|_| ())?)
    }
}

/// A packet socket without protocol: it takes nothing in before it is bound.
fn unbound(own: OwnFrames) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)?;
    match own {
        OwnFrames::Included => {}
        OwnFrames::Ignored => sockopt::ignore_outgoing(socket.as_fd())?,
    }
    sockopt::ask_for(socket.as_fd(), Report::ReceiveTime)?;
    Ok(socket)
}

impl AsFd for Tap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The frame in a slot; its sender is a `struct sockaddr_ll`. `None` if the kernel named no interface.
fn read<'a>(slot: &'a Slot, clock: &ClockMap) -> Option<TappedFrame<'a>> {
    const PACKET_OUTGOING: u8 = 4;
    let [_, _, _, _, i0, i1, i2, i3, _, _, packet_type, ..] = *slot.name();
    let direction = if packet_type == PACKET_OUTGOING { Direction::Sent } else { Direction::Received };
    let at = clock.to_boot_time(Control::read(slot.control()).wall_nanos);
    let link = IfIndex::new(u32::from_ne_bytes([i0, i1, i2, i3]))?;
    Some(TappedFrame { at, link, direction, bytes: slot.data() })
}
