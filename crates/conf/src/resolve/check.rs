//! What a `vrrp_script` does: a command, or a check of ours (keepalived-config §2.9).

use super::trackers;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keywords::trackers as rows;
use crate::model::Script;
use crate::model::check::{Check, Endpoint, Page};
use crate::read::RawBlock;
use crate::source::Spanned;

/// What is done: one of ours goes before `script`, which then is for keepalived.
pub(super) fn resolve(raw: &RawBlock, out: &mut Diagnostics) -> Option<Check> {
    let settings = &raw.settings;
    if let (Some(first), Some(second)) = (settings.keyword(&rows::TANIST_TCP), settings.keyword(&rows::TANIST_HTTP)) {
        let diagnostic = Diagnostic::new(Code::RepeatedKeyword, second, "a block makes one check");
        out.push(diagnostic.also(first, "this one counts").help("write a block for each, and track both"));
    }
    if let Some(target) = settings.text(&rows::TANIST_TCP) {
        let endpoint = Endpoint::parse(target.value, None);
        return endpoint.map(Check::Tcp).or_else(|| no_target(target, "HOST:PORT, for example `localhost:5432`", out));
    }
    if let Some(target) = settings.text(&rows::TANIST_HTTP) {
        let page = Page::parse(target.value);
        let form = "http://HOST:PORT/PATH, for example `http://localhost:8080/health`";
        return page.map(Check::Http).or_else(|| no_target(target, form, out));
    }
    let Some(script) = settings.script(&rows::SCRIPT) else {
        trackers::nothing(raw, &rows::SCRIPT, out);
        return None;
    };
    let user = settings.user(&rows::USER).cloned().or_else(|| script.value.user.clone());
    Some(Check::Command(Script { argv: script.value.argv.clone(), user }))
}

fn no_target(target: Spanned<&str>, form: &str, out: &mut Diagnostics) -> Option<Check> {
    let what = format!("`{}` cannot be asked: write {form}", target.value);
    out.push(Diagnostic::new(Code::CheckTarget, target.span, what).note("the block is left out"));
    None
}

