//! From a line of the configuration to what the kernel is to make on this machine: names of interfaces become numbers.

use conf::model::route::{Hop, Named, NextHop, Prefix, Route};
use conf::model::rule::{Action, Rule};
use host::{
    IpRoute, IpRule, Lookup, MAIN_TABLE, Network, ROUTE_PROTOCOL, Realms, RouteHop, RouteKind, RuleAction, Scope,
};
use vrrp::types::{Family, IfIndex};

/// The kernel's metric of an IPv6 route that says none.
const IPV6_METRIC: u32 = 1024;
/// Scopes that routes of some kinds must have at least.
const SCOPE_LINK: u8 = 253;
const SCOPE_HOST: u8 = 254;

/// What is asked about interfaces.
pub(super) trait Interfaces {
    /// The index that it has, or will have.
    fn index(&self, name: &str) -> Option<IfIndex>;

    /// The table of a VRF.
    fn vrf_table(&self, name: &str) -> Option<u32>;
}

/// The route, or the interface that is not there.
pub(super) fn route(line: &Route, interfaces: &impl Interfaces) -> Result<IpRoute, String> {
    let table = match (&line.table, &line.vrf) {
        (Some(table), _) => number(table),
        (None, Some(vrf)) => interfaces.vrf_table(vrf).ok_or_else(|| vrf.clone())?,
        (None, None) => MAIN_TABLE,
    };
    let family = line.family();
    let metric = match family {
        Family::Ipv4 => line.metric.unwrap_or(0),
        Family::Ipv6 => line.metric.filter(|metric| *metric != 0).unwrap_or(IPV6_METRIC),
    };
    let hops = if line.kind.ends() { Vec::new() } else { hops(line, interfaces)? };
    Ok(IpRoute {
        hops: hops.into(),
        source: line.source,
        from: line.from.map(network),
        table,
        metric,
        tos: line.tos.as_ref().map_or(0, byte),
        protocol: line.protocol.as_ref().map_or(ROUTE_PROTOCOL, byte),
        scope: match family {
            Family::Ipv4 => Scope(line.scope.as_ref().map_or_else(|| widest_scope(line.kind), byte)),
            Family::Ipv6 => Scope(0),
        },
        metrics: line.metrics.clone(),
        features: line.features,
        congestion: line.congestion.clone(),
        preference: line.preference,
        expires: line.expires,
        ttl_propagate: line.ttl_propagate,
        insertion: line.insertion,
        ..IpRoute::new(line.kind, network(line.destination))
    })
}

/// The rule. Interfaces in it need not be there.
pub(in crate::daemon::host) fn rule(line: &Rule) -> IpRule {
    IpRule {
        family: line.family,
        // Rules without one were numbered when they were read.
        priority: line.preference.unwrap_or(0),
        meets: line.meets,
        from: line.from.map(network),
        to: line.to.map(network),
        iif: line.iif.clone(),
        oif: line.oif.clone(),
        tos: line.tos.as_ref().map_or(0, byte),
        mark: line.mark,
        tunnel: line.tunnel,
        users: line.users,
        ip_protocol: line.ip_protocol.as_ref().map(byte),
        source_ports: line.source_ports,
        destination_ports: line.destination_ports,
        action: action(&line.action),
        protocol: line.protocol.unwrap_or(ROUTE_PROTOCOL),
    }
}

fn action(action: &Action) -> RuleAction<u32> {
    match action {
        Action::Table(lookup) => RuleAction::Table(Lookup {
            table: number(&lookup.table),
            realms: lookup.realms.as_ref().map(|realms| realms.map(number)),
            suppress_prefix_len: lookup.suppress_prefix_len,
            suppress_group: lookup.suppress_group.as_ref().map(number),
        }),
        Action::Goto(priority) => RuleAction::Goto(*priority),
        Action::Nop => RuleAction::Nop,
        Action::Blackhole => RuleAction::Blackhole,
        Action::Unreachable => RuleAction::Unreachable,
        Action::Prohibit => RuleAction::Prohibit,
        Action::L3mdev => RuleAction::L3mdev,
    }
}

/// Several ways, or one. What stands before several goes for each that does not say otherwise.
fn hops(line: &Route, interfaces: &impl Interfaces) -> Result<Vec<RouteHop>, String> {
    if line.nexthops.is_empty() {
        return Ok(vec![hop(&line.hop, 1, interfaces)?]);
    }
    let with_defaults = |NextHop { hop: own, weight }: &NextHop| {
        let realms = own.realms.clone().or_else(|| line.hop.realms.clone());
        let encap = own.encap.clone().or_else(|| line.hop.encap.clone());
        hop(&Hop { realms, encap, ..own.clone() }, *weight, interfaces)
    };
    line.nexthops.iter().map(with_defaults).collect()
}

fn hop(hop: &Hop, weight: u16, interfaces: &impl Interfaces) -> Result<RouteHop, String> {
    let link = hop.dev.as_ref().map(|dev| interfaces.index(dev).ok_or_else(|| dev.clone())).transpose()?;
    let realm = |named: &Named| u16::try_from(number(named)).unwrap_or(u16::MAX);
    Ok(RouteHop {
        gateway: hop.via,
        link,
        on_link: hop.onlink,
        realms: hop.realms.as_ref().map(|realms| -> Realms<u16> { realms.map(realm) }),
        encap: hop.encap.as_ref().map(|encap| encap.map(byte)),
        weight,
    })
}

/// The widest scope with which the kernel takes a route of this kind.
const fn widest_scope(kind: RouteKind) -> u8 {
    match kind {
        RouteKind::Unicast
        | RouteKind::Blackhole
        | RouteKind::Unreachable
        | RouteKind::Prohibit
        | RouteKind::Throw
        | RouteKind::Multicast => 0,
        RouteKind::Broadcast | RouteKind::Anycast => SCOPE_LINK,
        RouteKind::Local => SCOPE_HOST,
    }
}

const fn network(prefix: Prefix) -> Network {
    (prefix.address, prefix.len)
}

/// Names have got their numbers when the configuration was read.
fn number(named: &Named) -> u32 {
    named.number().unwrap_or(0)
}

/// Of a kind whose numbers are bytes.
fn byte(named: &Named) -> u8 {
    u8::try_from(number(named)).unwrap_or(u8::MAX)
}
