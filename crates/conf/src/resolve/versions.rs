//! What keepalived's older versions, which other members may still run, read otherwise.

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::Block;
use crate::keywords::trackers;
use crate::read::Raw;

pub(super) fn check(raw: &Raw, out: &mut Diagnostics) {
    let times = [&trackers::INTERVAL, &trackers::TIMEOUT];
    let scripts = raw.blocks(Block::Script).iter().flat_map(|script| times.map(|row| (row, script.settings.get(row))));
    let mut fractions =
        scripts.filter_map(|(row, time)| time.filter(|time| time.value % 1_000_000 > 0).map(|at| (row, at)));
    if let Some((row, time)) = fractions.next() {
        let what = format!("keepalived before 2.3.2 takes whole seconds only for `{}` of a script", row.name);
        let diagnostic = Diagnostic::new(Code::OlderKeepalived, time.span, what);
        out.push(diagnostic.note("it matters where keepalived reads this text as well"));
    }
}
