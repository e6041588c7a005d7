//! The main routing table: whether it has routes to some networks, and when that may have changed.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, OwnedFd};

use netlink_packet_route::route::{RouteHeader, RouteMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::net::SocketFlags;
use vrrp::types::Family;

use crate::netlink::{self, Attributes, Message, Messages, Socket};

/// RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_ROUTE.
const GROUPS: u32 = 0x40 | 0x400;
/// Room for what waits to be read, in bytes.
const RECEIVE_BUFFER: usize = 1024 * 1024;
/// Room for a notification.
pub const DATAGRAM_LEN: usize = netlink::DATAGRAM_LEN;

const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
/// Length of `struct rtmsg`.
const HEADER_LEN: usize = 12;
const RTA_DST: u16 = 1;
const RTA_TABLE: u16 = 15;
/// Routes of the kernel's cache.
const RTM_F_CLONED: u32 = 0x200;
/// `RTN_UNICAST`.
const UNICAST: u8 = 1;

/// A network: its address, and the length of its prefix in bits.
pub type Network = (IpAddr, u8);

/// Opens a socket on which the kernel tells of routes, in the network namespace of this thread. Each datagram is for
/// [`changed`]; an error ENOBUFS when it is read says that some were lost. Ask for [`present`] *after* this.
///
/// # Errors
/// What `socket(2)` and `bind(2)` say.
pub fn open() -> io::Result<OwnedFd> {
    let socket = netlink::open(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None, GROUPS)?;
    crate::socket::grow_receive_buffer(socket.as_fd(), RECEIVE_BUFFER)?;
    Ok(socket)
}

/// The networks of the main table to which routes came or went, as a datagram tells.
pub fn changed(datagram: &[u8]) -> impl Iterator<Item = Network> {
    Messages(datagram).filter_map(|message| network(&message))
}

/// Those of some networks, of one family, to which the main table has routes that lead somewhere.
///
/// # Errors
/// What the kernel says.
pub fn present(family: Family, wanted: &BTreeSet<Network>) -> io::Result<BTreeSet<Network>> {
    let mut request = RouteMessage::default();
    request.header.address_family = match family {
        Family::Ipv4 => AddressFamily::Inet,
        Family::Ipv6 => AddressFamily::Inet6,
    };
    request.header.table = RouteHeader::RT_TABLE_MAIN;
    let request = RouteNetlinkMessage::GetRoute(request);
    let found = Socket::open()?.dump(&request, |message| network(message).filter(|it| wanted.contains(it)))?;
    Ok(found.into_iter().collect())
}

/// The network of a route of the main table that leads somewhere.
fn network(message: &Message<'_>) -> Option<Network> {
    if message.kind != RTM_NEWROUTE && message.kind != RTM_DELROUTE {
        return None;
    }
    let &[family, len, _, _, table, _, _, kind, flags @ ..] = message.payload.first_chunk::<HEADER_LEN>()?;
    let attributes = Attributes::after(message.payload, HEADER_LEN);
    let table = attributes.find(RTA_TABLE).and_then(|it| it.u32()).unwrap_or_else(|| table.into());
    let is_cached = u32::from_ne_bytes(flags) & RTM_F_CLONED != 0;
    if table != u32::from(RouteHeader::RT_TABLE_MAIN) || kind != UNICAST || is_cached {
        return None;
    }
    let address = match attributes.find(RTA_DST) {
        Some(destination) => destination.address()?,
        None if family == u8::from(AddressFamily::Inet) => Ipv4Addr::UNSPECIFIED.into(),
        None => Ipv6Addr::UNSPECIFIED.into(),
    };
    Some((address, len))
}
