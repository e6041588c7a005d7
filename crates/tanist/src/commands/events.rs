//! `tanist events`: follows a running daemon.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use crate::cli::EventsArgs;
use crate::control::api::EventLine;
use crate::control::client;

pub(crate) fn run(options: &EventsArgs) -> ExitCode {
    print(&options.daemon.control(), "/v1/events", Form::of(options.json))
}

/// How events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As the daemon says them.
    Json,
    /// For people.
    Sentences,
}

impl Form {
    pub(super) const fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Sentences }
    }
}

/// Prints the events that `path` answers with.
pub(super) fn print(control: &Path, path: &str, form: Form) -> ExitCode {
    let followed = client::follow(control, path, |line| {
        let mut out = io::stdout().lock();
        match serde_json::from_str::<EventLine>(line) {
            Ok(event) if form == Form::Sentences => writeln!(out, "{}", sentence(&event))?,
            Ok(_) | Err(_) => writeln!(out, "{line}")?,
        }
        out.flush()
    });
    match followed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "tanist: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn sentence(event: &EventLine) -> String {
    let EventLine { time, router, group, from, to, reason, .. } = event;
    let subject = group.as_ref().map_or_else(|| router.clone(), |group| format!("sync group {group}"));
    match (from, to) {
        (Some(from), Some(to)) => format!("{time} {subject} {from} -> {to}: {reason}"),
        _ => format!("{time} {subject} {reason}"),
    }
}
