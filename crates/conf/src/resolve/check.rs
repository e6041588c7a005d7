//! What a `vrrp_script` does: a command, or a check of ours (keepalived-config §2.9).

use super::trackers;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::Row;
use crate::keywords::trackers as rows;
use crate::model::Script;
use crate::model::check::{self, Check, Endpoint, Host, Page, UnitName};
use crate::read::RawBlock;
use crate::source::Spanned;

/// A check of ours.
struct BuiltIn {
    row: &'static Row<String>,
    parse: fn(&str) -> Option<Check>,
    /// How it is written.
    form: &'static str,
}

const BUILT_IN: [BuiltIn; 5] = [
    BuiltIn {
        row: &rows::TANIST_TCP,
        parse: |text| Endpoint::parse(text, None).map(Check::Tcp),
        form: "HOST:PORT, for example `localhost:5432`",
    },
    BuiltIn {
        row: &rows::TANIST_HTTP,
        parse: |text| Page::parse(text).map(Check::Http),
        form: "http://HOST:PORT/PATH, for example `http://localhost:8080/health`",
    },
    BuiltIn {
        row: &rows::TANIST_PING,
        parse: |text| Host::parse(text).map(Check::Ping),
        form: "a name or an address, for example `192.0.2.254` or `fe80::1%eth0`",
    },
    BuiltIn {
        row: &rows::TANIST_UNIT,
        parse: |text| UnitName::parse(text).map(Check::Unit),
        form: "the whole name of a unit, for example `haproxy.service`",
    },
    BuiltIn {
        row: &rows::TANIST_ROUTE,
        parse: |text| check::network(text).map(Check::Route),
        form: "a network without bits beyond its length, for example `198.51.100.0/24`, `0.0.0.0/0` or `::/0`",
    },
];

/// What is done: one of ours goes before `script`, which then is for keepalived.
pub(super) fn resolve(raw: &RawBlock, out: &mut Diagnostics) -> Option<Check> {
    let settings = &raw.settings;
    let mut built_in = BUILT_IN.iter().filter_map(|it| Some((it, settings.get(it.row)?)));
    if let Some((BuiltIn { row, parse, form }, target)) = built_in.next() {
        for (other, second) in built_in {
            let second = settings.keyword(other.row).unwrap_or(second.span);
            let diagnostic = Diagnostic::new(Code::RepeatedKeyword, second, "a block makes one check");
            let diagnostic = diagnostic.also(settings.keyword(row).unwrap_or(target.span), "this one counts");
            out.push(diagnostic.help("write a block for each, and track both"));
        }
        return parse(target.value).or_else(|| no_target(target, form, out));
    }
    let Some(script) = settings.get(&rows::SCRIPT) else {
        trackers::nothing(raw, &rows::SCRIPT, out);
        return None;
    };
    let user = settings.value(&rows::USER).cloned().or_else(|| script.value.user.clone());
    Some(Check::Command(Script { argv: script.value.argv.clone(), user }))
}

fn no_target(target: Spanned<&str>, form: &str, out: &mut Diagnostics) -> Option<Check> {
    let what = format!("`{}` cannot be checked: write {form}", target.value);
    out.push(Diagnostic::new(Code::CheckTarget, target.span, what).note("the block is left out"));
    None
}
