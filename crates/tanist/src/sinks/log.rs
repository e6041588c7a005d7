//! The log: a line for each event, and for what becomes of scripts.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::ports::events::NamedEvent;
use crate::ports::mail::MailReport;
use crate::runner::{Outcome, Report};
use crate::wording::{self, Severity};

/// Least time between two lines about scripts that were superseded: a router that changes its state all the time must not
/// fill the log. Each line has the count.
const SUPERSEDED: Duration = Duration::from_secs(1);

pub(super) fn take(event: &NamedEvent) {
    let words = wording::of(&event.what);
    write(words.severity, &wording::line(event, &words));
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
    write(severity, &line);
}

/// Logs what becomes of mails.
pub(super) fn mail(report: &MailReport) {
    let (severity, line) = wording::mail_report(report);
    write(severity, &line);
}

fn write(severity: Severity, line: &str) {
    match severity {
        Severity::Debug => tracing::debug!("{line}"),
        Severity::Info => tracing::info!("{line}"),
        Severity::Warning => tracing::warn!("{line}"),
        Severity::Error => tracing::error!("{line}"),
    }
}
