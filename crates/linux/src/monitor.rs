//! What changes on the machine: interfaces and addresses, told by the kernel as it happens.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{RecvFlags, SocketFlags, recv};
use vrrp::types::IfIndex;

use crate::address::AddressInfo;
use crate::link::LinkInfo;
use crate::netlink::{self, Message, Messages};

/// RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR.
const GROUPS: u32 = 0x1 | 0x10 | 0x100;
/// Room for what waits to be read, in bytes: a thousand interfaces that change at once (2 kB each, doubled by the
/// kernel's bookkeeping).
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An interface is new, or something of it changed; also told when nothing did.
    Link(LinkInfo),
    /// An interface is gone (or went to another namespace).
    LinkGone {
        /// Its index.
        index: IfIndex,
        /// Its last name.
        name: String,
    },
    /// An address is new, or something of it changed (each renewal of a lease).
    Address(AddressInfo),
    /// An address is gone.
    AddressGone(AddressInfo),
    /// Changes were lost: ask the machine for all links and addresses.
    Overrun,
}

/// Listens to the changes in the network namespace of the thread that opened it.
pub struct Monitor {
    socket: OwnedFd,
    buffer: Vec<u8>,
}

impl Monitor {
    /// Opens it. Dump links and addresses *after* this: what changes between is then told rather than missed.
    ///
    /// # Errors
    /// What `socket(2)` and `bind(2)` say.
    pub fn open() -> io::Result<Self> {
        let socket = netlink::open(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, GROUPS)?;
        crate::socket::grow_receive_buffer(socket.as_fd(), RECEIVE_BUFFER)?;
        Ok(Self { socket, buffer: vec![0; netlink::DATAGRAM_LEN] })
    }

    /// Appends to `changes` all that was told since, in order. Does not wait.
    ///
    /// # Errors
    /// None that a correct program sees.
    pub fn read(&mut self, changes: &mut Vec<Change>) -> io::Result<()> {
        loop {
            match recv(&self.socket, &mut self.buffer[..], RecvFlags::TRUNC) {
                Ok((_, length)) if length > self.buffer.len() => changes.push(Change::Overrun),
                Ok((_, length)) => changes.extend(Messages(&self.buffer[..length]).filter_map(|m| change(&m))),
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::NOBUFS) => changes.push(Change::Overrun),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl AsFd for Monitor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// What a message tells; `None` if it is of no interest.
fn change(message: &Message<'_>) -> Option<Change> {
    LinkInfo::read(message)
        .map(Change::Link)
        .or_else(|| LinkInfo::read_end(message).map(|(index, name)| Change::LinkGone { index, name }))
        .or_else(|| AddressInfo::read(message).map(Change::Address))
        .or_else(|| AddressInfo::read_end(message).map(Change::AddressGone))
}
