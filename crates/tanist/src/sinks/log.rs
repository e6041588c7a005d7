//! The log: a line for each event, and for what becomes of scripts.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use vrrp::event::EventKind;

use crate::ports::events::{Named, NamedEvent, Occurrence};
use crate::ports::mail::MailReport;
use crate::runner::{Outcome, Report};
use crate::wording::{self, Severity};

/// Least time between two lines about scripts that were superseded: a router that changes its state all the time must not
/// fill the log. Each line has the count.
const SUPERSEDED: Duration = Duration::from_secs(1);

pub(super) fn take(event: &NamedEvent) {
    let words = wording::of(&event.what);
    write(words.severity, &Fields::of(event, words.kind), &wording::line(event, &words));
}

/// What the journal finds a line by.
#[derive(Default)]
struct Fields<'a> {
    kind: Option<&'a str>,
    router: Option<&'a str>,
    group: Option<&'a str>,
    /// The state that was entered.
    state: Option<&'a str>,
    /// The other router that it is about.
    peer: Option<IpAddr>,
}

impl<'a> Fields<'a> {
    fn of(event: &'a NamedEvent, kind: &'a str) -> Self {
        let (router, group) = match &event.subject {
            Named::Daemon => (None, None),
            Named::Router(name) => (Some(name.as_str()), None),
            Named::Group(name) => (None, Some(name.as_str())),
        };
        Self { kind: Some(kind), router, group, state: state(&event.what), peer: peer(&event.what) }
    }
}

/// The state that a transition leads to.
const fn state(what: &Occurrence) -> Option<&'static str> {
    if let Occurrence::Protocol(engine) = what
        && let EventKind::Transition(transition) = &engine.kind
    {
        Some(wording::state(transition.to))
    } else {
        None
    }
}

fn peer(what: &Occurrence) -> Option<IpAddr> {
    match what {
        Occurrence::Protocol(engine) => wording::peer(&engine.kind),
        Occurrence::PeerMac { peer, .. } => Some(*peer),
        Occurrence::Unheard { unheard, .. } => Some(unheard.peer),
        Occurrence::UnknownVrid { source, .. } => Some(*source),
        Occurrence::Host(_)
        | Occurrence::HostThread(_)
        | Occurrence::Network { .. }
        | Occurrence::AnnouncementsLost(_)
        | Occurrence::Tracker(_) => None,
    }
}

/// Logs what becomes of scripts and of the process that runs them.
pub(super) fn scripts() -> impl Fn(Report) + Send + Sync {
    let quiet_until = Mutex::new(Instant::now());
    move |report| {
        if let Report::Script { outcome: Outcome::Superseded { .. }, .. } = report {
            let mut quiet_until = quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
            if Instant::now() < *quiet_until {
                return;
            }
            *quiet_until = Instant::now() + SUPERSEDED;
        }
        self::report(&report);
    }
}

pub(super) fn report(report: &Report) {
    let (severity, line) = wording::report(report);
    write(severity, &Fields::default(), &line);
}

/// Logs what becomes of mails.
pub(super) fn mail(report: &MailReport) {
    let (severity, line) = wording::mail_report(report);
    write(severity, &Fields::default(), &line);
}

fn write(severity: Severity, Fields { kind, router, group, state, peer }: &Fields<'_>, line: &str) {
    let peer = peer.map(|peer| peer.to_string());
    macro_rules! log {
        ($level:ident) => {
            tracing::$level!(
                VRRP_INSTANCE = router,
                VRRP_SYNC_GROUP = group,
                VRRP_STATE = state,
                VRRP_PEER = peer,
                TANIST_EVENT = kind,
                "{line}"
            )
        };
    }
    match severity {
        Severity::Debug => log!(debug),
        Severity::Info => log!(info),
        Severity::Warning => log!(warn),
        Severity::Error => log!(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use vrrp::event::{Event, Peer, Subject};
    use vrrp::time::Instant;
    use vrrp::types::{Priority, RouterId};

    use super::*;

    #[test]
    fn the_journal_finds_lines_by_kind_router_and_peer() {
        let address = IpAddr::from([10, 0, 0, 2]);
        let peer = Peer { address, priority: Priority::new(90) };
        let alone = Duration::from_secs(4);
        for (kind, name) in [
            (EventKind::TwoMasters { peer, dropped: None }, "two_masters"),
            (EventKind::TwoMasters { peer, dropped: Some(vrrp::discard::Discard::Version) }, "two_masters"),
            (EventKind::RedundancyLost { gone: address, alone }, "redundancy_lost"),
            (EventKind::RedundancyBack(peer), "redundancy_back"),
        ] {
            let subject = Subject::Router(RouterId::default());
            let what = Occurrence::Protocol(Event { subject, at: Instant::default(), wall: None, kind });
            let event = NamedEvent { at: SystemTime::UNIX_EPOCH, subject: Named::Router("VI_1".into()), what };
            let words = wording::of(&event.what);
            let fields = Fields::of(&event, words.kind);
            assert_eq!((fields.kind, fields.router, fields.peer), (Some(name), Some("VI_1"), Some(address)));
            let line = wording::line(&event, &words);
            assert!(line.starts_with("VI_1: ") && line.contains("10.0.0.2"), "{line}");
        }
    }
}
