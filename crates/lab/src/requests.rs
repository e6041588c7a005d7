//! The netlink requests that make and change a LAN. Each works in the calling thread's network namespace.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd};

use linux::netlink::{Mode, Socket};
use linux::netns::Namespace;
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use netlink_packet_route::link::{
    BridgeStpState, InfoBridge, InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use vrrp::types::{IfIndex, MacAddr};

/// Whether an administrator has an interface up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminState {
    /// Up.
    Up,
    /// Down.
    Down,
}

/// An address with its prefix length.
pub type Prefixed = (IpAddr, u8);

/// Reads `ADDRESS/LENGTH`.
///
/// # Errors
/// `InvalidInput` for anything else.
pub fn prefixed(text: &str) -> io::Result<Prefixed> {
    let read = || {
        let (address, length) = text.split_once('/')?;
        Some((address.parse().ok()?, length.parse().ok()?))
    };
    read().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("{text} is not ADDRESS/LENGTH")))
}

/// Makes a bridge without spanning tree and without multicast snooping.
pub(crate) fn bridge(name: &str) -> io::Result<()> {
    let settings = vec![InfoBridge::StpState(BridgeStpState::Disabled), InfoBridge::MulticastSnooping(false)];
    new_link(vec![
        LinkAttribute::IfName(name.to_owned()),
        LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Bridge), LinkInfo::Data(InfoData::Bridge(settings))]),
    ])
}

/// Makes a cable: `name` here, `peer` with the given MAC address in another namespace.
pub(crate) fn veth(name: &str, peer: &str, mac: MacAddr, other: &Namespace) -> io::Result<()> {
    let mut far_end = LinkMessage::default();
    far_end.attributes = vec![
        LinkAttribute::IfName(peer.to_owned()),
        LinkAttribute::Address(mac.0.to_vec()),
        LinkAttribute::NetNsFd(other.as_fd().as_raw_fd()),
    ];
    new_link(vec![
        LinkAttribute::IfName(name.to_owned()),
        LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(far_end))),
        ]),
    ])
}

/// Makes an interface a port of `bridge`.
pub(crate) fn enslave(port: IfIndex, bridge: IfIndex) -> io::Result<()> {
    set_bridge(port, bridge.value())
}

/// Makes a port of a bridge a plain interface.
pub(crate) fn release(port: IfIndex) -> io::Result<()> {
    const NONE: u32 = 0;
    set_bridge(port, NONE)
}

fn set_bridge(port: IfIndex, bridge: u32) -> io::Result<()> {
    change(port, LinkAttribute::Controller(bridge))
}

/// Gives an interface another name. It must be down.
pub(crate) fn rename(link: IfIndex, name: &str) -> io::Result<()> {
    change(link, LinkAttribute::IfName(name.to_owned()))
}

/// Sets the largest IP packet of an interface.
pub(crate) fn set_mtu(link: IfIndex, mtu: u32) -> io::Result<()> {
    change(link, LinkAttribute::Mtu(mtu))
}

/// Moves an interface to another namespace.
pub(crate) fn move_to(link: IfIndex, to: &Namespace) -> io::Result<()> {
    change(link, LinkAttribute::NetNsFd(to.as_fd().as_raw_fd()))
}

/// Deletes an interface.
pub(crate) fn delete(link: IfIndex) -> io::Result<()> {
    let mut message = LinkMessage::default();
    message.header.index = link.value();
    ask(RouteNetlinkMessage::DelLink(message), Mode::Change)
}

fn change(link: IfIndex, attribute: LinkAttribute) -> io::Result<()> {
    let mut message = LinkMessage::default();
    message.header.index = link.value();
    message.attributes = vec![attribute];
    ask(RouteNetlinkMessage::SetLink(message), Mode::Change)
}

/// Sets the interface `name` up and returns its index.
pub(crate) fn up(name: &str) -> io::Result<IfIndex> {
    let index = linux::link::index_of(name)?;
    set_state(index, AdminState::Up)?;
    Ok(index)
}

/// Sets an interface up or down.
pub(crate) fn set_state(index: IfIndex, state: AdminState) -> io::Result<()> {
    let mut message = LinkMessage::default();
    message.header.index = index.value();
    message.header.flags = match state {
        AdminState::Up => LinkFlags::Up,
        AdminState::Down => LinkFlags::empty(),
    };
    message.header.change_mask = LinkFlags::Up;
    ask(RouteNetlinkMessage::SetLink(message), Mode::Change)
}

/// Adds an address, usable at once.
pub(crate) fn add_address(link: IfIndex, address: Prefixed) -> io::Result<()> {
    ask(RouteNetlinkMessage::NewAddress(address_message(link, address)), Mode::Create)
}

/// Removes an address.
pub(crate) fn remove_address(link: IfIndex, address: Prefixed) -> io::Result<()> {
    ask(RouteNetlinkMessage::DelAddress(address_message(link, address)), Mode::Change)
}

fn address_message(link: IfIndex, (address, prefix_len): Prefixed) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.index = link.value();
    message.header.prefix_len = prefix_len;
    message.header.family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    message.attributes = vec![
        AddressAttribute::Local(address),
        AddressAttribute::Address(address),
        AddressAttribute::Flags(AddressFlags::Nodad),
    ];
    message
}

/// Makes a link.
fn new_link(attributes: Vec<LinkAttribute>) -> io::Result<()> {
    let mut message = LinkMessage::default();
    message.attributes = attributes;
    ask(RouteNetlinkMessage::NewLink(message), Mode::Create)
}

/// Sends one request and waits for the kernel's answer.
fn ask(message: RouteNetlinkMessage, mode: Mode) -> io::Result<()> {
    Socket::open()?.run(message, mode)
}
