//! `tanist why`: why a router is master or not, and what would change it.

use std::io::{self, Write as _};
use std::process::ExitCode;

use super::status::speaker;
use crate::cli::WhyArgs;
use crate::control::api::{Why, WhyCause};
use crate::control::client;

pub(crate) fn run(options: &WhyArgs) -> ExitCode {
    match client::get::<Why>(&options.daemon.control(), &client::path("/v1/why", &options.name)) {
        Ok(why) => match print(&why, options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(error) => {
            drop(writeln!(io::stderr(), "tanist: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn print(why: &Why, options: &WhyArgs) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if options.json {
        return writeln!(out, "{}", serde_json::to_string_pretty(why)?);
    }
    let place = why.place.as_ref().map_or_else(String::new, |place| format!("  ({place})"));
    writeln!(out, "{} is {}{place}, for {:.1} s: {}", why.name, why.state, why.since_seconds, why.reason)?;
    for cause in &why.causes {
        let WhyCause { text, change, place, .. } = cause;
        writeln!(out, "* {text}")?;
        // That of the block is said above.
        if let Some(place) = place.as_ref().filter(|place| Some(*place) != why.place.as_ref()) {
            writeln!(out, "    configured at: {place}")?;
        }
        if let Some(change) = change {
            writeln!(out, "    would change it: {change}")?;
        }
    }
    for heard in &why.heard {
        writeln!(out, "heard last: {}", speaker(heard))?;
    }
    Ok(())
}
