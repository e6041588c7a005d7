//! Syntax files of editors: what is coloured, and what may stand in which block.

mod textmate;
mod vim;

use std::collections::{BTreeMap, BTreeSet};

use conf::Content;
use conf::keyword::{self, Block, KeywordDef};
use conf::language;

pub(super) use textmate::textmate;
pub(super) use vim::vim;

/// What a keyword opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opens {
    Nothing,
    Keywords(Block),
    /// A list of entries.
    List,
    /// What is not read.
    Skipped,
}

impl Opens {
    const fn of(row: &KeywordDef) -> Self {
        match row.form.content() {
            None => Self::Nothing,
            Some(Content::Keywords(block)) => Self::Keywords(block),
            Some(Content::Entries(_)) => Self::List,
            Some(Content::Skipped) => Self::Skipped,
        }
    }
}

/// The keywords of each block, sorted.
fn blocks() -> BTreeMap<Block, BTreeMap<&'static str, Opens>> {
    let mut blocks: BTreeMap<Block, BTreeMap<&str, Opens>> = BTreeMap::new();
    for row in keyword::all() {
        blocks.entry(row.block).or_default().insert(row.name, Opens::of(row));
    }
    blocks
}

/// The keywords of a block that open nothing, or this.
fn opening(rows: &BTreeMap<&'static str, Opens>, opens: Opens) -> Vec<&'static str> {
    rows.iter().filter(|(_, it)| **it == opens).map(|(name, _)| *name).collect()
}

/// What the keywords of a block open, each once.
fn opened(rows: &BTreeMap<&'static str, Opens>) -> Vec<Opens> {
    let mut all: Vec<Opens> = rows.values().copied().filter(|opens| *opens != Opens::Nothing).collect();
    all.sort_by_key(|opens| format!("{opens:?}"));
    all.dedup();
    all
}

/// Words that the language has for arguments, and options of entries. Some are keywords elsewhere, which go before.
fn values() -> BTreeSet<&'static str> {
    let offered = keyword::all().flat_map(|row| row.offered(0).into_iter().chain(row.entry_options()));
    let options = language::ADDRESS_OPTIONS.iter().filter_map(|phrase| phrase.words.first().copied());
    let is_word = |word: &&str| word.starts_with(|c: char| c.is_ascii_alphabetic());
    offered.chain(options).filter(is_word).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_keyword_is_coloured_in_its_block() {
        let (vim, textmate) = (vim(), textmate());
        let textmate: Value = serde_json::from_str(&textmate).unwrap();
        for row in keyword::all() {
            let is_word =
                |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|it| it == row.name);
            let group = format!("syn keyword keepalived{:?}", row.block);
            assert!(
                vim.lines().any(|line| line.starts_with(&group) && is_word(line)),
                "vim: {} {:?}",
                row.name,
                row.block
            );
            let block = textmate["repository"][format!("{:?}", row.block)].to_string();
            assert!(is_word(&block.replace("\\\\b", " ")), "textmate: {} {:?}: {block}", row.name, row.block);
        }
        for word in ["MASTER", "on", "weight", "scope"] {
            assert!(
                vim.contains(&format!(" {word} ")) && textmate.to_string().contains(&format!("|{word}|")),
                "{word}"
            );
        }
    }

    /// Every rule that is referred to is there.
    #[test]
    fn rules_refer_to_rules() {
        let grammar: Value = serde_json::from_str(&textmate()).unwrap();
        let text = grammar.to_string();
        let mut referred = text.split("\"include\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap());
        assert!(referred.all(|rule| grammar["repository"].get(rule).is_some()), "{text}");
        assert_eq!(grammar["scopeName"], "source.keepalived");
        let vim = vim();
        let referred = vim.split("nextgroup=").skip(1).flat_map(|rest| rest.split(' ').next().unwrap().split(','));
        for group in referred {
            let defined = ["region", "match"].map(|kind| format!("syn {kind} {group} "));
            assert!(defined.iter().any(|line| vim.contains(line)), "{group}");
        }
    }
}
