//! The words that may follow a keyword, or stand in its list: for those who complete them.

use super::{Argument, Block, Entries, Form, KeywordDef};

impl KeywordDef {
    /// Words that the language has for the argument at `index`, the first being 0; not names and numbers.
    #[must_use]
    pub fn offered(&self, index: usize) -> Vec<&'static str> {
        match (self.form, index) {
            (Form::One(argument), 0) => argument.offered(),
            (Form::Weight(_), 1) => vec!["reverse"],
            (Form::Arguments(arguments), _) => of_arguments(arguments, index),
            (Form::Words(usage), _) => literals(usage),
            (
                Form::Flag
                | Form::One(_)
                | Form::Weight(_)
                | Form::Script
                | Form::OptionalScript
                | Form::User
                | Form::Block(_)
                | Form::Named(_)
                | Form::Entries(_)
                | Form::Skipped,
                _,
            ) => Vec::new(),
        }
    }

    /// Words that may stand behind the first of an entry in the list that it opens.
    #[must_use]
    pub fn entry_options(&self) -> Vec<&'static str> {
        let Form::Entries(entries) = self.form else { return Vec::new() };
        literals(entries.usage())
    }

    /// The blocks whose names stand in the list that it opens: as the first words of entries, in a list of names as all.
    #[must_use]
    pub fn names(&self) -> Option<Block> {
        let Form::Entries(entries) = self.form else { return None };
        match entries {
            Entries::Scripts => Some(Block::Script),
            Entries::Files => Some(Block::File),
            Entries::Processes => Some(Block::Process),
            Entries::Sessions => Some(Block::Bfd),
            Entries::Names => matches!(self.block, Block::SyncGroup | Block::TrackGroup).then_some(Block::Instance),
            Entries::Addresses
            | Entries::Interfaces
            | Entries::Routes
            | Entries::Rules
            | Entries::Peers
            | Entries::Mailboxes
            | Entries::Polled
            | Entries::Delays => None,
        }
    }
}

/// The words of a list of arguments that may stand at `index`.
fn of_arguments(arguments: &'static [Argument], index: usize) -> Vec<&'static str> {
    let (mut least, mut most) = (0, 0usize);
    let mut words = Vec::new();
    for argument in arguments {
        let (min, max) = argument.bounds();
        most = most.saturating_add(max);
        if (least..most).contains(&index) {
            words.extend_from_slice(argument.kind.words());
        }
        least += min;
    }
    words
}

/// What is typed as it is in a usage: what is in capitals stands for something else.
fn literals(usage: &'static str) -> Vec<&'static str> {
    let parts = usage.split([' ', '[', ']', '{', '}', '|', '…', '/']);
    parts.filter(|part| part.starts_with(|c: char| c.is_ascii_lowercase())).collect()
}
