//! What follows a keyword: forms that the reader takes apart, each with how manuals write it, an example, and the words
//! that are offered to those who complete a line.

use super::{Argument, Block, KeywordDef, Status, find};

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
    /// What stands in the block that a statement of this form opens; `None` if it opens none.
    #[must_use]
    pub const fn content(self) -> Option<Content> {
        match self {
            Self::Block(block) | Self::Named(block) => Some(Content::Keywords(block)),
            Self::Entries(entries) => Some(Content::Entries(entries)),
            Self::Skipped => Some(Content::Skipped),
            Self::Flag
            | Self::One(_)
            | Self::Weight(_)
            | Self::Script
            | Self::OptionalScript
            | Self::Arguments(_)
            | Self::User
            | Self::Words(_) => None,
        }
    }

    /// Whether a block follows.
    #[must_use]
    pub const fn opens(self) -> bool {
        self.content().is_some()
    }

    /// How it is written behind the keyword `name`: for people, and in an example. `default`: what counts without it.
    pub(super) fn written(self, name: &str, default: &str) -> (String, String) {
        let script = || format!("{name} \"/usr/local/bin/{name} argument\"");
        let block = |entry: &str| format!("{name} {{\n{entry}}}");
        let join = |words: Vec<String>| words.join(" ");
        match self {
            Self::Flag => ("nothing".to_owned(), name.to_owned()),
            Self::One(argument) => (argument.to_string(), format!("{name} {}", argument.example(default))),
            Self::Weight(max) => (format!("a number, -{max} to {max}, [reverse]"), format!("{name} 10")),
            Self::Script => ("\"COMMAND ARGUMENTS\" [USER [GROUP]]".to_owned(), script()),
            Self::OptionalScript => ("[\"COMMAND ARGUMENTS\" [USER [GROUP]]]".to_owned(), script()),
            Self::User => ("USER [GROUP]".to_owned(), format!("{name} nobody nogroup")),
            Self::Arguments(arguments) => {
                let examples = arguments.iter().map(|argument| argument.example(""));
                let example = join([name.to_owned()].into_iter().chain(examples).collect());
                (join(arguments.iter().map(Argument::to_string).collect()), example)
            }
            Self::Words(usage) => (usage.to_owned(), format!("{name} word")),
            Self::Named(_) => ("NAME { … }".to_owned(), format!("{name} NAME {{\n}}")),
            Self::Block(_) | Self::Skipped => ("{ … }".to_owned(), block("")),
            Self::Entries(entries) => {
                let Listed { usage, example, .. } = entries.listed();
                (usage.to_owned(), if example.is_empty() { block("") } else { block(&format!(" {example}\n")) })
            }
        }
    }

    /// Words that the language has for the argument at `index`, the first being 0; not names and numbers.
    pub(super) fn offered(self, index: usize) -> Vec<&'static str> {
        match self {
            Self::One(argument) => offered(&[argument], index),
            Self::Arguments(arguments) => offered(arguments, index),
            Self::Weight(_) if index == 1 => vec!["reverse"],
            Self::Words(usage) => literals(usage),
            Self::Flag | Self::Weight(_) | Self::Script | Self::OptionalScript | Self::User => Vec::new(),
            Self::Block(_) | Self::Named(_) | Self::Entries(_) | Self::Skipped => Vec::new(),
        }
    }
}

/// The words of a list of arguments that may stand at `index`.
fn offered(arguments: &[Argument], index: usize) -> Vec<&'static str> {
    let (mut least, mut most) = (0, 0usize);
    let mut words = Vec::new();
    for argument in arguments {
        most = most.saturating_add(argument.most);
        if (least..most).contains(&index) {
            words.extend(argument.offered());
        }
        least += argument.least;
    }
    words
}

/// What is typed as it is in a usage: what is in capitals stands for something else.
pub(super) fn literals(usage: &'static str) -> Vec<&'static str> {
    let parts = usage.split([' ', '[', ']', '{', '}', '|', '…', '/']);
    parts.filter(|part| part.starts_with(|c: char| c.is_ascii_lowercase())).collect()
}

/// What stands in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Keywords of this block.
    Keywords(Block),
    /// An entry on each line.
    Entries(Entries),
    /// What is not read.
    Skipped,
}

impl Content {
    /// What stands in the block that a statement of this row opens; of what is no keyword nothing is read.
    pub(crate) fn of(row: Option<&KeywordDef>) -> Self {
        let row = row.filter(|row| row.status != Status::LoadBalancer);
        row.and_then(|row| row.form.content()).unwrap_or(Self::Skipped)
    }

    /// The row of a word that stands there as a keyword.
    pub(crate) fn row(self, word: &str) -> Option<&'static KeywordDef> {
        match self {
            Self::Keywords(block) => find(block, word),
            Self::Entries(_) | Self::Skipped => None,
        }
    }

    /// Whether a statement may open a block there: a keyword that does, or one that nobody knows.
    pub(crate) fn may_open(self, row: Option<&KeywordDef>) -> bool {
        match self {
            Self::Keywords(_) => row.is_none_or(|row| row.form.opens()),
            Self::Entries(_) | Self::Skipped => false,
        }
    }
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
    /// Tracked blocks of a kind, with weights up to `max` either way.
    Trackers {
        /// Their kind.
        of: Block,
        /// Largest weight.
        max: i16,
    },
    /// Unicast peers.
    Peers,
    /// Names, any number on a line; of blocks of a kind, if it is known.
    Names(Option<Block>),
    /// Mail addresses, any number on a line.
    Mailboxes,
    /// Interfaces whose link state keepalived polls.
    Polled,
    /// Interfaces and how long a change of their link state must last.
    Delays,
}

/// What is known of a kind of lists.
pub(super) struct Listed {
    /// How a list of it is written.
    pub(super) usage: &'static str,
    /// An entry. Empty: an example has none.
    example: &'static str,
    /// The blocks that it names.
    pub(super) names: Option<Block>,
}

impl Entries {
    pub(super) const fn listed(self) -> Listed {
        let (usage, example, names) = match self {
            Self::Addresses => ("{ ADDRESS[/LEN] [dev IF] [scope S] [label L] [brd B] … }", "", None),
            Self::Interfaces => ("{ INTERFACE [weight N [reverse]] … }", "eth1 weight 10", None),
            Self::Routes => ("{ [TYPE] PREFIX [via ADDRESS] [dev IF] [table T] … }", "", None),
            Self::Rules => ("{ [from PREFIX] [to PREFIX] … table T [preference N] … }", "", None),
            Self::Trackers { of, .. } => ("{ NAME [weight N [reverse|noreverse]] … }", "NAME weight 10", Some(of)),
            Self::Peers => ("{ ADDRESS [min_ttl N] [max_ttl N] … }", "", None),
            Self::Names(of) => ("{ NAME … }", "", of),
            Self::Mailboxes => ("{ ADDRESS … }", "", None),
            Self::Polled => ("{ INTERFACE [MII|ETHTOOL|IOCTL] … }", "", None),
            Self::Delays => ("{ INTERFACE DOWN [UP] … }", "", None),
        };
        Listed { usage, example, names }
    }
}
