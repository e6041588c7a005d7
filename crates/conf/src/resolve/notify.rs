//! Scripts that are run when something happens.

use std::collections::HashMap;
use std::time::Duration;

use super::Draft;
use super::groups;
use crate::code::{Code, Severity};
use crate::diagnostic::Diagnostics;
use crate::keyword::{Block, Row};
use crate::keywords::{global, global_notify, groups as group_rows, instance, trackers};
use crate::model::notify::{Lifecycle, Removal, TimedScript};
use crate::model::watch::SyncGroup;
use crate::model::{Notify, Router, Script, Switch};
use crate::read::{Raw, Settings};
use crate::say;
use crate::source::{Span, Spanned};

/// Scripts that a router runs.
pub(super) static ROWS: [&Row<Script>; 7] = [
    &instance::NOTIFY_MASTER,
    &instance::NOTIFY_BACKUP,
    &instance::NOTIFY_FAULT,
    &instance::NOTIFY_STOP,
    &instance::NOTIFY,
    &instance::NOTIFY_MASTER_RX_LOWER_PRI,
    &instance::NOTIFY_DELETED,
];

/// Scripts that the daemon runs for itself, or that run beside it.
static OF_DAEMON: [&Row<Script>; 4] = [
    &global_notify::STARTUP_SCRIPT,
    &global_notify::SHUTDOWN_SCRIPT,
    &global_notify::NOTIFY_FIFO_SCRIPT,
    &global_notify::VRRP_NOTIFY_FIFO_SCRIPT,
];

impl Draft<'_> {
    pub(super) fn notify(&self) -> Notify {
        let [master, backup, fault, stop, any, lower_priority, deleted] = scripts(self.settings, ROWS);
        let is_deleted = self.settings.keyword(&instance::NOTIFY_DELETED).is_some();
        let removal = if is_deleted { Removal::Deleted(deleted) } else { Removal::Stop };
        Notify { master, backup, fault, stop, any, lower_priority, removal }
    }
}

/// `startup_script`, `shutdown_script`.
pub(super) fn lifecycle(settings: &Settings) -> Lifecycle {
    let timed = |script: &Row<Script>, limit: &Row<u32>| {
        let script = settings.value(script)?.clone();
        let time_limit = settings.value(limit).map_or(TIME_LIMIT, |seconds| Duration::from_secs(seconds.into()));
        Some(TimedScript { script, time_limit })
    };
    Lifecycle {
        startup: timed(&global_notify::STARTUP_SCRIPT, &global_notify::STARTUP_SCRIPT_TIMEOUT),
        shutdown: timed(&global_notify::SHUTDOWN_SCRIPT, &global_notify::SHUTDOWN_SCRIPT_TIMEOUT),
    }
}

/// Of scripts of the daemon.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Whether pipes are told a router's changes of priority: the router says it, its group, or `global_defs`.
pub(super) fn resolve_priority_changes(raw: &Raw, groups: &[SyncGroup], routers: &mut [Router]) {
    let global = raw.global.value(&global_notify::VRRP_NOTIFY_PRIORITY_CHANGES);
    let of_group = |group: &SyncGroup| {
        raw.named(Block::SyncGroup, &group.name)?.settings.value(&group_rows::NOTIFY_PRIORITY_CHANGES)
    };
    let members: HashMap<&str, Option<Switch>> =
        groups.iter().flat_map(|group| group.members.iter().map(move |it| (it.as_str(), of_group(group)))).collect();
    for router in routers {
        let block = raw.named(Block::Instance, &router.name);
        let own = block.and_then(|block| block.settings.value(&instance::NOTIFY_PRIORITY_CHANGES));
        let group = members.get(router.name.as_str()).copied().flatten();
        router.priority_changes = own.or(group).or(global).unwrap_or_default();
    }
}

/// The scripts of these keywords.
pub(super) fn scripts<const N: usize>(settings: &Settings, rows: [&Row<Script>; N]) -> [Option<Box<Script>>; N] {
    rows.map(|row| settings.value(row).cloned().map(Box::new))
}

/// Scripts that run when a router or a group becomes something.
pub(crate) fn of_events(raw: &Raw) -> impl Iterator<Item = Spanned<&Script>> {
    let of = |block, rows: &'static [&'static Row<Script>]| {
        raw.blocks(block).iter().flat_map(move |it| rows.iter().filter_map(|row| it.settings.get(row)))
    };
    of(Block::Instance, &ROWS).chain(of(Block::SyncGroup, &groups::SCRIPTS))
}

/// Scripts of the daemon.
pub(crate) fn of_daemon(raw: &Raw) -> impl Iterator<Item = Spanned<&Script>> {
    OF_DAEMON.iter().filter_map(|row| raw.global.get(row))
}

/// Says once who runs scripts if nobody thought of it, or only half.
pub(super) fn check_users(raw: &Raw, has_routers: bool, out: &mut Diagnostics) {
    if !has_routers
        || raw.global.get(&global::SCRIPT_USER).is_some()
        || raw.global.is_bad(&global::ENABLE_SCRIPT_SECURITY)
        || is_misplaced(out)
    {
        return;
    }
    let Some(script) = first_without_user(raw, out) else { return };
    match raw.global.keyword(&global::ENABLE_SCRIPT_SECURITY) {
        None => out.push(say::script_security(script)),
        Some(_) if raw.global.is_bad(&global::SCRIPT_USER) => {}
        Some(security) => out.push(say::script_user(security, script)),
    }
}

/// The first script that does not say who runs it, of those with which nothing graver is wrong.
fn first_without_user(raw: &Raw, out: &Diagnostics) -> Option<Span> {
    let checks = raw.blocks(Block::Script).iter().filter(|script| script.settings.get(&trackers::USER).is_none());
    let checks = checks.filter_map(|script| script.settings.get(&trackers::SCRIPT));
    let mut scripts = of_events(raw).chain(checks).chain(of_daemon(raw));
    // `</run/ok` looks at a file.
    let runs = |script: &Script| script.argv.first().is_some_and(|program| !program.starts_with('<'));
    let unsaid = |script: &Spanned<&Script>| script.value.user.is_none() && runs(script.value);
    let is_wrong = |script: &Spanned<&Script>| out.spoke_within(script.span, Severity::Warning);
    scripts.find(|script| unsaid(script) && !is_wrong(script)).map(|script| script.span)
}

/// Whether somebody thought of it, but in the wrong words or place; that was reported.
fn is_misplaced(out: &Diagnostics) -> bool {
    let unknown = |code| matches!(code, Code::UnknownKeyword | Code::WrongBlock);
    out.iter().any(|diagnostic| unknown(diagnostic.code) && diagnostic.message.contains("script_security`"))
}
