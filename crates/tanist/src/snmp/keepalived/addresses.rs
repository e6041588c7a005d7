//! Addresses: `vrrpAddressTable`. Of a router first those that are advertised, then the others.

use agentx::Value;
use conf::model::Address;

use super::below;
use super::lines::{Row, rows};
use crate::control::picture::Seen;
use crate::ports::host::AddressState;
use crate::ports::statics::Static;
use crate::snmp::scene::{Scene, address_type, octets};
use crate::snmp::view::{Column, Objects, Table, gauge, integer, one_if, text};

/// An address, and what becomes of it.
struct Shown<'a> {
    address: &'a Address,
    interface: Option<&'a str>,
    link: Option<u32>,
    is_set: bool,
    is_advertised: bool,
}

const COLUMNS: &[Column<Row>] = &[
    (2, |scene, row| integer(address_type(&shown(scene, *row).address.address))),
    (3, |scene, row| octets(shown(scene, *row).address.address)),
    (4, |scene, row| broadcast(shown(scene, *row).address)),
    (5, |scene, row| gauge(shown(scene, *row).address.prefix_len)),
    (6, |scene, row| integer(scope(shown(scene, *row).address))),
    (7, |scene, row| integer(shown(scene, *row).link?)),
    (8, |scene, row| text(shown(scene, *row).interface?)),
    (9, |scene, row| text(shown(scene, *row).address.label.as_ref()?)),
    (10, |scene, row| one_if(shown(scene, *row).is_set)),
    (11, |scene, row| one_if(shown(scene, *row).is_advertised)),
    (12, |scene, row| octets(shown(scene, *row).address.peer?)),
];

pub(super) fn table(scene: &Scene) -> Box<dyn Objects> {
    let of_router = |seen: &Seen<'_>| seen.router.addresses.len() + seen.router.excluded.len();
    Box::new(Table::new(below(&[2, 6, 1]), COLUMNS, rows(scene, scene.config.static_addresses.len(), of_router)))
}

fn shown(scene: &Scene, row: Row) -> Shown<'_> {
    match row {
        Row::Static(place) => {
            let address = &scene.config.static_addresses[place];
            let interface = address.dev.as_deref();
            let link = interface.and_then(|name| scene.link(name));
            let is_it = |it: &Static| matches!(it, Static::Address(it) if it == address);
            Shown { address, interface, link, is_set: scene.stands(is_it), is_advertised: false }
        }
        Row::Virtual(instance, place) => {
            let seen = scene.seen(instance);
            let advertised = &seen.router.addresses;
            let excluded = || &seen.router.excluded[place - advertised.len()];
            let address = advertised.get(place).unwrap_or_else(excluded);
            let (interface, link) = scene.place_of(&seen, address);
            let is_set = seen.host.is_some_and(|host| host.addresses == AddressState::Installed);
            let is_advertised = place < advertised.len();
            Shown { address, interface: Some(interface), link, is_set, is_advertised }
        }
    }
}

/// IPv6 has none. One that is not written is 0.0.0.0.
fn broadcast(address: &Address) -> Option<Value> {
    let octets = address.broadcast.map_or([0; 4], |broadcast| broadcast.octets());
    address.address.is_ipv4().then(|| Value::Octets(octets.to_vec()))
}

/// `InetScopeType`; of IPv6 always `global`, as keepalived says.
fn scope(address: &Address) -> i32 {
    if address.address.is_ipv6() { 14 } else { super::scope(address.scope.0) }
}
