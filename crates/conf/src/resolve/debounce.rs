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

/// Delays of link changes, in file order. §3.3 rules 6 and 7: once an interface.
pub(super) fn resolve(raw: &Raw, routers: &[Router], out: &mut Diagnostics) -> Vec<LinkDelay> {
    let mut delays = Vec::new();
    for entry in raw.top.entries(&top::INTERFACE_UP_DOWN_DELAYS) {
        let of_interface = routers.iter().filter(|router| router.interface == entry.value.interface);
        let hurried =
            of_interface.min_by_key(|router| longest(router)).filter(|router| entry.value.down > longest(router));
        if let Some((router, block)) =
            hurried.and_then(|router| Some((router, raw.named(Block::Instance, &router.name)?)))
        {
            out.push(too_long(entry, router, block));
            delays.push(shortened(&entry.value, longest(router)));
        } else {
            delays.push(entry.value.clone());
        }
    }
    delays
}

/// A delay to up that is the same stays the same.
fn shortened(delay: &LinkDelay, down: Duration) -> LinkDelay {
    let up = if delay.up == delay.down { down } else { delay.up };
    LinkDelay { interface: delay.interface.clone(), down, up }
}

/// One interval less than the others wait, and a little for the skew.
fn longest(router: &Router) -> Duration {
    let interval = router.parameters.interval.duration();
    let longest = (interval * u32::from(router.parameters.down_adverts.get() - 1)).saturating_sub(interval / 256);
    // As exact as it can be written.
    Duration::from_micros(u64::try_from(longest.as_micros()).unwrap_or(u64::MAX))
}

fn too_long(entry: &Entry<LinkDelay>, router: &Router, block: &RawBlock) -> Diagnostic {
    let name = &router.name;
    if router.parameters.down_adverts.get() == 1 {
        let what = format!("one missed advertisement makes the others take over from {name}, whatever the delay");
        let row: &KeywordDef = &instance::DOWN_TIMER_ADVERTS;
        let span = block.settings.keyword(row).unwrap_or(block.span);
        let diagnostic = Diagnostic::new(Code::LinkDelayLong, span, what).also(entry.span, "the delay");
        return diagnostic.note("no delay is used, as in keepalived").help("use 2 or more, or no delay");
    }
    let longest = longest(router).as_secs_f64();
    let what = format!("the others take over from {name} before its link counts as down");
    let diagnostic = Diagnostic::new(Code::LinkDelayLong, entry.span, what).also(block.span, "the router");
    let note = format!("{longest:.3} s is used, as in keepalived, one `advert_int` less than the others wait");
    diagnostic.note(note).help("use a shorter delay, or a longer `advert_int`")
}
