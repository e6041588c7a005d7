//! Routes that were asked for.

mod encap;

use std::net::IpAddr;

use host::{Insertion, IpRoute, Lock, Metric, OnLink, RouteHop, RouteKind, RoutePreference, TtlPropagate};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteMetric, RouteMplsTtlPropagation,
    RouteNextHop, RouteNextHopFlags, RoutePreference as Preference, RouteProtocol, RouteRealm, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

use crate::netlink::Mode;

/// RTAX_FEATURE_ECN.
const ECN: u32 = 1;
/// RTAX_CC_ALGO, in the mask of what is locked.
const CONGESTION: u32 = 16;

/// One that is there already is refused.
pub(super) fn add(route: &IpRoute) -> (RouteNetlinkMessage, Mode) {
    let mode = match route.insertion {
        Insertion::Prepend => Mode::CreateOrKeep,
        Insertion::Add => Mode::Create,
        Insertion::Append => Mode::Append,
    };
    (RouteNetlinkMessage::NewRoute(message(route)), mode)
}

pub(super) fn remove(route: &IpRoute) -> RouteNetlinkMessage {
    RouteNetlinkMessage::DelRoute(message(route))
}

fn message(route: &IpRoute) -> RouteMessage {
    let (destination, prefix_len) = route.destination;
    let mut message = RouteMessage::default();
    message.header = RouteHeader {
        address_family: if destination.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 },
        destination_prefix_length: prefix_len,
        source_prefix_length: route.from.map_or(0, |(_, prefix_len)| prefix_len),
        tos: route.tos,
        // Those above are in an attribute.
        table: u8::try_from(route.table).unwrap_or(RouteHeader::RT_TABLE_UNSPEC),
        protocol: RouteProtocol::from(route.protocol),
        scope: RouteScope::from(route.scope.0),
        kind: kind(route.kind),
        flags: RouteFlags::empty(),
    };
    let attributes = &mut message.attributes;
    attributes.push(RouteAttribute::Destination(address(destination)));
    attributes.push(RouteAttribute::Table(route.table));
    attributes.extend(route.from.map(|(from, _)| RouteAttribute::Source(address(from))));
    attributes.extend(route.source.map(|source| RouteAttribute::PrefSource(address(source))));
    attributes.push(RouteAttribute::Priority(route.metric));
    let metrics = metrics(route);
    attributes.extend((!metrics.is_empty()).then_some(RouteAttribute::Metrics(metrics)));
    attributes.extend(route.preference.map(|it| RouteAttribute::Preference(preference(it))));
    attributes.extend(route.expires.map(RouteAttribute::Expires));
    attributes.extend(route.ttl_propagate.map(|it| RouteAttribute::TtlPropagate(ttl_propagate(it))));
    let hops: Vec<&RouteHop> = route.hops.iter().collect();
    match &*hops {
        [] => {}
        [hop] => {
            message.header.flags = match hop.on_link {
                OnLink::Checked => RouteFlags::empty(),
                OnLink::Assumed => RouteFlags::Onlink,
            };
            message.attributes.extend(hop.link.map(|link| RouteAttribute::Oif(link.value())));
            message.attributes.extend(way(hop));
        }
        hops => attributes.push(RouteAttribute::MultiPath(hops.iter().copied().map(next_hop).collect())),
    }
    message
}

/// What leads over a hop, but for its link.
fn way(hop: &RouteHop) -> Vec<RouteAttribute> {
    let mut attributes: Vec<RouteAttribute> =
        hop.gateway.map(|it| RouteAttribute::Gateway(address(it))).into_iter().collect();
    attributes.extend(
        hop.realms.as_ref().map(|realms| {
            RouteAttribute::Realm(RouteRealm { source: realms.from.unwrap_or(0), destination: realms.to })
        }),
    );
    attributes.extend(hop.encap.as_ref().into_iter().flat_map(encap::attributes));
    attributes
}

