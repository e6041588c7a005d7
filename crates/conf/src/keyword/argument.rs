//! Arguments of keywords.

use std::fmt;

use super::{Number, TimeRange, decimal};

/// One argument, or a run of arguments of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// In capitals, as manuals write it, or described; empty where the kind says more.
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
    /// `on`, `true`, `yes`, `off`, `false`, `no`, or nothing for on.
    Switch,
    /// A whole number.
    Number(Number),
    /// A time with decimals down to the microsecond.
    Time(Unit, TimeRange),
    /// An interface name of at most 15 bytes, not `lo`.
    Interface,
    /// An address; `/LEN` behind it means nothing.
    Address,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, perhaps with a sign before it.
    Signed(&'static [&'static str]),
    /// One of these words in any case, or a whole number.
    WordOrNumber(&'static [&'static str], Number),
    /// File permissions: a number up to 0777, in C notation, or names of bits joined by `|`.
    Mask,
}

/// What a time is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

impl Unit {
    /// Its name, and how many of it are a second.
    pub(crate) const fn name_and_scale(self) -> (&'static str, u64) {
        match self {
            Self::Seconds => ("seconds", 1),
            Self::Milliseconds => ("milliseconds", 1000),
        }
    }
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

    /// A word that may stand there. `default`: what counts without it.
    pub(super) fn example(&self, default: &str) -> String {
        match self.kind {
            Kind::Word | Kind::Short(_) if self.name.contains(' ') => "word".to_owned(),
            Kind::Word | Kind::Short(_) => self.name.to_ascii_lowercase(),
            Kind::Switch => "on".to_owned(),
            Kind::Number(number) => number.usual(default).to_string(),
            Kind::Time(Unit::Seconds, range) => (range.max_micros / 1_000_000).min(1).to_string(),
            Kind::Time(Unit::Milliseconds, range) => decimal(range.min_micros * 1000),
            Kind::Interface => "eth0".to_owned(),
            Kind::Address => "192.0.2.1".to_owned(),
            Kind::OneOf(_) | Kind::Signed(_) | Kind::WordOrNumber(..) => {
                self.kind.words().first().copied().unwrap_or_default().to_owned()
            }
            Kind::Mask => "0177".to_owned(),
        }
    }

    /// Words that the language has for it; not names and numbers.
    pub(super) fn offered(&self) -> Vec<&'static str> {
        match self.kind {
            Kind::Switch => vec!["on", "off"],
            Kind::Word if self.name.contains(" or ") => self.name.split(" or ").collect(),
            Kind::Word
            | Kind::Short(_)
            | Kind::Number(_)
            | Kind::Time(..)
            | Kind::Interface
            | Kind::Address
            | Kind::OneOf(_)
            | Kind::Signed(_)
            | Kind::WordOrNumber(..)
            | Kind::Mask => self.kind.words().to_vec(),
        }
    }

    fn describe(&self) -> String {
        let (name, is_named) = (self.name, !self.name.is_empty());
        match self.kind {
            Kind::Word | Kind::Mask => name.to_owned(),
            Kind::Short(bytes) => format!("{name} (at most {bytes} bytes)"),
            Kind::Switch => "on or off (nothing: on)".to_owned(),
            Kind::Number(Number { min, max, .. }) if is_named => format!("{name} ({min} to {max})"),
            Kind::Number(Number { min, max, unit: "", .. }) => format!("a number, {min} to {max}"),
            Kind::Number(Number { min, max, unit, .. }) => format!("{unit}, {min} to {max}"),
            Kind::Time(unit, TimeRange { min_micros, max_micros }) => {
                let (unit, scale) = unit.name_and_scale();
                format!("{unit}, {} to {}", decimal(min_micros * scale), decimal(max_micros * scale))
            }
            Kind::Interface => "an interface".to_owned(),
            Kind::Address => "an address".to_owned(),
            Kind::OneOf(words) => words.join(if is_named { "|" } else { " or " }),
            Kind::Signed(words) => format!("[+|-]{}", words.join("|")),
            Kind::WordOrNumber(words, _) => format!("{}|{name}", words.join("|")),
        }
    }
}

impl Kind {
    /// The words to choose from.
    pub(crate) const fn words(self) -> &'static [&'static str] {
        match self {
            Self::OneOf(words) | Self::Signed(words) | Self::WordOrNumber(words, _) => words,
            Self::Word
            | Self::Short(_)
            | Self::Switch
            | Self::Number(_)
            | Self::Time(..)
            | Self::Interface
            | Self::Address
            | Self::Mask => &[],
        }
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.describe();
        match self.count {
            Count::One => write!(f, "{what}"),
            Count::Optional => write!(f, "[{what}]"),
            Count::Many => write!(f, "{what} …"),
            Count::Any => write!(f, "[{what} …]"),
            Count::UpTo(most) => write!(f, "[{what} …] (at most {most})"),
        }
    }
}
