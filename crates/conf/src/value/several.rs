//! Keywords with several arguments.

use super::{Arguments, Value};
use crate::diagnostic::Diagnostics;
use crate::keyword::{Argument, Kind};
use crate::source::Spanned;

impl<'a> Arguments<'a> {
    /// The words, each of them what its argument asks for.
    pub(super) fn several(&self, arguments: &[Argument], out: &mut Diagnostics) -> Option<Spanned<Value>> {
        let mut rest = self.words;
        for (index, argument) in arguments.iter().enumerate() {
            let is_last = index + 1 == arguments.len();
            let Argument { kind, least, most, .. } = *argument;
            let mut taken = 0;
            while let Some((&word, after)) = rest.split_first().filter(|_| taken < most) {
                if taken >= least && !is_last && !fits(kind, word.text) {
                    break;
                }
                self.word(kind, word, out)?;
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
}

/// Whether `word` looks like an argument of this kind rather than like the next one.
pub(super) fn fits(kind: Kind, word: &str) -> bool {
    match kind {
        Kind::Word | Kind::Short(_) | Kind::Switch | Kind::Interface | Kind::Address | Kind::Signed(_) | Kind::Mask => {
            true
        }
        Kind::Number(_) | Kind::Time(..) => word.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+'),
        Kind::OneOf(words) | Kind::WordOrNumber(words, _) => words.contains(&word),
    }
}
