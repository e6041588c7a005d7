//! Operations as netlink requests.

use std::net::IpAddr;

use host::{Ipv4Setting, Lifetime, LinkAddress, MacvlanLink, PrefixRoute};
use netlink_packet_core::{DefaultNla, Emitable, NLA_F_NESTED};
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressMessage, AddressProtocol, AddressScope, CacheInfo,
};
use netlink_packet_route::link::{
    AfSpecInet, AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InfoData, InfoKind, InfoMacVlan, LinkAttribute,
    LinkExtentMask, LinkFlags, LinkInfo, LinkMessage, MacVlanMode,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use vrrp::types::IfIndex;

use crate::address;

/// Our private interface group: what is in it is about to be deleted.
pub(super) const DOOMED: u32 = u32::from_be_bytes(*b"tnst");
/// Attribute of IFLA_AF_SPEC, AF_INET: settings.
const IFLA_INET_CONF: u16 = 1;
/// A lifetime without end.
const FOREVER: u32 = u32::MAX;

/// Makes a macvlan: bridge mode, down, in the interface group of its parent, so that firewall rules go on matching.
pub(super) fn new_link(link: &MacvlanLink, group: u32) -> RouteNetlinkMessage {
    let mode = InfoData::MacVlan(vec![InfoMacVlan::Mode(MacVlanMode::Bridge)]);
    let mut message = which_link(link.index);
    message.attributes = vec![
        LinkAttribute::IfName(link.name.clone()),
        LinkAttribute::Link(link.parent.value()),
        LinkAttribute::Address(link.mac.0.to_vec()),
        LinkAttribute::Group(group),
        LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::MacVlan), LinkInfo::Data(mode)]),
    ];
    RouteNetlinkMessage::NewLink(message)
}

/// Gives a link its alias; the kernel does not take one at creation.
pub(super) fn set_alias(link: &MacvlanLink) -> RouteNetlinkMessage {
    change_link(link.index, LinkAttribute::IfAlias(link.alias.clone()))
}

/// Moves a link to a group.
pub(super) fn set_group(link: IfIndex, group: u32) -> RouteNetlinkMessage {
    change_link(link, LinkAttribute::Group(group))
}

/// Sets a link up (1) or down (0).
pub(super) fn set_admin(link: IfIndex, value: i32) -> RouteNetlinkMessage {
    let mut message = which_link(link);
    message.header.change_mask = LinkFlags::Up;
    if value != 0 {
        message.header.flags = LinkFlags::Up;
    }
    RouteNetlinkMessage::SetLink(message)
}

/// Sets how link-local addresses are made.
pub(super) fn set_addr_gen_mode(link: IfIndex, value: i32) -> RouteNetlinkMessage {
    let mode = In6AddrGenMode::from(u8::try_from(value).unwrap_or(u8::MAX));
    let inet6 = AfSpecUnspec::Inet6(vec![AfSpecInet6::AddrGenMode(mode)]);
    change_link(link, LinkAttribute::AfSpecUnspec(vec![inet6]))
}

/// Sets an IPv4 setting. (The library's own type for this leaves out zeros, which here are values like any other.)
pub(super) fn set_ipv4(link: IfIndex, setting: Ipv4Setting, value: i32) -> RouteNetlinkMessage {
    let entry = DefaultNla::new(devconf(setting), value.to_ne_bytes().to_vec());
    let mut nested = vec![0; entry.buffer_len()];
    entry.emit(&mut nested);
    let inet = AfSpecInet::Other(DefaultNla::new(IFLA_INET_CONF | NLA_F_NESTED, nested));
    change_link(link, LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet(vec![inet])]))
}

/// Deletes a link.
pub(super) fn delete_link(link: IfIndex) -> RouteNetlinkMessage {
    RouteNetlinkMessage::DelLink(which_link(link))
}

/// Deletes all links of a group.
pub(super) fn delete_group(group: u32) -> RouteNetlinkMessage {
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::Group(group));
    RouteNetlinkMessage::DelLink(message)
}

/// Adds an address, or renews its lifetime.
pub(super) fn new_address(address: &LinkAddress) -> RouteNetlinkMessage {
    let mut message = which_address(address);
    let attributes = &mut message.attributes;
    attributes.push(AddressAttribute::Flags(flags(address)));
    attributes.push(AddressAttribute::CacheInfo(lifetimes(address)));
    attributes.push(AddressAttribute::Protocol(AddressProtocol::Other(address::OURS)));
    if let Some(label) = &address.label {
        attributes.push(AddressAttribute::Label(label.clone()));
    }
    if let Some(broadcast) = address.broadcast {
        attributes.push(AddressAttribute::Broadcast(broadcast));
    }
    RouteNetlinkMessage::NewAddress(message)
}

/// Removes an address.
pub(super) fn delete_address(address: &LinkAddress) -> RouteNetlinkMessage {
    RouteNetlinkMessage::DelAddress(which_address(address))
}

/// Statistics, most of the bulk of a list of links, are not wanted.
pub(super) fn without_statistics() -> LinkAttribute {
    LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats])
}

/// A message that names a link.
pub(super) fn which_link(link: IfIndex) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = link.value();
    message
}

fn change_link(link: IfIndex, attribute: LinkAttribute) -> RouteNetlinkMessage {
    let mut message = which_link(link);
    message.attributes.push(attribute);
    RouteNetlinkMessage::SetLink(message)
}

/// A message that names an address.
fn which_address(address: &LinkAddress) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = match address.address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    message.header.prefix_len = address.prefix_len;
    message.header.scope = AddressScope::from(address.scope.0);
    message.header.index = address.link.value();
    message.attributes = vec![AddressAttribute::Local(address.address), AddressAttribute::Address(address.address)];
    message
}

fn flags(address: &LinkAddress) -> AddressFlags {
    let route = match address.prefix_route {
        PrefixRoute::Kernel => AddressFlags::empty(),
        PrefixRoute::None => AddressFlags::Noprefixroute,
    };
    // The address is the virtual router's: that another node has it (the former Active) must not disable it here.
    let detection = match address.address {
        IpAddr::V4(_) => AddressFlags::empty(),
        IpAddr::V6(_) => AddressFlags::Nodad,
    };
    route | detection
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
    info.ifa_preferred = if address.deprecated { 0 } else { valid_secs };
    info
}

/// The kernel's number of a setting: `IPV4_DEVCONF_*` in `linux/ip.h`.
const fn devconf(setting: Ipv4Setting) -> u16 {
    match setting {
        Ipv4Setting::Forwarding => 1,
        Ipv4Setting::RpFilter => 8,
        Ipv4Setting::ArpFilter => 13,
        Ipv4Setting::ArpAnnounce => 18,
        Ipv4Setting::ArpIgnore => 19,
        Ipv4Setting::PromoteSecondaries => 20,
        Ipv4Setting::AcceptLocal => 23,
    }
}
