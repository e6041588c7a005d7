//! `$NAME=value` and its uses (keepalived-config §1.9, §1.10).

use std::collections::{HashMap, HashSet};

use super::Expander;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::Line;
use crate::model::limits;

/// Definitions in force. Not scoped: from where it is read, a definition counts for all files.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    values: HashMap<String, Vec<String>>,
    /// The definition whose lines are being collected.
    collecting: Option<String>,
    /// Names that were found to refer to themselves.
    endless: HashSet<String>,
}

impl Definitions {
    pub(super) fn is_collecting(&self) -> bool {
        self.collecting.is_some()
    }

    /// Takes one more line of a multi-line definition; the first line without `\` at its end is the last, and an empty
    /// line ends it as well.
    pub(super) fn collect(&mut self, line: &Line<'_>) {
        let Some(name) = self.collecting.take() else { return };
        let (text, more) = continued(&line.text);
        if !text.is_empty() {
            self.values.entry(name.clone()).or_default().push(text.to_owned());
        }
        self.collecting = more.then_some(name);
    }

    fn define(&mut self, name: &str, value: &str) {
        let (text, more) = continued(value);
        let lines = if text.is_empty() && more { Vec::new() } else { vec![text.to_owned()] };
        self.values.insert(name.to_owned(), lines);
        self.endless.remove(name);
        self.collecting = more.then(|| name.to_owned());
    }
}

/// The line without the `\` that says that another follows, and whether there was one.
fn continued(text: &str) -> (&str, bool) {
    match text.strip_suffix('\\') {
        Some(text) => (text.trim_end(), true),
        None => (text, false),
    }
}

/// What substitution makes of a line.
#[derive(Debug)]
pub(super) enum Substituted {
    /// It refers to nothing.
    Unchanged,
    /// These lines stand in its place, to be read from the first step on.
    Lines(Vec<Line<'static>>),
    /// It cannot be expanded; that was reported.
    Refused,
}

/// A use of a name in a line.
struct Reference<'a> {
    range: std::ops::Range<usize>,
    name: &'a str,
}

impl Expander<'_> {
    /// Stores `$NAME=value`. `false`: the line is no definition.
    pub(super) fn define(&mut self, line: &Line<'_>, start: usize) -> bool {
        let Some(rest) = line.text[start..].strip_prefix('$') else { return false };
        let (name, rest) = rest.split_at(rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len()));
        let Some(value) = rest.strip_prefix('=').filter(|_| is_name(name)) else { return false };
        self.definitions.define(name, value.trim_start_matches([' ', '\t']));
        true
    }

    /// Replaces every reference to a definition.
    pub(super) fn substitute(&mut self, line: &Line<'_>, start: usize, depth: usize) -> Substituted {
        let Some(Reference { range, name }) = self.known_references(line, start).next() else {
            return self.refuse_unknown(line, start);
        };
        let (span, name) = (line.span(range), name.to_owned());
        let too_large = depth >= limits::EXPANSION_DEPTH
            || line.text.len() > limits::EXPANDED_LINE_BYTES
            || self.expanded_bytes > limits::EXPANDED_BYTES;
        if too_large || self.definitions.endless.contains(&name) {
            let what = format!("`{name}` refers to itself or grows too large");
            let note = "keepalived does not come back from such a line; here it is left out";
            self.report(Diagnostic::new(Code::ExpansionTooLarge, span, what).note(note));
            self.definitions.endless.insert(name);
            return Substituted::Refused;
        }
        let lines = self.expanded(line, start);
        self.expanded_bytes += lines.iter().map(|line| line.text.len()).sum::<usize>();
        Substituted::Lines(lines.iter().map(|line| line.without_comment().0).collect())
    }

    /// The lines that stand for `line`: one, or more if its last word is a multi-line definition.
    fn expanded(&self, line: &Line<'_>, start: usize) -> Vec<Line<'static>> {
        let whole = line.span(0..line.text.len());
        let (mut out, mut from, mut further): (_, _, &[String]) = (Line::empty(whole), start, &[]);
        for Reference { range, name } in self.known_references(line, start) {
            let span = line.span(range.clone());
            out.push_from(line, from..range.start);
            let lines = self.definitions.values.get(name).map_or(&[][..], Vec::as_slice);
            if let Some((first, rest)) = lines.split_first() {
                out.push_expanded(first, span);
                further = rest;
            }
            from = range.end;
        }
        out.push_from(line, from..line.text.len());
        let further = further.iter().map(|text| {
            let mut line = Line::empty(whole);
            line.push_expanded(text, whole);
            line
        });
        std::iter::once(out).chain(further).collect()
    }

    /// References to defined names. A multi-line definition counts only as the last thing of a line (§1.9).
    fn known_references<'b>(&'b self, line: &'b Line<'_>, from: usize) -> impl Iterator<Item = Reference<'b>> {
        references(&line.text, from).filter(|reference| {
            let lines = self.definitions.values.get(reference.name);
            lines.is_some_and(|lines| lines.len() < 2 || reference.range.end == line.text.len())
        })
    }

    /// `${_PWD}` and the like are not there yet. Other unknown names stay as they are (§1.9), unless their braces would
    /// be read as a block.
    fn refuse_unknown(&mut self, line: &Line<'_>, start: usize) -> Substituted {
        const PREDEFINED: [&str; 6] = ["_PWD", "_INSTANCE", "_RANDOM", "_ENV", "_HASH", "_BANG"];
        let first_brace = line.first_brace(start);
        for Reference { range, name } in references(&line.text, start) {
            let span = line.span(range.clone());
            if PREDEFINED.contains(&name.split(' ').next().unwrap_or(name)) {
                let what = format!("`${{{name}}}` is not supported yet");
                self.report(Diagnostic::new(Code::PredefinedNotYet, span, what).note("the line is left out"));
                return Substituted::Refused;
            }
            if first_brace.is_some_and(|brace| range.contains(&brace)) {
                let what = format!("`{name}` is not defined");
                let note = "the line is left out; keepalived reads the braces as a block";
                self.report(Diagnostic::new(Code::UndefinedName, span, what).note(note));
                return Substituted::Refused;
            }
        }
        Substituted::Unchanged
    }
}

/// `${NAME}`, `${NAME words}` and `$NAME` before a blank, `,`, `)` or the end.
fn references(text: &str, from: usize) -> impl Iterator<Item = Reference<'_>> {
    let mut at = from;
    std::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.find('$')?;
            at = start + 1;
            let rest = &text[at..];
            let (name, len) = match rest.strip_prefix('{') {
                Some(inner) => {
                    let len = inner.find(|c: char| !is_name_char(c) && c != ' ').unwrap_or(inner.len());
                    (inner[len..].starts_with('}').then_some(&inner[..len]), len + 2)
                }
                None => {
                    let len = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
                    let ends = rest[len..].chars().next().is_none_or(|c| matches!(c, ' ' | '\t' | ',' | ')'));
                    (ends.then_some(&rest[..len]), len)
                }
            };
            let Some(name) = name.filter(|name| is_name(name.split(' ').next().unwrap_or(name))) else { continue };
            at += len;
            return Some(Reference { range: start..at, name });
        }
    })
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(is_name_char)
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
