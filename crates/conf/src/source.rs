//! Files and places in them.

use std::collections::HashMap;
use std::iter;
use std::num::NonZeroU32;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::secrets::{self, Hidden};

/// Names a file of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A stretch of one file, in bytes of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// The use of a definition that brought the text from there to where it counts. Not in a finished diagnostic, which
    /// shows the use as a place of its own.
    pub(crate) via: Option<UseId>,
}

/// Names a use of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct UseId(NonZeroU32);

impl Span {
    pub(crate) const fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end, via: None }
    }

    /// From the start of `self` to the end of `other`, if both are in one file and came there in one way; else `self`.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        let one_way = self.file == other.file && self.via == other.via;
        if one_way && other.end >= self.start { Self { end: other.end, ..self } } else { self }
    }

    /// Whether `inner` lies within this place.
    pub(crate) fn holds(self, inner: Self) -> bool {
        inner.file == self.file && inner.start >= self.start && inner.end <= self.end
    }

    /// The empty place behind `self`.
    #[must_use]
    pub const fn after(self) -> Self {
        Self { start: self.end, ..self }
    }
}

/// A value and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// A place in a file: line and columns from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column in characters (Unicode code points).
    pub column: usize,
    /// Column in units of UTF-16, as editors count.
    pub column_utf16: usize,
    /// Bytes of the text before it, where what is not UTF-8 counts as three.
    pub byte: usize,
}

/// One file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    path: PathBuf,
    text: String,
    line_starts: Vec<u32>,
    /// The same file where it is read for the first time.
    pub(crate) first: FileId,
    /// What is behind keywords of passwords and keys, each to the end of its line.
    pub(crate) values: Vec<Range<usize>>,
    /// Where it was included.
    pub(crate) included: Option<Span>,
}

impl SourceFile {
    /// Its name as the loader gave it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text; bytes that are not UTF-8 are replacement characters.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The byte at a line and a column in units of UTF-16, both from 0, as editors count; what is beyond the line or the
    /// file is its end.
    #[must_use]
    pub fn byte_at(&self, line: usize, column_utf16: usize) -> usize {
        let range = self.line_range(line);
        let text = self.text.get(range.clone()).unwrap_or_default().trim_end_matches(['\n', '\r']);
        let mut units = 0;
        let end = text.char_indices().find(|(_, c)| {
            units += c.len_utf16();
            units > column_utf16
        });
        range.start + end.map_or(text.len(), |(at, _)| at)
    }

    /// Index, from 0, of the line that holds `offset`.
    pub(crate) fn line_index(&self, offset: u32) -> usize {
        self.line_starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// Byte range of a line, its end of line included. Empty behind the last line.
    pub(crate) fn line_range(&self, index: usize) -> Range<usize> {
        let at = |index: usize| self.line_starts.get(index).map_or(self.text.len(), |&start| start as usize);
        at(index)..at(index + 1)
    }
}

/// All files of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    /// The first file of each name.
    first: HashMap<PathBuf, FileId>,
    /// Where definitions are used.
    uses: Vec<Span>,
    /// Words that are secret, of each file where it is read for the first time.
    pub(crate) hidden: HashMap<FileId, Hidden>,
}

