//! Uses of definitions (keepalived-config §1.9, §1.10).

use super::Expander;
use super::reference::{Reference, references};
use crate::lexer::{Line, Usage};
use crate::model::limits;
use crate::say;
use crate::source::Span;

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

impl Expander<'_> {
    /// Replaces every reference to a definition.
    pub(super) fn substitute(&mut self, line: &Line<'_>, start: usize, depth: usize) -> Substituted {
        let known = |found: &Reference<'_>| self.is_known(found);
        let Some(first) = references(&line.text, start).find(known) else {
            return Substituted::Unchanged;
        };
        let (span, name) = (line.span(first.range.clone()), first.name().to_owned());
        let too_large = depth >= limits::EXPANSION_DEPTH
            || line.text.len() > limits::EXPANDED_LINE_BYTES
            || self.expanded_bytes > limits::EXPANDED_BYTES;
        if too_large || self.definitions.endless.contains(&name) {
            self.report(say::expansion_too_large(span, &name));
            self.definitions.endless.insert(name);
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
                self.report(say::text_after_definition(span, behind, reference.name()));
            }
            last.push_from(line, from..range.start);
            let used = Usage { via: self.diagnostics.sources.add_use(span), outer: line.outer(range.clone()) };
            for (index, value) in lines.iter().enumerate() {
                if index > 0 {
                    done.push(std::mem::replace(&mut last, Line::empty(used.outer)));
                }
                last.push_used(value, used);
            }
            from = range.end;
        }
        last.push_from(line, from..line.text.len());
        done.push(last);
        done
    }

    /// A stretch of a line with every definition in it expanded. `None`: it cannot be; that was reported.
    pub(super) fn inline(
        &mut self,
        line: &Line<'_>,
        range: std::ops::Range<usize>,
        depth: usize,
    ) -> Option<Line<'static>> {
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
        let (name, parameters) = reference.parts();
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
    pub(super) fn is_known(&self, reference: &Reference<'_>) -> bool {
        let (name, parameters) = reference.parts();
        self.definitions.get(name).is_some() || self.predefined(name, parameters).is_some()
    }
}
