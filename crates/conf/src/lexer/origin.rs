//! Where the text of a line comes from.

use crate::source::{FileId, Span, UseId};

/// Where the bytes of a line from `at` on were written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) at: u32,
    pub(super) file: FileId,
    pub(super) start: u32,
    pub(super) kind: OriginKind,
    pub(super) used: Option<Usage>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum OriginKind {
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
    pub(super) fn place(&self, at: u32) -> Span {
        let (start, end) = match self.kind {
            OriginKind::Written => (self.start + (at - self.at), self.start + (at - self.at) + 1),
            OriginKind::Whole(len) => (self.start, self.start + len),
        };
        Span { via: self.used.map(|used| used.via), ..Span::new(self.file, start, end) }
    }

    /// As [`place`](Self::place), in the file that is read.
    pub(super) fn outer(&self, at: u32) -> Span {
        self.used.map_or_else(|| self.place(at), |used| used.outer)
    }
}
