//! The engine's events in words.

use vrrp::event::{EventKind, Rival, StateName, Transition};

use super::{Words, info, rounded, warning};
use crate::notify::Becomes;

pub(super) fn words(kind: &EventKind) -> Words {
    match kind {
        EventKind::Transition(transition) => info("transition", transition_reason(transition)),
        EventKind::PriorityChanged { from, to } => info("priority", format!("priority {from} -> {to}")),
        EventKind::LosingRival(rival) => {
            warning("losing_rival", format!("{} also claims to be master; it is answered", speaker(*rival)))
        }
        EventKind::PhysicalCopies(rival) => {
            let why = "goes on advertising although it was answered: it cannot hear the virtual MAC \
                       (keepalived with vmac_xmit_base); adverts are now also sent from the physical MAC";
            warning("physical_copies", format!("{} {why}", speaker(*rival)))
        }
        EventKind::SamePriority(rival) => {
            let text =
                format!("{} has our priority: the higher address wins; give them different ones", speaker(*rival));
            warning("same_priority", text)
        }
        EventKind::OwnerConflict(rival) => {
            warning("owner_conflict", format!("{} claims to own the addresses too (priority 255)", speaker(*rival)))
        }
        EventKind::IntervalMismatch { rival, heard, ours } => {
            let text = format!("{} advertises every {heard}, we every {ours}: make them equal", speaker(*rival));
            warning("interval_mismatch", text)
        }
        EventKind::AddressMismatch(rival) => {
            warning("address_mismatch", format!("{} advertises another list of addresses", speaker(*rival)))
        }
        EventKind::Discarded { reason, source } => {
            warning("discarded", format!("a packet from {source} was dropped: {reason}"))
        }
        EventKind::Stalled { late } => warning("stalled", format!("this process was late by {late:?}")),
    }
}

/// A transition names the states, everything else speaks for itself.
pub(super) fn line(kind: &EventKind, text: &str) -> String {
    match kind {
        EventKind::Transition(transition) => {
            let (from, to) = states(transition);
            format!("{from} -> {to}: {text}")
        }
        EventKind::PriorityChanged { .. }
        | EventKind::LosingRival(_)
        | EventKind::PhysicalCopies(_)
        | EventKind::SamePriority(_)
        | EventKind::OwnerConflict(_)
        | EventKind::IntervalMismatch { .. }
        | EventKind::AddressMismatch(_)
        | EventKind::Discarded { .. }
        | EventKind::Stalled { .. } => text.to_owned(),
    }
}

/// The states left and entered, in keepalived's words.
pub(crate) const fn states(transition: &Transition) -> (&'static str, &'static str) {
    (transition.from.keepalived(), Becomes::after(transition).word())
}

/// The reason, and how long the old state had lasted unless it was the first.
fn transition_reason(transition: &Transition) -> String {
    let after = rounded(transition.after);
    match transition.from {
        StateName::Initialize => transition.reason.to_string(),
        StateName::Backup | StateName::Active => {
            format!("{} (was {} for {after})", transition.reason, transition.from.keepalived())
        }
    }
}

fn speaker(rival: Rival) -> String {
    format!("{} (priority {})", rival.address, rival.priority)
}
