//! The language, keyword by keyword and code by code.

use std::collections::BTreeMap;

use conf::Code;
use conf::keyword::{self, Block, KeywordDef};

use crate::commands::facts;
use crate::commands::page::Part;

/// Lines and what is in them, where no keyword is meant.
const LANGUAGE: &[(&str, &str)] = &[
    ("statement", "a keyword and its arguments on one line; blanks part them"),
    (
        "block",
        "a keyword, perhaps a name, `{`, statements or entries, `}`; a brace may stand on any line, alone or behind other \
         words, and what follows a brace on its line counts as a line",
    ),
    ("`\"a b\"`", "one word; braces and comment signs in it mean nothing"),
    (
        "`#`, `!`",
        "start a comment, also in the middle of a word, but not in double quotes; write `\\#` and `\\!` for the signs",
    ),
    (
        "`include PATTERN`",
        "reads all files that match, sorted by name; a relative pattern starts at the directory of the file that includes; \
         `includer`, `includem`, `includew`, `includeb` and `includea` are stricter",
    ),
    ("`$NAME=TEXT`", "a definition; with `\\` at the end of the line it goes on in the next"),
    ("`$NAME`, `${NAME}`", "what was defined, as if it were written here"),
    (
        "`${_ENV NAME}`, `${_INSTANCE}`, `${_PWD}`, `${_RANDOM MIN MAX}`, `${_HASH}`, `${_BANG}`",
        "a variable of the environment, the configuration id, the directory of the file, a number, `#`, `!`",
    ),
    ("`~SEQ(NAME, FIRST, LAST) TEXT`", "the text once for each number, which `$NAME` stands for in it"),
    ("`~LST(NAME, A, B) TEXT`", "the text once for each word"),
    ("`@ID TEXT`, `@^ID TEXT`", "the text if the configuration id is ID, or is not"),
];

/// What the page says, in order.
pub(super) fn parts() -> Vec<Part> {
    let mut parts = vec![Part::Chapter("Language".to_owned()), Part::Terms(terms(LANGUAGE))];
    for (block, rows) in by_block() {
        parts.push(Part::Chapter(format!("Keywords of {}", block.name())));
        for row in rows {
            parts.push(Part::Entry(row.name.to_owned()));
            parts.extend(facts::keyword(row));
        }
    }
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
                 for does not happen. A warning: it happens otherwise. Advice: nothing is wrong.";
    let codes = Code::ALL.iter().map(|code| (facts::code_name(*code), code.meaning().to_owned()));
    [Part::Chapter("Messages".to_owned()), Part::Text(about.to_owned()), Part::Terms(codes.collect())]
}

fn terms(terms: &[(&str, &str)]) -> Vec<(String, String)> {
    terms.iter().map(|&(term, text)| (term.to_owned(), text.to_owned())).collect()
}
