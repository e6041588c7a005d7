//! The kinds of diagnostics, and all that is said of them. Each is a section of a page beside this file, of which the build makes [`Code`] and the
//! functions of `say`:
//!
//! ```text
//! ## second-address: error                  name and severity
//! Two addresses are on one line.            what it means
//!
//! > {address} is left out                   say::second_address(span, also, address, instead_of, write)
//! > here: one address a line                said of the place itself
//! > also: the first                         of another place; `also?` if there may be none
//! > note: as in keepalived                  why, or what is done instead
//! > fix: give it a line of its own          how to correct it, with what to write instead; `help` without
//!
//! > [alone] …                               say::second_address_alone(…): another message of that code
//! > text route: …                           say::second_address_route(…): words that a message may have
//!
//! Why it matters, and two examples: one that draws it, and one that does not.
//! ```

mod explanation;

use explanation::Row;
pub use explanation::{Example, Explanation};

include!(concat!(env!("OUT_DIR"), "/codes.rs"));

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong with what was written, but tanist does not carry it out.
    Unsupported,
    /// Nothing is wrong, but something deserves a thought.
    Advice,
    /// What was written is not what happens, and that can be lived with.
    Warning,
    /// Something that was asked for does not happen.
    Error,
}

impl Severity {
    /// In lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
