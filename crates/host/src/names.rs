//! Interfaces in texts: data carries indexes, and names are put in where a text is made.

use std::fmt;

use vrrp::types::IfIndex;

/// Knows the names of interfaces.
pub trait LinkNames {
    /// `None` if there is no such interface any more (or not yet): texts then say `interface 7`.
    fn name_of(&self, link: IfIndex) -> Option<&str>;
}

/// Knows no names.
#[derive(Clone, Copy, Debug)]
pub struct NoNames;

impl LinkNames for NoNames {
    fn name_of(&self, _: IfIndex) -> Option<&str> {
        None
    }
}

/// What can be put into words with the names of interfaces.
pub trait Describe {
    /// Writes it in lower case and without a full stop.
    ///
    /// # Errors
    /// Those of the formatter.
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// For `format!` and `to_string`.
    fn named<'a>(&'a self, names: &'a dyn LinkNames) -> Named<'a, Self>
    where
        Self: Sized,
    {
        Named { what: self, names }
    }
}

/// Something with the names that its text needs.
pub struct Named<'a, T> {
    what: &'a T,
    names: &'a dyn LinkNames,
}

impl<T: Describe> fmt::Display for Named<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.what.describe(self.names, f)
    }
}

impl Describe for IfIndex {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match names.name_of(*self) {
            Some(name) => f.write_str(name),
            None => write!(f, "interface {self}"),
        }
    }
}

/// A few names, as they were at one moment: for texts that are made later, by somebody who cannot ask the kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownNames(Vec<(IfIndex, String)>);

impl FromIterator<(IfIndex, String)> for KnownNames {
    fn from_iter<I: IntoIterator<Item = (IfIndex, String)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

impl LinkNames for KnownNames {
    fn name_of(&self, link: IfIndex) -> Option<&str> {
        self.0.iter().find(|(index, _)| *index == link).map(|(_, name)| name.as_str())
    }
}
