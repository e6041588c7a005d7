//! Routes: `vrrpRouteTable`, and `vrrpRouteNextHopTable` of those that have several ways.

use std::net::IpAddr;

use agentx::Value;
use conf::model::route::{
    Encap, Features, Hop, Lock, Metric, NextHop, OnLink, Realms, Route, RouteKind, RoutePreference,
};
use host::{MAIN_TABLE, ROUTE_PROTOCOL};

use super::lines::{Row, is_there, named, protocol, rows};
use super::{below, number};
use crate::ports::routing::RoutingKind;
use crate::ports::statics::Static;
use crate::snmp::scene::{Scene, address_type, octets};
use crate::snmp::view::{Column, Objects, Table, gauge, integer, one_if, text};

const COLUMNS: &[Column<Row>] = &[
    (2, |scene, row| integer(address_type(&route(scene, *row).destination.address))),
    (3, |scene, row| octets(route(scene, *row).destination.address)),
    (4, |scene, row| gauge(route(scene, *row).destination.len)),
    (5, |scene, row| octets(route(scene, *row).hop.via?)),
    (7, |scene, row| octets(route(scene, *row).source?)),
    (8, |scene, row| gauge(route(scene, *row).metric.unwrap_or_default())),
    (9, |scene, row| integer(scope(route(scene, *row)))),
    (10, |scene, row| integer(kind(route(scene, *row)))),
    (11, |scene, row| integer(scene.link(route(scene, *row).hop.dev.as_ref()?)?)),
    (12, |scene, row| text(route(scene, *row).hop.dev.as_ref()?)),
    (13, |scene, row| table_of(route(scene, *row))),
    (14, |scene, row| one_if(is_set(scene, *row))),
    (15, |scene, row| octets(route(scene, *row).from?.address)),
    (16, |scene, row| gauge(route(scene, *row).from?.len)),
    (17, |scene, row| named(route(scene, *row).tos.as_ref())),
    (18, |scene, row| protocol(protocol_of(route(scene, *row))?)),
    (19, |scene, row| one_if(route(scene, *row).features == Features::Ecn)),
    (20, |scene, row| one_if(metric(route(scene, *row), Metric::QuickAck) == Some(1))),
    (21, |scene, row| integer(route(scene, *row).expires?)),
    (22, |scene, row| gauge(metric(route(scene, *row), Metric::Mtu)?)),
    (23, |scene, row| lock(route(scene, *row), Metric::Mtu)),
    (24, |scene, row| gauge(metric(route(scene, *row), Metric::HopLimit)?)),
    (25, |scene, row| gauge(metric(route(scene, *row), Metric::AdvMss)?)),
    (26, |scene, row| lock(route(scene, *row), Metric::AdvMss)),
    // The kernel counts it in eighths of a millisecond, and its variance in quarters.
    (27, |scene, row| gauge(metric(route(scene, *row), Metric::Rtt)? / 8)),
    (28, |scene, row| lock(route(scene, *row), Metric::Rtt)),
    (29, |scene, row| gauge(metric(route(scene, *row), Metric::RttVar)? / 4)),
    (30, |scene, row| lock(route(scene, *row), Metric::RttVar)),
    (31, |scene, row| gauge(metric(route(scene, *row), Metric::Reordering)?)),
    (32, |scene, row| lock(route(scene, *row), Metric::Reordering)),
    (33, |scene, row| gauge(metric(route(scene, *row), Metric::Window)?)),
    (34, |scene, row| gauge(metric(route(scene, *row), Metric::Cwnd)?)),
    (35, |scene, row| lock(route(scene, *row), Metric::Cwnd)),
    (36, |scene, row| gauge(metric(route(scene, *row), Metric::SsThresh)?)),
    (37, |scene, row| lock(route(scene, *row), Metric::SsThresh)),
    (38, |scene, row| gauge(metric(route(scene, *row), Metric::RtoMin)?)),
    (39, |scene, row| lock(route(scene, *row), Metric::RtoMin)),
    (40, |scene, row| gauge(metric(route(scene, *row), Metric::InitCwnd)?)),
    (41, |scene, row| gauge(metric(route(scene, *row), Metric::InitRwnd)?)),
    (42, |scene, row| text(&route(scene, *row).congestion.as_ref()?.value)),
    (43, |scene, row| integer(preference(route(scene, *row).preference?))),
    (44, |scene, row| named(realms(&route(scene, *row).hop).map(|realms| &realms.to))),
    (45, |scene, row| named(realms(&route(scene, *row).hop)?.from.as_ref())),
    (46, |scene, row| integer(encap_type(route(scene, *row).hop.encap.as_ref()?))),
    (47, |scene, row| labels(route(scene, *row).hop.encap.as_ref()?)),
    (48, |scene, row| tunnel(&route(scene, *row).hop)?.id.map(Value::Counter64)),
    (49, |scene, row| octets(tunnel(&route(scene, *row).hop)?.destination?)),
    (50, |scene, row| octets(tunnel(&route(scene, *row).hop)?.source?)),
    (51, |scene, row| gauge(tunnel(&route(scene, *row).hop)?.class?)),
    (52, |scene, row| gauge(tunnel(&route(scene, *row).hop)?.hops?)),
    (53, |scene, row| gauge(tunnel(&route(scene, *row).hop)?.flags?)),
    (54, |scene, row| locator(route(scene, *row).hop.encap.as_ref()?)),
    (55, |scene, row| metric(route(scene, *row), Metric::FastOpenNoCookie).and_then(|it| one_if(it == 1))),
];

