//! What the lines of a block are.

use crate::keyword::{self, Block, Entries, Form, KeywordDef, Status};

/// What stands in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Keywords of this block.
    Keywords(Block),
    /// An entry on each line.
    Entries(Entries),
    /// What is not read.
    Skipped,
}

impl Content {
    /// What stands in the block that a statement of this row opens; of what is no keyword nothing is read.
    pub(crate) fn of(row: Option<&KeywordDef>) -> Self {
        let row = row.filter(|row| row.status != Status::LoadBalancer);
        row.and_then(|row| row.form.content()).unwrap_or(Self::Skipped)
    }

    /// The row of a word that stands there as a keyword.
    pub(crate) fn row(self, word: &str) -> Option<&'static KeywordDef> {
        match self {
            Self::Keywords(block) => keyword::find(block, word),
            Self::Entries(_) | Self::Skipped => None,
        }
    }
}

impl Form {
    /// What stands in the block that a statement of this form opens; `None` if it opens none.
    #[must_use]
    pub const fn content(self) -> Option<Content> {
        match self {
            Self::Block(block) | Self::Named(block) => Some(Content::Keywords(block)),
            Self::Entries(entries) => Some(Content::Entries(entries)),
            Self::Skipped => Some(Content::Skipped),
            Self::Flag
            | Self::One(_)
            | Self::Weight(_)
            | Self::Script
            | Self::OptionalScript
            | Self::Arguments(_)
            | Self::User
            | Self::Words(_) => None,
        }
    }
}
