//! One line a diagnostic: for other programs' lists of places, and for GitHub's annotations.

use std::fmt;
use std::io::{self, Write};

use conf::{Diagnostic, Severity, Sources, printable};

use super::Checked;

/// `file:line:column: error[code]: message`, as compilers write it.
pub(super) fn short(checked: &[Checked], out: &mut impl Write) -> io::Result<()> {
    each(checked, |sources, diagnostic| {
        let (file, at) = (sources.file(diagnostic.span().file).path(), sources.start(diagnostic.span()));
        let (severity, code) = (diagnostic.severity.name(), diagnostic.code.name());
        let (file, message) = (printable(&file.display().to_string()), printable(&diagnostic.message));
        writeln!(out, "{file}:{}:{}: {severity}[{code}]: {message}", at.line, at.column)
    })?;
    omissions(checked).try_for_each(|omitted| writeln!(out, "{omitted}"))
}

/// What is not shown of each file, or of each LAN.
pub(super) fn omissions(checked: &[Checked]) -> impl Iterator<Item = String> {
    checked.iter().filter_map(|it| it.loaded.diagnostics.omission())
}

/// A command of GitHub's workflows.
pub(super) fn github(checked: &[Checked], out: &mut impl Write) -> io::Result<()> {
    each(checked, |sources, diagnostic| {
        let (start, end) = (sources.start(diagnostic.span()), sources.end(diagnostic.span()));
        let level = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice | Severity::Unsupported => "notice",
        };
        let file = sources.file(diagnostic.span().file).path().display().to_string();
        write!(out, "::{level} file={},line={},endLine={}", Escaped(&file, IN_PROPERTY), start.line, end.line)?;
        // Columns are for places within one line.
        if start.line == end.line {
            write!(out, ",col={},endColumn={}", start.column, end.column)?;
        }
        let note = diagnostic.note.iter().map(|note| format!("\n{note}"));
        let help = diagnostic.suggestion.iter().map(|suggestion| format!("\nhelp: {}", suggestion.text));
        let text: String = [diagnostic.message.clone()].into_iter().chain(note).chain(help).collect();
        writeln!(out, ",title={}::{}", diagnostic.code.name(), Escaped(&text, IN_TEXT))
    })?;
    omissions(checked).try_for_each(|omitted| writeln!(out, "::notice::{omitted}"))
}

fn each(checked: &[Checked], mut write: impl FnMut(&Sources, &Diagnostic) -> io::Result<()>) -> io::Result<()> {
    for it in checked {
        let diagnostics = &it.loaded.diagnostics;
        diagnostics.iter().try_for_each(|diagnostic| write(diagnostics.sources(), diagnostic))?;
    }
    Ok(())
}

const IN_TEXT: &str = "%\r\n";
const IN_PROPERTY: &str = "%\r\n:,";

/// A text in which some signs, and all that a terminal would obey, are written as `%` and two hexadecimal digits.
struct Escaped<'a>(&'a str, &'static str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match self.1.contains(c) || c.is_control() {
            true => write!(f, "%{:02X}", u32::from(c)),
            false => write!(f, "{c}"),
        })
    }
}
