//! `interface_up_down_delays` against how long the other routers wait (keepalived-config §3.3).

use std::time::Duration;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::Entry;
use crate::keyword::{Block, KeywordDef};
use crate::keywords::{instance, top};
use crate::model::Router;
use crate::model::machine::LinkDelay;
use crate::read::{Raw, RawBlock};

/// §3.3 rules 6 and 7: once an interface.
pub(super) fn check(raw: &Raw, routers: &[Router], out: &mut Diagnostics) {
    for entry in raw.top.delays(&top::INTERFACE_UP_DOWN_DELAYS) {
        let of_interface = routers.iter().filter(|router| router.interface == entry.value.interface);
        let hurried =
            of_interface.min_by_key(|router| longest(router)).filter(|router| entry.value.down > longest(router));
        if let Some((router, block)) =
            hurried.and_then(|router| Some((router, raw.named(Block::Instance, &router.name)?)))
        {
            out.push(too_long(entry, router, block));
        }
    }
}

/// One interval less than the others wait, and a little for the skew.
fn longest(router: &Router) -> Duration {
    let interval = router.interval.duration();
    (interval * u32::from(router.down_adverts.get() - 1)).saturating_sub(interval / 256)
}

fn too_long(entry: &Entry<LinkDelay>, router: &Router, block: &RawBlock) -> Diagnostic {
    let name = &router.name;
    if router.down_adverts.get() == 1 {
        let what = format!("one missed advertisement makes the others take over from {name}, whatever the delay");
        let row: &KeywordDef = &instance::DOWN_TIMER_ADVERTS;
        let span = block.settings.keyword(row).unwrap_or(block.span);
        let diagnostic = Diagnostic::new(Code::LinkDelayLong, span, what).also(entry.span, "the delay");
        return diagnostic.note("no delay is used, as in keepalived").help("use 2 or more, or no delay");
    }
    let longest = longest(router).as_secs_f64();
    let what = format!("the others take over from {name} before its link counts as down");
    let diagnostic = Diagnostic::new(Code::LinkDelayLong, entry.span, what).also(block.span, "the router");
    let note = format!("keepalived waits {longest:.3} s at most, one `advert_int` less than the others do");
    diagnostic.note(note).help("use a shorter delay, or a longer `advert_int`")
}