/// Its route, and its place there.
type HopRow = (Row, usize);

const HOPS: &[Column<HopRow>] = &[
    (2, |scene, row| integer(address_type(&hop(scene, *row).hop.via?))),
    (3, |scene, row| octets(hop(scene, *row).hop.via?)),
    (4, |scene, row| integer(scene.link(hop(scene, *row).hop.dev.as_ref()?)?)),
    (5, |scene, row| text(hop(scene, *row).hop.dev.as_ref()?)),
    (6, |scene, row| gauge(hop(scene, *row).weight)),
    (7, |scene, row| one_if(hop(scene, *row).hop.onlink == OnLink::Assumed)),
    (8, |scene, row| named(realms(&hop(scene, *row).hop).map(|realms| &realms.to))),
    (9, |scene, row| named(realms(&hop(scene, *row).hop)?.from.as_ref())),
    (11, |scene, row| labels(hop(scene, *row).hop.encap.as_ref()?)),
    (12, |scene, row| tunnel(&hop(scene, *row).hop)?.id.map(Value::Counter64)),
    (13, |scene, row| octets(tunnel(&hop(scene, *row).hop)?.destination?)),
    (14, |scene, row| octets(tunnel(&hop(scene, *row).hop)?.source?)),
    (15, |scene, row| gauge(tunnel(&hop(scene, *row).hop)?.class?)),
    (16, |scene, row| gauge(tunnel(&hop(scene, *row).hop)?.hops?)),
    (17, |scene, row| gauge(tunnel(&hop(scene, *row).hop)?.flags?)),
    (18, |scene, row| locator(hop(scene, *row).hop.encap.as_ref()?)),
];

pub(super) fn tables(scene: &Scene) -> [Box<dyn Objects>; 2] {
    let all = rows(scene, scene.config.static_routes.len(), |seen| seen.router.routes.len());
    let hops = all.iter().flat_map(|(index, row)| {
        let hops = 0..route(scene, *row).nexthops.len();
        hops.map(|place| ([&index[..], &[number(place)]].concat(), (*row, place)))
    });
    let hops = Table::new(below(&[2, 11, 1]), HOPS, hops.collect());
    [Box::new(Table::new(below(&[2, 7, 1]), COLUMNS, all)), Box::new(hops)]
}

fn route(scene: &Scene, row: Row) -> &Route {
    match row {
        Row::Static(place) => &scene.config.static_routes[place],
        Row::Virtual(instance, place) => &scene.seen(instance).router.routes[place],
    }
}

