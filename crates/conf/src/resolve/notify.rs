//! Notify scripts.

use super::Draft;
use super::groups;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{Block, KeywordDef};
use crate::keywords::{global, instance, trackers};
use crate::model::{Notify, Script};
use crate::read::{Raw, Settings};
use crate::source::Span;

static ROWS: [&KeywordDef; 5] = [
    &instance::NOTIFY_MASTER,
    &instance::NOTIFY_BACKUP,
    &instance::NOTIFY_FAULT,
    &instance::NOTIFY_STOP,
    &instance::NOTIFY,
];

impl Draft<'_> {
    pub(super) fn notify(&self) -> Notify {
        let [master, backup, fault, stop, any] = scripts(self.settings, ROWS);
        Notify { master, backup, fault, stop, any }
    }
}

/// The scripts of these keywords.
pub(super) fn scripts<const N: usize>(settings: &Settings, rows: [&KeywordDef; N]) -> [Option<Script>; N] {
    rows.map(|row| settings.script(row).map(|script| script.value.clone()))
}

/// Says once who runs scripts if nobody thought of it, or only half.
pub(super) fn check_users(raw: &Raw, has_routers: bool, out: &mut Diagnostics) {
    if !has_routers
        || raw.global.user(&global::SCRIPT_USER).is_some()
        || raw.global.is_meant(&global::ENABLE_SCRIPT_SECURITY)
        || is_misplaced(out)
    {
        return;
    }
    let Some(script) = first_without_user(raw) else { return };
    let (code, span, what, note, help) = match raw.global.keyword(&global::ENABLE_SCRIPT_SECURITY) {
        None => (
            Code::ScriptSecurity,
            script,
            "scripts run as root, even those that others may change",
            "a user `keepalived_script` would run them instead, if there is one",
            "add `enable_script_security` and `script_user USER` to `global_defs`",
        ),
        Some(_) if raw.global.is_meant(&global::SCRIPT_USER) => return,
        Some(security) => (
            Code::ScriptUser,
            security,
            "nothing says which user runs the scripts",
            "it is `keepalived_script` if there is such a user, else root; keepalived then runs none of them",
            "add `script_user USER` to `global_defs`",
        ),
    };
    let diagnostic = Diagnostic::new(code, span, what).note(note).help(help);
    out.push(if span == script { diagnostic } else { diagnostic.also(script, "a script without user") });
}

/// The first script that does not say who runs it.
fn first_without_user(raw: &Raw) -> Option<Span> {
    let of = |block, rows: &'static [&'static KeywordDef]| {
        raw.blocks(block).iter().flat_map(move |it| rows.iter().filter_map(|row| it.settings.script(row)))
    };
    let checks = raw.blocks(Block::Script).iter().filter(|script| script.settings.user(&trackers::USER).is_none());
    let checks = checks.filter_map(|script| script.settings.script(&trackers::SCRIPT));
    let mut scripts = of(Block::Instance, &ROWS).chain(of(Block::SyncGroup, &groups::SCRIPTS)).chain(checks);
    scripts.find(|script| script.value.user.is_none()).map(|script| script.span)
}

/// Whether somebody thought of it, but in the wrong words or place; that was reported.
fn is_misplaced(out: &Diagnostics) -> bool {
    let unknown = |code| matches!(code, Code::UnknownKeyword | Code::WrongBlock);
    out.iter().any(|diagnostic| unknown(diagnostic.code) && diagnostic.message.contains("script_security`"))
}
