//! Words that may be passwords or keys: nothing of what is said shows them.

use super::Reader;
use crate::key_files;
use crate::keyword::{self, Block, KeywordDef};
use crate::keywords::authentication;
use crate::lexer::Word;
use crate::source::Span;
use crate::suggest;
use crate::syntax::Node;

impl Reader<'_> {
    /// Hides what may be a password or a key. Inside their blocks that is every word but those that have a meaning there, and
    /// what may be a misspelt keyword; elsewhere what is behind `auth_pass`.
    pub(super) fn hide_secrets(&mut self, block: Block, node: &Node, word: Word<'_>) {
        let is_secret = |(place, it): &(usize, Word<'_>)| is_secret(block, word.text, *place, it.text);
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
fn is_secret(block: Block, keyword: &str, place: usize, word: &str) -> bool {
    let named = |rows: &[&KeywordDef]| rows.iter().any(|row| row.name == keyword);
    match (block, place) {
        (Block::Hmac | Block::Authentication, 0) => {
            keyword::find(block, word).is_none() && (word.contains('=') || suggest::nearest(block, word).is_none())
        }
        (Block::Hmac, _)
            if named(&[&authentication::ANTI_REPLAY, &authentication::TIME_WINDOW, &authentication::MODE]) =>
        {
            false
        }
        (Block::Hmac, 1) => key_files::path(word).is_none() && word.parse::<u8>().is_err(),
        (Block::Hmac, _) => key_files::path(word).is_none(),
        (Block::Authentication, 1) if named(&[&authentication::AUTH_TYPE]) => {
            !["PASS", "AH"].iter().any(|kind| kind.eq_ignore_ascii_case(word))
        }
        // Two statements on one line.
        (Block::Authentication, _) if named(&[&authentication::AUTH_TYPE]) => keyword::find(block, word).is_none(),
        (Block::Authentication, _) => true,
        (_, _) => place > 0 && named(&[&authentication::AUTH_PASS]),
    }
}
