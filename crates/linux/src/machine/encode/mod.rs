//! Operations as netlink requests.

mod address;
mod dropping;
mod ip_route;
mod ip_rule;
mod link;
mod nft;
mod owner;
mod route;

use host::{Item, Op};
use netlink_packet_route::RouteNetlinkMessage;

use super::tables::{Outline, Part};
use crate::netlink::Mode;

pub(super) use address::{add as add_address, remove as remove_address};
pub(super) use link::{
    DOOMED, delete_group, delete_link, new_link, set_addr_gen_mode, set_admin, set_alias, set_controller, set_group,
    set_ipv4, set_macvlan_mode, set_mtu, which_link, without_statistics,
};

pub(super) use dropping::{place as place_of_dropped, sets as sets_of_dropped};
pub(super) use nft::Table;

/// What makes or removes a thing.
pub(super) enum Request {
    /// One request of rtnetlink.
    Route(RouteNetlinkMessage, Mode),
    /// A transaction of nf_tables.
    Tables(Vec<Part>),
    /// A part of one, with others.
    Element(Part),
}

/// What makes or removes a thing that one request or transaction makes or removes. `None` for the others: a link is made in
/// two steps and removed with others, an address may be removed in two, a membership belongs to a socket, a setting may be a
/// file.
pub(super) fn request(op: &Op) -> Option<Request> {
    match op {
        Op::Add(item) => match item {
            Item::Address(address) => Some(Request::Route(address::add(address), Mode::CreateOrReplace)),
            Item::Route(route) => Some(Request::Route(route::add(route), Mode::CreateOrReplace)),
            Item::OwnerTable(arp) => Some(Request::Tables(owner::add(arp))),
            Item::DropTable(table) => Some(Request::Tables(dropping::add(*table))),
            Item::DroppedAddress(address) => Some(Request::Element(dropping::add_address(address))),
            Item::IpRoute(route) => {
                let (message, mode) = ip_route::add(route);
                Some(Request::Route(message, mode))
            }
            Item::IpRule(rule) => Some(Request::Route(ip_rule::add(rule), Mode::Create)),
            Item::Link(_) | Item::Membership(_) => None,
        },
        Op::Remove(item) => match item {
            Item::Route(route) => Some(Request::Route(route::remove(route), Mode::Change)),
            Item::OwnerTable(arp) => Some(Request::Tables(owner::remove(arp))),
            Item::DropTable(table) => Some(Request::Tables(dropping::remove(*table))),
            Item::DroppedAddress(address) => Some(Request::Element(dropping::remove_address(address))),
            Item::IpRoute(route) => Some(Request::Route(ip_route::remove(route), Mode::Change)),
            Item::IpRule(rule) => Some(Request::Route(ip_rule::remove(rule), Mode::Change)),
            Item::Address(_) | Item::Link(_) | Item::Membership(_) => None,
        },
        Op::Set(_) => None,
    }
}

/// The table that an item is.
pub(super) fn outline(item: &Item) -> Option<Outline> {
    match item {
        Item::OwnerTable(arp) => Some(owner::outline(arp)),
        Item::DropTable(table) => Some(dropping::outline(*table)),
        Item::Address(_)
        | Item::Route(_)
        | Item::IpRoute(_)
        | Item::IpRule(_)
        | Item::Link(_)
        | Item::Membership(_)
        | Item::DroppedAddress(_) => None,
    }
}

/// The table of this name, if it is one of ours: it can be removed.
pub(super) fn left_table(name: &str) -> Option<Item> {
    owner::left(name).map(Item::from).or_else(|| dropping::left(name).map(Item::DropTable))
}
