//! `tanist events`: follows a running daemon.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::cli::EventsArgs;
use crate::control::api::EventLine;
use crate::control::client;

pub(crate) fn run(options: &EventsArgs) -> ExitCode {
    let followed = client::follow(&options.daemon.control(), "/v1/events", |line| {
        let mut out = io::stdout().lock();
        match serde_json::from_str::<EventLine>(line) {
            Ok(event) if !options.json => writeln!(out, "{}", sentence(&event))?,
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
    match (&event.from, &event.to) {
        (Some(from), Some(to)) => format!("{} {} {from} -> {to}: {}", event.time, event.router, event.reason),
        _ => format!("{} {} {}", event.time, event.router, event.reason),
    }
}