fn hop(scene: &Scene, (row, place): HopRow) -> &NextHop {
    &route(scene, row).nexthops[place]
}

fn is_set(scene: &Scene, row: Row) -> bool {
    let it = route(scene, row);
    match row {
        Row::Static(_) => scene.stands(|what| matches!(what, Static::Route(_, route) if **route == *it)),
        Row::Virtual(instance, _) => is_there(&scene.seen(instance), RoutingKind::Route, &it.to_string()),
    }
}

fn table_of(route: &Route) -> Option<Value> {
    gauge(route.table.as_ref().map_or(Some(MAIN_TABLE), |table| table.number())?)
}

fn protocol_of(route: &Route) -> Option<u32> {
    route.protocol.as_ref().map_or_else(|| Some(ROUTE_PROTOCOL.into()), |protocol| protocol.number())
}

/// `global` unless another is written.
fn scope(route: &Route) -> i32 {
    let scope = route.scope.as_ref().and_then(|scope| scope.number()).and_then(|scope| u8::try_from(scope).ok());
    super::scope(scope.unwrap_or_default())
}

/// `RouteType`
const fn kind(route: &Route) -> i32 {
    match route.kind {
        RouteKind::Unicast if route.nexthops.is_empty() => 1,
        RouteKind::Unicast => 2,
        RouteKind::Blackhole => 3,
        RouteKind::Anycast => 4,
        RouteKind::Multicast => 5,
        RouteKind::Broadcast => 6,
        RouteKind::Unreachable => 7,
        RouteKind::Prohibit => 8,
        RouteKind::Throw => 9,
        RouteKind::Local => 10,
    }
}

fn metric(route: &Route, metric: Metric) -> Option<u32> {
    route.metrics.get(&metric).map(|it| it.value)
}

fn lock(route: &Route, metric: Metric) -> Option<Value> {
    one_if(route.metrics.get(&metric)?.lock == Lock::Locked)
}

const fn preference(preference: RoutePreference) -> i32 {
    match preference {
        RoutePreference::Low => 1,
        RoutePreference::Medium => 2,
        RoutePreference::High => 3,
    }
}

const fn realms(hop: &Hop) -> Option<&Realms> {
    hop.realms.as_ref()
}

/// `EncapType`
const fn encap_type(encap: &Encap) -> i32 {
    match encap {
        Encap::Mpls(_) => 1,
        Encap::Ip(_) => 2,
        Encap::Ila(_) => 3,
        Encap::Ip6(_) => 4,
    }
}

fn labels(encap: &Encap) -> Option<Value> {
    match encap {
        Encap::Mpls(labels) => text(&labels.iter().map(u32::to_string).collect::<Vec<_>>().join("/")),
        Encap::Ip(_) | Encap::Ip6(_) | Encap::Ila(_) => None,
    }
}

const fn locator(encap: &Encap) -> Option<Value> {
    match encap {
        Encap::Ila(locator) => Some(Value::Counter64(*locator)),
        Encap::Mpls(_) | Encap::Ip(_) | Encap::Ip6(_) => None,
    }
}

/// A tunnel of either family.
struct Tunnel {
    id: Option<u64>,
    destination: Option<IpAddr>,
    source: Option<IpAddr>,
    class: Option<u32>,
    hops: Option<u8>,
    flags: Option<u16>,
}

fn tunnel(hop: &Hop) -> Option<Tunnel> {
    match hop.encap.as_ref()? {
        Encap::Ip(it) => Some(any(it)),
        Encap::Ip6(it) => Some(any(it)),
        Encap::Mpls(_) | Encap::Ila(_) => None,
    }
}

fn any<A: Copy + Into<IpAddr>>(it: &conf::model::route::Tunnel<A, conf::model::route::Named>) -> Tunnel {
    Tunnel {
        id: it.id,
        destination: it.destination.map(Into::into),
        source: it.source.map(Into::into),
        class: it.class.as_ref().and_then(|class| class.number()),
        hops: it.hops,
        flags: it.flags,
    }
}
