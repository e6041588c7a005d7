//! Notify scripts.

use super::Draft;
use super::groups;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{Block, KeywordDef};
use crate::keywords::{global, instance, trackers};
use crate::model::{Notify, Router, Script};
use crate::read::{Raw, Settings};

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

/// Says once who runs scripts if nobody thought of it.
pub(super) fn check_security(raw: &Raw, routers: &[Router], out: &mut Diagnostics) {
    let thought_of = raw.global.keyword(&global::ENABLE_SCRIPT_SECURITY).is_some()
        || raw.global.user(&global::SCRIPT_USER).is_some()
        || is_misplaced(out);
    if thought_of || routers.is_empty() {
        return;
    }
    let of = |block, rows: &'static [&'static KeywordDef]| {
        raw.blocks(block).iter().flat_map(move |it| rows.iter().filter_map(|row| it.settings.script(row)))
    };
    let checks = raw.blocks(Block::Script).iter().filter(|script| script.settings.user(&trackers::USER).is_none());
    let checks = checks.filter_map(|script| script.settings.script(&trackers::SCRIPT));
    let mut scripts = of(Block::Instance, &ROWS).chain(of(Block::SyncGroup, &groups::SCRIPTS)).chain(checks);
    if let Some(script) = scripts.find(|script| script.value.user.is_none()) {
        let what = "scripts run as root, even those that others may change";
        let note = "a user `keepalived_script` would run them instead, if there is one";
        let diagnostic = Diagnostic::new(Code::ScriptSecurity, script.span, what).note(note);
        out.push(diagnostic.help("add `enable_script_security` and `script_user USER` to `global_defs`"));
    }
}

/// Whether somebody thought of it, but in the wrong words or place; that was reported.
fn is_misplaced(out: &Diagnostics) -> bool {
    let unknown = |code| matches!(code, Code::UnknownKeyword | Code::WrongBlock);
    out.iter().any(|diagnostic| unknown(diagnostic.code) && diagnostic.message.contains("script_security`"))
}
