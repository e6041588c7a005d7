//! What a keyword is: one row says where it stands, what follows it and what becomes of it.
//!
//! The rows are in `keywords`. The reader, the spelling advice and the manual all live on them; a new keyword is one row
//! and the place in `resolve` that uses it.

mod argument;
mod form;
mod row;

use std::sync::LazyLock;

use hashbrown::HashMap;

pub use argument::{Argument, Kind, Number, TimeRange, Trailing, Unit};
pub(crate) use argument::{any, decimal, many, one, optional, up_to};
pub use form::{Content, Entries, Form};
pub(crate) use row::{Row, Takes, number, rows, takes};

use crate::entry::Entry;
use crate::keywords;
use crate::source::Spanned;

/// A row.
#[derive(Debug)]
pub struct KeywordDef {
    /// The word.
    pub name: &'static str,
    /// Other names of it that are not read.
    pub also: &'static [&'static str],
    /// The block in which it stands.
    pub block: Block,
    /// What follows it.
    pub form: Form,
    /// What counts if it stands more than once.
    pub repeat: Repeat,
    /// What counts without it; empty: nothing.
    pub default: &'static str,
    /// First keepalived that knows it; empty: all that are in use.
    pub since: &'static str,
    /// What becomes of it.
    pub status: Status,
    /// What it does, in one line.
    pub help: &'static str,
    /// What keepalived does otherwise; empty: nothing.
    pub differs: &'static str,
    example: Example,
}

/// Where the example of a row is from.
#[derive(Clone, Copy, Debug)]
enum Example {
    /// Its form.
    Form,
    /// These arguments.
    Arguments(&'static str),
    /// This text.
    Text(&'static str),
}

impl KeywordDef {
    /// A statement (or block) that uses it and draws no complaint about its arguments.
    #[must_use]
    pub fn example(&self) -> String {
        match self.example {
            Example::Form => self.form.written(self.name, self.default).1,
            Example::Arguments(arguments) => format!("{} {arguments}", self.name),
            Example::Text(text) => text.to_owned(),
        }
    }

    /// What may follow it, for people.
    #[must_use]
    pub fn arguments(&self) -> String {
        self.form.written(self.name, self.default).0
    }

    /// Words that the language has for the argument at `index`, the first being 0; not names and numbers.
    #[must_use]
    pub fn offered(&self, index: usize) -> Vec<&'static str> {
        self.form.offered(index)
    }

    /// Words that may stand behind the first of an entry in the list that it opens.
    #[must_use]
    pub fn entry_options(&self) -> Vec<&'static str> {
        if let Form::Entries(entries) = self.form { form::literals(entries.listed().usage) } else { Vec::new() }
    }

    /// The blocks whose names stand in the list that it opens: as the first words of entries, in a list of names as all.
    #[must_use]
    pub fn names(&self) -> Option<Block> {
        if let Form::Entries(entries) = self.form { entries.listed().names } else { None }
    }

    /// What follows from a line that is left out.
    pub(crate) fn left_out(&self) -> String {
        if self.default.is_empty() || self.default.contains(';') {
            "the line is left out".to_owned()
        } else {
            format!("the line is left out: the default is {}", self.default)
        }
    }

    /// The flag that switches off what this one switches on: `nopreempt` of `preempt`.
    pub(crate) fn opposite(&self) -> Option<&'static Self> {
        ["no", "no_"].iter().find_map(|no| find(self.block, &format!("{no}{}", self.name)))
    }

    /// Whether it is this row: rows are not copied.
    pub(crate) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// Type of rows of times, in microseconds.
#[derive(Debug)]
pub(crate) enum Micros {}

/// Type of rows whose words the rules read.
pub(crate) type Words = Vec<Spanned<String>>;

/// Type of rows of lists.
pub(crate) type List<T> = Vec<Entry<T>>;

/// Blocks that hold keywords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Block {
    /// Outside all blocks.
    Top,
    /// `global_defs`
    Global,
    /// `vrrp_instance`
    Instance,
    /// `authentication` of an instance.
    Authentication,
    /// `auth_hmac` of an instance.
    Hmac,
    /// `vrrp_sync_group`
    SyncGroup,
    /// `vrrp_script`
    Script,
    /// `vrrp_track_process`
    Process,
    /// `track_file`
    File,
    /// `bfd_instance`
    Bfd,
    /// `track_group`
    TrackGroup,
    /// `garp_group`
    GarpGroup,
}

impl Block {
    /// As users call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Top => "the top level",
            Self::Global => "`global_defs`",
            Self::Instance => "`vrrp_instance`",
            Self::Authentication => "`authentication`",
            Self::Hmac => "`auth_hmac`",
            Self::SyncGroup => "`vrrp_sync_group`",
            Self::Script => "`vrrp_script`",
            Self::Process => "`vrrp_track_process`",
            Self::File => "`track_file`",
            Self::Bfd => "`bfd_instance`",
            Self::TrackGroup => "`track_group`",
            Self::GarpGroup => "`garp_group`",
        }
    }

    /// The keyword that begins it; none does the top level.
    pub(crate) fn header(self) -> &'static str {
        self.name().trim_matches('`')
    }

    /// Where its keywords stand.
    pub(crate) fn place(self) -> String {
        if self == Self::Top { "at the top level".to_owned() } else { format!("in {}", self.name()) }
    }
}

/// Which of several uses counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The last.
    Last,
    /// The first.
    First,
    /// All together.
    All,
}

/// What becomes of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Does what it says.
    Works,
    /// Is read, and changes nothing for this reason.
    NoEffect(&'static str),
    /// Is not done for this reason, now or later.
    Refused(&'static str),
    /// Belongs to the load balancer, which tanist is not.
    LoadBalancer,
}

/// All rows.
pub fn all() -> impl Iterator<Item = &'static KeywordDef> {
    keywords::TABLES.iter().flat_map(|table| table.iter().copied())
}

/// The row of `name` in `block`.
#[must_use]
pub fn find(block: Block, name: &str) -> Option<&'static KeywordDef> {
    static INDEX: LazyLock<HashMap<(Block, &str), &'static KeywordDef>> =
        LazyLock::new(|| all().map(|row| ((row.block, row.name), row)).collect());
    INDEX.get(&(block, name)).copied()
}
