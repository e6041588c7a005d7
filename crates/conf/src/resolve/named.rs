//! How groups find the routers that they name.

use std::collections::HashSet;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::Entry;
use crate::keyword::Block;
use crate::read::Raw;

/// Names that a message lists.
const NAMES_TOLD: usize = 10;

/// The routers of a file.
pub(super) struct Routers<'a> {
    names: HashSet<&'a str>,
    /// There is one more whose header could not be read; that was reported.
    hides_one: bool,
}

impl<'a> Routers<'a> {
    pub(super) fn of(raw: &'a Raw) -> Self {
        let names = raw.blocks(Block::Instance).iter().map(|router| router.name.as_str());
        Self { names: names.collect(), hides_one: raw.hides(Block::Instance) }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Says that the router of an entry is not there.
    pub(super) fn report_unknown(&self, code: Code, entry: &Entry<String>, out: &mut Diagnostics) {
        if self.hides_one {
            return;
        }
        let diagnostic = Diagnostic::new(code, entry.span, format!("there is no router `{}`", entry.value));
        out.push(diagnostic.note(format!("the group goes without it; {}", self.there_are())));
    }

    fn there_are(&self) -> String {
        let mut names: Vec<&str> = self.names.iter().copied().collect();
        names.sort_unstable();
        if names.is_empty() {
            return "there are none".to_owned();
        }
        let more = names.len().saturating_sub(NAMES_TOLD);
        names.truncate(NAMES_TOLD);
        let told = names.join(", ");
        if more == 0 { format!("there are: {told}") } else { format!("there are: {told} and {more} more") }
    }
}
