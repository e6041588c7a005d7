//! Who wins: owners, priorities, states, and weights that are too small to make another member take over.

use vrrp::config::EffectKind;
use vrrp::types::Priority;

use super::{Part, Party};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keywords::instance;
use crate::model::State;
use crate::resolve::tracking;
use crate::say;
use crate::source::Span;

pub(super) fn check(party: &Party<'_>, out: &mut Diagnostics) {
    priorities(party, out);
    states(party, out);
    nopreempt(party, out);
    weights(party, out);
}

fn priorities(party: &Party<'_>, out: &mut Diagnostics) {
    for (first, part, priority) in party.sharing(read_priority) {
        let (row, vrid) = (&instance::PRIORITY, part.router.vrid);
        out.push(if priority.is_owner() {
            say::lan_owners(owner(part), owner(first), vrid)
        } else {
            say::lan_priorities(part.place(row), first.place(row), vrid, priority)
        });
    }
}

/// `None`: it was meant to have another one.
fn read_priority(part: &Part<'_>) -> Option<Priority> {
    let is_meant = part.raw.settings.is_bad(&instance::PRIORITY);
    (!is_meant).then_some(part.router.parameters.priority)
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
    let is_still = parts().all(|part| effects(part).all(|effect| effect == EffectKind::Fault));
    let is_above = highest.priority() > lowest.priority();
    if !is_still || !is_above || !lowest.never_preempts() || highest.never_preempts() {
        return;
    }
    let Some(span) = lowest.raw.settings.keyword(&instance::NOPREEMPT) else { return };
    out.push(say::lan_preempt(span, highest.place(&instance::PRIORITY), lowest.router.vrid));
}

/// Two that expect to be master; owners were spoken of.
fn states(party: &Party<'_>, out: &mut Diagnostics) {
    let expects = |part: &Part<'_>| part.router.state == State::Master && !part.router.parameters.priority.is_owner();
    for (first, part, ()) in party.sharing(|part| expects(part).then_some(())) {
        let place = |part: &Part<'_>| part.place(&instance::STATE);
        let nopreempt = |part: &Part<'_>| part.raw.settings.keyword(&instance::NOPREEMPT).is_some();
        let is_ignored = nopreempt(first) && nopreempt(part);
        let outcome = if is_ignored { say::lan_states_ignored() } else { say::lan_states_until() };
        out.push(say::lan_states(place(part), place(first), part.router.vrid, outcome));
    }
}

/// The member with the highest priority must be able to fall below the next one, and that one must take over then.
fn weights(party: &Party<'_>, out: &mut Diagnostics) {
    let mut parts: Vec<&Part<'_>> = party.parts.iter().collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.priority()));
    let [first, next, ..] = parts.as_slice() else { return };
    take_back_general(&parts, out);
    let (highest, second) = (i32::from(first.priority()), i32::from(next.priority()));
    let Some((drop, span)) = largest_drop(first) else { return };
    if first.router.parameters.priority.is_owner() || highest == second {
        return;
    }
    if highest - drop < second {
        return nobody_preempts(&parts, (highest - drop, span), out);
    }
    let (vrid, place) = (first.router.vrid, next.place(&instance::PRIORITY));
    out.push(say::lan_weight(span, place, vrid, highest - drop, drop, second, highest - second));
}

/// Members that would win and let a worse master be. If none of all preempts, that was said of each.
fn nobody_preempts(parts: &[&Part<'_>], (lowest, span): (i32, Span), out: &mut Diagnostics) {
    let [first, others @ ..] = parts else { return };
    let mut winners = others.iter().filter(|part| i32::from(part.priority()) > lowest);
    let Some(next) = winners.next() else { return };
    if next.never_preempts() && winners.all(|part| part.never_preempts()) && !first.never_preempts() {
        out.push(say::lan_weight_nopreempt(span, next.keyword(&instance::NOPREEMPT), first.router.vrid));
    }
}

/// What is said of one member's weights holds if no member preempts.
fn take_back_general(parts: &[&Part<'_>], out: &mut Diagnostics) {
    if parts.iter().all(|part| part.never_preempts()) {
        return;
    }
    for part in parts.iter().filter(|part| part.never_preempts()) {
        if let Some(keyword) = part.raw.settings.keyword(&instance::NOPREEMPT) {
            let is_at = |said: &Diagnostic| said.labels.iter().any(|label| label.span == keyword);
            out.take_back(|said| said.code == Code::WeightNopreempt && is_at(said));
        }
    }
}

/// What trackers do to a member.
fn effects<'a>(part: &Part<'a>) -> impl Iterator<Item = EffectKind> + use<'a> {
    let router = part.router;
    let named = router.tracked.named.iter().map(|tracker| tracker.kind.effect(tracker.weight));
    named.chain(router.track_interfaces.iter().map(|tracked| tracked.effect)).map(|effect| effect.kind)
}

/// How far the priority of a member can fall, and where the first weight stands. `None`: nothing moves it, or by amounts
/// that a file says, or a failure stops the router as well.
fn largest_drop(part: &Part<'_>) -> Option<(i32, Span)> {
    let named = &part.router.tracked.named;
    let weights = effects(part).map(|effect| match effect {
        EffectKind::Fault | EffectKind::Factor(_) => None,
        EffectKind::Weight(weight) => Some(i32::from(weight).abs()),
    });
    let weights = weights.collect::<Option<Vec<i32>>>().filter(|weights| !weights.is_empty())?;
    let settings = &part.raw.settings;
    let span = named.iter().find_map(|tracker| {
        let (_, of_router, _) = tracking::of_kind(tracker.kind);
        settings.keyword(of_router)
    });
    let span = span.or_else(|| settings.keyword(&instance::TRACK_INTERFACE));
    Some((weights.iter().sum(), span.unwrap_or(part.raw.span)))
}
