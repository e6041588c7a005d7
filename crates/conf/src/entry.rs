//! Entries of lists: one line each.

mod address;
mod route;
mod rule;
mod track;
mod words;

pub(crate) use address::{address, names, peer};
pub(crate) use route::route;
#[cfg(test)]
pub(crate) use route::route_words;
pub(crate) use rule::rule;
#[cfg(test)]
pub(crate) use rule::rule_words;
pub(crate) use track::{WrittenTracker, check_polled, delay, interface, is_kind, tracker};
pub(crate) use words::{Builtin, Facts};

use crate::source::Span;

/// An entry, where it was written, and its parts that later rules speak of.
#[derive(Clone, Debug)]
pub(crate) struct Entry<T> {
    pub(crate) value: T,
    /// The first word.
    pub(crate) span: Span,
    /// What it did not say itself.
    pub(crate) implied: Implied,
}

/// Parts of an address that were not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Implied {
    Nothing,
    /// The prefix length.
    Prefix,
}

/// Which list a route or rule stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// `virtual_routes`, `virtual_rules`.
    Router,
    /// `static_routes`, `static_rules`.
    Static,
}
