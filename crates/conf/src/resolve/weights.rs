//! Weights that cannot do what they say: of owners, in sync groups, at the ends of the scale (keepalived-config §3.5).

use std::collections::HashMap;

use vrrp::config::{EffectKind, Preempt};
use vrrp::types::Priority;

use super::lists::{entry, instance_row};
use super::{Draft, OwnerReported};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keywords::instance;
use crate::model::watch::{Tracked, TrackerKind};
use crate::model::{Router, Sense, Tracker};
use crate::read::RawBlock;
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

impl Fate {
    /// Whether the tracker stays, perhaps without its weight.
    pub(super) fn leaves(self, tracker: &mut Tracker) -> bool {
        match self {
            Self::Dropped => false,
            Self::Zero => {
                tracker.weight.number = 0;
                true
            }
            Self::Stays => true,
        }
    }
}

/// §3.5 rules 8 to 11.
pub(super) fn fate(tracker: &Tracker) -> Fate {
    match tracker.kind {
        TrackerKind::Process => Fate::Stays,
        TrackerKind::File if tracker.weight.number == 1 => Fate::Zero,
        TrackerKind::Script | TrackerKind::File | TrackerKind::Session => Fate::Dropped,
    }
}

impl Draft<'_> {
    /// What the router tracks besides interfaces.
    pub(super) fn trackers(&mut self, priority: Priority) -> Tracked {
        let trackers = self.known.trackers(self.raw, instance_row, self.out);
        let kept = trackers.into_iter().filter_map(|(tracker, span)| {
            if priority.is_owner() { self.of_owner(tracker, span) } else { Some(tracker) }
        });
        Tracked { interfaces: Vec::new(), named: kept.collect() }
    }

    fn of_owner(&mut self, mut tracker: Tracker, span: Span) -> Option<Tracker> {
        if tracker.weight.number == 0 {
            return Some(tracker);
        }
        self.owner = OwnerReported::Yes;
        let fate = fate(&tracker);
        let (code, note) = match fate {
            Fate::Dropped => (Code::TrackOwner, "the entry is left out, as in keepalived: the router runs untracked"),
            Fate::Zero => {
                (Code::GroupWeightZero, "weight 0 is used, as in keepalived: any number but 0 stops the router")
            }
            Fate::Stays => (Code::OwnerProcess, "keepalived moves it all the same, and others may take over"),
        };
        let diagnostic = Diagnostic::new(code, span, "the priority of an owner (255) does not move").note(note);
        let diagnostic = self.also_owner(diagnostic).help("remove the weight, or use a priority below 255");
        if !self.is_owner_by_state() {
            self.report(diagnostic);
        }
        fate.leaves(&mut tracker).then_some(tracker)
    }

    /// Whether the router is an owner for want of a priority, which was reported with what follows from it.
    pub(super) fn is_owner_by_state(&self) -> bool {
        self.settings.argument(&instance::PRIORITY).is_none()
    }

    pub(super) fn also_owner(&self, diagnostic: Diagnostic) -> Diagnostic {
        let made = self.settings.argument(&instance::PRIORITY).or_else(|| self.settings.argument(&instance::STATE));
        diagnostic.also_at(made, "this makes it the owner")
    }
}

/// Weights that change nothing, or not what they are for.
pub(super) fn check(raw: &RawBlock, router: &Router, out: &mut Diagnostics) {
    if router.parameters.priority.is_owner() {
        return;
    }
    let weighted = weighted(raw, router);
    for &(span, weight, sense) in &weighted {
        if moved(router.parameters.priority, sense.of(weight.into())) == router.parameters.priority.value() {
            let what = format!("a weight of {weight} cannot move priority {}", router.parameters.priority);
            let note = "weights move a priority inside 1 to 254";
            out.push(Diagnostic::new(Code::WeightFutile, span, what).note(note));
        }
    }
    check_sum(router.parameters.priority, &weighted, out);
    let nopreempt = raw.settings.keyword(&instance::NOPREEMPT).filter(|_| router.parameters.preempt == Preempt::Never);
    let (Some(nopreempt), Some(&(span, ..))) = (nopreempt, weighted.first()) else { return };
    let what = "with `nopreempt` on all routers a weight causes no failover";
    let diagnostic = Diagnostic::new(Code::WeightNopreempt, span, what).also(nopreempt, "does not preempt");
    let note = "a master whose priority falls stays master; only one that stops lets another take over";
    out.push(diagnostic.note(note).help("use weight 0, which stops the router, or remove `nopreempt`"));
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
    let what = "while all else is well, a failure of this does not lower the priority";
    let note = format!("{priority} and all weights are {best}, and what is above {MOST} is cut");
    let diagnostic = Diagnostic::new(Code::WeightSpare, span, what).note(note);
    out.push(
        diagnostic.help(format!(
            "priority and weights should not exceed {MOST} together: lower some by {} in all",
            best - MOST
        )),
    );
}

/// Where weights stand, and how far they move the priority. Files multiply theirs, so that it says nothing.
fn weighted(raw: &RawBlock, router: &Router) -> Vec<(Span, i16, Sense)> {
    let mut weighted = Vec::new();
    let interfaces: HashMap<&str, Span> = raw
        .settings
        .entries(&instance::TRACK_INTERFACE)
        .map(|entry| (entry.value.interface.as_str(), entry.span))
        .collect();
    for tracked in &router.track_interfaces {
        if let EffectKind::Weight(weight) = tracked.effect.kind
            && let Some(&span) = interfaces.get(tracked.interface.as_str())
        {
            weighted.push((span, weight, tracked.effect.sense));
        }
    }
    weighted.extend(router.tracked.named.iter().filter_map(|tracker| match tracker.kind.effect(tracker.weight).kind {
        EffectKind::Weight(weight) => Some((entry(raw, instance_row, tracker)?, weight, tracker.weight.sense)),
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
