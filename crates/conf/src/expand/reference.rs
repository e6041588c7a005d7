//! `$NAME` and `${NAME …}` in a line: what they stand for (keepalived-config §1.9, §1.10), and those that stand for
//! nothing.

use std::ops::Range;

use super::Expander;
use super::define::{PREDEFINED, is_name, is_name_char};
use crate::lexer::{Line, Usage};
use crate::model::limits;
use crate::source::Span;
use crate::{say, suggest};

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

/// The words before a brace or the end of the line.
#[derive(Debug)]
pub(super) enum Known<'l> {
    Read(Line<'l>),
    /// A name in them is not defined; that was reported.
    Lost(Line<'l>),
}

/// A use of a name in a line.
struct Reference<'a> {
    range: Range<usize>,
    /// The name, and in braces whatever follows it.
    inner: &'a str,
    name: &'a str,
    parameters: &'a str,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `${NAME}`
    Braced,
    /// `$NAME`
    Bare,
    /// `$NAME` before a character that makes it none: `$NET.1`.
    Glued,
}

impl<'a> Reference<'a> {
    fn new(range: Range<usize>, inner: &'a str, form: Form) -> Self {
        let (name, parameters) = inner.split_once(' ').unwrap_or((inner, ""));
        Self { range, inner, name, parameters, form }
    }
}

/// The name that is used where the byte at `at` stands; it need not be defined.
pub(crate) fn used_at(text: &str, at: usize) -> Option<&str> {
    references(text, 0).find(|found| found.range.start <= at && at <= found.range.end).map(|found| found.name)
}

/// The end of the words from `start` on: a brace, but not that of a name, or the end of the line.
pub(crate) fn end_of_words(line: &Line<'_>, start: usize) -> usize {
    segment(line, start).0
}

/// All that look like references, from `from` on.
fn references(text: &str, from: usize) -> impl Iterator<Item = Reference<'_>> {
    let mut at = from;
    std::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.find('$')?;
            at = start + 1;
            let rest = &text[at..];
            let (inner, len, form) = if rest.starts_with('{') {
                let Some(inner) = braced(rest) else { continue };
                (inner, inner.len() + 2, Form::Braced)
            } else {
                let len = rest.find(|c: char| !is_name_char(c)).unwrap_or(rest.len());
                let ends = rest[len..].chars().next().is_none_or(|c| matches!(c, ' ' | '\t' | ',' | ')'));
                if !is_name(&rest[..len]) {
                    continue;
                }
                (&rest[..len], len, if ends { Form::Bare } else { Form::Glued })
            };
            at += len;
            return Some(Reference::new(start..at, inner, form));
        }
    })
}

