//! Notifications of the kernel: interfaces, addresses and settings that change.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use host::LinkSetting;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SocketFlags, recv};
use vrrp::types::IfIndex;

use crate::address::AddressInfo;
use crate::link::LinkInfo;
use crate::netlink::{self, Message, Messages};

mod netconf;

/// RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR, RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF.
const GROUPS: u32 = 0x1 | 0x10 | 0x100 | 1 << (24 - 1) | 1 << (25 - 1);
/// Room for what waits to be read, in bytes: a thousand interfaces that change at once (2 kB each, doubled by the
/// kernel's bookkeeping).
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An interface is new, or something of it changed; comes also when nothing did.
    Link(LinkInfo),
    /// An interface is gone, or went to another namespace. A macvlan stays when its parent goes to another namespace.
    LinkGone(IfIndex),
    /// An address is new, or something of it changed (each renewal of a lease).
    Address(AddressInfo),
    /// An address is gone.
    AddressGone(AddressInfo),
    /// A setting has this value. The kernel notifies of `rp_filter` and `forwarding` only; the others are compared
    /// with [`crate::Machine::changed_settings`].
    Setting {
        /// Whose setting.
        of: SettingOf,
        /// One of those two.
        setting: LinkSetting,
        /// As the kernel has it now.
        value: i32,
    },
    /// Changes were lost: ask the machine for all links and addresses.
    Overrun,
}

/// Whose setting it is: a directory in `/proc/sys/net/ipv4/conf`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SettingOf {
    /// One interface.
    Link(IfIndex),
    /// `all`: the kernel combines it with each interface's own.
    AllLinks,
    /// `default`: what interfaces to come begin with.
    NewLinks,
}

/// Listens to the changes in the network namespace of the thread that opened it.
pub struct Monitor {
    socket: OwnedFd,
    buffer: Vec<u8>,
}

impl Monitor {
    /// Opens it. Dump links and addresses *after* this: what changes between is then reported rather than missed.
    ///
    /// # Errors
    /// What `socket(2)` and `bind(2)` say.
    pub fn open() -> io::Result<Self> {
        let socket = netlink::open(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None, GROUPS)?;
        crate::socket::grow_receive_buffer(socket.as_fd(), RECEIVE_BUFFER)?;
        Ok(Self { socket, buffer: vec![0; netlink::DATAGRAM_LEN] })
    }

    /// Appends to `changes` all notifications since, in order. Does not wait.
    ///
    /// # Errors
    /// None that a correct program sees.
    pub fn read(&mut self, changes: &mut Vec<Change>) -> io::Result<()> {
        loop {
            match recv(&self.socket, &mut self.buffer[..], RecvFlags::TRUNC) {
                Ok((_, length)) if length > self.buffer.len() => changes.push(Change::Overrun),
                Ok((_, length)) => Messages(&self.buffer[..length]).for_each(|message| note(&message, changes)),
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

/// Appends the changes in a message.
fn note(message: &Message<'_>, changes: &mut Vec<Change>) {
    let one = LinkInfo::read(message)
        .map(Change::Link)
        .or_else(|| LinkInfo::read_end(message).map(Change::LinkGone))
        .or_else(|| AddressInfo::read(message).map(Change::Address))
        .or_else(|| AddressInfo::read_end(message).map(Change::AddressGone));
    changes.extend(one);
    netconf::note(message, changes);
}
