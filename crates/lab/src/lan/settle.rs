//! Waiting until the kernel has noticed a new cable. Until then it drops what is sent, and a bridge passes nothing on.
//!
//! The flags of an interface do not tell: one whose state is still unknown counts as running.

use std::io;
use std::time::Duration;

use linux::clock;
use linux::link::HEADER_LEN;
use linux::monitor::Monitor;
use linux::netlink::{Attributes, Socket};
use linux::poll::{Poll, Timer};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::LinkMessage;
use vrrp::types::IfIndex;

use crate::requests::{self, AdminState};

/// How long the kernel may take: it looks at carriers at least once a second.
const PATIENCE: Duration = Duration::from_secs(10);
const READABLE: u64 = 0;
const LATE: u64 = 1;
const IFLA_OPERSTATE: u16 = 16;
const IF_OPER_UP: u8 = 6;

/// Waits until the interface works, in the calling thread's network namespace.
pub(super) fn settle(link: IfIndex) -> io::Result<()> {
    let (mut monitor, timer, mut poll) = (Monitor::open()?, Timer::new()?, Poll::new()?);
    timer.set(Some(clock::now() + PATIENCE))?;
    poll.add(&monitor, READABLE)?;
    poll.add(&timer, LATE)?;
    let (mut socket, mut ready, mut changes) = (Socket::open()?, Vec::new(), Vec::new());
    while operational_state(&mut socket, link)? != IF_OPER_UP {
        poll.wait(&mut ready)?;
        if ready.contains(&LATE) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        changes.clear();
        monitor.read(&mut changes)?;
    }
    // The state is set before the queues are opened; the next change of a link comes after both.
    requests::set_state(link, AdminState::Up)
}

/// The state of RFC 2863.
fn operational_state(socket: &mut Socket, link: IfIndex) -> io::Result<u8> {
    let mut which = LinkMessage::default();
    which.header.index = link.value();
    socket.get(RouteNetlinkMessage::GetLink(which), |message| {
        Attributes::after(message.payload, HEADER_LEN).find(IFLA_OPERSTATE)?.u8()
    })
}