impl Expander<'_> {
    /// Replaces every reference to a definition.
    pub(super) fn substitute(&mut self, line: &Line<'_>, start: usize, depth: usize) -> Substituted {
        let known = |found: &Reference<'_>| self.is_known(found);
        let Some(first) = references(&line.text, start).find(known) else {
            return Substituted::Unchanged;
        };
        let (span, name) = (line.span(first.range.clone()), first.name.to_owned());
        let too_large = depth >= limits::EXPANSION_DEPTH
            || line.text.len() > limits::EXPANDED_LINE_BYTES
            || self.expanded_bytes > limits::EXPANDED_BYTES;
        if too_large || self.endless.contains(&name) {
            self.report(say::expansion_too_large(span, &name));
            self.endless.insert(name);
            return Substituted::Refused;
        }
        let lines = self.expanded(line, start);
        self.expanded_bytes += lines.iter().map(|line| line.text.len()).sum::<usize>();
        let longest = lines.iter().map(|line| line.text.len()).max().unwrap_or(0);
        if longest > limits::KEEPALIVED_EXPANDED_BYTES && line.text.len() <= limits::KEEPALIVED_EXPANDED_BYTES {
            let limit = limits::KEEPALIVED_EXPANDED_BYTES;
            self.diagnostics.push_last(say::expanded_too_long(span, name, limit));
        }
        Substituted::Lines(lines.iter().map(|line| line.without_comment().0).collect())
    }

    /// The lines that stand for `line`: one, or more if a word of it is a multi-line definition.
    fn expanded(&mut self, line: &Line<'_>, start: usize) -> Vec<Line<'static>> {
        let (mut done, mut last, mut from) = (Vec::new(), Line::empty(line.span(start..start)), start);
        for reference in references(&line.text, start) {
            if !self.is_known(&reference) {
                continue;
            }
            let range = reference.range.clone();
            let span = line.span(range.clone());
            let Some(lines) = self.meaning(&reference, line, span) else { continue };
            if lines.len() > 1 && range.end < line.text.len() {
                let behind = line.slice(range.end..line.text.len()).trimmed();
                let behind = behind.span(0..behind.text.len());
                self.report(say::text_after_definition(span, behind, reference.name));
            }
            last.push_from(line, from..range.start);
            let used = Usage { via: self.diagnostics.sources.add_use(span), outer: line.outer(range.clone()) };
            for (index, value) in lines.iter().enumerate() {
                if index > 0 {
                    done.push(std::mem::replace(&mut last, Line::empty(used.outer)));
                }
                last.push_used(value, 0..value.text.len(), Some(used));
            }
            from = range.end;
        }
        last.push_from(line, from..line.text.len());
        done.push(last);
        done
    }

    /// A stretch of a line with every definition in it expanded. `None`: it cannot be; that was reported.
    pub(super) fn inline(&mut self, line: &Line<'_>, range: Range<usize>, depth: usize) -> Option<Line<'static>> {
        let mut line = line.slice(range).trimmed().into_owned();
        for depth in depth..=limits::EXPANSION_DEPTH {
            match self.substitute(&line, 0, depth) {
                Substituted::Unchanged => return Some(line),
                Substituted::Lines(lines) => line = lines.into_iter().next()?,
                Substituted::Refused => return None,
            }
        }
        None
    }

    /// The lines that a reference of `line` stands for.
    fn meaning(&mut self, reference: &Reference<'_>, line: &Line<'_>, span: Span) -> Option<Vec<Line<'static>>> {
        let Reference { name, parameters, .. } = *reference;
        let Some(lines) = self.definitions.get(name).cloned() else {
            if name == "_RANDOM" {
                self.draw_random(parameters, line, span);
            }
            return self.predefined(name, parameters).map(|text| vec![Line::standing_for(span, &text)]);
        };
        if !parameters.is_empty() {
            self.report(say::reference_parameters(span, name, span, format!("${{{name}}}")));
        }
        Some(lines)
    }

    /// Whether a reference is replaced.
    fn is_known(&self, reference: &Reference<'_>) -> bool {
        let Reference { name, parameters, form, .. } = *reference;
        form != Form::Glued && (self.definitions.contains_key(name) || self.predefined(name, parameters).is_some())
    }

    /// The words from `start` on, and the brace or the end of the line where they end. Unknown names stay as they are
    /// (§1.9), but for their braces, which would be read as a block.
    pub(super) fn known<'l>(&mut self, line: &Line<'l>, start: usize) -> (usize, Known<'l>) {
        let (end, torn) = segment(line, start);
        self.check_unknown(line, start..end);
        if torn.is_empty() {
            return (end, Known::Read(line.slice(start..end)));
        }
        let opens = line.text.as_bytes().get(end) == Some(&b'{');
        let mut bare = Line::empty(line.span(start..start));
        let mut from = start;
        for reference in torn {
            let outcome = if opens { say::undefined_name_opens() } else { say::undefined_name_closes() };
            self.report_unknown(line, &reference, outcome);
            let name = reference.range.start + "${".len();
            bare.push_from(line, from..reference.range.start + "$".len());
            bare.push_from(line, name..name + reference.name.len());
            from = reference.range.end;
        }
        bare.push_from(line, from..end);
        (end, if opens { Known::Read(bare) } else { Known::Lost(line.slice(start..end)) })
    }

    fn check_unknown(&mut self, line: &Line<'_>, segment: Range<usize>) {
        let (mut in_quotes, mut at) = (false, segment.start);
        for reference in references(&line.text[..segment.end], segment.start) {
            in_quotes ^= line.text[at..reference.range.start].matches('"').count() % 2 == 1;
            at = reference.range.start;
            match (reference.form, in_quotes) {
                (Form::Braced, true) if PREDEFINED.contains(&reference.name) => {
                    self.report_unknown(line, &reference, say::undefined_name_kept());
                }
                (Form::Braced, true) if is_name(reference.inner) && is_quoted_word(&line.text, &reference.range) => {
                    self.report_kept(line, &reference);
                }
                (Form::Bare, false) if word_around(&line.text, &reference.range) == reference.range => {
                    self.report_kept(line, &reference)
                }
                (Form::Glued, _) => self.report_glued(line, &reference),
                (Form::Braced | Form::Bare, _) => {}
            }
        }
    }

    /// A name in braces that stands for nothing.
    fn report_unknown(&mut self, line: &Line<'_>, reference: &Reference<'_>, outcome: String) {
        let Reference { inner, name, .. } = *reference;
        let span = line.span(reference.range.clone());
        self.report(match usage(name) {
            Some(usage) => say::reference_parameters_other(span, name, usage, outcome),
            None if !is_name(name) => say::undefined_name_invalid(span, inner, outcome),
            None => match self.near_definition(name) {
                Some(near) => say::undefined_name_near(span, name, outcome, near, span, format!("${{{near}}}")),
                None => say::undefined_name(span, name, outcome),
            },
        });
    }

    /// The definition that was meant, as far as that can be found out at little cost.
    fn near_definition(&self, name: &str) -> Option<&str> {
        let names = self.definitions.keys().map(String::as_str);
        suggest::defined(names, self.definitions.len(), name, self.diagnostics)
    }

    /// Said at the end, of the word or as the reason for what else was said of it.
    fn report_kept(&mut self, line: &Line<'_>, reference: &Reference<'_>) {
        let span = line.span(reference.range.clone());
        let name = reference.name;
        let diagnostic = match self.near_definition(name) {
            Some(near) => {
                let meant = line.text[reference.range.clone()].replace(name, near);
                say::undefined_kept_near(span, name, near, span, meant)
            }
            None => say::undefined_kept(span, name),
        };
        self.diagnostics.push_last(diagnostic);
    }

    fn report_glued(&mut self, line: &Line<'_>, reference: &Reference<'_>) {
        let name = reference.name;
        if !self.definitions.contains_key(name) {
            return;
        }
        let span = line.span(reference.range.clone());
        self.report(say::reference_glued(span, name, span, format!("${{{name}}}")));
        self.silence_word(line, &reference.range);
    }

    /// What is wrong with a word was said.
    pub(super) fn silence_word(&mut self, line: &Line<'_>, part: &Range<usize>) {
        let word = word_around(&line.text, part);
        self.diagnostics.silence(line.span(word.clone()));
        if word.start > 0 && word.end < line.text.len() {
            self.diagnostics.silence(line.span(word.start - 1..word.end + 1));
        }
    }
}

