//! A line loses its comment and falls apart at braces and blanks.
//!
//! keepalived has no grammar: three passes over the line disagree about quotes and escapes, and files rely on it
//!. So there are three passes here, each with the same rules as its model.

mod origin;
mod statement;

use std::borrow::Cow;

pub(crate) use origin::Usage;
use origin::{Origin, OriginKind};
use statement::Mark;
pub(crate) use statement::{Statement, Word};

use crate::source::{FileId, Span, offset};

/// A line or the rest of one, which knows where each of its bytes was written.
#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Where the text comes from, or where it would if it were not empty.
    first: Origin,
    /// Where further stretches come from, by rising `at`.
    more: Vec<Origin>,
}

/// What is trimmed from a line (§1.1 step 2); words may be parted by more ([`is_blank`]).
const BLANKS: [char; 2] = [' ', '\t'];

/// Words of most statements.
const USUAL_WORDS: usize = 2;

impl<'a> Line<'a> {
    /// `text` as it stands at `start` of `file`.
    pub(crate) fn written(file: FileId, start: usize, text: &'a str) -> Self {
        let first = Origin { at: 0, file, start: offset(start), kind: OriginKind::Written, used: None };
        Self { text: Cow::Borrowed(text), first, more: Vec::new() }
    }

    /// A line without text at `span`, to be filled.
    pub(crate) fn empty(span: Span) -> Self {
        let kind = OriginKind::Whole(span.end - span.start);
        let first = Origin { at: 0, file: span.file, start: span.start, kind, used: None };
        Self { text: Cow::Borrowed(""), first, more: Vec::new() }
    }

