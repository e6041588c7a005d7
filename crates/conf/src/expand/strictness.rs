//! Which failures of an `include` keepalived does not tolerate (keepalived-config §1.7).

use super::Expander;
use crate::lexer::{Statement, Word};
use crate::say;

/// Something that can go wrong with an `include`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// A match cannot be read or is not a plain file.
    Read,
    /// A name without wildcards matches nothing.
    Match,
    /// A wildcard matches nothing.
    Wildcard,
    /// A choice in braces matches nothing.
    Brace,
}

const ALL: [Check; 4] = [Check::Read, Check::Match, Check::Wildcard, Check::Brace];

/// The words of `include_check`.
const WORDS: [(&str, Check); 4] = [
    ("read", Check::Read),
    ("match", Check::Match),
    ("wildcard_match", Check::Wildcard),
    ("brace_match", Check::Brace),
];

const VARIANTS: [(&str, &[Check]); 6] = [
    ("include", &[]),
    ("includer", &[Check::Read]),
    ("includem", &[Check::Read, Check::Match]),
    ("includew", &[Check::Read, Check::Match, Check::Wildcard]),
    ("includeb", &[Check::Read, Check::Brace]),
    ("includea", &ALL),
];

/// What a variant of `include` does not tolerate. `None`: the word is no such variant.
pub(super) fn variant(word: &str) -> Option<&'static [Check]> {
    VARIANTS.iter().find(|(name, _)| *name == word).map(|&(_, checks)| checks)
}

/// The words that include files.
pub(crate) fn include_words() -> impl Iterator<Item = &'static str> {
    VARIANTS.iter().map(|&(word, _)| word)
}

impl Expander<'_> {
    /// `include_check [[+|-]WORD …]`: what no include tolerates from here to the end of the file. No word: anything. A
    /// word without sign begins anew; only the first may be one.
    pub(super) fn include_check(&mut self, statement: &Statement) {
        let words = statement.arguments();
        if words.is_empty() {
            self.checks = ALL.to_vec();
        }
        let mut begun = None;
        for word in words {
            let (sign, name) = match word.text.strip_prefix(['+', '-']) {
                Some(name) => (word.text.chars().next(), name),
                None => (None, word.text),
            };
            let Some(&(_, check)) = WORDS.iter().find(|(known, _)| *known == name) else {
                self.refuse_check(word, name);
                begun = begun.or_else(|| sign.is_none().then_some(word));
                continue;
            };
            match (sign, begun) {
                (Some('-'), _) => self.checks.retain(|other| *other != check),
                (Some(_), _) => self.checks.push(check),
                (None, None) => {
                    self.checks = vec![Check::Read, check];
                    begun = Some(word);
                }
                (None, Some(first)) => {
                    self.report(say::bad_word_late(word.span, first.span, name, word.span, format!("+{name}")));
                }
            }
        }
    }

    fn refuse_check(&mut self, word: Word<'_>, name: &str) {
        let mut diagnostic = say::bad_word_check(word.span, name);
        if name == "readable" {
            let meant = word.text.replace("readable", "read");
            diagnostic = diagnostic.replace(word.span, meant, say::bad_word_readable());
        }
        self.report(diagnostic);
    }
}
