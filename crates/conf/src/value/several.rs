//! Keywords with several arguments.

use super::{Arguments, Value, c_number, whole_number};
use crate::diagnostic::Diagnostics;
use crate::keyword::{Argument, Kind};
use crate::lexer::Word;
use crate::say;
use crate::source::Spanned;
use crate::suggest;

/// Names of single permissions, as keepalived takes them behind `I`.
const MASK_BITS: &[&str] =
    &["IRUSR", "IWUSR", "IXUSR", "IRGRP", "IWGRP", "IXGRP", "IROTH", "IWOTH", "IXOTH", "IRWXU", "IRWXG", "IRWXO"];
/// All permissions.
const MASK_MAX: u64 = 0o777;

impl<'a> Arguments<'a> {
    /// The words, each of them what its argument asks for.
    pub(super) fn several(&self, arguments: &[Argument], out: &mut Diagnostics) -> Option<Spanned<Value>> {
        let mut rest = self.words;
        for (index, argument) in arguments.iter().enumerate() {
            let is_last = index + 1 == arguments.len();
            let (least, most) = argument.bounds();
            let mut taken = 0;
            while let Some((&word, after)) = rest.split_first().filter(|_| taken < most) {
                if taken >= least && !is_last && !fits(argument.kind, word.text) {
                    break;
                }
                self.check(argument.kind, word, out)?;
                (rest, taken) = (after, taken + 1);
            }
            if taken < least {
                self.missing(out);
                return None;
            }
        }
        self.surplus(self.words.len() - rest.len(), out);
        Some(self.all())
    }

    /// Whether `word` can be what is due; if not, that is reported.
    fn check(&self, kind: Kind, word: Word<'a>, out: &mut Diagnostics) -> Option<()> {
        match kind {
            Kind::Word => Some(()),
            Kind::Short(bytes) if word.text.len() > bytes => {
                out.push(say::text_too_long(word.span, word.text, bytes));
                None
            }
            Kind::Short(_) => Some(()),
            Kind::Number(range) => whole_number(self.row, word, range, out).map(drop),
            Kind::WordOrNumber(words, _) if words.iter().any(|known| known.eq_ignore_ascii_case(word.text)) => Some(()),
            Kind::WordOrNumber(_, range) if fits(Kind::Number(range), word.text) => {
                whole_number(self.row, word, range, out).map(drop)
            }
            Kind::OneOf(words) if words.contains(&word.text) => Some(()),
            Kind::Signed(words) if words.contains(&word.text.trim_start_matches(['+', '-'])) => Some(()),
            Kind::OneOf(words) | Kind::Signed(words) => self.bad_word(words.join(" or "), words, word, out),
            Kind::WordOrNumber(words, _) => self.bad_word(self.row.arguments(), words, word, out),
            Kind::Mask if is_mask(word.text) => Some(()),
            Kind::Mask => {
                out.push(say::bad_word_mask(word.span, word.text, self.row.left_out()));
                None
            }
        }
    }

    /// Says that `word` is none of those that are `due`.
    pub(super) fn bad_word<T>(&self, due: String, words: &[&str], word: Word<'a>, out: &mut Diagnostics) -> Option<T> {
        let diagnostic = say::bad_word(word.span, self.row.name, due, word.text, self.row.left_out());
        let begins = |known: &&&str| word.text.to_ascii_uppercase().starts_with(**known);
        let near = suggest::nearest_of(words.iter().copied(), word.text);
        out.push(match near.or_else(|| words.iter().find(begins).copied()) {
            Some(near) => diagnostic.replace(word.span, near, say::bad_word_fix()),
            None => diagnostic,
        });
        None
    }
}

/// Whether `word` looks like an argument of this kind rather than like the next one.
fn fits(kind: Kind, word: &str) -> bool {
    match kind {
        Kind::Word | Kind::Short(_) | Kind::Signed(_) | Kind::Mask => true,
        Kind::Number(_) => word.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+'),
        Kind::OneOf(words) | Kind::WordOrNumber(words, _) => words.contains(&word),
    }
}

fn is_mask(text: &str) -> bool {
    c_number(text).is_some_and(|mask| mask <= MASK_MAX) || text.split('|').all(|bit| MASK_BITS.contains(&bit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_numbers_or_bits() {
        for mask in ["0", "022", "0x1ff", "63", "IRWXG|IWOTH", "IRUSR"] {
            assert!(is_mask(mask), "{mask}");
        }
        for bad in ["", "01000", "8x", "IRUSR,IWUSR", "rwx"] {
            assert!(!is_mask(bad), "{bad}");
        }
    }
}
