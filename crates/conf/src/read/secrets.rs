//! Words that may be passwords or keys: nothing of what is said shows them.

use super::Reader;
use crate::key_files;
use crate::keyword::{self, Block, KeywordDef};
use crate::keywords::{authentication, instance};
use crate::lexer::{Statement, Word};
use crate::source::Span;
use crate::suggest;
use crate::syntax::Node;

impl Reader<'_> {
    /// Hides what may be a password or a key. Inside their blocks that is every word but keywords of any block, words
    /// that look like one with a value, and types of authentication; elsewhere what is behind `auth_pass`.
    pub(super) fn hide_secrets(&mut self, block: Block, node: &Node) {
        let is_secret = |(place, it): &(usize, Word<'_>)| is_secret(block, &node.statement, *place, it.text);
        let mut words = node.statement.words().enumerate().filter(is_secret).peekable();
        if let Some((_, first)) = words.next_if(|(place, _)| *place == 0) {
            // Of `auth_pass=secret` the keyword is shown.
            let is_as_written = (first.span.end - first.span.start) as usize == first.text.len();
            match first.text.split_once('=').filter(|_| is_as_written) {
                Some((name, value)) => {
                    let start = first.span.start.saturating_add(u32::try_from(name.len() + 1).unwrap_or(u32::MAX));
                    self.out.sources.hide(Span { start, ..first.span }, value);
                }
                None => self.out.sources.hide(first.span, first.text),
            }
        }
        words.for_each(|(_, secret)| self.out.sources.hide(secret.span, secret.text));
    }
}

/// Whether a word, in this place of a statement that begins with `keyword`, may be a password or a key.
fn is_secret(block: Block, statement: &Statement, place: usize, word: &str) -> bool {
    let keyword = statement.keyword().map_or("", |keyword| keyword.text);
    let named = |rows: &[&KeywordDef]| rows.iter().any(|row| row.name == keyword);
    let is_known = |word: &str| keyword::all().any(|row| row.name == word);
    match (block, place) {
        (Block::Hmac | Block::Authentication, 0) => {
            let has_value = statement.words().nth(1).is_some();
            let name = word.strip_suffix(':').unwrap_or(word);
            let looks_known = has_value && name.bytes().all(|byte| byte.is_ascii_lowercase() || b"_-".contains(&byte));
            !looks_known && !is_known(word) && (word.contains('=') || suggest::nearest(block, word).is_none())
        }
        (_, 1..) if named(&[&instance::AUTHENTICATION, &instance::AUTH_HMAC]) => {
            !is_known(word) && !TYPES.contains(&word)
        }
        // Behind a `}` that is missing.
        (Block::Hmac | Block::Authentication, _)
            if is_known(keyword) && keyword::find(block, keyword).is_none() && !suggest::names_password(keyword) =>
        {
            false
        }
        (Block::Hmac, _)
            if named(&[&authentication::ANTI_REPLAY, &authentication::TIME_WINDOW, &authentication::MODE]) =>
        {
            false
        }
        (Block::Hmac, 1) => key_files::path(word).is_none() && word.parse::<u8>().is_err(),
        (Block::Hmac, _) => key_files::path(word).is_none(),
        (Block::Authentication, 1) if named(&[&authentication::AUTH_TYPE]) => {
            !TYPES.iter().any(|kind| kind.eq_ignore_ascii_case(word))
        }
        // Two statements on one line.
        (Block::Authentication, _) if named(&[&authentication::AUTH_TYPE]) => keyword::find(block, word).is_none(),
        (Block::Authentication, _) => !TYPES.contains(&word),
        (_, 0) => word.split_once('=').is_some_and(|(name, _)| suggest::names_password(name)),
        (_, _) => suggest::names_password(keyword),
    }
}

/// Types of authentication, also those of other programs.
const TYPES: &[&str] = &["PASS", "AH", "NONE", "TEXT", "SIMPLE", "MD5", "SHA", "SHA1", "SHA256", "HMAC"];
