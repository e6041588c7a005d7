//! A line, and where each of its bytes was written.

use std::borrow::Cow;
use std::ops::Range;

use crate::source::{FileId, Span, UseId, offset};

/// A line or the rest of one, which knows where each of its bytes was written.
#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Where the text comes from, or where it would if it were not empty.
    first: Origin,
    /// Where further stretches come from, by rising `at`.
    more: Vec<Origin>,
}

/// Where the bytes of a line from `at` on were written.
#[derive(Clone, Copy, Debug)]
struct Origin {
    at: u32,
    file: FileId,
    start: u32,
    kind: OriginKind,
    used: Option<Usage>,
}

#[derive(Clone, Copy, Debug)]
enum OriginKind {
    /// Byte by byte from `start` on.
    Written,
    /// All of it stands for this many bytes at `start`.
    Whole(u32),
}

/// The use of a definition that brought text into a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) via: UseId,
    /// The outermost use: what stands in the file that is read.
    pub(crate) outer: Span,
}

impl Origin {
    /// Source bytes that the byte at `at` of the line stands for.
    fn place(&self, at: u32) -> Span {
        let (start, end) = match self.kind {
            OriginKind::Written => (self.start + (at - self.at), self.start + (at - self.at) + 1),
            OriginKind::Whole(len) => (self.start, self.start + len),
        };
        Span { via: self.used.map(|used| used.via), ..Span::new(self.file, start, end) }
    }

    /// As [`place`](Self::place), in the file that is read.
    fn outer(&self, at: u32) -> Span {
        self.used.map_or_else(|| self.place(at), |used| used.outer)
    }
}

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
        Line { text: Cow::Owned(text.to_owned()), ..Line::empty(span) }
    }

    pub(crate) fn into_owned(self) -> Line<'static> {
        Line { text: Cow::Owned(self.text.into_owned()), first: self.first, more: self.more }
    }

    /// Whether it stands in a file byte for byte.
    pub(super) fn is_as_written(&self) -> bool {
        self.more.is_empty() && matches!(self.first.kind, OriginKind::Written)
    }

    fn origin_at(&self, at: u32) -> &Origin {
        let index = self.more.partition_point(|origin| origin.at <= at);
        index.checked_sub(1).and_then(|index| self.more.get(index)).unwrap_or(&self.first)
    }

    /// Appends a stretch of another line.
    pub(crate) fn push_from(&mut self, other: &Line<'_>, range: Range<usize>) {
        self.push_used(other, range, None);
    }

    /// As [`push_from`](Self::push_from), of a line that a use of a definition brings in.
    pub(crate) fn push_used(&mut self, other: &Line<'_>, range: Range<usize>, used: Option<Usage>) {
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
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
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
    pub(crate) fn outer(&self, range: Range<usize>) -> Span {
        let (start, last) = (offset(range.start), offset(range.end.max(range.start + 1) - 1));
        self.origin_at(start).outer(start).to(self.origin_at(last).outer(last))
    }

    /// The empty place before the byte at `at`, or behind the last.
    pub(super) fn behind(&self, at: u32) -> Span {
        let origin = self.origin_at(at);
        if at > 0 && at as usize >= self.text.len() {
            return self.origin_at(at - 1).place(at - 1).after();
        }
        let place = origin.place(at);
        Span { end: place.start, ..place }
    }

    /// The stretch `range` as a line of its own.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        if let (Cow::Borrowed(text), true) = (&self.text, self.is_as_written()) {
            let first = Origin { start: self.first.start + offset(range.start), ..self.first };
            return Line { text: Cow::Borrowed(&text[range]), first, more: Vec::new() };
        }
        let mut slice = Line::empty(self.behind(offset(range.start)));
        slice.push_from(self, range);
        slice
    }
}
