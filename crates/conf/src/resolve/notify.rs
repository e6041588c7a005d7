//! Notify scripts.

use super::Draft;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{Block, KeywordDef};
use crate::keywords::{global, instance};
use crate::model::{Notify, Router, Script};
use crate::read::{Raw, Settings};

const ROWS: [&KeywordDef; 5] = [
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
    if raw.global.keyword(&global::ENABLE_SCRIPT_SECURITY).is_some() || routers.is_empty() {
        return;
    }
    let scripts =
        raw.blocks(Block::Instance).iter().flat_map(|router| ROWS.iter().filter_map(|row| router.settings.script(row)));
    let nobody = raw.global.user(&global::SCRIPT_USER).is_none();
    if let Some(script) = scripts.into_iter().find(|script| script.value.user.is_none() && nobody) {
        let what = "scripts run as root, even those that others may change";
        let note = "a user `keepalived_script` would run them instead, if there is one";
        let diagnostic = Diagnostic::new(Code::ScriptSecurity, script.span, what).note(note);
        out.push(diagnostic.help("add `enable_script_security` and `script_user USER` to `global_defs`"));
    }
}
