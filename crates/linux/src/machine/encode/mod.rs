//! Operations as netlink requests.

mod address;
mod link;
mod route;

use host::{Item, Op};
use netlink_packet_route::RouteNetlinkMessage;

use crate::netlink::Mode;

pub(super) use link::{
    DOOMED, delete_group, delete_link, new_link, set_addr_gen_mode, set_admin, set_alias, set_group, set_ipv4, set_mtu,
    which_link, without_statistics,
};

/// What makes or removes a thing that one request of rtnetlink makes or removes. `None` for the others: a link is made in
/// two steps and removed with others, a membership belongs to a socket, a setting may be a file.
pub(super) fn request(op: &Op) -> Option<(RouteNetlinkMessage, Mode)> {
    match op {
        Op::Add(item) => match item {
            Item::Address(address) => Some((address::add(address), Mode::CreateOrReplace)),
            Item::Route(route) => Some((route::add(route), Mode::CreateOrReplace)),
            Item::Link(_) | Item::Membership(_) => None,
        },
        Op::Remove(item) => match item {
            Item::Address(address) => Some((address::remove(address), Mode::Change)),
            Item::Route(route) => Some((route::remove(route), Mode::Change)),
            Item::Link(_) | Item::Membership(_) => None,
        },
        Op::Set(_) => None,
    }
}
