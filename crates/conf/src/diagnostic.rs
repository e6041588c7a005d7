//! What is to be said about a configuration.

mod list;

use std::fmt;

pub use self::list::Diagnostics;
pub(crate) use self::list::MOST_LABELS;
use crate::code::{Code, Severity};
use crate::secrets::{shows, without};
use crate::source::{Sources, Span};

/// One mistake or piece of advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind; stable, for `explain` and for scripts.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// What is wrong: one sentence without full stop.
    pub message: String,
    /// Where: the first label is the place to change. Never empty.
    pub labels: Vec<Label>,
    /// Why it matters, or what is done instead.
    pub note: Option<String>,
    /// How to correct it.
    pub suggestion: Option<Suggestion>,
}

/// A place and what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// How to correct a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// In words.
    pub text: String,
    /// What to write instead of what stands there, if that is a plain replacement.
    pub replacement: Option<(Span, String)>,
}

impl Diagnostic {
    pub(crate) fn new(code: Code, span: Span, message: impl fmt::Display) -> Self {
        let label = Label { span, text: String::new() };
        Self {
            code,
            severity: code.severity(),
            message: clipped(message.to_string()),
            labels: vec![label],
            note: None,
            suggestion: None,
        }
    }

    /// The same, of another place.
    pub(crate) fn at(mut self, place: Span) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.span = place;
        }
        self
    }

    /// Says what the first place is.
    pub(crate) fn here(mut self, text: impl fmt::Display) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.to_string();
        }
        self
    }

    pub(crate) fn also(mut self, span: Span, text: impl fmt::Display) -> Self {
        self.labels.push(Label { span, text: text.to_string() });
        self
    }

    /// As [`Diagnostic::also`], if there is such a place.
    pub(crate) fn also_at(self, span: Option<Span>, text: impl fmt::Display) -> Self {
        match span {
            Some(span) => self.also(span, text),
            None => self,
        }
    }

    pub(crate) fn note(mut self, note: impl fmt::Display) -> Self {
        self.note = Some(clipped(note.to_string()));
        self
    }

    pub(crate) fn help(mut self, text: impl fmt::Display) -> Self {
        self.suggestion = Some(Suggestion { text: text.to_string(), replacement: None });
        self
    }

    /// As advice: nothing is lost by it.
    pub(crate) fn mild(self) -> Self {
        Self { severity: Severity::Advice, ..self }
    }

    /// The name at the same place is not defined: says so, and what was meant.
    fn give_reason(&mut self, undefined: Self) {
        if let Some(label) = self.labels.first_mut().filter(|label| label.text.is_empty()) {
            label.text = undefined.message;
        }
        self.suggestion = undefined.suggestion.or_else(|| self.suggestion.take());
    }

    pub(crate) fn replace(mut self, span: Span, with: impl fmt::Display, text: impl fmt::Display) -> Self {
        self.suggestion = Some(Suggestion { text: text.to_string(), replacement: Some((span, with.to_string())) });
        self
    }

    /// What was probably meant at `span`, if that is known.
    pub(crate) fn did_you_mean(self, span: Span, meant: Option<&str>) -> Self {
        match meant {
            Some(meant) => self.replace(span, meant, format!("did you mean `{meant}`?")),
            None => self,
        }
    }

    /// Takes the secrets out that stand on the lines it speaks of.
    fn hide_secrets(&mut self, sources: &Sources) {
        let secrets: Vec<&str> = self.labels.iter().flat_map(|label| sources.secrets_beside(label.span)).collect();
        let suggestion = self.suggestion.iter_mut().map(|suggestion| &mut suggestion.text);
        let labels = self.labels.iter_mut().map(|label| &mut label.text);
        for text in labels.chain(suggestion).chain(&mut self.note).chain([&mut self.message]) {
            *text = without(text, &secrets);
        }
        if let Some(suggestion) = &mut self.suggestion {
            suggestion.replacement.take_if(|(_, with)| shows(with, &secrets));
        }
    }

    /// The place to mend.
    #[must_use]
    pub fn span(&self) -> Span {
        self.labels[0].span
    }
}

/// Longest message; a word in it may be as long as its file.
const MESSAGE_CHARS: usize = 400;

/// The beginning and the end of what is too long.
fn clipped(text: String) -> String {
    let chars = text.chars().count();
    if chars <= MESSAGE_CHARS {
        return text;
    }
    let (head, tail) = (MESSAGE_CHARS * 2 / 3, MESSAGE_CHARS / 3);
    text.chars().take(head).chain(['…']).chain(text.chars().skip(chars - tail)).collect()
}
