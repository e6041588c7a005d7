//! The language, keyword by keyword and code by code.

use std::collections::BTreeMap;

use conf::Code;
use conf::keyword::{self, Block, KeywordDef};
use conf::language;

use crate::commands::facts;
use crate::page::Part;

/// What the page says, in order.
pub(super) fn parts() -> Vec<Part> {
    let mut parts = vec![Part::Chapter("Language".to_owned())];
    parts.extend(language::LINES.iter().flat_map(facts::phrase));
    for (block, rows) in by_block() {
        parts.push(Part::Chapter(format!("Keywords of {}", block.name())));
        for row in rows {
            parts.push(Part::Entry(row.name.to_owned()));
            parts.extend(facts::keyword(row));
        }
    }
    parts.push(Part::Chapter("Options of addresses".to_owned()));
    parts.extend(language::ADDRESS_OPTIONS.iter().flat_map(facts::phrase));
    parts.extend(codes());
    parts
}

/// Rows sorted for those who look a word up.
fn by_block() -> BTreeMap<Block, Vec<&'static KeywordDef>> {
    let mut blocks: BTreeMap<Block, Vec<&KeywordDef>> = BTreeMap::new();
    for row in keyword::all() {
        blocks.entry(row.block).or_default().push(row);
    }
    for rows in blocks.values_mut() {
        rows.sort_by_key(|row| row.name);
    }
    blocks
}

fn codes() -> [Part; 3] {
    let about = "Each message of `tanist check` begins with how bad it is and its code. An error: something that was asked \
                 for does not happen. A warning: it happens otherwise. Advice: nothing is wrong. Unsupported: nothing is \
                 wrong either, but tanist does not carry it out yet.";
    let codes = Code::ALL.iter().map(|code| (facts::code_name(*code), code.meaning().to_owned()));
    [Part::Chapter("Messages".to_owned()), Part::Text(about.to_owned()), Part::Terms(codes.collect())]
}
