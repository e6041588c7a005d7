//! The words that `tanist explain` knows.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error};
use conf::language::{self, Phrase};
use conf::{Code, keyword};

use crate::page;

/// Every keyword, form of the language, option and code, and what it is for. A keyword of several blocks has what it is for in the first.
pub(crate) fn all() -> BTreeMap<&'static str, &'static str> {
    let codes = Code::ALL.iter().map(|code| (code.name(), code.meaning()));
    let keywords = keyword::all().map(|row| (row.name, row.help));
    let names =
        |phrase: &'static Phrase| phrase.words.iter().filter(|word| is_plain(word)).map(|word| (*word, phrase.help));
    let phrases = language::phrases().flat_map(names);
    let mut words = BTreeMap::new();
    for (word, text) in keywords.chain(phrases).chain(codes) {
        words.entry(word).or_insert(text);
    }
    words
}

/// Whether a shell passes the word as it is.
fn is_plain(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Takes any word, so that a misspelt one can be met with what was meant; a shell is told those that are known.
#[derive(Clone, Debug)]
pub(crate) struct WordParser;

impl TypedValueParser for WordParser {
    type Value = String;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let words = all().into_iter().map(|(word, text)| PossibleValue::new(word).help(page::plain(text)));
        Some(Box::new(words))
    }
}
