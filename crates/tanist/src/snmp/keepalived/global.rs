//! The global part.

use std::net::IpAddr;

use agentx::Value;
use conf::model::{Config, Switch};

use super::below;
use crate::control::picture::{VERSION, is_on};
use crate::snmp::scene::{Scene, address_type, octets};
use crate::snmp::view::{Column, Objects, Scalar, Table, gauge, integer, one_if, text};

/// `routerId.0`, which traps have as well.
pub(in crate::snmp) fn router_id_name() -> Vec<u32> {
    below(&[1, 2, 0])
}

type Single = (&'static [u32], fn(&Scene) -> Option<Value>);

const SINGLES: &[Single] = &[
    (&[1, 1, 0], |_| text(VERSION)),
    (&[1, 2, 0], |scene| Some(router_id(&scene.config))),
    (&[1, 3, 1, 0], |scene| integer(address_type(&mail_server(scene)?))),
    (&[1, 3, 2, 0], |scene| octets(mail_server(scene)?)),
    (&[1, 3, 3, 0], |scene| gauge(scene.config.global.mail.patience.as_secs())),
    (&[1, 3, 4, 0], |scene| text(&scene.config.global.mail.from.as_ref()?.to_string())),
    (&[1, 3, 6, 0], |scene| gauge(scene.config.global.mail.server.as_ref()?.port)),
    (&[1, 3, 7, 0], |scene| one_if(is_on(scene.config.global.mail.faults))),
    // What the default of routers and groups is, is folded into each of them.
    (&[1, 3, 8, 0], |_| integer(UNSET)),
    (&[1, 3, 9, 0], |_| integer(UNSET)),
    (&[1, 3, 10, 0], |_| integer(UNSET)),
    (&[1, 4, 0], |scene| one_if(scene.traps == Switch::On)),
    // Links are not polled; nothing is flushed, for there is no load balancer.
    (&[1, 5, 0], |_| integer(1)),
    (&[1, 6, 0], |_| one_if(false)),
    (&[1, 7, 0], |_| one_if(true)),
    (&[1, 8, 0], |scene| text(scene.config.global.net_namespace.as_deref().unwrap_or_default())),
    (&[1, 9, 0], |scene| one_if(scene.config.global.bus_name.is_some())),
    (&[1, 10, 0], dynamic),
    (&[1, 11, 0], |_| one_if(false)),
];

/// `unset(3)`
const UNSET: i32 = 3;

const EMAIL: &[Column<usize>] = &[(2, |scene, place| text(&scene.config.global.mail.to[*place].to_string()))];

pub(super) fn objects(scene: &Scene) -> Vec<Box<dyn Objects>> {
    let single = |(name, value): &Single| -> Box<dyn Objects> { Box::new(Scalar { name: below(name), value: *value }) };
    let mut all: Vec<_> = SINGLES.iter().map(single).collect();
    let rows = (0..scene.config.global.mail.to.len()).map(|place| (vec![super::number(place)], place)).collect();
    all.push(Box::new(Table::new(below(&[1, 3, 5, 1]), EMAIL, rows)));
    all
}

/// Name of this router, or of the machine.
pub(in crate::snmp) fn router_id(config: &Config) -> Value {
    let host = || rustix::system::uname().nodename().to_string_lossy().into_owned().into_bytes();
    Value::Octets(config.global.router_id.as_ref().map_or_else(host, |id| id.clone().into_bytes()))
}

/// The mail server, if it is not named by a name.
fn mail_server(scene: &Scene) -> Option<IpAddr> {
    scene.config.global.mail.server.as_ref()?.host.parse().ok()
}

fn dynamic(scene: &Scene) -> Option<Value> {
    one_if(scene.config.global.missing_interfaces == conf::model::MissingInterfaces::Awaited)
}
