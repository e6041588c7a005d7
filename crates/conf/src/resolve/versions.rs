//! What keepalived's older versions, which other members may still run, read otherwise.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::Block;
use crate::keywords::{global, trackers};
use crate::model::Switch;
use crate::read::Raw;
use crate::source::Span;

pub(super) fn check(raw: &Raw, out: &mut Diagnostics) {
    if let Some(strict) = raw.global.get(&global::VRRP_STRICT).filter(|strict| strict.value == Switch::Off) {
        let told = told(strict.span, "keepalived before 2.3.0 takes `vrrp_strict off` for on");
        out.push(told.help("remove the line: off is the default"));
    }
    let times = [&trackers::INTERVAL, &trackers::TIMEOUT];
    let scripts = raw.blocks(Block::Script).iter().flat_map(|script| times.map(|row| (row, script.settings.get(row))));
    let mut fractions =
        scripts.filter_map(|(row, time)| time.filter(|time| time.value % 1_000_000 > 0).map(|at| (row, at)));
    if let Some((row, time)) = fractions.next() {
        let what = format!("keepalived before 2.3.2 takes whole seconds only for `{}` of a script", row.name);
        out.push(told(time.span, &what));
    }
}

fn told(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(Code::OlderKeepalived, span, what).note("it matters where keepalived reads this text as well")
}
