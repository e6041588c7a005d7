//! What the tables of addresses, routes and rules have in common: a row is a line of the configuration, of a router or, by the instance
//! 0, a static one.

use agentx::Value;
use conf::model::route::Named;

use super::number;
use crate::control::picture::Seen;
use crate::ports::routing::{RoutingKind, RoutingState};
use crate::snmp::scene::Scene;
use crate::snmp::view::gauge;

/// Which line.
#[derive(Clone, Copy)]
pub(super) enum Row {
    Static(usize),
    /// Of a router, by its place there.
    Virtual(usize, usize),
}

/// The rows of a table: so many are static, and so many has each router.
pub(super) fn rows(scene: &Scene, statics: usize, of: fn(&Seen<'_>) -> usize) -> Vec<(Vec<u32>, Row)> {
    let statics = (0..statics).map(|place| (vec![0, number(place)], Row::Static(place)));
    let of_routers = scene.instances().flat_map(|(instance, seen)| {
        (0..of(&seen)).map(move |place| (vec![number(instance), number(place)], Row::Virtual(instance, place)))
    });
    statics.chain(of_routers).collect()
}

/// Whether a router's line is on the machine.
pub(super) fn is_there(seen: &Seen<'_>, kind: RoutingKind, text: &str) -> bool {
    let lines = seen.host.iter().flat_map(|host| &host.routing);
    lines.into_iter().any(|view| {
        let is_it = view.line.kind == kind && view.line.text == text;
        is_it
            && match view.state {
                RoutingState::Added | RoutingState::Found => true,
                RoutingState::Awaits { .. } | RoutingState::Refused(_) => false,
            }
    })
}

/// A number that may have a name.
pub(super) fn named(number: Option<&Named>) -> Option<Value> {
    gauge(number?.number()?)
}

/// A protocol of rtnetlink: the MIB counts them from 1.
pub(super) fn protocol(protocol: u32) -> Option<Value> {
    crate::snmp::view::integer(i64::from(protocol) + 1)
}
