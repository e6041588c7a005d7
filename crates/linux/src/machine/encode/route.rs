//! Routes.

use std::net::IpAddr;

use host::{LinkRoute, ROUTE_PROTOCOL};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

pub(super) fn add(route: &LinkRoute) -> RouteNetlinkMessage {
    RouteNetlinkMessage::NewRoute(message(route))
}

pub(super) fn remove(route: &LinkRoute) -> RouteNetlinkMessage {
    RouteNetlinkMessage::DelRoute(message(route))
}

fn message(route: &LinkRoute) -> RouteMessage {
    let mut message = RouteMessage::default();
    let (family, network) = match route.network {
        IpAddr::V4(network) => (AddressFamily::Inet, RouteAddress::Inet(network)),
        IpAddr::V6(network) => (AddressFamily::Inet6, RouteAddress::Inet6(network)),
    };
    message.header.address_family = family;
    message.header.destination_prefix_length = route.prefix_len;
    // Those above are in an attribute.
    message.header.table = u8::try_from(route.table).unwrap_or(RouteHeader::RT_TABLE_UNSPEC);
    message.header.protocol = RouteProtocol::from(ROUTE_PROTOCOL);
    message.header.scope = RouteScope::Link;
    message.header.kind = RouteType::Unicast;
    message.attributes = vec![
        RouteAttribute::Destination(network),
        RouteAttribute::Oif(route.link.value()),
        RouteAttribute::Priority(route.metric),
        RouteAttribute::Table(route.table),
    ];
    message
}
