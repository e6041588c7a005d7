//! A line loses its comment and falls apart at braces and blanks.
//!
//! keepalived has no grammar: three passes over the line disagree about quotes and escapes, and files rely on it. So
//! there are three passes here, each with the same rules as its model.

mod line;

pub(crate) use line::{Line, Usage};

use std::ops::Range;

use crate::source::{Span, offset};

/// What is trimmed from a line (§1.1 step 2); words may be parted by more ([`is_blank`]).
const BLANKS: [char; 2] = [' ', '\t'];

/// Words of most statements.
const USUAL_WORDS: usize = 2;

/// The words between two braces or line ends: at least one.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// As written, without comment: what the script tokeniser reads again.
    text: String,
    marks: Vec<Mark>,
    /// Whether it only tells that something was written: what, it cannot be said, which was reported.
    pub(crate) is_lost: bool,
}

/// A word of it.
#[derive(Clone, Copy, Debug)]
struct Mark {
    start: u32,
    end: u32,
    span: Span,
    is_plain: bool,
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

impl Line<'_> {
    /// Without blanks at both ends.
    pub(crate) fn trimmed(&self) -> Self {
        let start = self.skip_blanks(0);
        let end = self.text.trim_end_matches(BLANKS).len();
        self.slice(start..end.max(start))
    }

    /// First pass (§1.3): cuts the comment, turns `\#` and `\!` into `#` and `!`, closes an open quote, or
    /// drops it if nothing stands behind it. With what the open quote quotes.
    pub(crate) fn without_comment(&self) -> (Self, Option<Span>) {
        let (end, escapes, open) = scan(&self.text);
        if escapes.is_empty() && open.is_none() {
            return (self.slice(0..end).trimmed(), None);
        }
        let mut out = Line::empty(self.behind(0));
        let mut from = 0;
        for at in escapes {
            out.push_from(self, from..at);
            from = at + 1;
        }
        let Some(open) = open else {
            out.push_from(self, from..end);
            return (out.trimmed(), None);
        };
        let body = self.text[..end].trim_end().trim_end_matches(['{', '}']).trim_end().len().max(open + 1);
        if body > open + 1 {
            out.push_from(self, from..body);
            out.push_from(&Line::standing_for(self.span(body..body), "\""), 0..1);
        } else {
            out.push_from(self, from..open);
        }
        out.push_from(self, body..end);
        (out.trimmed(), Some(self.span(open..body)))
    }

    /// The first comment sign that the first pass left outside double quotes: it was escaped.
    pub(crate) fn comment_sign(&self) -> Option<usize> {
        let end = code_len(&self.text);
        (end < self.text.len()).then_some(end)
    }

    /// Whether the byte at `at` stands in double quotes.
    pub(crate) fn is_quoted(&self, at: usize) -> bool {
        self.text[..at].matches('"').count() % 2 == 1
    }

    /// Whether the byte at `at` stands between single quotes that open behind `start`.
    pub(crate) fn is_single_quoted(&self, start: usize, at: usize) -> bool {
        let signs = outside_quotes(&self.text[start..at]).filter(|(_, c)| *c == '\'').count();
        signs % 2 == 1 && self.text[at..].contains('\'')
    }

    /// The first byte from `start` on that is neither space nor tab.
    pub(crate) fn skip_blanks(&self, start: usize) -> usize {
        self.text.len() - self.text[start..].trim_start_matches(BLANKS).len()
    }

    /// Second pass (§1.5): the first brace outside double quotes from `start` on.
    pub(crate) fn first_brace(&self, start: usize) -> Option<usize> {
        let found = outside_quotes(&self.text[start..]).find(|(_, c)| matches!(c, '{' | '}'));
        found.map(|(skip, _)| start + skip)
    }

    /// Third pass (§1.6): words.
    pub(crate) fn statement(&self) -> Statement {
        let text = self.text.as_ref();
        let mut marks = Vec::with_capacity(USUAL_WORDS);
        let mut at = 0;
        while let Some(start) = text[at..].find(|c: char| !is_blank(c)).map(|skip| at + skip) {
            let rest = &text[start..];
            let (range, whole) = if let Some(quoted) = rest.strip_prefix('"') {
                let len = quoted.find('"').unwrap_or(quoted.len());
                (start + 1..start + 1 + len, start..(start + len + 2).min(text.len()))
            } else {
                let end = rest.find(|c: char| is_blank(c) || c == '"').map_or(text.len(), |len| start + len);
                (start..end, start..end)
            };
            at = whole.end;
            let is_plain = whole == range && self.is_as_written();
            let (start, end) = (offset(range.start), offset(range.end));
            marks.push(Mark { start, end, span: self.span(whole), is_plain });
        }
        Statement { text: text.to_owned(), marks, is_lost: false }
    }
}

/// The lines of a text without their ends, and where each begins.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = next;
        next += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

/// Where a part of a text stands in it.
pub(crate) fn place_of(part: &str, text: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

/// Characters outside double quotes, with their places.
pub(crate) fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quoted = false;
    text.char_indices().filter(move |&(_, c)| {
        quoted ^= c == '"';
        !quoted && c != '"'
    })
}

/// How much of a line stands before its comment.
pub(crate) fn code_len(text: &str) -> usize {
    scan(text).0
}

/// End of the text before its comment, escaped comment signs before it, and the quote that is left open there.
fn scan(text: &str) -> (usize, Vec<usize>, Option<usize>) {
    let bytes = text.as_bytes();
    let (mut escapes, mut open, mut at) = (Vec::new(), None, 0);
    while let Some(&byte) = bytes.get(at) {
        match (byte, open) {
            (b'\\', _) => {
                if open.is_none() && matches!(bytes.get(at + 1), Some(b'#' | b'!')) {
                    escapes.push(at);
                }
                at += 1;
            }
            (b'"', None) => open = Some(at),
            (b'"', Some(_)) => open = None,
            (b'#' | b'!', None) => return (at, escapes, None),
            _ => {}
        }
        at += 1;
    }
    (text.len(), escapes, open)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\x0b' | '\x0c')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use std::path::PathBuf;

    /// The words of a line from which one layer of escapes goes, and what is written in their places.
    fn words(text: &str) -> (Vec<String>, Vec<String>) {
        let mut sources = Sources::default();
        let file = sources.add(PathBuf::from("t"), text.to_owned(), None);
        let (line, _) = Line::written(file, 0, text).without_comment();
        let statement = line.statement();
        let words = statement.words().map(|word| word.text.to_owned()).collect();
        (words, statement.words().map(|word| sources.text(word.span).to_owned()).collect())
    }

    #[test]
    fn words_behind_an_escape_lose_it_and_know_where_they_were_written() {
        let (read, places) = words(r"  x\#y   z c\!");
        assert_eq!(
            (read, places),
            (vec!["x#y".into(), "z".into(), "c!".into()], vec![r"x\#y".into(), "z".into(), r"c\!".into()])
        );
    }
}
