//! Signals by what they ask for, as `--signum` prints their numbers.

use signal_hook::consts::{SIGHUP, SIGTERM, SIGUSR1, SIGUSR2};

use crate::ports::signals::{SIG_JSON, SIG_STATS_CLEAR};

/// What keepalived calls them.
const SIGNALS: [(&str, i32); 6] = [
    ("STOP", SIGTERM),
    ("RELOAD", SIGHUP),
    ("DATA", SIGUSR1),
    ("STATS", SIGUSR2),
    ("STATS_CLEAR", SIG_STATS_CLEAR),
    ("JSON", SIG_JSON),
];

/// The number of the signal of that name.
///
/// # Errors
/// If there is none, for standard error.
pub(super) fn of(name: &str) -> Result<i32, String> {
    let found = SIGNALS.iter().find(|(known, _)| *known == name);
    found.map(|(_, number)| *number).ok_or_else(|| format!("Unknown sigfunc {name}"))
}
