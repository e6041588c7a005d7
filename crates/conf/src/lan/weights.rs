//! Weights that are too small to make another member take over.

use vrrp::config::EffectKind;

use super::Part;
use super::party::Party;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keywords::instance;
use crate::resolve::lists::instance_row;
use crate::source::Span;

/// The member with the highest priority must be able to fall below the next one.
pub(super) fn check(party: &Party<'_>, out: &mut Diagnostics) {
    let mut parts: Vec<&Part<'_>> = party.parts.iter().collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.router.priority.value()));
    let [first, next, ..] = parts.as_slice() else { return };
    let (highest, second) = (i32::from(first.router.priority.value()), i32::from(next.router.priority.value()));
    let Some((drop, span)) = largest_drop(first) else { return };
    if first.router.priority.is_owner() || highest == second || highest - drop < second {
        return;
    }
    let what = format!("even if every check fails, {} stays at priority {} here", first.title(), highest - drop);
    let diagnostic = Diagnostic::new(Code::LanWeight, span, what).here(format!("all weights together: {drop}"));
    let place = next.place(&instance::PRIORITY);
    let diagnostic = diagnostic.also(place, format!("the next member has {second}"));
    let note = "no failing check moves the addresses to another member";
    out.push(diagnostic.note(note).help(format!("the weights together must be more than {}", highest - second)));
}

/// How far the priority of a member can fall, and where the first weight stands. `None`: nothing moves it, or by amounts
/// that a file says, or a failure stops the router as well.
fn largest_drop(part: &Part<'_>) -> Option<(i32, Span)> {
    let router = part.router;
    let named = &router.tracked.named;
    let effects = named.iter().map(|tracker| tracker.kind.effect(tracker.weight));
    let effects = effects.chain(router.track_interfaces.iter().map(|tracked| tracked.effect));
    let weights = effects.map(|effect| match effect.kind {
        EffectKind::Fault | EffectKind::Factor(_) => None,
        EffectKind::Weight(weight) => Some(i32::from(weight).abs()),
    });
    let weights = weights.collect::<Option<Vec<i32>>>().filter(|weights| !weights.is_empty())?;
    let keyword = |row| part.raw.settings.keyword(row);
    let span = named.iter().find_map(|tracker| keyword(instance_row(tracker.kind)));
    let span = span.or_else(|| keyword(&instance::TRACK_INTERFACE));
    Some((weights.iter().sum(), span.unwrap_or(part.raw.span)))
}
