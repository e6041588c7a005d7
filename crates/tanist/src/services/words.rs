//! Events in words, for the log and for those who follow.

use std::time::{Duration, SystemTime};

use linux::clock;
use vrrp::event::{Event, EventKind, Rival, StateName, Transition};
use vrrp::time::Instant;

use crate::control::api::EventLine;
use crate::daemon::HostNotice;
use crate::sinks::scripts::Becomes;

/// How much an event matters to whoever reads the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Info,
    Warning,
    Error,
}

/// The time of day at `at`, RFC 3339.
fn wall_clock(at: Instant) -> String {
    let ago = clock::now().since(at);
    humantime::format_rfc3339_micros(SystemTime::now() - ago).to_string()
}

fn plain(at: Instant, router: &str, event: &str, reason: String) -> EventLine {
    EventLine {
        time: wall_clock(at),
        router: router.to_owned(),
        event: event.to_owned(),
        from: None,
        to: None,
        reason,
        priority: None,
        after_seconds: None,
    }
}

/// An event as one line.
pub(super) fn line_of(event: &Event, router: &str) -> (EventLine, Weight) {
    let (name, reason, weight) = describe(&event.kind);
    let mut line = plain(event.at, router, name, reason);
    if let EventKind::Transition(transition) = &event.kind {
        line.from = Some(transition.from.keepalived().to_owned());
        line.to = Some(Becomes::after(transition).word().to_owned());
        line.priority = Some(transition.priority.value());
        line.after_seconds = Some(transition.after.as_secs_f64());
    }
    (line, weight)
}

/// What happened on the machine as one line.
pub(super) fn line_of_host(what: &HostNotice, router: &str) -> (EventLine, Weight) {
    let (name, reason, weight) = match what {
        HostNotice::VmacReady { name, mac } => ("vmac", format!("virtual MAC {mac} on {name}"), Weight::Info),
        HostNotice::Refused(error) => ("refused", error.to_string(), Weight::Error),
        HostNotice::Repaired(what) => ("repaired", what.clone(), Weight::Warning),
        HostNotice::Unfit(why) => ("unfit", why.clone(), Weight::Error),
        HostNotice::Remark(text) => ("remark", text.clone(), Weight::Warning),
    };
    let line = plain(clock::now(), router, name, reason);
    (line, weight)
}

fn describe(kind: &EventKind) -> (&'static str, String, Weight) {
    match kind {
        EventKind::Transition(transition) => ("transition", transition_reason(transition), Weight::Info),
        EventKind::PriorityChanged { from, to } => ("priority", format!("priority {from} -> {to}"), Weight::Info),
        EventKind::LosingRival(rival) => {
            ("losing_rival", format!("{} also claims to be master; it is answered", words(*rival)), Weight::Warning)
        }
        EventKind::PhysicalCopies(rival) => {
            let why = "goes on advertising although it was answered: it cannot hear the virtual MAC \
                       (keepalived with vmac_xmit_base); advertisements are now also sent from the physical MAC";
            ("physical_copies", format!("{} {why}", words(*rival)), Weight::Warning)
        }
        EventKind::SamePriority(rival) => {
            let text = format!("{} has our priority: the higher address wins; give them different ones", words(*rival));
            ("same_priority", text, Weight::Warning)
        }
        EventKind::OwnerConflict(rival) => (
            "owner_conflict",
            format!("{} claims to own the addresses too (priority 255)", words(*rival)),
            Weight::Warning,
        ),
        EventKind::IntervalMismatch { rival, heard, ours } => {
            let text = format!("{} advertises every {heard}, we every {ours}: make them equal", words(*rival));
            ("interval_mismatch", text, Weight::Warning)
        }
        EventKind::AddressMismatch(rival) => {
            ("address_mismatch", format!("{} advertises another list of addresses", words(*rival)), Weight::Warning)
        }
        EventKind::Discarded { reason, source } => {
            ("discarded", format!("a packet from {source} was dropped: {reason}"), Weight::Warning)
        }
        EventKind::Stalled { late } => ("stalled", format!("this process was late by {late:?}"), Weight::Warning),
    }
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

fn rounded(duration: Duration) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_millis(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
}

fn words(rival: Rival) -> String {
    format!("{} (priority {})", rival.address, rival.priority)
}
