//! Arguments of keywords that take several.

use std::fmt;

use super::Number;

/// One argument, or a run of arguments of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// In capitals, as manuals write it; not told where the words to choose from say more.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// How often it stands there.
    pub count: Count,
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any word.
    Word,
    /// A word of at most so many bytes.
    Short(usize),
    /// A whole number.
    Number(Number),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, perhaps with a sign before it.
    Signed(&'static [&'static str]),
    /// One of these words in any case, or a whole number.
    WordOrNumber(&'static [&'static str], Number),
    /// File permissions: a number up to 0777, in C notation, or names of bits joined by `|`.
    Mask,
}

/// How often an argument stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Once.
    One,
    /// Once or not at all.
    Optional,
    /// Once or more often.
    Many,
    /// Any number of times.
    Any,
    /// At most so often.
    UpTo(usize),
}

pub(crate) const fn one(name: &'static str, kind: Kind) -> Argument {
    Argument { name, kind, count: Count::One }
}

pub(crate) const fn optional(name: &'static str, kind: Kind) -> Argument {
    Argument { name, kind, count: Count::Optional }
}

pub(crate) const fn many(name: &'static str, kind: Kind) -> Argument {
    Argument { name, kind, count: Count::Many }
}

pub(crate) const fn any(name: &'static str, kind: Kind) -> Argument {
    Argument { name, kind, count: Count::Any }
}

pub(crate) const fn up_to(most: usize, name: &'static str, kind: Kind) -> Argument {
    Argument { name, kind, count: Count::UpTo(most) }
}

impl Argument {
    /// How many words it takes at least and at most.
    pub(crate) const fn bounds(&self) -> (usize, usize) {
        match self.count {
            Count::One => (1, 1),
            Count::Optional => (0, 1),
            Count::Many => (1, usize::MAX),
            Count::Any => (0, usize::MAX),
            Count::UpTo(most) => (0, most),
        }
    }

    /// A word that may stand there.
    pub(super) fn example(&self) -> String {
        match self.kind {
            Kind::Word | Kind::Short(_) => self.name.to_ascii_lowercase(),
            Kind::Number(number) => number.max.to_string(),
            Kind::OneOf(words) | Kind::Signed(words) | Kind::WordOrNumber(words, _) => {
                words.first().copied().unwrap_or_default().to_owned()
            }
            Kind::Mask => "0177".to_owned(),
        }
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.kind.describe(self.name);
        match self.count {
            Count::One => write!(f, "{what}"),
            Count::Optional => write!(f, "[{what}]"),
            Count::Many => write!(f, "{what} …"),
            Count::Any => write!(f, "[{what} …]"),
            Count::UpTo(most) => write!(f, "[{what} …] (at most {most})"),
        }
    }
}

impl Kind {
    fn describe(self, name: &str) -> String {
        match self {
            Self::Word | Self::Mask => name.to_owned(),
            Self::Short(bytes) => format!("{name} (at most {bytes} bytes)"),
            Self::Number(Number { min, max, .. }) => format!("{name} ({min} to {max})"),
            Self::OneOf(words) => words.join("|"),
            Self::Signed(words) => format!("[+|-]{}", words.join("|")),
            Self::WordOrNumber(words, _) => format!("{}|{name}", words.join("|")),
        }
    }
}
