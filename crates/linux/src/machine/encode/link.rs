//! Links and the settings that rtnetlink knows.

use host::{Ipv4Setting, IpvlanMode, MacvlanLink, OwnKind};
use netlink_packet_core::{DefaultNla, Emitable, NLA_F_NESTED};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    AfSpecInet, AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InfoData, InfoIpVlan, InfoKind, InfoMacVlan, IpVlanFlags,
    IpVlanMode, LinkAttribute, LinkExtentMask, LinkFlags, LinkInfo, LinkMessage, MacVlanMode,
};
use vrrp::types::IfIndex;

use crate::link::settings::devconf;

/// Our private interface group: what is in it is about to be deleted.
pub(in crate::machine) const DOOMED: u32 = u32::from_be_bytes(*b"tnst");
/// Attribute of IFLA_AF_SPEC, AF_INET: settings.
const IFLA_INET_CONF: u16 = 1;

/// Makes a macvlan in bridge mode, or an ipvlan, down, in this interface group.
pub(in crate::machine) fn new_link(link: &MacvlanLink, group: u32) -> RouteNetlinkMessage {
    let (kind, data, mac) = match link.kind {
        OwnKind::Macvlan => {
            let mode = InfoData::MacVlan(vec![InfoMacVlan::Mode(MacVlanMode::Bridge)]);
            (InfoKind::MacVlan, mode, Some(link.mac))
        }
        OwnKind::Ipvlan(mode) => {
            let flags = match mode {
                IpvlanMode::Bridge => IpVlanFlags::empty(),
                IpvlanMode::Private => IpVlanFlags::Private,
                IpvlanMode::Vepa => IpVlanFlags::Vepa,
            };
            let data = vec![InfoIpVlan::Mode(IpVlanMode::L2), InfoIpVlan::Flags(flags)];
            (InfoKind::IpVlan, InfoData::IpVlan(data), None)
        }
    };
    let mut message = which_link(link.index);
    message.attributes = vec![
        LinkAttribute::IfName(link.name.clone()),
        LinkAttribute::Link(link.parent.value()),
        LinkAttribute::Group(group),
        LinkAttribute::LinkInfo(vec![LinkInfo::Kind(kind), LinkInfo::Data(data)]),
    ];
    message.attributes.extend(mac.map(|mac| LinkAttribute::Address(mac.0.to_vec())));
    RouteNetlinkMessage::NewLink(message)
}

/// The kernel takes an alias only after the link was made (it ignores one in the request that makes it).
pub(in crate::machine) fn set_alias(link: &MacvlanLink) -> RouteNetlinkMessage {
    change_link(link.index, LinkAttribute::IfAlias(link.alias.clone()))
}

pub(in crate::machine) fn set_group(link: IfIndex, group: u32) -> RouteNetlinkMessage {
    change_link(link, LinkAttribute::Group(group))
}

/// Up for any value but 0.
pub(in crate::machine) fn set_admin(link: IfIndex, value: i32) -> RouteNetlinkMessage {
    let mut message = which_link(link);
    message.header.change_mask = LinkFlags::Up;
    if value != 0 {
        message.header.flags = LinkFlags::Up;
    }
    RouteNetlinkMessage::SetLink(message)
}

pub(in crate::machine) fn set_mtu(link: IfIndex, value: i32) -> RouteNetlinkMessage {
    // No interface takes the largest number, so one that fits no MTU is refused.
    change_link(link, LinkAttribute::Mtu(u32::try_from(value).unwrap_or(u32::MAX)))
}

pub(in crate::machine) fn set_addr_gen_mode(link: IfIndex, value: i32) -> RouteNetlinkMessage {
    let mode = In6AddrGenMode::from(u8::try_from(value).unwrap_or(u8::MAX));
    let inet6 = AfSpecUnspec::Inet6(vec![AfSpecInet6::AddrGenMode(mode)]);
    change_link(link, LinkAttribute::AfSpecUnspec(vec![inet6]))
}

/// The kernel takes the mode in the request only that makes a link, or changes one that is there.
pub(in crate::machine) fn set_macvlan_mode(link: IfIndex, value: i32) -> RouteNetlinkMessage {
    let mode = MacVlanMode::from(u32::try_from(value).unwrap_or(u32::MAX));
    let mut message = which_link(link);
    message.attributes.push(LinkAttribute::LinkInfo(vec![
        LinkInfo::Kind(InfoKind::MacVlan),
        LinkInfo::Data(InfoData::MacVlan(vec![InfoMacVlan::Mode(mode)])),
    ]));
    RouteNetlinkMessage::NewLink(message)
}

/// Puts it into a VRF, or for 0 takes it out.
pub(in crate::machine) fn set_controller(link: IfIndex, value: i32) -> RouteNetlinkMessage {
    // No interface has the largest number.
    change_link(link, LinkAttribute::Controller(u32::try_from(value).unwrap_or(u32::MAX)))
}

/// (The library's own type for this leaves out zeros, which here are values like any other.)
pub(in crate::machine) fn set_ipv4(link: IfIndex, setting: Ipv4Setting, value: i32) -> RouteNetlinkMessage {
    let entry = DefaultNla::new(devconf(setting), value.to_ne_bytes().to_vec());
    let mut nested = vec![0; entry.buffer_len()];
    entry.emit(&mut nested);
    let inet = AfSpecInet::Other(DefaultNla::new(IFLA_INET_CONF | NLA_F_NESTED, nested));
    change_link(link, LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet(vec![inet])]))
}

pub(in crate::machine) fn delete_link(link: IfIndex) -> RouteNetlinkMessage {
    RouteNetlinkMessage::DelLink(which_link(link))
}

pub(in crate::machine) fn delete_group(group: u32) -> RouteNetlinkMessage {
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::Group(group));
    RouteNetlinkMessage::DelLink(message)
}

/// Statistics, most of the bulk of a list of links, are not wanted.
pub(in crate::machine) fn without_statistics() -> LinkAttribute {
    LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats])
}

pub(in crate::machine) fn which_link(link: IfIndex) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = link.value();
    message
}

fn change_link(link: IfIndex, attribute: LinkAttribute) -> RouteNetlinkMessage {
    let mut message = which_link(link);
    message.attributes.push(attribute);
    RouteNetlinkMessage::SetLink(message)
}
