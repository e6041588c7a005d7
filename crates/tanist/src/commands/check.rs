//! `tanist check`: every diagnostic of a configuration.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use conf::{RenderStyle, Severity};

use crate::cli::CheckArgs;
use crate::loader;

/// Exit status 0 clean or advice only, 1 warnings, 2 errors.
pub(crate) fn run(options: &CheckArgs) -> ExitCode {
    let loaded = loader::load(&options.config, options.config_id.as_deref());
    let written =
        if options.json { writeln!(io::stdout(), "{:#}", loaded.diagnostics.to_json()) } else { report(&loaded) };
    if written.is_err() {
        return ExitCode::from(2);
    }
    match loaded.diagnostics.worst() {
        None | Some(Severity::Advice) => ExitCode::SUCCESS,
        Some(Severity::Warning) => ExitCode::from(1),
        Some(Severity::Error) => ExitCode::from(2),
    }
}

fn report(loaded: &conf::Loaded) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let style = if out.is_terminal() { RenderStyle::Colour } else { RenderStyle::Plain };
    if !loaded.diagnostics.is_empty() {
        writeln!(out, "{}", loaded.diagnostics.render(style))?;
    }
    let routers = loaded.config.routers.len();
    writeln!(out, "{routers} virtual router{} understood", if routers == 1 { "" } else { "s" })
}
