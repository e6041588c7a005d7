//! Words between two braces.

use crate::source::{Span, offset};

/// The words between two braces or line ends: at least one.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// As written, without comment: what the script tokeniser reads again.
    text: String,
    marks: Vec<Mark>,
}

/// A word of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) span: Span,
    pub(super) is_plain: bool,
}

/// One word of a statement, without its quotes; the span has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    pub(crate) span: Span,
    /// Whether it stands in a file byte for byte, without quotes.
    pub(crate) is_plain: bool,
}

impl Word<'_> {
    /// The place of its last bytes, if it is written as it is read, without odd letters.
    pub(crate) fn end(self, bytes: usize) -> Span {
        if self.is_plain && self.text.is_ascii() {
            Span { start: self.span.end - offset(bytes), ..self.span }
        } else {
            self.span
        }
    }
}

impl Statement {
    pub(super) fn new(text: &str, marks: Vec<Mark>) -> Self {
        Self { text: text.to_owned(), marks }
    }

    /// Text without comment.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = Word<'_>> {
        self.marks.iter().map(|mark| {
            let text = self.text.get(mark.start as usize..mark.end as usize).unwrap_or_default();
            Word { text, span: mark.span, is_plain: mark.is_plain }
        })
    }

    /// The first word. `None` only for a statement of no words.
    pub(crate) fn keyword(&self) -> Option<Word<'_>> {
        self.words().next()
    }

    /// Takes the last word away.
    pub(crate) fn drop_last(&mut self) {
        if let Some(mark) = self.marks.pop() {
            self.text.truncate(mark.start as usize);
        }
    }

    /// The words after the first.
    pub(crate) fn arguments(&self) -> Vec<Word<'_>> {
        self.words().skip(1).collect()
    }
}
