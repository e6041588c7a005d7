//! What a host has learnt: its ARP and neighbour discovery tables.

use std::io;
use std::net::IpAddr;

use linux::netlink::{Attributes, Message, Mode, Socket};
use linux::netns::Namespace;
use netlink_packet_route::neighbour::{NeighbourAttribute, NeighbourMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use vrrp::types::MacAddr;

/// One entry of a neighbour table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The neighbour's address.
    pub address: IpAddr,
    /// Its MAC address; `None` while it is being asked for.
    pub mac: Option<MacAddr>,
    /// The kernel's index of the interface.
    ifindex: u32,
}

/// The neighbour table of a host.
///
/// # Errors
/// If the kernel refuses to tell.
pub fn neighbours(host: &Namespace) -> io::Result<Vec<Neighbour>> {
    host.run(dump)?
}

/// Deletes what a host has learnt, so that it must ask again.
///
/// # Errors
/// Without CAP_NET_ADMIN.
pub fn forget_neighbours(host: &Namespace) -> io::Result<()> {
    host.run(|| {
        let mut socket = Socket::open()?;
        for entry in dump()? {
            let mut message = NeighbourMessage::default();
            message.header.family = family(entry.address);
            message.header.ifindex = entry.ifindex;
            message.attributes = vec![NeighbourAttribute::Destination(entry.address.into())];
            // An entry may have gone by itself meanwhile.
            socket.run(RouteNetlinkMessage::DelNeighbour(message), Mode::Change).ok();
        }
        Ok(())
    })?
}

fn dump() -> io::Result<Vec<Neighbour>> {
    Socket::open()?.dump(&RouteNetlinkMessage::GetNeighbour(NeighbourMessage::default()), read)
}

/// Reads `struct ndmsg` and its attributes.
fn read(message: &Message<'_>) -> Option<Neighbour> {
    const HEADER_LEN: usize = 12;
    const NDA_DST: u16 = 1;
    const NDA_LLADDR: u16 = 2;
    let attributes = Attributes::after(message.payload, HEADER_LEN);
    Some(Neighbour {
        address: attributes.find(NDA_DST)?.address()?,
        mac: attributes.find(NDA_LLADDR).and_then(|attribute| attribute.mac()),
        ifindex: u32::from_ne_bytes(*message.payload.get(4..)?.first_chunk()?),
    })
}

const fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}
