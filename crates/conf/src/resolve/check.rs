//! What a `vrrp_script` does: a command, or a check of ours (keepalived-config §2.9).

use super::{or_say, trackers};
use crate::diagnostic::Diagnostics;
use crate::keyword::Row;
use crate::keywords::trackers as rows;
use crate::model::Script;
use crate::model::check::{self, Check, Endpoint, Host, Page, UnitName};
use crate::read::RawBlock;
use crate::say;
use crate::value::Typed as _;

/// A check of ours: its keyword, how it is read, and how it is written.
type BuiltIn = (&'static Row<String>, fn(&str) -> Option<Check>, fn() -> String);

const BUILT_IN: [BuiltIn; 5] = [
    (&rows::TANIST_TCP, |text| Endpoint::parse(text, None).map(Check::Tcp), say::check_target_tcp),
    (&rows::TANIST_HTTP, |text| Page::parse(text).map(Check::Http), say::check_target_http),
    (&rows::TANIST_PING, |text| Host::parse(text).map(Check::Ping), say::check_target_ping),
    (&rows::TANIST_UNIT, |text| UnitName::parse(text).map(Check::Unit), say::check_target_unit),
    (&rows::TANIST_ROUTE, |text| check::network(text).map(Check::Route), say::check_target_route),
];

/// What is done: one of ours goes before `script`, which then is for keepalived.
pub(super) fn resolve(raw: &RawBlock, out: &mut Diagnostics) -> Option<Check> {
    let settings = &raw.settings;
    let mut built_in = BUILT_IN.iter().filter_map(|it| Some((it, settings.counting(it.0)?)));
    if let Some(((_, parse, form), first)) = built_in.next() {
        for (_, second) in built_in {
            out.push(say::repeated_keyword_check(second.keyword, first.keyword));
        }
        let target = String::of(&first.value)?;
        return or_say(parse(target), || say::check_target(first.span, target, form()), out);
    }
    let script = trackers::watched(raw, &rows::SCRIPT, out)?.value;
    let user = settings.value(&rows::USER).or(script.user.as_ref()).cloned();
    Some(Check::Command(Script { argv: script.argv.clone(), user }))
}
