//! Who is told what happens.

use serde_json::{Map, Value, json};

use super::{object, on, script, seconds, user};
use crate::model::notify::{Lifecycle, Pipe, Pipes, Removal, TimedScript};
use crate::model::{Notify, Router, Script};

/// What routers and groups have.
pub(super) fn notify(notify: &Notify) -> Map<String, Value> {
    let Notify { master, backup, fault, stop, any, lower_priority: _, removal: _ } = notify;
    object(json!({
        "notify_master": run(master.as_ref()),
        "notify_backup": run(backup.as_ref()),
        "notify_fault": run(fault.as_ref()),
        "notify_stop": run(stop.as_ref()),
        "notify": run(any.as_ref()),
    }))
}

/// What routers alone have.
pub(super) fn told(router: &Router) -> Map<String, Value> {
    object(json!({
        "notify_master_rx_lower_pri": run(router.notify.lower_priority.as_ref()),
        "notify_deleted": match &router.notify.removal {
            Removal::Stop => Value::Null,
            Removal::Deleted(None) => json!(true),
            Removal::Deleted(Some(deleted)) => script(deleted),
        },
        "notify_priority_changes": on(router.priority_changes),
    }))
}

pub(super) fn lifecycle(lifecycle: &Lifecycle) -> Map<String, Value> {
    let Lifecycle { startup, shutdown } = lifecycle;
    let command = |timed: &Option<TimedScript>| run(timed.as_ref().map(|timed| &timed.script));
    let limit = |timed: &Option<TimedScript>| timed.as_ref().map(|timed| seconds(timed.time_limit));
    object(json!({
        "startup_script": command(startup),
        "startup_script_timeout": limit(startup),
        "shutdown_script": command(shutdown),
        "shutdown_script_timeout": limit(shutdown),
    }))
}

pub(super) fn pipes(pipes: &Pipes) -> Map<String, Value> {
    let Pipes { all, vrrp, states_on_reload } = pipes;
    object(json!({
        "notify_fifo": all.as_ref().map(pipe),
        "vrrp_notify_fifo": vrrp.as_ref().map(pipe),
        "fifo_write_vrrp_states_on_reload": on(*states_on_reload),
    }))
}

fn pipe(pipe: &Pipe) -> Value {
    let Pipe { path, user: owner, reader } = pipe;
    json!({ "path": path, "user": owner.as_ref().map(user), "script": run(reader.as_ref()) })
}

fn run(command: Option<&Script>) -> Value {
    command.map_or(Value::Null, script)
}
