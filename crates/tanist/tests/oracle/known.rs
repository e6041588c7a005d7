//! The differences that are accepted, each with its reason.

use std::fmt::Write as _;

use crate::case::Case;
use crate::normal::Difference;

/// The list. A line is `CASE | FIELD | REASON`; a `*` at the end of FIELD stands for any rest; `#` begins a comment.
const LIST: &str = include_str!("known.txt");

/// What is added to the name of a case when its canonical text is read.
pub(crate) const CANONICAL: &str = ".canonical";

/// A line of the list.
#[derive(Clone, Debug)]
struct Entry {
    case: String,
    field: String,
    line: usize,
}

/// All lines of the list.
#[derive(Debug)]
pub(crate) struct Known(Vec<Entry>);

impl Known {
    /// Reads the list.
    pub(crate) fn read() -> Self {
        let lines = LIST.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        Self(lines.map(|(number, line)| Entry::read(number, line)).collect())
    }

    /// The lines that are for no case.
    pub(crate) fn strays(&self, cases: &[Case]) -> Vec<String> {
        let strays = self.0.iter().filter(|entry| {
            !cases.iter().any(|case| entry.case.strip_suffix(CANONICAL).unwrap_or(&entry.case) == case.name)
        });
        strays.map(|entry| format!("line {}: {}", entry.line, entry.case)).collect()
    }

    /// Whether the differences of a case are those that are listed.
    ///
    /// # Errors
    /// The text says which are not listed, and which lines are no longer true.
    pub(crate) fn judge(&self, case: &Case, differences: &[Difference]) -> Result<(), String> {
        let listed: Vec<_> = self.0.iter().filter(|entry| entry.case == case.name).collect();
        // What differs in a text as written may differ in its canonical form.
        let original = case.name.strip_suffix(CANONICAL);
        let accepted = self.0.iter().filter(|entry| Some(entry.case.as_str()) == original);
        let accepted: Vec<_> = accepted.chain(listed.iter().copied()).collect();
        let mut text = String::new();
        for difference in differences.iter().filter(|it| !accepted.iter().any(|entry| entry.covers(it))) {
            writeln!(text, "{difference}").expect("a String takes all");
        }
        for entry in listed.iter().filter(|entry| !differences.iter().any(|it| entry.covers(it))) {
            writeln!(text, "known.txt line {}: {} differs no longer; remove the line", entry.line, entry.field)
                .expect("a String takes all");
        }
        if text.is_empty() { Ok(()) } else { Err(text) }
    }
}

impl Entry {
    fn read(line: usize, text: &str) -> Self {
        let fields: Vec<_> = text.splitn(3, '|').map(str::trim).collect();
        match fields[..] {
            [case, field, reason] if !reason.is_empty() => {
                Self { case: case.to_owned(), field: field.to_owned(), line }
            }
            _ => panic!("known.txt line {line}: not CASE | FIELD | REASON: {text:?}"),
        }
    }

    fn covers(&self, difference: &Difference) -> bool {
        match self.field.strip_suffix('*') {
            Some(start) => difference.path.starts_with(start),
            None => difference.path == self.field,
        }
    }
}