fn usage(name: &str) -> Option<&'static str> {
    match name {
        "_RANDOM" => Some("${_RANDOM [MIN [MAX]]}"),
        "_ENV" => Some("${_ENV VARIABLE}"),
        _ => None,
    }
}

const fn ends_word(c: char) -> bool {
    matches!(c, ' ' | '\t' | '"')
}

/// The brace that ends the words from `start` on, or the end of the line, and the names in braces before it.
fn segment<'a>(line: &'a Line<'_>, start: usize) -> (usize, Vec<Reference<'a>>) {
    let mut torn = Vec::new();
    let mut at = start;
    while let Some(brace) = line.first_brace(at) {
        let is_name = brace > start && line.text[..brace].ends_with('$');
        let Some(inner) = is_name.then(|| braced(&line.text[brace..])).flatten() else { return (brace, torn) };
        at = brace + 1 + inner.len() + 1;
        torn.push(Reference::new(brace - 1..at, inner, Form::Braced));
    }
    (line.text.len(), torn)
}

/// What stands in the braces at the start of a text, if it may be a name with parameters.
fn braced(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('{')?;
    let len = inner.find(['}', '{', '$', '"'])?;
    inner[len..].starts_with('}').then_some(&inner[..len])
}

fn is_quoted_word(text: &str, range: &Range<usize>) -> bool {
    text[..range.start].ends_with('"') && text[range.end..].starts_with('"')
}

/// The word that `part` is part of, by blanks and double quotes.
fn word_around(text: &str, part: &Range<usize>) -> Range<usize> {
    let start = text[..part.start].rfind(ends_word).map_or(0, |at| at + 1);
    let end = text[part.end..].find(ends_word).map_or(text.len(), |skip| part.end + skip);
    start..end
}