fn next_hop(hop: &RouteHop) -> RouteNextHop {
    let mut next = RouteNextHop::default();
    next.flags = match hop.on_link {
        OnLink::Checked => RouteNextHopFlags::empty(),
        OnLink::Assumed => RouteNextHopFlags::Onlink,
    };
    next.hops = u8::try_from(hop.weight.saturating_sub(1)).unwrap_or(u8::MAX);
    next.interface_index = hop.link.map_or(0, |link| link.value());
    next.attributes = way(hop);
    next
}

/// What the kernel keeps for connections, and which of it stays as it is.
fn metrics(route: &IpRoute) -> Vec<RouteMetric> {
    let (mut metrics, mut locked) = (Vec::new(), 0u32);
    for (metric, value) in &route.metrics {
        let (number, made) = match metric {
            Metric::Mtu => (2, RouteMetric::Mtu(value.value)),
            Metric::Window => (3, RouteMetric::Window(value.value)),
            Metric::Rtt => (4, RouteMetric::Rtt(value.value)),
            Metric::RttVar => (5, RouteMetric::RttVar(value.value)),
            Metric::SsThresh => (6, RouteMetric::SsThresh(value.value)),
            Metric::Cwnd => (7, RouteMetric::Cwnd(value.value)),
            Metric::AdvMss => (8, RouteMetric::Advmss(value.value)),
            Metric::Reordering => (9, RouteMetric::Reordering(value.value)),
            Metric::HopLimit => (10, RouteMetric::Hoplimit(value.value)),
            Metric::InitCwnd => (11, RouteMetric::InitCwnd(value.value)),
            Metric::RtoMin => (13, RouteMetric::RtoMin(value.value)),
            Metric::InitRwnd => (14, RouteMetric::InitRwnd(value.value)),
            Metric::QuickAck => (15, RouteMetric::QuickAck(value.value)),
            Metric::FastOpenNoCookie => (17, RouteMetric::FastopenNoCookie(value.value)),
        };
        metrics.push(made);
        locked |= lock(value.lock, number);
    }
    match route.features {
        host::Features::None => {}
        host::Features::Ecn => metrics.push(RouteMetric::Features(ECN)),
    }
    if let Some(algorithm) = &route.congestion {
        metrics.push(RouteMetric::CcAlgo(algorithm.value.clone()));
        locked |= lock(algorithm.lock, CONGESTION);
    }
    if locked != 0 {
        metrics.push(RouteMetric::Lock(locked));
    }
    metrics
}

/// The bit of a metric (RTAX_*).
const fn lock(lock: Lock, number: u32) -> u32 {
    match lock {
        Lock::Open => 0,
        Lock::Locked => 1 << number,
    }
}

const fn kind(kind: RouteKind) -> RouteType {
    match kind {
        RouteKind::Unicast => RouteType::Unicast,
        RouteKind::Local => RouteType::Local,
        RouteKind::Broadcast => RouteType::Broadcast,
        RouteKind::Anycast => RouteType::Anycast,
        RouteKind::Multicast => RouteType::Multicast,
        RouteKind::Blackhole => RouteType::BlackHole,
        RouteKind::Unreachable => RouteType::Unreachable,
        RouteKind::Prohibit => RouteType::Prohibit,
        RouteKind::Throw => RouteType::Throw,
    }
}

const fn preference(preference: RoutePreference) -> Preference {
    match preference {
        RoutePreference::Low => Preference::Low,
        RoutePreference::Medium => Preference::Medium,
        RoutePreference::High => Preference::High,
    }
}

const fn ttl_propagate(propagate: TtlPropagate) -> RouteMplsTtlPropagation {
    match propagate {
        TtlPropagate::Enabled => RouteMplsTtlPropagation::Enabled,
        TtlPropagate::Disabled => RouteMplsTtlPropagation::Disabled,
    }
}

pub(super) const fn address(address: IpAddr) -> RouteAddress {
    match address {
        IpAddr::V4(address) => RouteAddress::Inet(address),
        IpAddr::V6(address) => RouteAddress::Inet6(address),
    }
}
