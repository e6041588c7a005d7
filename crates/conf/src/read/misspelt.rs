//! First words of lines that are no keywords, and what they were probably meant to be.

use std::cell::OnceCell;

use crate::keyword::{Block, KeywordDef};
use crate::source::Span;
use crate::suggest;

/// Words of a block of which it is worked out what they were meant to be.
const TRIED: usize = 64;

#[derive(Debug)]
struct Unknown {
    word: String,
    span: Span,
    /// Where it stands.
    block: Block,
    /// The keyword of that block that it is a mistake for, once somebody asked.
    meant: OnceCell<Option<&'static str>>,
}

/// The unknown words of a block and of those in it.
#[derive(Debug, Default)]
pub(super) struct Misspelt(Vec<Unknown>);

impl Misspelt {
    pub(super) fn add(&mut self, block: Block, word: &str, span: Span) {
        self.0.push(Unknown { word: word.to_owned(), span, block, meant: OnceCell::new() });
    }

    pub(super) fn words(&self) -> impl Iterator<Item = (&str, Span)> {
        self.0.iter().map(|unknown| (unknown.word.as_str(), unknown.span))
    }

    /// The first word that was probably meant to be `row`.
    pub(super) fn find(&self, row: &KeywordDef) -> Option<Span> {
        self.0.iter().take(TRIED).find(|unknown| unknown.means(row)).map(|unknown| unknown.span)
    }
}

impl Unknown {
    fn means(&self, row: &KeywordDef) -> bool {
        let nearest = || suggest::nearest(row.block, &self.word);
        let meant = if self.block == row.block { *self.meant.get_or_init(nearest) } else { nearest() };
        meant == Some(row.name)
    }
}
