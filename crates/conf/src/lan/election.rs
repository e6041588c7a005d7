//! Who wins: owners, priorities, states.

use std::collections::HashMap;

use vrrp::config::{EffectKind, Preempt};

use super::party::Party;
use super::{Part, weights};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keywords::instance;
use crate::model::State;
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
        let Some(first) = taken.get(&priority.value()) else {
            taken.insert(priority.value(), part);
            continue;
        };
        let diagnostic = if priority.is_owner() {
            let what = format!("{} has two owners", part.title());
            let note = "one host at most owns the addresses; here two become master whenever they start, until the one with the lower address hears the other";
            Diagnostic::new(Code::LanOwners, owner(part), what).also(owner(first), "the first").note(note)
        } else {
            let what = format!("two members of {} have priority {priority}", part.title());
            let note = "after a failure both become master at once; the greater primary address wins";
            let diagnostic = Diagnostic::new(Code::LanPriorities, part.place(&instance::PRIORITY), what);
            diagnostic.also(first.place(&instance::PRIORITY), "the first").note(note).help("give each its own priority")
        };
        out.push(diagnostic);
    }
}

/// What makes it the owner: its priority, or its state without one.
fn owner(part: &Part<'_>) -> Span {
    let settings = &part.raw.settings;
    settings.argument(&instance::PRIORITY).unwrap_or_else(|| part.place(&instance::STATE))
}

/// `nopreempt` on the member that nobody is below, where priorities do not move: it never had the chance to preempt.
fn nopreempt(party: &Party<'_>, out: &mut Diagnostics) {
    let priority = |part: &&Part<'_>| part.router.parameters.priority.value();
    let (Some(highest), Some(lowest)) =
        (party.parts.iter().max_by_key(priority), party.parts.iter().min_by_key(priority))
    else {
        return;
    };
    let never = |part: &Part<'_>| part.router.parameters.preempt == Preempt::Never;
    let is_still = party.parts.iter().all(|part| weights::effects(part).all(|effect| effect == EffectKind::Fault));
    if !is_still || !never(lowest) || never(highest) || priority(&lowest) == priority(&highest) {
        return;
    }
    let Some(span) = lowest.raw.settings.keyword(&instance::NOPREEMPT) else { return };
    let what = format!("`nopreempt` changes nothing on the member of {} with the lowest priority", lowest.title());
    let diagnostic = Diagnostic::new(Code::LanPreempt, span, what);
    let diagnostic = diagnostic.also(highest.place(&instance::PRIORITY), "this member preempts");
    let note = "when the other member is back, it takes the addresses at once";
    out.push(diagnostic.note(note).help("write `nopreempt` on the member with the higher priority, or on all of them"));
}

/// Two that expect to be master; owners were spoken of.
fn states(party: &Party<'_>, out: &mut Diagnostics) {
    let expects = |part: &&Part<'_>| part.router.state == State::Master && !part.router.parameters.priority.is_owner();
    let mut masters = party.parts.iter().filter(expects);
    let Some(first) = masters.next() else { return };
    for part in masters {
        let what = format!("two members of {} say `state MASTER`", part.title());
        let nopreempt = |part: &Part<'_>| part.raw.settings.keyword(&instance::NOPREEMPT).is_some();
        let note = if nopreempt(first) && nopreempt(part) {
            "`nopreempt` is ignored on both, and the higher priority always takes over"
        } else {
            "with keepalived each takes the addresses when it starts, until it has heard the other"
        };
        let diagnostic = Diagnostic::new(Code::LanStates, part.place(&instance::STATE), what);
        let diagnostic = diagnostic.also(first.place(&instance::STATE), "the first").note(note);
        out.push(diagnostic.help("use `state BACKUP` on all but one, and on all of them with `nopreempt`"));
    }
}
