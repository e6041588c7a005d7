//! Blocks at the top level of a file.

use hashbrown::HashMap;

use super::Settings;
use crate::source::Span;

/// A block, the blocks in it included.
#[derive(Debug)]
pub(crate) struct RawBlock {
    /// Empty for a block without name.
    pub(crate) name: String,
    /// The header.
    pub(crate) span: Span,
    /// How many blocks came before.
    pub(crate) order: usize,
    pub(crate) settings: Settings,
}

/// The blocks of one kind.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    list: Vec<RawBlock>,
    places: HashMap<String, usize>,
}

impl Blocks {
    pub(super) fn add(&mut self, block: RawBlock) {
        self.places.insert(block.name.clone(), self.list.len());
        self.list.push(block);
    }

    /// In file order.
    pub(super) fn all(&self) -> &[RawBlock] {
        &self.list
    }

    pub(super) fn named(&self, name: &str) -> Option<&RawBlock> {
        self.places.get(name).and_then(|&place| self.list.get(place))
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut RawBlock> {
        self.list.last_mut()
    }
}
