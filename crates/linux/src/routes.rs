//! The main routing table: to which of some networks it has routes, and when that may have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, OwnedFd};

use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::io::Errno;
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
const RTA_PRIORITY: u16 = 6;
const RTA_TABLE: u16 = 15;
/// The number of the main table.
const MAIN: u32 = RouteHeader::RT_TABLE_MAIN as u32;
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
/// [`changes`]; an error ENOBUFS when it is read says that some were lost. Ask for [`leads`] *after* this.
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
        RTM_NEWROUTE | RTM_DELROUTE => {
            let route = Route::read(&message).filter(|route| route.table == MAIN)?;
            Some(Change::Routes(route.network))
        }
        RTM_NEWLINK | RTM_DELLINK | RTM_DELADDR => Some(Change::Link),
        _ => None,
    })
}

/// Whether the main table has a route to exactly this network that leads somewhere, by asking the kernel where some addresses
/// of the network go. `None`: that does not show it, for others answer for those addresses; then ask for [`present`].
///
/// # Errors
/// What the kernel says.
pub fn leads(network: Network) -> io::Result<Option<bool>> {
    let mut socket = Socket::open()?;
    let samples = samples(network);
    let is_host = samples.len() == 1;
    let mut without_route = 0;
    for address in samples {
        match ask(&mut socket, address)? {
            Answer::Route(route) if route.table != MAIN || route.network.1 > network.1 => {}
            Answer::Route(route) => {
                return Ok(Some(route.network.1 == network.1 && route.use_of_it == Use::LeadsSomewhere));
            }
            Answer::NoRoute | Answer::Refused if is_host => return Ok(Some(false)),
            // A rule may say so of one address.
            Answer::NoRoute if without_route > 0 => return Ok(Some(false)),
            Answer::NoRoute => without_route += 1,
            Answer::Refused => {}
        }
    }
    Ok(None)
}

/// Addresses all over a network. Of the whole Internet, such as nobody has an own route to.
fn samples((address, len): Network) -> Vec<IpAddr> {
    /// Most of them.
    const SAMPLES: u32 = 16;
    if len == 0 {
        let unused: &[&str] = match address {
            IpAddr::V4(_) => &["192.0.2.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "100.127.255.254", "0.1.2.3"],
            IpAddr::V6(_) => &["4000::1", "8000::1", "2001:db8:ffff::1", "3fff:ffff::1", "a000::1"],
        };
        return unused.iter().filter_map(|text| text.parse().ok()).collect();
    }
    let bits = (if address.is_ipv4() { 32u32 } else { 128 }).saturating_sub(len.into());
    let shift = bits.saturating_sub(SAMPLES.ilog2());
    let nth = |n: u32| -> IpAddr {
        // Behind the address of the network itself, which no host has.
        let offset = (u128::from(n) << shift) + u128::from(shift > 0);
        match address {
            IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() | u32::try_from(offset).unwrap_or(0)).into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() | offset).into(),
        }
    };
    // Small networks have few addresses.
    (0..SAMPLES.min(1u32.checked_shl(bits).unwrap_or(SAMPLES))).map(nth).collect()
}

/// Where an address goes.
enum Answer {
    /// By this route.
    Route(Route),
    /// Nowhere: there is no route.
    NoRoute,
    /// Nowhere: a route or a rule says so.
    Refused,
}

fn ask(socket: &mut Socket, address: IpAddr) -> io::Result<Answer> {
    let mut request = RouteMessage::default();
    let (family, bits, destination) = match address {
        IpAddr::V4(address) => (AddressFamily::Inet, 32, RouteAddress::Inet(address)),
        IpAddr::V6(address) => (AddressFamily::Inet6, 128, RouteAddress::Inet6(address)),
    };
    request.header.address_family = family;
    request.header.destination_prefix_length = bits;
    request.header.flags = RouteFlags::FibMatch;
    request.attributes = vec![RouteAttribute::Destination(destination)];
    match socket.get(RouteNetlinkMessage::GetRoute(request), Route::read) {
        Ok(route) => Ok(Answer::Route(route)),
        Err(error) => match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NETUNREACH) => Ok(Answer::NoRoute),
            Some(Errno::HOSTUNREACH | Errno::ACCESS | Errno::INVAL | Errno::AGAIN) => Ok(Answer::Refused),
            _ => Err(error),
        },
    }
}

