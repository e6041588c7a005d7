//! A line loses its comment and falls apart at braces and blanks.
//!
//! keepalived has no grammar: three passes over the line disagree about quotes and escapes, and files rely on it
//!. So there are three passes here, each with the same rules as its model.

use std::borrow::Cow;

use crate::source::{FileId, Span, offset};

/// A line or the rest of one, which knows where each of its bytes was written.
#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) text: Cow<'a, str>,
    file: FileId,
    /// Where stretches of `text` come from, by rising `at`; the first starts at 0.
    origins: Vec<Origin>,
}

/// What is trimmed from a line (§1.1 step 2); words may be parted by more ([`is_blank`]).
const BLANKS: [char; 2] = [' ', '\t'];

/// Where the bytes of a line from `at` on were written.
#[derive(Clone, Copy, Debug)]
struct Origin {
    at: u32,
    start: u32,
    kind: OriginKind,
}

#[derive(Clone, Copy, Debug)]
enum OriginKind {
    /// Byte by byte from `start` on.
    Written,
    /// All of it stands for this many bytes at `start`: a reference to a definition.
    Expanded(u32),
}

/// What a quote without its partner becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quotes {
    /// All closed.
    Balanced,
    /// The last was not closed; it is now, at the end of the line. Where it opens.
    Mended(Span),
}

impl<'a> Line<'a> {
    /// `text` as it stands at `start` of `file`.
    pub(crate) fn written(file: FileId, start: usize, text: &'a str) -> Self {
        let origin = Origin { at: 0, start: offset(start), kind: OriginKind::Written };
        Self { text: Cow::Borrowed(text), file, origins: vec![origin] }
    }

    /// A line without text at `span`, to be filled by [`push_expanded`](Self::push_expanded).
    pub(crate) fn empty(span: Span) -> Self {
        Self { text: Cow::Borrowed(""), file: span.file, origins: Vec::new() }
    }

    /// Appends a stretch of another line.
    pub(crate) fn push_from(&mut self, other: &Line<'_>, range: std::ops::Range<usize>) {
        let (first, last) = (offset(range.start), offset(range.end));
        let skip = other.origins.partition_point(|origin| origin.at <= first).saturating_sub(1);
        for (index, origin) in other.origins.iter().enumerate().skip(skip) {
            if origin.at >= last {
                break;
            }
            let until = other.origins.get(index + 1).map_or_else(|| offset(other.text.len()), |next| next.at);
            let (from, to) = (origin.at.max(first), until.min(last));
            if from < to {
                let start = match origin.kind {
                    OriginKind::Written => origin.start + (from - origin.at),
                    OriginKind::Expanded(_) => origin.start,
                };
                self.origins.push(Origin { at: offset(self.text.len()) + (from - first), start, ..*origin });
            }
        }
        self.text.to_mut().push_str(&other.text[range]);
    }

    /// Appends text that stands for `span`.
    pub(crate) fn push_expanded(&mut self, text: &str, span: Span) {
        if !text.is_empty() {
            let kind = OriginKind::Expanded(span.end - span.start);
            self.origins.push(Origin { at: offset(self.text.len()), start: span.start, kind });
            self.text.to_mut().push_str(text);
        }
    }

    /// Where `range` was written.
    pub(crate) fn span(&self, range: std::ops::Range<usize>) -> Span {
        let start = self.place(range.start).0;
        let end = if range.is_empty() { start } else { self.place(range.end - 1).1 };
        Span { file: self.file, start, end: end.max(start) }
    }

    /// Source bytes that the byte at `at` stands for. Behind the end: the place behind the last byte.
    fn place(&self, at: usize) -> (u32, u32) {
        let at = offset(at);
        let index = self.origins.partition_point(|origin| origin.at <= at).saturating_sub(1);
        let Some(origin) = self.origins.get(index) else { return (0, 0) };
        match origin.kind {
            OriginKind::Written => (origin.start + (at - origin.at), origin.start + (at - origin.at) + 1),
            OriginKind::Expanded(len) if at as usize >= self.text.len() => (origin.start + len, origin.start + len),
            OriginKind::Expanded(len) => (origin.start, origin.start + len),
        }
    }

    /// The stretch `range` as a line of its own.
    pub(crate) fn slice(&self, range: std::ops::Range<usize>) -> Self {
        if let (Cow::Borrowed(text), [origin]) = (&self.text, self.origins.as_slice()) {
            return Line::written(self.file, origin.start as usize + range.start, &text[range]);
        }
        let mut slice = Line { text: Cow::Borrowed(""), file: self.file, origins: Vec::new() };
        slice.push_from(self, range);
        slice
    }

