//! What a `vrrp_script` does: a command, or a check of ours (keepalived-config §2.9).

use super::trackers;
use crate::diagnostic::Diagnostics;
use crate::keyword::Row;
use crate::keywords::trackers as rows;
use crate::model::Script;
use crate::model::check::{self, Check, Endpoint, Host, Page, UnitName};
use crate::read::RawBlock;
use crate::say;

/// A check of ours.
struct BuiltIn {
    row: &'static Row<String>,
    parse: fn(&str) -> Option<Check>,
    /// How it is written.
    form: fn() -> String,
}

const BUILT_IN: [BuiltIn; 5] = [
    BuiltIn {
        row: &rows::TANIST_TCP,
        parse: |text| Endpoint::parse(text, None).map(Check::Tcp),
        form: say::check_target_tcp,
    },
    BuiltIn { row: &rows::TANIST_HTTP, parse: |text| Page::parse(text).map(Check::Http), form: say::check_target_http },
    BuiltIn { row: &rows::TANIST_PING, parse: |text| Host::parse(text).map(Check::Ping), form: say::check_target_ping },
    BuiltIn {
        row: &rows::TANIST_UNIT,
        parse: |text| UnitName::parse(text).map(Check::Unit),
        form: say::check_target_unit,
    },
    BuiltIn {
        row: &rows::TANIST_ROUTE,
        parse: |text| check::network(text).map(Check::Route),
        form: say::check_target_route,
    },
];

/// What is done: one of ours goes before `script`, which then is for keepalived.
pub(super) fn resolve(raw: &RawBlock, out: &mut Diagnostics) -> Option<Check> {
    let settings = &raw.settings;
    let mut built_in = BUILT_IN.iter().filter_map(|it| Some((it, settings.get(it.row)?)));
    if let Some((BuiltIn { row, parse, form }, target)) = built_in.next() {
        for (other, second) in built_in {
            let second = settings.keyword(other.row).unwrap_or(second.span);
            out.push(say::repeated_keyword_check(second, settings.keyword(row).unwrap_or(target.span)));
        }
        let check = parse(target.value);
        if check.is_none() {
            out.push(say::check_target(target.span, target.value, form()));
        }
        return check;
    }
    let Some(script) = settings.get(&rows::SCRIPT) else {
        trackers::nothing(raw, &rows::SCRIPT, out);
        return None;
    };
    let user = settings.value(&rows::USER).cloned().or_else(|| script.value.user.clone());
    Some(Check::Command(Script { argv: script.value.argv.clone(), user }))
}
