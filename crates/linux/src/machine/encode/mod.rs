//! Operations as netlink requests.

mod address;
mod link;
mod owner_arp;
mod route;

use host::{Item, Op};
use netlink_packet_route::RouteNetlinkMessage;

use super::tables::Part;
use crate::netlink::Mode;

pub(super) use link::{
    DOOMED, delete_group, delete_link, new_link, set_addr_gen_mode, set_admin, set_alias, set_group, set_ipv4, set_mtu,
    which_link, without_statistics,
};

pub(super) use owner_arp::{RULES, name, vmac};

/// What makes or removes a thing.
pub(super) enum Request {
    /// One request of rtnetlink.
    Route(RouteNetlinkMessage, Mode),
    /// A transaction of nf_tables.
    Tables(Vec<Part>),
}

/// What makes or removes a thing that one request or transaction makes or removes. `None` for the others: a link is made in
/// two steps and removed with others, a membership belongs to a socket, a setting may be a file.
pub(super) fn request(op: &Op) -> Option<Request> {
    match op {
        Op::Add(item) => match item {
            Item::Address(address) => Some(Request::Route(address::add(address), Mode::CreateOrReplace)),
            Item::Route(route) => Some(Request::Route(route::add(route), Mode::CreateOrReplace)),
            Item::OwnerArp(arp) => Some(Request::Tables(owner_arp::add(arp))),
            Item::Link(_) | Item::Membership(_) => None,
        },
        Op::Remove(item) => match item {
            Item::Address(address) => Some(Request::Route(address::remove(address), Mode::Change)),
            Item::Route(route) => Some(Request::Route(route::remove(route), Mode::Change)),
            Item::OwnerArp(arp) => Some(Request::Tables(owner_arp::remove(arp))),
            Item::Link(_) | Item::Membership(_) => None,
        },
        Op::Set(_) => None,
    }
}
