//! What packets of a route are wrapped in.

use host::{Encap, Tunnel};
use netlink_packet_core::DefaultNla;
use netlink_packet_route::route::{
    MplsLabel, RouteAttribute, RouteIp6Tunnel, RouteIp6TunnelFlags, RouteIpTunnel, RouteIpTunnelFlags,
    RouteLwEnCapType, RouteLwTunnelEncap, RouteMplsIpTunnel,
};

/// ILA_ATTR_LOCATOR.
const ILA_LOCATOR: u16 = 1;

/// The kind of wrapping, and what belongs to it.
pub(super) fn attributes(encap: &Encap<u8>) -> [RouteAttribute; 2] {
    let (kind, parts) = match encap {
        Encap::Mpls(labels) => (RouteLwEnCapType::Mpls, vec![mpls(labels)]),
        Encap::Ip(tunnel) => (RouteLwEnCapType::Ip, ip(tunnel)),
        Encap::Ip6(tunnel) => (RouteLwEnCapType::Ip6, ip6(tunnel)),
        Encap::Ila(locator) => {
            let locator = DefaultNla::new(ILA_LOCATOR, locator.to_be_bytes().to_vec());
            (RouteLwEnCapType::Ila, vec![RouteLwTunnelEncap::Other(locator)])
        }
    };
    [RouteAttribute::EncapType(kind), RouteAttribute::Encap(parts)]
}

fn mpls(labels: &[u32]) -> RouteLwTunnelEncap {
    let last = labels.len().saturating_sub(1);
    let label =
        |(at, label): (usize, &u32)| MplsLabel { label: *label, traffic_class: 0, bottom_of_stack: at == last, ttl: 0 };
    let labels = labels.iter().enumerate().map(label).collect();
    RouteLwTunnelEncap::Mpls(RouteMplsIpTunnel::Destination(labels))
}

fn ip(tunnel: &Tunnel<std::net::Ipv4Addr, u8>) -> Vec<RouteLwTunnelEncap> {
    let parts = [
        tunnel.id.map(RouteIpTunnel::Id),
        tunnel.destination.map(RouteIpTunnel::Destination),
        tunnel.source.map(RouteIpTunnel::Source),
        tunnel.class.map(RouteIpTunnel::Tos),
        tunnel.hops.map(RouteIpTunnel::Ttl),
        tunnel.flags.map(|flags| RouteIpTunnel::Flags(RouteIpTunnelFlags::from_bits_retain(flags))),
    ];
    parts.into_iter().flatten().map(RouteLwTunnelEncap::Ip).collect()
}

fn ip6(tunnel: &Tunnel<std::net::Ipv6Addr, u8>) -> Vec<RouteLwTunnelEncap> {
    let parts = [
        tunnel.id.map(RouteIp6Tunnel::Id),
        tunnel.destination.map(RouteIp6Tunnel::Destination),
        tunnel.source.map(RouteIp6Tunnel::Source),
        tunnel.class.map(RouteIp6Tunnel::Tc),
        tunnel.hops.map(RouteIp6Tunnel::Hoplimit),
        tunnel.flags.map(|flags| RouteIp6Tunnel::Flags(RouteIp6TunnelFlags::from_bits_retain(flags))),
    ];
    parts.into_iter().flatten().map(RouteLwTunnelEncap::Ip6).collect()
}
