//! `$NAME=value` and its uses (keepalived-config §1.9, §1.10).

use std::collections::{HashMap, HashSet};

use super::Expander;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::{Line, Usage};
use crate::model::limits;
use crate::source::Span;

/// Definitions in force. Not scoped: from where it is read, a definition counts for all files.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    values: HashMap<String, Vec<Line<'static>>>,
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
        let (len, more) = continued(&line.text);
        if len > 0 {
            self.values.entry(name.clone()).or_default().push(line.slice(0..len).into_owned());
        }
        self.collecting = more.then_some(name);
    }

    pub(super) fn define(&mut self, name: &str, value: &Line<'_>) {
        let (len, more) = continued(&value.text);
        let lines = if len == 0 && more { Vec::new() } else { vec![value.slice(0..len).into_owned()] };
        self.values.insert(name.to_owned(), lines);
        self.endless.remove(name);
        self.collecting = more.then(|| name.to_owned());
    }
}

/// How much of the line stands before the `\` that says that another follows, and whether there is one.
fn continued(text: &str) -> (usize, bool) {
    match text.strip_suffix('\\') {
        Some(text) => (text.trim_end().len(), true),
        None => (text.len(), false),
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
        let value = line.slice(line.text.len() - value.len()..line.text.len()).trimmed();
        self.definitions.define(name, &value);
        true
    }

    /// Replaces every reference to a definition.
    pub(super) fn substitute(&mut self, line: &Line<'_>, start: usize, depth: usize) -> Substituted {
        let known = |found: &Reference<'_>| self.is_known(found.name, found.range.end == line.text.len());
        let Some(Reference { range, name }) = references(&line.text, start).find(known) else {
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
    fn expanded(&mut self, line: &Line<'_>, start: usize) -> Vec<Line<'static>> {
        let (mut out, mut from, mut further) = (Line::empty(line.span(start..start)), start, Vec::new());
        for Reference { range, name } in references(&line.text, start) {
            if !self.is_known(name, range.end == line.text.len()) {
                continue;
            }
            let span = line.span(range.clone());
            let Some(lines) = self.meaning(name, span) else { continue };
            out.push_from(line, from..range.start);
            let used = Usage { via: self.diagnostics.sources.add_use(span), outer: line.outer(range.clone()) };
            if let Some((first, rest)) = lines.split_first() {
                out.push_used(first, used);
                further = rest.iter().map(|line| line.used(used)).collect();
            }
            from = range.end;
        }
        out.push_from(line, from..line.text.len());
        std::iter::once(out).chain(further).collect()
    }

    /// A stretch of a line with every definition in it expanded. `None`: it cannot be; that was reported.
    pub(super) fn inline(&mut self, line: &Line<'_>, range: std::ops::Range<usize>, depth: usize) -> Option<String> {
        let mut line = line.slice(range).trimmed();
        for depth in depth..=limits::EXPANSION_DEPTH {
            match self.substitute(&line, 0, depth) {
                Substituted::Unchanged => return Some(line.text.into_owned()),
                Substituted::Lines(lines) => line = lines.into_iter().next()?,
                Substituted::Refused => return None,
            }
        }
        None
    }

    /// The lines that a reference stands for.
    fn meaning(&mut self, reference: &str, span: Span) -> Option<Vec<Line<'static>>> {
        let (name, parameters) = reference.split_once(' ').unwrap_or((reference, ""));
        if let Some(lines) = self.definitions.values.get(name) {
            return Some(lines.clone());
        }
        self.predefined(name, parameters).map(|text| vec![Line::standing_for(span, &text)])
    }

    /// Whether a reference is replaced. A multi-line definition counts only as the last thing of a line (§1.9).
    fn is_known(&self, reference: &str, is_last: bool) -> bool {
        let (name, parameters) = reference.split_once(' ').unwrap_or((reference, ""));
        match self.definitions.values.get(name) {
            Some(lines) => lines.len() < 2 || is_last,
            None => self.is_predefined(name, parameters),
        }
    }

    /// Unknown names stay as they are (§1.9), unless their braces would be read as a block.
    fn refuse_unknown(&mut self, line: &Line<'_>, start: usize) -> Substituted {
        let Some(brace) = line.first_brace(start) else { return Substituted::Unchanged };
        let Some(Reference { range, name }) = references(&line.text, start).find(|found| found.range.contains(&brace))
        else {
            return Substituted::Unchanged;
        };
        let what = format!("`{name}` is not defined");
        let note = "the line is left out; keepalived reads the braces as a block";
        self.report(Diagnostic::new(Code::UndefinedName, line.span(range), what).note(note));
        Substituted::Refused
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

pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(is_name_char)
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
