//! The main routing table: to which of some networks it has routes, and when that may have changed.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, OwnedFd};

use netlink_packet_route::route::{RouteHeader, RouteMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::net::SocketFlags;
use vrrp::types::Family;

use crate::netlink::{self, Attributes, Message, Messages, Socket};

/// RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_ROUTE. Of IPv4 routes that go with their link or address the
/// kernel says nothing else.
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x400;
/// Room for what waits to be read, in bytes.
const RECEIVE_BUFFER: usize = 1024 * 1024;
/// Room for a notification.
pub const DATAGRAM_LEN: usize = netlink::DATAGRAM_LEN;

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_DELADDR: u16 = 21;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
/// Length of `struct rtmsg`.
const HEADER_LEN: usize = 12;
const RTA_DST: u16 = 1;
const RTA_TABLE: u16 = 15;
/// `RTNH_F_DEAD`: the route is not used.
const RTNH_F_DEAD: u32 = 0x1;
/// Routes of the kernel's cache.
const RTM_F_CLONED: u32 = 0x200;
/// `RTN_UNICAST`.
const UNICAST: u8 = 1;

/// A network: its address, and the length of its prefix in bits.
pub type Network = (IpAddr, u8);

/// What the kernel tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Routes of the main table to a network, of whatever kind.
    Routes(Network),
    /// A link or an address, with which routes may have gone.
    Link,
}

/// Opens a socket on which the kernel tells of routes, in the network namespace of this thread. Each datagram is for
/// [`changes`]; an error ENOBUFS when it is read says that some were lost. Ask for [`present`] *after* this.
///
/// # Errors
/// What `socket(2)` and `bind(2)` say.
pub fn open() -> io::Result<OwnedFd> {
    let socket = netlink::open(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None, GROUPS)?;
    crate::socket::grow_receive_buffer(socket.as_fd(), RECEIVE_BUFFER)?;
    Ok(socket)
}

/// What may have changed, as a datagram tells.
pub fn changes(datagram: &[u8]) -> impl Iterator<Item = Change> {
    Messages(datagram).filter_map(|message| match message.kind {
        RTM_NEWROUTE | RTM_DELROUTE => Some(Change::Routes(Route::read(&message)?.network)),
        RTM_NEWLINK | RTM_DELLINK | RTM_DELADDR => Some(Change::Link),
        _ => None,
    })
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
    let found = Socket::open()?.dump(&request, |message| {
        let route = Route::read(message).filter(|route| route.use_of_it == Use::LeadsSomewhere)?;
        Some(route.network).filter(|network| wanted.contains(network))
    })?;
    Ok(found.into_iter().collect())
}

/// A route of the main table.
struct Route {
    network: Network,
    use_of_it: Use,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    LeadsSomewhere,
    /// Packets are refused or thrown away, or the kernel passes over it.
    LeadsNowhere,
}

impl Route {
    fn read(message: &Message<'_>) -> Option<Self> {
        if message.kind != RTM_NEWROUTE && message.kind != RTM_DELROUTE {
            return None;
        }
        let &[family, len, _, _, table, _, _, kind, flags @ ..] = message.payload.first_chunk::<HEADER_LEN>()?;
        let attributes = Attributes::after(message.payload, HEADER_LEN);
        let table = attributes.find(RTA_TABLE).and_then(|it| it.u32()).unwrap_or_else(|| table.into());
        let flags = u32::from_ne_bytes(flags);
        if table != u32::from(RouteHeader::RT_TABLE_MAIN) || flags & RTM_F_CLONED != 0 {
            return None;
        }
        let address = match attributes.find(RTA_DST) {
            Some(destination) => destination.address()?,
            None if family == u8::from(AddressFamily::Inet) => Ipv4Addr::UNSPECIFIED.into(),
            None => Ipv6Addr::UNSPECIFIED.into(),
        };
        let is_used = kind == UNICAST && flags & RTNH_F_DEAD == 0;
        let use_of_it = if is_used { Use::LeadsSomewhere } else { Use::LeadsNowhere };
        Some(Self { network: (address, len), use_of_it })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of the kernel: its kind, and what follows the netlink header.
    fn message(kind: u16, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + payload.len()).unwrap().to_ne_bytes();
        [&length[..], &kind.to_ne_bytes(), &[0; 10], payload].concat()
    }

    /// A route to 198.51.100.0/24.
    fn route(table: u8, kind: u8, flags: u32) -> Vec<u8> {
        let head = [2, 24, 0, 0, table, 3, 0, kind];
        let destination = [&8u16.to_ne_bytes()[..], &RTA_DST.to_ne_bytes(), &[198, 51, 100, 0]].concat();
        [&head[..], &flags.to_ne_bytes(), &destination].concat()
    }

    #[test]
    fn whatever_may_end_a_route_is_a_change() {
        const BLACKHOLE: u8 = 6;
        let network = ("198.51.100.0".parse().unwrap(), 24);
        for (kind, payload, expected) in [
            (RTM_NEWROUTE, route(254, UNICAST, 0), Some(Change::Routes(network))),
            (RTM_DELROUTE, route(254, UNICAST, 0), Some(Change::Routes(network))),
            (RTM_NEWROUTE, route(254, BLACKHOLE, 0), Some(Change::Routes(network))),
            (RTM_NEWROUTE, route(255, UNICAST, 0), None),
            (RTM_NEWROUTE, route(254, UNICAST, RTM_F_CLONED), None),
            (RTM_NEWLINK, vec![0; 16], Some(Change::Link)),
            (RTM_DELLINK, vec![0; 16], Some(Change::Link)),
            (RTM_DELADDR, vec![0; 8], Some(Change::Link)),
        ] {
            let found: Vec<Change> = changes(&message(kind, &payload)).collect();
            assert_eq!(found, Vec::from_iter(expected), "{kind} {payload:?}");
        }
    }

    #[test]
    fn a_route_that_is_dead_or_refuses_leads_nowhere() {
        for (kind, flags, expected) in [
            (UNICAST, 0, Use::LeadsSomewhere),
            (UNICAST, RTNH_F_DEAD, Use::LeadsNowhere),
            (6, 0, Use::LeadsNowhere),
            (7, 0, Use::LeadsNowhere),
        ] {
            let bytes = message(RTM_NEWROUTE, &route(254, kind, flags));
            let read = Messages(&bytes).find_map(|message| Route::read(&message)).unwrap();
            assert_eq!(read.use_of_it, expected, "{kind} {flags}");
        }
    }
}
