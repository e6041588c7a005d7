//! What trackers watch, and groups.

use serde_json::{Map, Value, json};

use super::{millis, notify, object, on, script, seconds, tracked};
use crate::model::check::Check;
use crate::model::machine::{GarpGroup, LinkDelay, TrackGroup};
use crate::model::watch::{BfdSession, ParamMatch, SyncGroup, TrackFile, TrackProcess, TrackScript};
use crate::model::{Sense, Weight};

pub(super) fn group(group: &SyncGroup) -> Value {
    let SyncGroup { name, members, tracked: lists, notify: scripts, mail, tracking_weight, not_carried_out } = group;
    let mut all = object(json!({
        "name": name,
        "group": members,
        "smtp_alert": on(*mail),
        "sync_group_tracking_weight": on(*tracking_weight),
        "not_carried_out": not_carried_out,
    }));
    all.extend(tracked(lists, &[]));
    all.extend(notify(scripts));
    all.into()
}

pub(super) fn track_script(watched: &TrackScript) -> Value {
    let TrackScript { name, check, interval, timeout, weight, rise, fall, init_fail } = watched;
    let (keyword, what) = match check {
        Check::Command(run) => ("script", script(run)),
        Check::Tcp(endpoint) => ("tanist_tcp", json!(endpoint.to_string())),
        Check::Http(page) => ("tanist_http", json!(page.to_string())),
        Check::Ping(host) => ("tanist_ping", json!(host.as_str())),
        Check::Unit(unit) => ("tanist_unit", json!(unit.as_str())),
        Check::Route(network) => ("tanist_route", json!(network.to_string())),
    };
    let all = json!({
        "name": name,
        keyword: what,
        "interval": seconds(*interval),
        "timeout": seconds(*timeout),
        "rise": rise,
        "fall": fall,
        "init_fail": on(*init_fail),
    });
    weighted(all, *weight)
}

pub(super) fn process(watched: &TrackProcess) -> Value {
    let TrackProcess { name, command, param_match, weight, quorum, quorum_max, .. } = watched;
    let TrackProcess { terminate_delay, fork_delay, full_command, .. } = watched;
    let all = json!({
        "name": name,
        "process": command,
        "param_match": match param_match {
            ParamMatch::None => None,
            ParamMatch::Exact => Some("exact"),
            ParamMatch::Initial => Some("initial"),
            ParamMatch::Partial => Some("partial"),
        },
        "quorum": quorum,
        "quorum_max": quorum_max,
        "terminate_delay": seconds(*terminate_delay),
        "fork_delay": seconds(*fork_delay),
        "full_command": on(*full_command),
    });
    weighted(all, *weight)
}

pub(super) fn file(watched: &TrackFile) -> Value {
    let TrackFile { name, file, weight, init } = watched;
    let init = init.map(|init| json!({ "value": init.value, "overwrite": on(init.overwrite) }));
    weighted(json!({ "name": name, "file": file, "init_file": init }), *weight)
}

pub(super) fn session(watched: &BfdSession) -> Value {
    let BfdSession { name, neighbor, source, min_rx, min_tx, idle_tx, .. } = watched;
    let BfdSession { multiplier, passive, ttl: _, max_hops, multihop, weight, .. } = watched;
    let all = json!({
        "name": name,
        "neighbor_ip": neighbor.to_string(),
        "source_ip": source.map(|source| source.to_string()),
        "min_rx": millis(*min_rx),
        "min_tx": millis(*min_tx),
        "idle_tx": millis(*idle_tx),
        "multiplier": multiplier,
        "passive": on(*passive),
        "ttl": watched.full_hop_limit(),
        "max_hops": max_hops,
        "multihop": on(*multihop),
    });
    weighted(all, *weight)
}

fn weighted(all: Value, weight: Weight) -> Value {
    let mut all: Map<String, Value> = object(all);
    all.insert("weight".to_owned(), json!(weight.number));
    all.insert("reverse".to_owned(), json!(weight.sense == Sense::Reverse));
    all.into()
}

pub(super) fn garp_group(group: &GarpGroup) -> Value {
    let GarpGroup { arp, na, interfaces } = group;
    json!({ "garp_interval": arp.map(seconds), "gna_interval": na.map(seconds), "interfaces": interfaces })
}

pub(super) fn track_group(group: &TrackGroup) -> Value {
    let TrackGroup { name, members } = group;
    json!({ "name": name, "group": members })
}

pub(super) fn link_delay(delay: &LinkDelay) -> Value {
    let LinkDelay { interface, down, up } = delay;
    json!({ "interface": interface, "down": seconds(*down), "up": seconds(*up) })
}
