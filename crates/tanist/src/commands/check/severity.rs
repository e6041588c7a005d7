//! `--allow`, `--deny`: how bad a diagnostic is for whoever asks.

use conf::{Diagnostic, Severity};

use crate::cli::{CheckArgs, Chosen};

/// `None`: it is not shown. A code that is named goes before the severity that it belongs to.
pub(super) fn of(diagnostic: &Diagnostic, options: &CheckArgs) -> Option<Severity> {
    let names = |list: &[Chosen], is_code: bool| {
        list.iter().any(|chosen| matches!(chosen, Chosen::Code(_)) == is_code && chosen.holds(diagnostic))
    };
    let severity = match [true, false].map(|is_code| (names(&options.deny, is_code), names(&options.allow, is_code))) {
        [(true, _), _] | [(false, false), (true, _)] => Severity::Error,
        [(false, true), _] | [(false, false), (false, true)] => return None,
        [(false, false), (false, false)] => diagnostic.severity,
    };
    (!options.quiet || severity >= Severity::Warning).then_some(severity)
}
