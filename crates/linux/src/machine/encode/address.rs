//! Addresses.

use std::net::IpAddr;

use host::{ADDRESS_PROTOCOL, AddressFlag, Lifetime, LinkAddress, PrefixRoute, UseAsSource};
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressMessage, AddressProtocol, AddressScope, CacheInfo,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};

/// A lifetime without end.
const FOREVER: u32 = u32::MAX;

/// Also renews the lifetime of one that is there.
pub(in crate::machine) fn add(address: &LinkAddress) -> RouteNetlinkMessage {
    let mut message = which(address);
    let attributes = &mut message.attributes;
    attributes.push(AddressAttribute::Flags(flags(address)));
    attributes.push(AddressAttribute::CacheInfo(lifetimes(address)));
    attributes.push(AddressAttribute::Protocol(AddressProtocol::Other(ADDRESS_PROTOCOL)));
    match address.prefix_route {
        PrefixRoute::Metric(metric) => attributes.push(AddressAttribute::RoutePriority(metric)),
        PrefixRoute::Kernel | PrefixRoute::None => {}
    }
    if let Some(label) = &address.label {
        attributes.push(AddressAttribute::Label(label.clone()));
    }
    if let Some(broadcast) = address.broadcast {
        attributes.push(AddressAttribute::Broadcast(broadcast));
    }
    RouteNetlinkMessage::NewAddress(message)
}

pub(in crate::machine) fn remove(address: &LinkAddress) -> RouteNetlinkMessage {
    RouteNetlinkMessage::DelAddress(which(address))
}

fn which(address: &LinkAddress) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = match address.address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    message.header.prefix_len = address.prefix_len;
    message.header.scope = AddressScope::from(address.scope.0);
    message.header.index = address.link.value();
    message.attributes = vec![
        AddressAttribute::Local(address.address),
        AddressAttribute::Address(address.peer.unwrap_or(address.address)),
    ];
    message
}

fn flags(address: &LinkAddress) -> AddressFlags {
    let route = match address.prefix_route {
        PrefixRoute::Kernel | PrefixRoute::Metric(_) => AddressFlags::empty(),
        PrefixRoute::None => AddressFlags::Noprefixroute,
    };
    // The address is the virtual router's: that another node has it (the former Active) must not disable it here.
    let no_detection = match address.address {
        IpAddr::V6(_) if !address.flags.contains(&AddressFlag::Detect) => AddressFlags::Nodad,
        IpAddr::V4(_) | IpAddr::V6(_) => AddressFlags::empty(),
    };
    let flag = |flag: &AddressFlag| match flag {
        AddressFlag::Home => AddressFlags::Homeaddress,
        AddressFlag::ManageTempAddr => AddressFlags::Managetempaddr,
        AddressFlag::AutoJoin => AddressFlags::Mcautojoin,
        AddressFlag::Detect => AddressFlags::empty(),
    };
    address.flags.iter().map(flag).fold(route | no_detection, |all, flag| all | flag)
}

/// A lease is rounded up to whole seconds, and is at least one: zero would be refused.
fn lifetimes(address: &LinkAddress) -> CacheInfo {
    let valid_secs = match address.lifetime {
        Lifetime::Forever => FOREVER,
        Lifetime::Lease(lease) => {
            u32::try_from(lease.as_millis().div_ceil(1000)).unwrap_or(FOREVER - 1).clamp(1, FOREVER - 1)
        }
    };
    let mut info = CacheInfo::default();
    info.ifa_valid = valid_secs;
    info.ifa_preferred = match address.use_as_source {
        UseAsSource::Preferred => valid_secs,
        UseAsSource::Deprecated => 0,
        // It is never longer than the other.
        UseAsSource::PreferredFor(time) => u32::try_from(time.as_secs()).unwrap_or(FOREVER).min(valid_secs),
    };
    info
}