    /// Without blanks at both ends.
    pub(crate) fn trimmed(&self) -> Self {
        let start = self.skip_blanks(0);
        let end = self.text.trim_end_matches(BLANKS).len();
        self.slice(start..end.max(start))
    }

    /// First pass (§1.3): cuts the comment, turns `\#` and `\!` into `#` and `!`, closes an open quote.
    pub(crate) fn without_comment(&self) -> (Self, Quotes) {
        let (end, escapes, open) = scan(&self.text);
        if escapes.is_empty() && open.is_none() {
            return (self.slice(0..end).trimmed(), Quotes::Balanced);
        }
        let mut out = Line { text: Cow::Borrowed(""), file: self.file, origins: Vec::new() };
        let mut from = 0;
        for at in escapes {
            out.push_from(self, from..at);
            from = at + 1;
        }
        let Some(open) = open else {
            out.push_from(self, from..end);
            return (out.trimmed(), Quotes::Balanced);
        };
        let body = self.text[..end].trim_end().trim_end_matches(['{', '}']).trim_end().len().max(open + 1);
        out.push_from(self, from..body);
        out.push_expanded("\"", self.span(body..body));
        out.push_from(self, body..end);
        (out.trimmed(), Quotes::Mended(self.span(open..open + 1)))
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
        let mut marks = Vec::new();
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
            marks.push(Mark { start: offset(range.start), end: offset(range.end), span: self.span(whole) });
            at = next;
        }
        Statement { text: text.to_owned(), marks }
    }
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

/// The words between two braces or line ends: at least one.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// As written, without comment: what the script tokeniser reads again.
    text: String,
    marks: Vec<Mark>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    start: u32,
    end: u32,
    span: Span,
}

/// One word of a statement, without its quotes; the span has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    pub(crate) span: Span,
}

impl Statement {
    /// Text without comment.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = Word<'_>> {
        self.marks.iter().map(|mark| {
            let text = self.text.get(mark.start as usize..mark.end as usize).unwrap_or_default();
            Word { text, span: mark.span }
        })
    }

    /// The first word. `None` only for a statement of no words.
    pub(crate) fn keyword(&self) -> Option<Word<'_>> {
        self.words().next()
    }

    /// The words after the first.
    pub(crate) fn arguments(&self) -> Vec<Word<'_>> {
        self.words().skip(1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use std::path::PathBuf;

    fn words(text: &str) -> (Vec<String>, Vec<String>) {
        let mut sources = Sources::default();
        let file = sources.add(PathBuf::from("t"), text.to_owned());
        let (line, _) = Line::written(file, 0, text).without_comment();
        let statement = line.statement();
        let words = statement.words().map(|word| word.text.to_owned()).collect();
        (words, statement.words().map(|word| sources.text(word.span).to_owned()).collect())
    }

    /// As keepalived does it.
    #[test]
    fn comments_start_inside_words_but_not_inside_quotes() {
        assert_eq!(words("auth_pass abc#123").0, ["auth_pass", "abc"]);
        assert_eq!(words("auth_pass \"abc#1!3\" # x").0, ["auth_pass", "abc#1!3"]);
        assert_eq!(words(r"a\#b c\!").0, ["a#b", "c!"]);
        assert_eq!(words(r#"a "b\#c""#).0, ["a", r"b\#c"]);
        assert_eq!(words("! all").0, [""; 0]);
    }

    /// As in keepalived, a quote ends a bare word and starts a new one.
    #[test]
    fn quotes_split_words() {
        assert_eq!(words(r#"a "b c"d e"f g"h """#).0, ["a", "b c", "d", "e", "f g", "h", ""]);
    }

    #[test]
    fn words_know_where_they_were_written_behind_an_escape() {
        let (_, places) = words(r"  x\#y   z");
        assert_eq!(places, [r"x\#y", "z"]);
    }

    #[test]
    fn an_open_quote_is_closed_before_a_final_brace() {
        let mut sources = Sources::default();
        let text = "vrrp_instance \"a {";
        let file = sources.add(PathBuf::from("t"), text.to_owned());
        let (line, quotes) = Line::written(file, 0, text).without_comment();
        assert_eq!(line.text, "vrrp_instance \"a\" {");
        assert_eq!(line.first_brace(0), Some(18));
        assert!(matches!(quotes, Quotes::Mended(span) if span.start == 14));
    }
}