impl Sources {
    /// Adds a file. Text beyond 4 GiB would have no place in a [`Span`]; the loader's limit is far below.
    pub(crate) fn add(&mut self, path: PathBuf, text: String, included: Option<Span>) -> FileId {
        let starts = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| offset(at + 1));
        let line_starts = iter::once(0).chain(starts).collect();
        let id = FileId(offset(self.files.len()));
        let first = *self.first.entry(path.clone()).or_insert(id);
        let values = secrets::values(&text);
        self.files.push(SourceFile { path, text, line_starts, first, values, included });
        id
    }

    /// The same place of writing for every time that a file is read, or a definition used.
    pub(crate) fn place(&self, span: Span) -> Span {
        Span { file: self.file(span.file).first, via: None, ..span }
    }

    /// Remembers a use of a definition.
    pub(crate) fn add_use(&mut self, span: Span) -> UseId {
        self.uses.push(span);
        UseId(NonZeroU32::MIN.saturating_add(offset(self.uses.len() - 1)))
    }

    /// Uses of definitions that brought the text there, innermost first.
    fn uses(&self, span: Span) -> impl Iterator<Item = Span> {
        let used = |at: &Span| self.uses.get(at.via?.0.get() as usize - 1).copied();
        iter::successors(used(&span), used)
    }

    /// The places on the way of the text from where it was written to where it counts, and what was done there: uses of
    /// definitions, then inclusions, each innermost first.
    pub(crate) fn way(&self, span: Span) -> Vec<(&'static str, Span)> {
        let used = self.uses(span).map(|place| ("used here", place));
        let included = iter::successors(self.file(span.file).included, |place| self.file(place.file).included);
        let way = used.chain(included.map(|place| ("included here", place)));
        way.map(|(what, place)| (what, Span { via: None, ..place })).collect()
    }

    /// The place from which a definition was used, if one was; else the place of writing.
    pub(crate) fn counts_at(&self, span: Span) -> Span {
        Span { via: None, ..self.uses(span).last().unwrap_or(span) }
    }

    /// The file that `id` names.
    ///
    /// # Panics
    /// If `id` comes from another `Sources`.
    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The beginning of the first file.
    pub(crate) fn start_of_first(&self) -> Option<Span> {
        self.files.first().map(|_| Span::new(FileId(0), 0, 0))
    }

    /// The file of that name; of one that is read again and again the first.
    #[must_use]
    pub fn find(&self, path: &Path) -> Option<FileId> {
        self.first.get(path).copied()
    }

    /// Every file that was read, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..offset(self.files.len())).map(FileId)
    }

    /// Files in the order in which they were read.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter()
    }

    /// Bytes of a file as a place.
    #[must_use]
    pub fn stretch(&self, file: FileId, bytes: Range<usize>) -> Span {
        Span::new(file, offset(bytes.start), offset(bytes.end))
    }

    /// The text of `span`.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// How far into its line a place begins.
    pub(crate) fn bytes_into_line(&self, span: Span) -> usize {
        let file = self.file(span.file);
        span.start as usize - file.line_range(file.line_index(span.start)).start
    }

    /// The last place of `word` on a line, from where `span` starts; `span` if it is not there.
    pub(crate) fn word_on_line(&self, span: Span, word: &str) -> Span {
        let rest = self.file(span.file).text.get(span.start as usize..).unwrap_or_default();
        let line = rest.split(['\n', '#', '!']).next().unwrap_or_default();
        let is_whole = |at: &usize| {
            let (before, after) = (&line[..*at], &line[at + word.len()..]);
            let parts = |c: char| c.is_whitespace() || c == '"';
            (before.is_empty() || before.ends_with(parts)) && (after.is_empty() || after.starts_with(parts))
        };
        let found = line.rmatch_indices(word).map(|(at, _)| at).find(is_whole);
        found.map_or(span, |at| Span {
            start: span.start + offset(at),
            end: span.start + offset(at + word.len()),
            ..span
        })
    }

    /// Where `span` starts.
    #[must_use]
    pub fn start(&self, span: Span) -> Position {
        self.position(span.file, span.start)
    }

    /// Where `span` ends: the position behind its last character.
    #[must_use]
    pub fn end(&self, span: Span) -> Position {
        self.position(span.file, span.end)
    }

    fn position(&self, file: FileId, at: u32) -> Position {
        let file = self.file(file);
        let line = file.line_index(at);
        let start = file.line_range(line).start;
        let before = file.text.get(start..at as usize).unwrap_or_default();
        let column_utf16 = before.chars().map(char::len_utf16).sum::<usize>() + 1;
        Position { line: line + 1, column: before.chars().count() + 1, column_utf16, byte: at as usize }
    }
}

/// A byte offset as spans hold it. Saturates at 4 GiB, which no file reaches ([`crate::model::limits::TOTAL_BYTES`]).
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
