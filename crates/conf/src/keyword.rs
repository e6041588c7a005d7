//! What a keyword is: one row says where it stands, what follows it and what becomes of it.
//!
//! The rows are in `keywords`. The reader, the spelling advice and the manual all live on them; a new keyword is one row
//! and the place in `resolve` that uses it.

mod argument;
mod describe;
mod offered;
mod row;

use std::sync::LazyLock;

use hashbrown::HashMap;

pub use argument::{Argument, Count, Kind, Unit};
pub(crate) use argument::{any, many, one, optional, up_to};
pub(crate) use describe::decimal;
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
    example: &'static str,
}

impl KeywordDef {
    /// What follows from a line that is left out.
    pub(crate) fn left_out(&self) -> String {
        if self.default.is_empty() || self.default.contains(';') {
            "the line is left out".to_owned()
        } else {
            format!("the line is left out: the default is {}", self.default)
        }
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
}

impl Block {
    /// The keyword that begins it; none does the top level.
    pub(crate) fn header(self) -> &'static str {
        self.name().trim_matches('`')
    }

    /// Where its keywords stand.
    pub(crate) fn place(self) -> String {
        if self == Self::Top { "at the top level".to_owned() } else { format!("in {}", self.name()) }
    }
}

/// What follows a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Nothing: the word itself switches on.
    Flag,
    /// One word.
    One(Argument),
    /// A whole number from minus to plus this, then perhaps `reverse`.
    Weight(i16),
    /// A command in quotes, then perhaps its user and group.
    Script,
    /// The same, or nothing.
    OptionalScript,
    /// User, then perhaps group.
    User,
    /// Arguments in this order.
    Arguments(&'static [Argument]),
    /// Words in an order that the keyword knows, described.
    Words(&'static str),
    /// A block of keywords.
    Block(Block),
    /// A block of keywords with a name.
    Named(Block),
    /// A block with an entry on each line.
    Entries(Entries),
    /// A block that is not read.
    Skipped,
}

impl Form {
    /// Whether a block follows.
    #[must_use]
    pub const fn opens(self) -> bool {
        self.content().is_some()
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
    /// What keepalived makes of other numbers.
    pub outside: Outside,
    /// What it makes of text behind the digits.
    pub trailing: Trailing,
}

/// What a bad number does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// The statement has no effect.
    Ignored,
    /// This number counts instead.
    Replaced(i64),
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

/// Kinds of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entries {
    /// Virtual addresses.
    Addresses,
    /// Tracked interfaces.
    Interfaces,
    /// Routes.
    Routes,
    /// Routing rules.
    Rules,
    /// Tracked `vrrp_script` blocks.
    Scripts,
    /// Tracked `track_file` blocks.
    Files,
    /// Tracked `vrrp_track_process` blocks.
    Processes,
    /// Tracked `bfd_instance` blocks.
    Sessions,
    /// Unicast peers.
    Peers,
    /// Names, any number on a line.
    Names,
    /// Mail addresses, any number on a line.
    Mailboxes,
    /// Interfaces whose link state keepalived polls.
    Polled,
    /// Interfaces and how long a change of their link state must last.
    Delays,
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
