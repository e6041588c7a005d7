//! Who wins: owners, priorities, states.

use std::collections::HashMap;

use vrrp::config::EffectKind;

use super::party::Party;
use super::{Part, weights};
use crate::diagnostic::Diagnostics;
use crate::keywords::instance;
use crate::model::State;
use crate::say;
use crate::source::Span;

pub(super) fn check(party: &Party<'_>, out: &mut Diagnostics) {
    priorities(party, out);
    states(party, out);
    nopreempt(party, out);
}

fn priorities(party: &Party<'_>, out: &mut Diagnostics) {
    let mut taken: HashMap<u8, &Part<'_>> = HashMap::new();
    for part in &party.parts {
        let priority = part.router.parameters.priority;
        let first = *taken.entry(priority.value()).or_insert(part);
        if first.member == part.member {
            continue;
        }
        let (row, vrid) = (&instance::PRIORITY, part.router.vrid);
        out.push(if priority.is_owner() {
            say::lan_owners(owner(part), owner(first), vrid)
        } else {
            say::lan_priorities(part.place(row), first.place(row), vrid, priority)
        });
    }
}

/// What makes it the owner: its priority, or its state without one.
fn owner(part: &Part<'_>) -> Span {
    let settings = &part.raw.settings;
    settings.argument(&instance::PRIORITY).unwrap_or_else(|| part.place(&instance::STATE))
}

/// `nopreempt` on the member that nobody is below, where priorities do not move: it never had the chance to preempt.
fn nopreempt(party: &Party<'_>, out: &mut Diagnostics) {
    let parts = || party.parts.iter();
    let highest = parts().max_by_key(|part| part.priority());
    let (Some(highest), Some(lowest)) = (highest, parts().min_by_key(|part| part.priority())) else { return };
    let is_still = parts().all(|part| weights::effects(part).all(|effect| effect == EffectKind::Fault));
    let is_above = highest.priority() > lowest.priority();
    if !is_still || !is_above || !lowest.never_preempts() || highest.never_preempts() {
        return;
    }
    let Some(span) = lowest.raw.settings.keyword(&instance::NOPREEMPT) else { return };
    out.push(say::lan_preempt(span, highest.place(&instance::PRIORITY), lowest.router.vrid));
}

/// Two that expect to be master; owners were spoken of.
fn states(party: &Party<'_>, out: &mut Diagnostics) {
    let expects = |part: &&Part<'_>| part.router.state == State::Master && !part.router.parameters.priority.is_owner();
    let mut masters = party.parts.iter().filter(expects);
    let Some(first) = masters.next() else { return };
    for part in masters {
        let place = |part: &Part<'_>| part.place(&instance::STATE);
        let nopreempt = |part: &Part<'_>| part.raw.settings.keyword(&instance::NOPREEMPT).is_some();
        let is_ignored = nopreempt(first) && nopreempt(part);
        let outcome = if is_ignored { say::lan_states_ignored() } else { say::lan_states_until() };
        out.push(say::lan_states(place(part), place(first), part.router.vrid, outcome));
    }
}
