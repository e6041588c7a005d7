//! What keepalived's older versions, which other members may still run, read otherwise.

use crate::diagnostic::Diagnostics;
use crate::keyword::Block;
use crate::keywords::trackers;
use crate::read::Raw;
use crate::say;

pub(super) fn check(raw: &Raw, out: &mut Diagnostics) {
    let times = [&trackers::INTERVAL, &trackers::TIMEOUT];
    let scripts = raw.blocks(Block::Script).iter().flat_map(|script| times.map(|row| (row, script.settings.get(row))));
    let mut fractions =
        scripts.filter_map(|(row, time)| time.filter(|time| time.value % 1_000_000 > 0).map(|at| (row, at)));
    if let Some((row, time)) = fractions.next() {
        out.push(say::older_keepalived_fraction(time.span, row.name));
    }
}
