//! Arguments of keywords: how they are written, an example, and the words that are offered for them.

use std::fmt;

use crate::say;

/// One argument, or a run of arguments of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// In capitals, as manuals write it, or described; empty where the kind says more.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// How many words it takes at least.
    pub least: usize,
    /// How many it takes at most.
    pub most: usize,
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

pub(crate) const fn one(name: &'static str, kind: Kind) -> Argument {
    Argument { name, kind, least: 1, most: 1 }
}

pub(crate) const fn optional(name: &'static str, kind: Kind) -> Argument {
    up_to(1, name, kind)
}

pub(crate) const fn many(name: &'static str, kind: Kind) -> Argument {
    Argument { name, kind, least: 1, most: usize::MAX }
}

pub(crate) const fn any(name: &'static str, kind: Kind) -> Argument {
    up_to(usize::MAX, name, kind)
}

pub(crate) const fn up_to(most: usize, name: &'static str, kind: Kind) -> Argument {
    Argument { name, kind, least: 0, most }
}

impl Argument {
    /// A word that may stand there. `default`: what counts without it.
    pub(super) fn example(&self, default: &str) -> String {
        if let Some(first) = self.offered().first() {
            return (*first).to_owned();
        }
        match self.kind {
            Kind::Word | Kind::Short(_) if self.name.contains(' ') => "word".to_owned(),
            Kind::Word | Kind::Short(_) => self.name.to_ascii_lowercase(),
            Kind::Number(number) => number.usual(default).to_string(),
            Kind::Time(Unit::Seconds, range) => (range.max_micros / 1_000_000).min(1).to_string(),
            Kind::Time(Unit::Milliseconds, range) => decimal(range.min_micros * 1000),
            Kind::Interface => "eth0".to_owned(),
            Kind::Address => "192.0.2.1".to_owned(),
            Kind::Mask => "0177".to_owned(),
            // They offer words.
            Kind::Switch | Kind::OneOf(_) | Kind::Signed(_) | Kind::WordOrNumber(..) => String::new(),
        }
    }

    /// Words that the language has for it; not names and numbers.
    pub(super) fn offered(&self) -> Vec<&'static str> {
        match self.kind {
            Kind::Switch => vec!["on", "off"],
            Kind::Word if self.name.contains(" or ") => self.name.split(" or ").collect(),
            Kind::OneOf(words) | Kind::Signed(words) | Kind::WordOrNumber(words, _) => words.to_vec(),
            Kind::Word | Kind::Short(_) | Kind::Number(_) | Kind::Time(..) => Vec::new(),
            Kind::Interface | Kind::Address | Kind::Mask => Vec::new(),
        }
    }

    fn usage(&self) -> String {
        let name = self.name;
        match self.kind {
            Kind::Word | Kind::Mask => name.to_owned(),
            Kind::Short(bytes) => format!("{name} (at most {bytes} bytes)"),
            Kind::Switch => "on or off (nothing: on)".to_owned(),
            Kind::Number(number) => match (name, number.unit) {
                ("", "") => format!("a number, {}", number.limits()),
                ("", unit) => format!("{unit}, {}", number.limits()),
                (name, _) => format!("{name} ({})", number.limits()),
            },
            Kind::Time(unit, TimeRange { min_micros, max_micros }) => {
                let (unit, scale) = unit.name_and_scale();
                format!("{unit}, {} to {}", decimal(min_micros * scale), decimal(max_micros * scale))
            }
            Kind::Interface => "an interface".to_owned(),
            Kind::Address => "an address".to_owned(),
            Kind::OneOf(words) => words.join(if name.is_empty() { " or " } else { "|" }),
            Kind::Signed(words) => format!("[+|-]{}", words.join("|")),
            Kind::WordOrNumber(words, _) => format!("{}|{name}", words.join("|")),
        }
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.usage();
        match (self.least, self.most) {
            (1, 1) => write!(f, "{what}"),
            (0, 1) => write!(f, "[{what}]"),
            (0, usize::MAX) => write!(f, "[{what} …]"),
            (0, most) => write!(f, "[{what} …] (at most {most})"),
            (_, _) => write!(f, "{what} …"),
        }
    }
}

/// A whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// Smallest.
    pub min: i64,
    /// Largest.
    pub max: i64,
    /// What it counts; empty: nothing in particular.
    pub unit: &'static str,
    /// What keepalived takes for other numbers. `None`: the statement has no effect.
    pub instead: Option<i64>,
    /// What it makes of text behind the digits.
    pub trailing: Trailing,
}

impl Number {
    /// Its range in words.
    pub(crate) fn limits(self) -> String {
        let Self { min, max, .. } = self;
        if max == min + 1 { say::out_of_range_either(min, max) } else { say::out_of_range_range(min, max) }
    }

    /// A number for an example: the default, if that is one, or a small one.
    fn usual(self, default: &str) -> i64 {
        let written = default.split(|c: char| !c.is_ascii_digit() && c != '-').next();
        let default =
            written.and_then(|text| text.parse().ok()).filter(|number| (self.min..=self.max).contains(number));
        default.unwrap_or_else(|| 10.clamp(self.min, self.max))
    }
}

/// Text behind the digits of a number (keepalived-config §1.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trailing {
    /// Makes the number a bad one.
    Refused,
    /// Is cut off.
    Cut,
}

/// A range of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// Shortest, in microseconds.
    pub min_micros: u64,
    /// Longest, in microseconds.
    pub max_micros: u64,
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

/// Microseconds as seconds.
pub(crate) fn decimal(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