    /// Text that stands for `span` as a whole.
    pub(crate) fn standing_for(span: Span, text: &str) -> Line<'static> {
        let mut line = Line::empty(span);
        line.text = Cow::Owned(text.to_owned());
        line
    }

    pub(crate) fn into_owned(self) -> Line<'static> {
        Line { text: Cow::Owned(self.text.into_owned()), first: self.first, more: self.more }
    }

    /// Whether it stands in a file byte for byte.
    fn is_as_written(&self) -> bool {
        self.more.is_empty() && matches!(self.first.kind, OriginKind::Written)
    }

    fn origin_at(&self, at: u32) -> &Origin {
        let index = self.more.partition_point(|origin| origin.at <= at);
        index.checked_sub(1).and_then(|index| self.more.get(index)).unwrap_or(&self.first)
    }

    /// Appends a stretch of another line.
    pub(crate) fn push_from(&mut self, other: &Line<'_>, range: std::ops::Range<usize>) {
        self.push(other, range, None);
    }

    /// Appends another line, brought in by a use of a definition.
    pub(crate) fn push_used(&mut self, other: &Line<'_>, used: Usage) {
        self.push(other, 0..other.text.len(), Some(used));
    }

    fn push(&mut self, other: &Line<'_>, range: std::ops::Range<usize>, used: Option<Usage>) {
        if range.is_empty() {
            return;
        }
        let (first, last, base) = (offset(range.start), offset(range.end), offset(self.text.len()));
        let skip = other.more.partition_point(|origin| origin.at <= first);
        let origins = std::iter::once(&other.first).chain(&other.more).skip(skip);
        for (index, origin) in origins.take_while(|origin| origin.at < last).enumerate() {
            let from = origin.at.max(first);
            let start = match origin.kind {
                OriginKind::Written => origin.start + (from - origin.at),
                OriginKind::Whole(_) => origin.start,
            };
            let moved = Origin { at: base + (from - first), start, used: used.or(origin.used), ..*origin };
            if index == 0 && base == 0 { self.first = moved } else { self.more.push(moved) }
        }
        self.text.to_mut().push_str(&other.text[range]);
    }

    /// Where `range` was written. If it comes from several places, where they are put together.
    pub(crate) fn span(&self, range: std::ops::Range<usize>) -> Span {
        let start = offset(range.start);
        if range.is_empty() {
            return self.behind(start);
        }
        let last = offset(range.end - 1);
        let (from, to) = (self.origin_at(start), self.origin_at(last));
        let (first, end) = (from.place(start), to.place(last));
        let one_way = first.file == end.file && first.via == end.via && end.end >= first.start;
        let (first, end) = if one_way { (first, end) } else { (from.outer(start), to.outer(last)) };
        first.to(end)
    }

    /// Where `range` stands in the file that is read.
    pub(crate) fn outer(&self, range: std::ops::Range<usize>) -> Span {
        let (start, last) = (offset(range.start), offset(range.end.max(range.start + 1) - 1));
        self.origin_at(start).outer(start).to(self.origin_at(last).outer(last))
    }

    /// The empty place before the byte at `at`, or behind the last.
    fn behind(&self, at: u32) -> Span {
        let origin = self.origin_at(at);
        if at > 0 && at as usize >= self.text.len() {
            return self.origin_at(at - 1).place(at - 1).after();
        }
        let place = origin.place(at);
        Span { end: place.start, ..place }
    }

    /// The stretch `range` as a line of its own.
    pub(crate) fn slice(&self, range: std::ops::Range<usize>) -> Self {
        if let (Cow::Borrowed(text), true) = (&self.text, self.is_as_written()) {
            let first = Origin { start: self.first.start + offset(range.start), ..self.first };
            return Line { text: Cow::Borrowed(&text[range]), first, more: Vec::new() };
        }
        let mut slice = Line::empty(self.behind(offset(range.start)));
        slice.push_from(self, range);
        slice
    }

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
        let (end, _, _) = scan(&self.text);
        (end < self.text.len()).then_some(end)
    }

    /// Whether the byte at `at` stands in double quotes that open behind `start`.
    pub(crate) fn is_quoted(&self, start: usize, at: usize) -> bool {
        self.text
            .as_bytes()
            .get(start..at)
            .is_some_and(|text| text.iter().filter(|&&byte| byte == b'"').count() % 2 == 1)
    }

    /// Whether the byte at `at` stands between single quotes that open behind `start`.
    pub(crate) fn is_single_quoted(&self, start: usize, at: usize) -> bool {
        let (mut double, mut single) = (false, false);
        for byte in self.text.bytes().take(at).skip(start) {
            double ^= byte == b'"';
            single ^= byte == b'\'' && !double;
        }
        single && self.text.get(at..).is_some_and(|rest| rest.contains('\''))
    }

    /// The first byte from `start` on that is neither space nor tab.
    pub(crate) fn skip_blanks(&self, start: usize) -> usize {
        self.text.len() - self.text[start..].trim_start_matches(BLANKS).len()
    }

    /// Second pass (§1.5): the first brace outside double quotes from `start` on.
    pub(crate) fn first_brace(&self, start: usize) -> Option<usize> {
        let mut quoted = false;
        let found = self.text.bytes().skip(start).position(|byte| {
            quoted ^= byte == b'"';
            !quoted && matches!(byte, b'{' | b'}')
        });
        found.map(|skip| start + skip)
    }

    /// Third pass (§1.6): words.
    pub(crate) fn statement(&self) -> Statement {
        let text = self.text.as_ref();
        let mut marks = Vec::with_capacity(USUAL_WORDS);
        let mut at = 0;
        while let Some(start) = text[at..].find(|c: char| !is_blank(c)).map(|skip| at + skip) {
            let rest = &text[start..];
            let (range, whole, next) = if let Some(quoted) = rest.strip_prefix('"') {
                let len = quoted.find('"').unwrap_or(quoted.len());
                let next = (start + len + 2).min(text.len());
                (start + 1..start + 1 + len, start..next, next)
            } else {
                let len = rest.find(|c: char| is_blank(c) || c == '"').unwrap_or(rest.len());
                (start..start + len, start..start + len, start + len)
            };
            let is_plain = whole == range && self.is_as_written();
            let (start, end) = (offset(range.start), offset(range.end));
            marks.push(Mark { start, end, span: self.span(whole), is_plain });
            at = next;
        }
        Statement::new(text, marks)
    }
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
