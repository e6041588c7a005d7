//! Object identifiers.

use std::fmt;

/// An object identifier: at most [`Oid::MOST`] numbers. Its order is that of SNMP: lexicographic.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Vec<u32>);

impl Oid {
    /// Numbers that one may have (RFC 2741 §5.1).
    pub const MOST: usize = 128;

    /// The numbers.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        &self.0
    }

    /// This one and `below` behind it; what is too long is cut.
    #[must_use]
    pub fn with(&self, below: &[u32]) -> Self {
        [&self.0, below].concat().into()
    }

    /// What follows `prefix`; `None` if this one is not below it.
    #[must_use]
    pub fn below(&self, prefix: &[u32]) -> Option<&[u32]> {
        self.0.strip_prefix(prefix)
    }
}

impl From<Vec<u32>> for Oid {
    /// What is too long is cut.
    fn from(mut numbers: Vec<u32>) -> Self {
        numbers.truncate(Self::MOST);
        Self(numbers)
    }
}

impl From<&[u32]> for Oid {
    /// What is too long is cut.
    fn from(numbers: &[u32]) -> Self {
        numbers.to_vec().into()
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(place, number)| match place {
            0 => write!(f, "{number}"),
            _ => write!(f, ".{number}"),
        })
    }
}
