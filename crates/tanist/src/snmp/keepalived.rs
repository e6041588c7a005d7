//! KEEPALIVED-MIB (1.3.6.1.4.1.9586.100.5): its global and its VRRP part, with the values that Debian's keepalived 2.2.7 gives where
//! the MIB leaves a choice. The load balancer's part is not here, nor is anything writable.

mod addresses;
mod global;
mod groups;
mod instances;
mod lines;
mod routes;
mod rules;
mod trackers;

use agentx::Value;
use conf::model::Script;
use conf::model::notify::{Notify, Removal};

pub(super) use self::global::{router_id, router_id_name};
pub(super) use self::instances::initial_state;
use super::scene::Scene;
use super::view::{Objects, one_if, text};
use crate::control::picture;

/// Where it begins.
pub(super) const ROOT: &[u32] = &[1, 3, 6, 1, 4, 1, 9586, 100, 5];

/// What stands in its tables.
pub(super) fn objects(scene: &Scene) -> Vec<Box<dyn Objects>> {
    let mut all = global::objects(scene);
    all.push(instances::table(scene));
    all.push(addresses::table(scene));
    all.push(rules::table(scene));
    all.extend(routes::tables(scene));
    all.extend(groups::tables(scene));
    all.extend(trackers::tables(scene));
    all
}

/// An object of it.
pub(super) fn below(numbers: &[u32]) -> Vec<u32> {
    [ROOT, numbers].concat()
}

/// The number of the `place`th row.
fn number(place: usize) -> u32 {
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

fn script(script: Option<&Script>) -> Option<Value> {
    text(&picture::script(script?))
}

/// Whether any script is run.
fn runs_scripts(notify: &Notify) -> Option<Value> {
    let Notify { master, backup, fault, stop, any, lower_priority, removal: _ } = notify;
    let all = [master, backup, fault, stop, any, lower_priority];
    one_if(all.iter().any(|script| script.is_some()) || deleted(notify).is_some())
}

fn deleted(notify: &Notify) -> Option<&Script> {
    match &notify.removal {
        Removal::Stop => None,
        Removal::Deleted(script) => script.as_deref(),
    }
}

/// `InetScopeType` of a scope of the kernel's.
const fn scope(scope: u8) -> i32 {
    match scope {
        0 => 14,
        200 => 5,
        253 => 2,
        254 => 1,
        _ => 0,
    }
}
