//! The log: a line for each event.

use crate::ports::events::NamedEvent;
use crate::wording::{self, Severity};

pub(super) fn take(event: &NamedEvent) {
    let words = wording::of(&event.what);
    let line = wording::line(event, &words);
    match words.severity {
        Severity::Debug => tracing::debug!("{line}"),
        Severity::Info => tracing::info!("{line}"),
        Severity::Warning => tracing::warn!("{line}"),
        Severity::Error => tracing::error!("{line}"),
    }
}
