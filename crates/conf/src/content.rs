//! What the lines of a block are.

use crate::keyword::{Block, Entries, Form, KeywordDef, Status};

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
        let Some(row) = row.filter(|row| row.status != Status::LoadBalancer) else { return Self::Skipped };
        match row.form {
            Form::Block(block) | Form::Named(block) => Self::Keywords(block),
            Form::Entries(entries) => Self::Entries(entries),
            Form::Skipped
            | Form::Flag
            | Form::Switch
            | Form::Number(_)
            | Form::Time(_)
            | Form::Millis(_)
            | Form::Weight(_)
            | Form::Word(_)
            | Form::Interface
            | Form::Address
            | Form::OneOf(_)
            | Form::Script
            | Form::OptionalScript
            | Form::Arguments(_)
            | Form::User
            | Form::Words(_) => Self::Skipped,
        }
    }
}
