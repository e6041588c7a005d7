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
//! 7. `lan`: what several configurations say of one virtual router, if there are several.
//!
//! Files with keys of `auth_hmac`, and those that give names to numbers of routing, are read between 5 and 6. The crate does no I/O: files come from a [`SourceLoader`]. Whether an interface or a user exists is the daemon's
//! question, not this crate's.
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used, clippy::expect_used)]

mod code;
mod diagnostic;
mod entry;
mod expand;
mod key_files;
pub mod keyword;
mod keywords;
mod lan;
pub mod language;
mod lexer;
mod loader;
pub mod model;
mod needs;
mod number_names;
mod outline;
mod places;
mod print;
mod quote;
mod read;
mod render;
mod resolve;
mod say;
mod secrets;
mod source;
mod suggest;
mod syntax;
mod value;
mod verdict;
mod whole_file;

use std::path::{Path, PathBuf};

pub use code::{Code, Example, Explanation, Severity};
pub use diagnostic::{Diagnostic, Diagnostics, Label, Suggestion};
pub use expand::Environment;
pub use keyword::Content;
pub use loader::{Access, FileKind, LoadError, MemoryLoader, SourceLoader};
pub use needs::{Need, Needed};
pub use outline::{Name, Outline, Spot, WrittenWord};
pub use places::{Place, Places};
pub use render::RenderStyle;
pub use secrets::Secrets;
pub use source::{FileId, Position, SourceFile, Sources, Span};
pub use suggest::nearest_of as nearest_word;
pub use verdict::{RouterVerdict, Verdict, printable, summary};

use model::Config;
use number_names::NumberNames;
use read::Raw;

/// A configuration as meant, and all that is to be said about its text.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What can be run. Empty of routers if the file could not be read.
    pub config: Config,
    /// Every mistake, in file order.
    pub diagnostics: Diagnostics,
    /// Where what can be run was written.
    pub places: Places,
    /// What becomes of each router.
    pub routers: Vec<RouterVerdict>,
}

impl Loaded {
    /// Whether anything is an error, or a router is left out because it asks for what is not carried out yet.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        let is_unsupported = |router: &RouterVerdict| router.verdict == Verdict::Unsupported;
        self.diagnostics.worst() == Some(Severity::Error) || self.routers.iter().any(is_unsupported)
    }
}

/// Reads the configuration whose main file is `path`, with everything it includes. Lines that depend on a configuration
/// id are errors: see [`load_in`].
pub fn load(path: &Path, loader: &mut dyn SourceLoader) -> Loaded {
    load_in(&Environment::default(), path, loader)
}

/// As [`load`], on a machine that is known.
pub fn load_in(environment: &Environment, path: &Path, loader: &mut dyn SourceLoader) -> Loaded {
    let mut diagnostics = Diagnostics::default();
    let lan::Member { config, raw } = member(environment, path, loader, &mut diagnostics);
    diagnostics.sort();
    whole_file::report(&mut diagnostics);
    let routers = verdict::of(&raw, &config);
    let places = Places::of(&raw, &routers, diagnostics.sources());
    Loaded { config, diagnostics, places, routers }
}

/// Configurations of the members of one LAN, and all that is to be said about their texts and about what they do not
/// agree on.
#[derive(Debug)]
pub struct LoadedLan {
    /// What each member can run, in the order in which they were named.
    pub configs: Vec<Config>,
    /// Every mistake, in the order of members and files.
    pub diagnostics: Diagnostics,
    members: Vec<Raw>,
}

impl LoadedLan {
    /// What becomes of the routers of each member, in the order in which they were named.
    #[must_use]
    pub fn routers(&self) -> Vec<Vec<RouterVerdict>> {
        self.members.iter().zip(&self.configs).map(|(raw, config)| verdict::of(raw, config)).collect()
    }

    /// Reports a configuration in which nothing is written that could be run, and of which nothing else was said.
    pub fn check_content(&mut self) {
        let is_sound = self.diagnostics.worst() < Some(Severity::Warning);
        let [member] = self.members.as_slice() else { return };
        if let (true, Some(start)) = (is_sound && member.is_empty(), self.diagnostics.sources.start_of_first()) {
            let diagnostic = Diagnostic::new(Code::NothingConfigured, start, "the file configures nothing");
            self.diagnostics.push(diagnostic.note("no router is written in it, nor anything else that could run"));
            self.diagnostics.sort();
        }
    }

    /// What the members need of their machines.
    #[must_use]
    pub fn needs(&self) -> Vec<Need> {
        self.members.iter().zip(&self.configs).flat_map(|(raw, config)| needs::of(raw, config)).collect()
    }
}

/// Reads the configuration of each member as [`load_in`] does, and checks them against each other. The same file with
/// other configuration ids is another member.
pub fn load_lan(members: &[(Environment, PathBuf)], loader: &mut dyn SourceLoader) -> LoadedLan {
    let mut diagnostics = Diagnostics::default();
    let members: Vec<lan::Member> =
        members.iter().map(|(environment, path)| member(environment, path, loader, &mut diagnostics)).collect();
    lan::check(&members, &mut diagnostics);
    diagnostics.sort();
    whole_file::report(&mut diagnostics);
    let (members, configs) = members.into_iter().map(|member| (member.raw, member.config)).unzip();
    LoadedLan { configs, diagnostics, members }
}

fn member(
    environment: &Environment,
    path: &Path,
    loader: &mut dyn SourceLoader,
    diagnostics: &mut Diagnostics,
) -> lan::Member {
    let pieces = expand::pieces(path, environment, loader, diagnostics);
    let tree = syntax::tree(pieces, diagnostics);
    let raw = read::read(tree, diagnostics);
    let key_files = key_files::read(&raw, path, loader);
    let names = NumberNames::read(&raw, loader);
    let config = resolve::resolve(&raw, &key_files, &names, diagnostics);
    lan::Member { raw, config }
}
