//! Routers: `vrrpInstanceTable`.

use agentx::Value;
use conf::model::State;
use conf::model::notify::Removal;
use vrrp::config::{Authentication, Preempt, PrimaryTracking};
use vrrp::types::Version;

use super::{below, deleted, number, runs_scripts, script};
use crate::control::picture::{Seen, is_on};
use crate::ports::host::AddressState;
use crate::snmp::scene::{Scene, address_type, keepalived_state, octets};
use crate::snmp::view::{Column, Objects, Table, gauge, integer, one_if, text};

/// A row is the place of a router.
const COLUMNS: &[Column<usize>] = &[
    (2, |scene, it| text(&scene.seen(*it).router.name)),
    (3, |scene, it| gauge(scene.seen(*it).router.vrid.value())),
    (4, |scene, it| state(&scene.seen(*it))),
    (5, |scene, it| integer(initial_state(scene.seen(*it).router.state))),
    (6, |scene, it| state(&scene.seen(*it))),
    (7, |scene, it| integer(scene.seen(*it).snapshot.base_priority.value())),
    (8, |scene, it| integer(scene.seen(*it).snapshot.priority.value())),
    (9, |scene, it| one_if(scene.seen(*it).host.is_some_and(|host| host.addresses == AddressState::Installed))),
    (10, |scene, it| text(scene.seen(*it).interface())),
    (11, |scene, it| one_if(scene.seen(*it).router.parameters.primary == PrimaryTracking::Tracked)),
    (12, |scene, it| interval(&scene.seen(*it))),
    (13, |scene, it| one_if(scene.seen(*it).router.parameters.preempt != Preempt::Never)),
    (14, |scene, it| preempt_delay(scene.seen(*it).router.parameters.preempt)),
    (15, |scene, it| integer(authentication(&scene.seen(*it).router.authentication))),
    // There is no load balancer.
    (16, |_, _| one_if(false)),
    (18, |scene, it| text(scene.directory.group(scene.seen(*it).snapshot.group?))),
    (19, |scene, it| gauge(scene.seen(*it).router.parameters.announce.delay.as_secs())),
    (20, |scene, it| one_if(is_on(scene.seen(*it).router.mail))),
    (21, |scene, it| runs_scripts(&scene.seen(*it).router.notify)),
    (22, |scene, it| script(scene.seen(*it).router.notify.master.as_deref())),
    (23, |scene, it| script(scene.seen(*it).router.notify.backup.as_deref())),
    (24, |scene, it| script(scene.seen(*it).router.notify.fault.as_deref())),
    (25, |scene, it| script(scene.seen(*it).router.notify.stop.as_deref())),
    (26, |scene, it| script(scene.seen(*it).router.notify.any.as_deref())),
    (27, |scene, it| accept(&scene.seen(*it))),
    // What is set there, if anything, is the kernel's own; links are never polled.
    (28, |_, _| one_if(false)),
    (29, |_, _| one_if(false)),
    (30, |scene, it| integer(scene.seen(*it).router.parameters.version.number())),
    (31, |scene, it| script(scene.seen(*it).router.notify.lower_priority.as_deref())),
    (32, |scene, it| script(deleted(&scene.seen(*it).router.notify))),
    (33, |scene, it| one_if(scene.seen(*it).router.notify.removal != Removal::Stop)),
    (34, |scene, it| integer(address_type(&multicast(&scene.seen(*it))?))),
    (35, |scene, it| octets(multicast(&scene.seen(*it))?)),
];

pub(super) fn table(scene: &Scene) -> Box<dyn Objects> {
    let rows = scene.instances().map(|(instance, _)| (vec![number(instance)], instance)).collect();
    Box::new(Table::new(below(&[2, 3, 1]), COLUMNS, rows))
}

fn state(seen: &Seen<'_>) -> Option<Value> {
    integer(keepalived_state(seen.snapshot.state, seen.snapshot.waiting_for))
}

/// `state`, as it is configured.
pub(in crate::snmp) const fn initial_state(state: State) -> i32 {
    match state {
        State::Master => 2,
        State::Backup => 1,
    }
}

/// Seconds of VRRPv2, hundredths of VRRPv3.
fn interval(seen: &Seen<'_>) -> Option<Value> {
    let interval = seen.snapshot.interval.duration();
    match seen.router.parameters.version {
        Version::V2 => gauge(interval.as_secs()),
        Version::V3 => gauge(interval.as_millis() / 10),
    }
}

fn preempt_delay(preempt: Preempt) -> Option<Value> {
    match preempt {
        Preempt::Always | Preempt::Never => gauge(0u32),
        Preempt::After(delay) => gauge(delay.as_secs()),
    }
}

const fn authentication(authentication: &Authentication) -> i32 {
    match authentication {
        Authentication::None | Authentication::Hmac(_) => 0,
        Authentication::Password(_) => 1,
        Authentication::Ah(_) => 2,
    }
}

/// VRRPv2 has no such choice.
fn accept(seen: &Seen<'_>) -> Option<Value> {
    match seen.router.parameters.version {
        Version::V2 => integer(0),
        Version::V3 => one_if(is_on(seen.router.accept)),
    }
}

fn multicast(seen: &Seen<'_>) -> Option<std::net::IpAddr> {
    (!seen.router.is_unicast()).then_some(seen.router.group)
}
