//! `tanist check`: every diagnostic of a configuration, and what was understood.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use conf::{Code, Loaded, RenderStyle, Severity};
use serde_json::{Value, json};

use crate::cli::CheckArgs;
use crate::loader;

/// Exit status when the output cannot be written.
const UNWRITTEN: u8 = 2;
/// Exit status when the main file cannot be read.
const UNREADABLE: u8 = 3;

/// Exit status 0 clean or advice only, 1 warnings, 2 errors, 3 the file cannot be read.
pub(crate) fn run(options: &CheckArgs) -> ExitCode {
    let loaded = loader::load(&options.config, options.config_id.as_deref());
    let written = if options.json { print(&as_json(&loaded, options)) } else { report(&loaded) };
    if written.is_err() {
        return ExitCode::from(UNWRITTEN);
    }
    if loaded.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::FileUnreadable) {
        return ExitCode::from(UNREADABLE);
    }
    match loaded.diagnostics.worst() {
        None | Some(Severity::Advice) => ExitCode::SUCCESS,
        Some(Severity::Warning) => ExitCode::from(1),
        Some(Severity::Error) => ExitCode::from(2),
    }
}

fn as_json(loaded: &Loaded, options: &CheckArgs) -> Value {
    let diagnostics = loaded.diagnostics.to_json();
    if options.model { json!({ "diagnostics": diagnostics, "model": loaded.config.to_json() }) } else { diagnostics }
}

fn print(value: &Value) -> io::Result<()> {
    writeln!(io::stdout(), "{value:#}")
}

fn report(loaded: &Loaded) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let style = if out.is_terminal() { RenderStyle::Colour } else { RenderStyle::Plain };
    if !loaded.diagnostics.is_empty() {
        writeln!(out, "{}", loaded.diagnostics.render(style))?;
    }
    let routers = loaded.config.routers.len();
    write!(out, "{routers} virtual router{} understood", if routers == 1 { "" } else { "s" })?;
    match loaded.config.left_out.len() {
        0 => writeln!(out),
        more => writeln!(out, ", and {more} that cannot run yet"),
    }
}
