//! For a terminal.

use std::fmt::Write as _;

use super::Part;

/// A column between a term and what is said of it.
const TERM_COLUMNS: usize = 10;

pub(crate) fn text(parts: &[Part]) -> String {
    let parts: Vec<String> = parts.iter().map(part).collect();
    parts.join("\n")
}

fn part(part: &Part) -> String {
    match part {
        Part::Chapter(heading) => format!("{}\n", heading.to_uppercase()),
        Part::Entry(heading) => format!("{heading}\n"),
        Part::Text(text) => format!("    {text}\n"),
        Part::Terms(terms) => terms.iter().fold(String::new(), |mut out, (term, text)| {
            // Writing to a String cannot fail.
            writeln!(out, "    {term:<TERM_COLUMNS$}{text}").ok();
            out
        }),
        Part::Example(lines) => lines.lines().fold("    Example:\n".to_owned(), |mut out, line| {
            writeln!(out, "        {line}").ok();
            out
        }),
    }
}
