//! Routes and rules of ours that go: what the kernel tells of them, and of no others.
//!
//! A machine with a full routing table tells of thousands of routes a second. So a filter in the kernel lets through only
//! what is about our destinations, whoever did it; what that filter cannot tell apart is let through as well. Of an IPv4
//! route that goes with its link or its source address the kernel does not tell at all.

mod filter;

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{RecvFlags, SocketFlags, recv};

use crate::netlink::{self, Messages};
use crate::sys::sockopt;

/// RTMGRP_IPV4_ROUTE, RTMGRP_IPV4_RULE, RTMGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE.
const GROUPS: u32 = 0x40 | 0x80 | 0x400 | 1 << (19 - 1);
/// Room for what waits to be read, in bytes.
const RECEIVE_BUFFER: usize = 1024 * 1024;

/// What the kernel told since it was asked last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum News {
    /// Nothing of interest.
    #[default]
    Nothing,
    /// Somebody may have taken a route or rule of ours away.
    MayBeLost,
    /// Notifications were lost: any may have gone.
    Overrun,
}

/// Listens in the network namespace of the thread that opened it.
#[derive(Debug)]
pub struct RouteWatch {
    socket: OwnedFd,
    buffer: Vec<u8>,
    /// The socket by which this process changes routes: its own deeds are no news.
    own_port: u32,
}

impl RouteWatch {
    /// Opens it, for routes to these networks. `own_port` is that of the [`Machine`](crate::Machine).
    ///
    /// # Errors
    /// What `socket(2)`, `bind(2)` and the filter say.
    pub fn open(destinations: &[IpAddr], own_port: u32) -> io::Result<Self> {
        let socket = netlink::open(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None, GROUPS)?;
        crate::socket::grow_receive_buffer(socket.as_fd(), RECEIVE_BUFFER)?;
        let watch = Self { socket, buffer: vec![0; netlink::DATAGRAM_LEN], own_port };
        watch.follow(destinations)?;
        Ok(watch)
    }

    /// Listens for routes to these networks from now on.
    ///
    /// # Errors
    /// If the kernel does not take the filter: it goes on listening as before.
    pub fn follow(&self, destinations: &[IpAddr]) -> io::Result<()> {
        sockopt::attach_filter(self.socket.as_fd(), &filter::program(destinations))
    }

    /// All that was told since. Does not wait.
    ///
    /// # Errors
    /// None that a correct program sees.
    pub fn read(&mut self) -> io::Result<News> {
        let mut news = News::Nothing;
        loop {
            match recv(&self.socket, &mut self.buffer[..], RecvFlags::TRUNC) {
                Ok((_, length)) if length > self.buffer.len() => news = News::Overrun,
                Ok((_, length)) => {
                    let own = self.own_port;
                    if Messages(&self.buffer[..length]).any(|message| message.port != own) {
                        news = news.max(News::MayBeLost);
                    }
                }
                Err(Errno::AGAIN) => return Ok(news),
                Err(Errno::NOBUFS) => news = News::Overrun,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl AsFd for RouteWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
