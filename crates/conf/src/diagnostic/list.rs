//! All diagnostics of a configuration: one mistake is one message, and no more are kept than anybody reads.

use std::collections::HashSet;

use super::{Diagnostic, Label, Suggestion};
use crate::code::{Code, Severity};
use crate::model::limits;
use crate::source::{Sources, Span};

/// Labels to which further places are added.
pub(crate) const MOST_LABELS: usize = 5;

/// All diagnostics of a configuration, with the files they speak of. Beyond [`limits::DIAGNOSTICS`] they are counted,
/// not kept.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    left_out: usize,
    /// What was said and where: a definition, a loop or a file that is included
    /// again brings a mistake in again and again, and it is one mistake.
    said: HashSet<(Code, Span)>,
    /// Words of which all was said.
    silenced: HashSet<Span>,
    /// What is said of a place if nothing else is.
    last: Vec<Diagnostic>,
    /// The mildest that is kept, if that is known: then the list is full.
    mildest: Option<Severity>,
    pub(crate) sources: Sources,
}

impl Diagnostics {
    /// In file order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// The gravest severity: those that are not kept are none graver.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.iter().map(|diagnostic| diagnostic.severity).max()
    }

    /// Gives every diagnostic the severity that whoever asks gives it; those without are not shown.
    pub fn judge(&mut self, judge: impl Fn(&Diagnostic) -> Option<Severity>) {
        self.list.retain_mut(|diagnostic| match judge(diagnostic) {
            Some(severity) => {
                diagnostic.severity = severity;
                true
            }
            None => false,
        });
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many are kept.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.list.len()
    }

    /// How many more there were than are kept.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// The files that spans name.
    #[must_use]
    pub const fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Whether further diagnostics are only counted, so that costly advice need not be worked out.
    pub(crate) const fn is_full(&self) -> bool {
        self.list.len() >= limits::DIAGNOSTICS
    }

    /// Whether a diagnostic of this code at this place would be one too many.
    pub(crate) fn was_said(&self, codes: &[Code], span: Span) -> bool {
        let place = self.sources.place(span);
        codes.iter().any(|&code| self.said.contains(&(code, place)))
    }

    /// Whether anything as grave as `least` was said of what stands within `span`.
    pub(crate) fn spoke_within(&self, span: Span, least: Severity) -> bool {
        self.iter().any(|diagnostic| diagnostic.severity >= least && span.holds(diagnostic.span()))
    }

    /// No more is to be said of a word.
    pub(crate) fn silence(&mut self, word: Span) {
        let place = self.sources.place(word);
        self.silenced.insert(place);
    }

    /// Says this of a place if nothing else is said of it until the end. If the name there is not defined, that is the
    /// reason for what else is said.
    pub(crate) fn push_last(&mut self, diagnostic: Diagnostic) {
        if self.last.len() < limits::DIAGNOSTICS {
            self.last.push(diagnostic);
        }
    }

    /// Says why there is nothing.
    pub(crate) fn refuse<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.push(diagnostic);
        None
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        let diagnostic = self.placed(diagnostic);
        if self.silenced.contains(&self.sources.place(diagnostic.span())) {
            return;
        }
        if !self.said.insert((diagnostic.code, self.sources.place(diagnostic.span()))) {
            return;
        }
        if !self.is_full() {
            return self.list.push(diagnostic);
        }
        self.left_out += 1;
        // The mildest give way, of these the last.
        let all = self.list.iter().map(|kept| kept.severity);
        let mildest = *self.mildest.get_or_insert_with(|| all.min().unwrap_or(Severity::Error));
        if mildest < diagnostic.severity
            && let Some(place) = self.list.iter().rposition(|kept| kept.severity == mildest)
        {
            self.list.remove(place);
            self.list.push(diagnostic);
            self.mildest = None;
        }
    }

    /// Takes back what follows from something that is then said instead. Gives how it was to be corrected.
    pub(crate) fn take_back(&mut self, follows: impl Fn(&Diagnostic) -> bool) -> Option<Suggestion> {
        self.mildest = None;
        let mut suggestion = None;
        for diagnostic in self.list.extract_if(.., |diagnostic| follows(diagnostic)) {
            self.said.remove(&(diagnostic.code, diagnostic.span()));
            suggestion = diagnostic.suggestion.or(suggestion);
        }
        suggestion
    }

    /// The same, of what was said at `span`.
    pub(crate) fn take_back_at(&mut self, span: Span, codes: &[Code]) -> Option<Suggestion> {
        let place = self.sources.place(span);
        self.take_back(|diagnostic| codes.contains(&diagnostic.code) && diagnostic.span() == place)
    }

    /// Adds what follows from a mistake that stands within `span`.
    pub(crate) fn add_consequence(&mut self, span: Span, what: &str) {
        let place = self.sources.place(span);
        let sources = &self.sources;
        let is_near = |at: Span| place.start <= at.start && at.end <= place.end && place.holds(sources.place(at));
        if let Some(said) = self.list.iter_mut().rev().find(|said| is_near(said.span())) {
            said.note = Some(said.note.as_ref().map_or_else(|| what.to_owned(), |note| format!("{note}; {what}")));
        }
    }

    /// Shows the place of writing, and how the text came to where it counts.
    fn placed(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        for label in diagnostic.labels.iter_mut().skip(1) {
            label.span = self.sources.counts_at(label.span);
        }
        if let Some(first) = diagnostic.labels.first_mut() {
            let way = self.sources.way(first.span);
            first.span.via = None;
            for (what, span) in way {
                let known = diagnostic.labels.iter().any(|label| label.span == span);
                if !known && diagnostic.labels.len() < MOST_LABELS {
                    diagnostic.labels.push(Label { span, text: what.to_owned() });
                }
            }
        }
        if let Some((span, _)) = diagnostic.suggestion.as_mut().and_then(|it| it.replacement.as_mut()) {
            span.via = None;
        }
        diagnostic
    }

    /// Finishes the list: in file order, without secrets.
    pub(crate) fn sort(&mut self) {
        for last in std::mem::take(&mut self.last) {
            let place = self.sources.place(last.span());
            match self.list.iter_mut().find(|said| place.holds(self.sources.place(said.span()))) {
                None => self.push(last),
                Some(said) if last.code == Code::UndefinedKept => said.give_reason(last),
                Some(_) => {}
            }
        }
        self.list.iter_mut().for_each(|diagnostic| diagnostic.hide_secrets(&self.sources));
        self.list.sort_by_key(Diagnostic::span);
    }
}