/// Those of some networks, of one family, to which the main table has routes that lead somewhere: of several to one network
/// the one with the lowest metric counts. This reads the whole table.
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
        Route::read(message).filter(|route| route.table == MAIN && wanted.contains(&route.network))
    })?;
    let mut best: BTreeMap<Network, Route> = BTreeMap::new();
    for route in found {
        // What the kernel passes over hides nothing.
        let known = best.get(&route.network).filter(|known| known.use_of_it != Use::PassedOver);
        if route.use_of_it != Use::PassedOver && known.is_none_or(|known| route.metric < known.metric) {
            best.insert(route.network, route);
        }
    }
    let leads = |(network, route): (Network, Route)| (route.use_of_it == Use::LeadsSomewhere).then_some(network);
    Ok(best.into_iter().filter_map(leads).collect())
}

/// A route.
struct Route {
    network: Network,
    table: u32,
    metric: u32,
    use_of_it: Use,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    LeadsSomewhere,
    /// Packets are refused or thrown away.
    LeadsNowhere,
    /// The kernel passes over it.
    PassedOver,
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
        if flags & RTM_F_CLONED != 0 {
            return None;
        }
        let address = match attributes.find(RTA_DST) {
            Some(destination) => destination.address()?,
            None if family == u8::from(AddressFamily::Inet) => Ipv4Addr::UNSPECIFIED.into(),
            None => Ipv6Addr::UNSPECIFIED.into(),
        };
        let use_of_it = match kind {
            _ if flags & RTNH_F_DEAD != 0 => Use::PassedOver,
            UNICAST => Use::LeadsSomewhere,
            _ => Use::LeadsNowhere,
        };
        let metric = attributes.find(RTA_PRIORITY).and_then(|it| it.u32()).unwrap_or(0);
        Some(Self { network: (address, len), table, metric, use_of_it })
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
    fn samples_lie_in_their_network() {
        for (address, len) in [("10.1.0.0", 16), ("10.1.2.0", 30), ("10.1.2.4", 31), ("10.1.2.4", 32), ("fd00::", 64)] {
            let network: Network = (address.parse().unwrap(), len);
            let samples: BTreeSet<IpAddr> = samples(network).into_iter().collect();
            let bits = (if network.0.is_ipv4() { 32u32 } else { 128 }) - u32::from(network.1);
            assert_eq!(samples.len(), 1 << bits.min(4), "{samples:?}");
            let start = |address: &IpAddr| match address {
                IpAddr::V4(address) => address.to_bits().checked_shr(bits).unwrap_or(0).into(),
                IpAddr::V6(address) => address.to_bits().checked_shr(bits).unwrap_or(0),
            };
            assert!(samples.iter().all(|address| start(address) == start(&network.0)), "{network:?}: {samples:?}");
        }
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
    fn a_route_that_refuses_leads_nowhere_and_a_dead_one_is_passed_over() {
        for (kind, flags, expected) in [
            (UNICAST, 0, Use::LeadsSomewhere),
            (UNICAST, RTNH_F_DEAD, Use::PassedOver),
            (6, 0, Use::LeadsNowhere),
            (7, 0, Use::LeadsNowhere),
        ] {
            let bytes = message(RTM_NEWROUTE, &route(254, kind, flags));
            let read = Messages(&bytes).find_map(|message| Route::read(&message)).unwrap();
            assert_eq!(read.use_of_it, expected, "{kind} {flags}");
        }
    }
}
