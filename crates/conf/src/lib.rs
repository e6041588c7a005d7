//! The keepalived.conf language: text in, configuration and diagnostics out.
//!
//! [`load`] never fails. A mistake costs the statement it stands in, not the file: what keepalived would start is
//! started, and every mistake is a [`Diagnostic`] with the place where it was written.
//!
//! The way of a file, one module a step:
//!
//! 1. [`source`](Sources): bytes become text; every later step names places in it by [`Span`].
//! 2. `lexer`: a line loses its comment and falls apart at braces and blanks.
//! 3. `expand`: lines of all files in order; `include` happens here.
//! 4. `syntax`: statements and blocks, braces mended.
//! 5. [`keyword`]: one row a keyword says what may stand where; `read` checks arguments against the rows.
//! 6. `resolve`: defaults, precedence and the rules between keywords make the [`model`].
//!
//! The crate does no I/O: files come from a [`SourceLoader`]. Whether an interface or a user exists is the daemon's
//! question, not this crate's.
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used, clippy::expect_used)]

mod code;
mod describe;
mod diagnostic;
mod entry;
mod expand;
pub mod keyword;
mod keywords;
mod lexer;
mod loader;
pub mod model;
mod read;
mod render;
mod resolve;
mod script;
mod source;
mod suggest;
mod syntax;
mod value;

use std::path::Path;

pub use code::{Code, Severity};
pub use diagnostic::{Diagnostic, Diagnostics, Label, Suggestion};
pub use expand::Environment;
pub use loader::{LoadError, MemoryLoader, SourceLoader};
pub use render::RenderStyle;
pub use source::{FileId, Position, SourceFile, Sources, Span};
pub use suggest::nearest_of as nearest_word;

/// A configuration as meant, and all that is to be said about its text.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What can be run. Empty of routers if the file could not be read.
    pub config: model::Config,
    /// Every mistake, in file order.
    pub diagnostics: Diagnostics,
}

/// Reads the configuration whose main file is `path`, with everything it includes. Lines that depend on a configuration
/// id are errors: see [`load_in`].
pub fn load(path: &Path, loader: &mut dyn SourceLoader) -> Loaded {
    load_in(&Environment::default(), path, loader)
}

/// As [`load`], on a machine that is known.
pub fn load_in(environment: &Environment, path: &Path, loader: &mut dyn SourceLoader) -> Loaded {
    let mut diagnostics = Diagnostics::default();
    let pieces = expand::pieces(path, environment, loader, &mut diagnostics);
    let tree = syntax::tree(pieces, &mut diagnostics);
    let raw = read::read(tree, &mut diagnostics);
    let config = resolve::resolve(&raw, &mut diagnostics);
    diagnostics.sort();
    Loaded { config, diagnostics }
}
