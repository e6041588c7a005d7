//! Reading the configuration, and saying what is wrong with it.

use std::collections::BTreeMap;

use conf::{Loaded, Position, Severity, Verdict};

use super::open::StartError;
use crate::cli::RunArgs;
use crate::launch::Idle;
use crate::loader;

/// Reads the configuration and shows what is wrong with it.
pub(super) fn load(options: &RunArgs) -> Result<Loaded, StartError> {
    let loaded = loader::load_to_run(&options.config, options.config_id.as_deref());
    log(&loaded);
    if loaded.has_errors() && options.strict {
        return Err(StartError::Strict);
    }
    if loaded.config.is_idle() && options.launch.idle == Idle::Refused {
        return Err(StartError::NothingToRun(options.config.clone()));
    }
    Ok(loaded)
}

/// Messages of one kind that are no errors, in the log: a thousand routers that are written alike get the same advice.
const SAME_MESSAGES: usize = 20;

/// Logs what is to be said about a configuration, a line each; `tanist check` shows more.
pub(super) fn log(Loaded { diagnostics, routers, .. }: &Loaded) {
    let mut said: BTreeMap<&str, usize> = BTreeMap::new();
    for diagnostic in diagnostics.iter() {
        if diagnostic.severity != Severity::Error {
            let count = said.entry(diagnostic.code.name()).or_default();
            *count += 1;
            if *count > SAME_MESSAGES {
                continue;
            }
        }
        let file = diagnostics.sources().file(diagnostic.span().file).path().display();
        let Position { line, column, .. } = diagnostics.sources().start(diagnostic.span());
        let note = diagnostic.note.iter().map(|note| format!("; {note}"));
        let help = diagnostic.suggestion.iter().map(|suggestion| format!("; {}", suggestion.text));
        let rest: String = note.chain(help).collect();
        let text = format!("{file}:{line}:{column}: {}{rest}", diagnostic.message);
        match diagnostic.severity {
            Severity::Error => tracing::error!("{text}"),
            Severity::Warning | Severity::Unsupported => tracing::warn!("{text}"),
            Severity::Advice => tracing::info!("{text}"),
        }
    }
    for (code, count) in said.into_iter().filter(|(_, count)| *count > SAME_MESSAGES) {
        tracing::info!("{} more messages `{code}`; `tanist check` shows them", count - SAME_MESSAGES);
    }
    if diagnostics.left_out() > 0 {
        tracing::warn!("{} more messages about the configuration", diagnostics.left_out());
    }
    let text = conf::summary(routers);
    if routers.iter().all(|router| router.verdict == Verdict::Ready) {
        tracing::info!("{text}");
    } else {
        tracing::warn!("{text}");
    }
}
