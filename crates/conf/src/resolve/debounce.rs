//! `interface_up_down_delays` against how long the other routers wait (keepalived-config §3.3).

use std::time::Duration;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::Entry;
use crate::keyword::Block;
use crate::keywords::{instance, top};
use crate::model::Router;
use crate::model::machine::LinkDelay;
use crate::read::{Raw, RawBlock};
use crate::say;

/// Delays of link changes, in file order. §3.3 rules 6 and 7: once an interface.
pub(super) fn resolve(raw: &Raw, routers: &[Router], out: &mut Diagnostics) -> Vec<LinkDelay> {
    let mut delays = Vec::new();
    for entry in raw.top.entries(&top::INTERFACE_UP_DOWN_DELAYS) {
        let of_interface = routers.iter().filter(|router| router.interface == entry.value.interface);
        let hurried = of_interface.min_by_key(|router| longest(router)).and_then(|router| {
            let block = raw.named(Block::Instance, &router.name)?;
            (entry.value.down > longest(router)).then_some((router, block))
        });
        delays.push(match hurried {
            Some((router, block)) => {
                out.push(too_long(entry, router, block));
                shortened(&entry.value, longest(router))
            }
            None => entry.value.clone(),
        });
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
    if router.parameters.down_adverts.get() == 1 {
        let span = block.settings.keyword(&instance::DOWN_TIMER_ADVERTS).unwrap_or(block.span);
        return say::link_delay_long_any(span, entry.span, &router.name);
    }
    say::link_delay_long(entry.span, block.span, &router.name, longest(router).as_secs_f64())
}
