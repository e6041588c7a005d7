//! The log: a line for each event, and for what becomes of scripts.

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
}

impl<'a> Fields<'a> {
    fn of(event: &'a NamedEvent, kind: &'a str) -> Self {
        let (router, group) = match &event.subject {
            Named::Daemon => (None, None),
            Named::Router(name) => (Some(name.as_str()), None),
            Named::Group(name) => (None, Some(name.as_str())),
        };
        Self { kind: Some(kind), router, group, state: state(&event.what) }
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

fn write(severity: Severity, Fields { kind, router, group, state }: &Fields<'_>, line: &str) {
    macro_rules! log {
        ($level:ident) => {
            tracing::$level!(
                VRRP_INSTANCE = router,
                VRRP_SYNC_GROUP = group,
                VRRP_STATE = state,
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
