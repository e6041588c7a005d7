//! Weights that cannot do what they say: of owners, in sync groups, at the ends of the scale (keepalived-config §3.5).

use std::collections::HashMap;

use vrrp::config::{EffectKind, Preempt};
use vrrp::types::Priority;

use super::tracking::{interfaces, tracker_at};
use super::{Draft, Made};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keywords::instance;
use crate::model::watch::{Tracked, TrackerKind};
use crate::model::{Router, Sense, Tracker};
use crate::read::RawBlock;
use crate::say;
use crate::source::Span;

/// What becomes of a weighted tracker where priorities do not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is left out.
    Dropped,
    /// It stops the router.
    Zero,
    /// It stays, by an oversight of keepalived.
    Stays,
}

/// Takes the weight of a tracker, if it has one, as far as keepalived does. §3.5 rules 8 to 11.
pub(super) fn take_weight(tracker: &mut Tracker) -> Option<Fate> {
    match tracker.kind {
        _ if tracker.weight.number == 0 => None,
        TrackerKind::Process => Some(Fate::Stays),
        TrackerKind::File if tracker.weight.number == 1 => {
            tracker.weight.number = 0;
            Some(Fate::Zero)
        }
        TrackerKind::Script | TrackerKind::File | TrackerKind::Session => Some(Fate::Dropped),
    }
}

impl Draft<'_> {
    /// What the router tracks besides interfaces.
    pub(super) fn trackers(&mut self, priority: Priority) -> Tracked {
        let trackers = self.known.trackers(self.raw, self.out);
        let kept = trackers.into_iter().filter_map(|(tracker, span)| {
            if priority.is_owner() { self.of_owner(tracker, span) } else { Some(tracker) }
        });
        Tracked { interfaces: Vec::new(), named: kept.collect() }
    }

    fn of_owner(&mut self, mut tracker: Tracker, span: Span) -> Option<Tracker> {
        let Some(fate) = take_weight(&mut tracker) else { return Some(tracker) };
        self.report_of_owner(|owner| match fate {
            Fate::Dropped => say::track_owner(span, owner),
            Fate::Zero => say::group_weight_zero_owner(span, owner),
            Fate::Stays => say::owner_process(span, owner),
        });
        (fate != Fate::Dropped).then_some(tracker)
    }

    /// Of an owner of which nothing else was said.
    pub(super) fn check_owner(&mut self, priority: Priority) {
        let Some(written) = self.settings.argument(&instance::PRIORITY) else { return };
        if priority.is_owner() && !self.is_owner_reported {
            self.report(say::owner_priority(written, &self.raw.name));
        }
    }

    /// Says what an owner cannot have. That one is an owner for want of a priority was reported with what follows from it.
    pub(super) fn report_of_owner(&mut self, what: impl FnOnce(Option<Span>) -> Diagnostic) {
        self.is_owner_reported = true;
        let priority = self.settings.argument(&instance::PRIORITY);
        if priority.is_some() {
            self.report(what(priority));
        }
    }
}

/// Weights that change nothing, or not what they are for.
pub(super) fn check(routers: &[Made<'_>], out: &mut Diagnostics) {
    routers.iter().filter(|made| !made.router.parameters.priority.is_owner()).for_each(|made| check_router(made, out));
}

fn check_router(Made { raw, router, .. }: &Made<'_>, out: &mut Diagnostics) {
    let weighted = weighted(raw, router);
    for &(span, weight, sense) in &weighted {
        if moved(router.parameters.priority, sense.of(weight.into())) == router.parameters.priority.value() {
            out.push(say::weight_futile(span, weight, router.parameters.priority));
        }
    }
    check_sum(router.parameters.priority, &weighted, out);
    let nopreempt = raw.settings.keyword(&instance::NOPREEMPT).filter(|_| router.parameters.preempt == Preempt::Never);
    let (Some(nopreempt), Some(&(span, ..))) = (nopreempt, weighted.first()) else { return };
    out.push(say::weight_nopreempt(span, nopreempt));
}

/// Says once if, while all else is well, a failure changes nothing: what lies beyond 254 is cut.
fn check_sum(priority: Priority, weighted: &[(Span, i16, Sense)], out: &mut Diagnostics) {
    let base = i32::from(priority.value());
    let gains = weighted.iter().map(|(_, weight, sense)| sense.of((*weight).into()).max(0));
    let best = base + gains.sum::<i32>();
    // What is gained while all is well is lost by a failure, and the others only take something away then.
    let is_spare = |(_, weight, sense): &&(Span, i16, Sense)| {
        let costs = sense.of((*weight).into()).abs();
        costs > 0 && base < MOST && best - costs >= MOST
    };
    let Some(&(span, ..)) = weighted.iter().find(is_spare) else { return };
    out.push(say::weight_spare(span, priority, best, MOST, best - MOST));
}

/// Where weights stand, and how far they move the priority. Files multiply theirs, so that it says nothing.
fn weighted(raw: &RawBlock, router: &Router) -> Vec<(Span, i16, Sense)> {
    let mut weighted = Vec::new();
    let interfaces: HashMap<&str, Span> =
        interfaces(&raw.settings).map(|entry| (entry.value.interface.as_str(), entry.span)).collect();
    for tracked in &router.track_interfaces {
        if let EffectKind::Weight(weight) = tracked.effect.kind
            && let Some(&span) = interfaces.get(tracked.interface.as_str())
        {
            weighted.push((span, weight, tracked.effect.sense));
        }
    }
    weighted.extend(router.tracked.named.iter().filter_map(|tracker| match tracker.kind.effect(tracker.weight).kind {
        EffectKind::Weight(weight) => {
            Some((tracker_at(&raw.settings, tracker.kind, &tracker.name)?, weight, tracker.weight.sense))
        }
        EffectKind::Fault | EffectKind::Factor(_) => None,
    }));
    weighted
}

/// The highest priority that weights lead to.
const MOST: i32 = 254;

/// The priority under one weight.
fn moved(priority: Priority, weight: i32) -> u8 {
    let sum = (i32::from(priority.value()) + weight).clamp(1, MOST);
    u8::try_from(sum).unwrap_or(u8::MAX)
}
