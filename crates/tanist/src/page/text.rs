//! For a terminal.

use std::fmt::Write as _;

use super::Part;

const INDENT: usize = 4;

/// Widest line of a paragraph.
const COLUMNS: usize = 100;

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
        Part::Text(text) => wrapped(text, INDENT),
        Part::Terms(terms) => terms.iter().fold(String::new(), |mut out, (term, text)| {
            let text = wrapped(text, INDENT + TERM_COLUMNS);
            // Writing to a String cannot fail.
            write!(out, "{:INDENT$}{term:<TERM_COLUMNS$}{}", "", text.trim_start()).ok();
            out
        }),
        Part::Example(lines) => example("Example:", lines),
        Part::Instead(lines) => example("Write instead:", lines),
    }
}

fn example(title: &str, lines: &str) -> String {
    lines.lines().fold(format!("    {title}\n"), |mut out, line| {
        writeln!(out, "        {line}").ok();
        out
    })
}

/// A paragraph in lines of at most [`COLUMNS`], each with this indentation.
fn wrapped(text: &str, indent: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let len = word.chars().count();
        if column > 0 && column + 1 + len <= COLUMNS {
            out.push(' ');
            column += 1;
        } else {
            out.push_str(if column > 0 { "\n" } else { "" });
            write!(out, "{:indent$}", "").ok();
            column = indent;
        }
        out.push_str(word);
        column += len;
    }
    out.push('\n');
    out
}
