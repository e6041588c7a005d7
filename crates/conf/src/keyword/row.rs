//! Rows that know the type of what follows their keyword, and how they are written down: one call a property.

use std::marker::PhantomData;
use std::ops::Deref;

use super::{Block, Example, Form, KeywordDef, Kind, Number, Repeat, Status, Trailing};

/// A row whose statements have a value of type `T`: what `Settings::get` gives.
#[derive(Debug)]
pub(crate) struct Row<T> {
    pub(crate) def: KeywordDef,
    value: PhantomData<fn() -> T>,
}

impl<T> Deref for Row<T> {
    type Target = KeywordDef;

    fn deref(&self) -> &KeywordDef {
        &self.def
    }
}

/// Declares rows `NAME: TYPE = ROW;`, the comment before each being its help, and the table `ROWS` of all of them.
macro_rules! rows {
    ($($(#[doc = $help:literal])+ $name:ident: $value:ty = $row:expr;)+) => {
        $(pub(crate) static $name: Row<$value> = $row.help(concat!($($help),+));)+
        pub(super) static ROWS: &[&crate::keyword::KeywordDef] = &[$(&$name.def,)+];
    };
}
pub(crate) use rows;

/// What follows a keyword, and its type.
#[derive(Debug)]
pub(crate) struct Takes<T> {
    form: Form,
    value: PhantomData<fn() -> T>,
}

/// All that can follow a keyword. The types are those that `value` and `entry` make of each form.
pub(crate) mod takes {
    use std::marker::PhantomData;
    use std::net::IpAddr;

    use super::Takes;
    use crate::entry::WrittenTracker;
    use crate::keyword::{Argument, Block, Entries, Form, Kind, List, Micros, TimeRange, Unit, Words, one};
    use crate::model::machine::LinkDelay;
    use crate::model::route::Route;
    use crate::model::rule::Rule;
    use crate::model::{Address, Peer, Script, ScriptUser, Switch, TrackInterface, Weight};

    const fn of<T>(form: Form) -> Takes<T> {
        Takes { form, value: PhantomData }
    }

    pub(in crate::keyword) const fn a<T>(name: &'static str, kind: Kind) -> Takes<T> {
        of(Form::One(one(name, kind)))
    }

    const fn list<T>(entries: Entries) -> Takes<List<T>> {
        of(Form::Entries(entries))
    }

    const fn trackers(of: Block, max: i16) -> Takes<List<WrittenTracker>> {
        list(Entries::Trackers { of, max })
    }

    /// Largest weight of scripts and sessions.
    const WEIGHT_MAX: i16 = 253;
    /// Largest weight of files and processes.
    const WIDE_WEIGHT_MAX: i16 = 254;

    pub(crate) const FLAG: Takes<()> = of(Form::Flag);
    pub(crate) const SWITCH: Takes<Switch> = a("", Kind::Switch);
    pub(crate) const INTERFACE: Takes<String> = a("", Kind::Interface);
    pub(crate) const ADDRESS: Takes<IpAddr> = a("", Kind::Address);
    pub(crate) const SCRIPT: Takes<Script> = of(Form::Script);
    pub(crate) const OPTIONAL_SCRIPT: Takes<Script> = of(Form::OptionalScript);
    pub(crate) const WEIGHT: Takes<Weight> = of(Form::Weight(WEIGHT_MAX));
    pub(crate) const WIDE_WEIGHT: Takes<Weight> = of(Form::Weight(WIDE_WEIGHT_MAX));
    pub(crate) const USER: Takes<ScriptUser> = of(Form::User);
    pub(crate) const SKIPPED: Takes<()> = of(Form::Skipped);
    pub(crate) const ADDRESSES: Takes<List<Address>> = list(Entries::Addresses);
    pub(crate) const INTERFACES: Takes<List<TrackInterface>> = list(Entries::Interfaces);
    pub(crate) const ROUTES: Takes<List<Route>> = list(Entries::Routes);
    pub(crate) const RULES: Takes<List<Rule>> = list(Entries::Rules);
    pub(crate) const SCRIPTS: Takes<List<WrittenTracker>> = trackers(Block::Script, WEIGHT_MAX);
    pub(crate) const FILES: Takes<List<WrittenTracker>> = trackers(Block::File, WIDE_WEIGHT_MAX);
    pub(crate) const PROCESSES: Takes<List<WrittenTracker>> = trackers(Block::Process, WIDE_WEIGHT_MAX);
    pub(crate) const SESSIONS: Takes<List<WrittenTracker>> = trackers(Block::Bfd, WEIGHT_MAX);
    pub(crate) const PEERS: Takes<List<Peer>> = list(Entries::Peers);
    pub(crate) const ROUTERS: Takes<List<String>> = list(Entries::Names(Some(Block::Instance)));
    pub(crate) const NAMES: Takes<List<String>> = list(Entries::Names(None));
    pub(crate) const MAILBOXES: Takes<List<String>> = list(Entries::Mailboxes);
    pub(crate) const DELAYS: Takes<List<LinkDelay>> = list(Entries::Delays);
    pub(crate) const POLLED: Takes<()> = of(Form::Entries(Entries::Polled));

    pub(crate) const fn seconds(range: TimeRange) -> Takes<Micros> {
        a("", Kind::Time(Unit::Seconds, range))
    }

    pub(crate) const fn milliseconds(range: TimeRange) -> Takes<Micros> {
        a("", Kind::Time(Unit::Milliseconds, range))
    }

    pub(crate) const fn word(what: &'static str) -> Takes<String> {
        a(what, Kind::Word)
    }

    pub(crate) const fn one_of(words: &'static [&'static str]) -> Takes<String> {
        a("", Kind::OneOf(words))
    }

    pub(crate) const fn arguments(arguments: &'static [Argument]) -> Takes<Words> {
        of(Form::Arguments(arguments))
    }

    pub(crate) const fn words(what: &'static str) -> Takes<Words> {
        of(Form::Words(what))
    }

    pub(crate) const fn block(block: Block) -> Takes<()> {
        of(Form::Block(block))
    }

    pub(crate) const fn named(block: Block) -> Takes<()> {
        of(Form::Named(block))
    }
}

impl<T> Row<T> {
    pub(crate) const fn new(block: Block, name: &'static str, takes: Takes<T>) -> Self {
        let def = KeywordDef {
            name,
            also: &[],
            block,
            form: takes.form,
            // Blocks add up.
            repeat: if takes.form.opens() { Repeat::All } else { Repeat::Last },
            default: "",
            since: "",
            status: Status::Works,
            help: "",
            differs: "",
            example: Example::Form,
        };
        Self::of(def)
    }

    const fn of(def: KeywordDef) -> Self {
        Self { def, value: PhantomData }
    }

    /// What older versions, forks and messages call it: for advice, it is not read.
    pub(crate) const fn also(self, also: &'static [&'static str]) -> Self {
        Self::of(KeywordDef { also, ..self.def })
    }

    /// A comment, which begins with the blank behind its slashes.
    pub(crate) const fn help(self, comment: &'static str) -> Self {
        Self::of(KeywordDef { help: comment.split_at(1).1, ..self.def })
    }

    pub(crate) const fn differs(self, differs: &'static str) -> Self {
        Self::of(KeywordDef { differs, ..self.def })
    }

    pub(crate) const fn default(self, default: &'static str) -> Self {
        Self::of(KeywordDef { default, ..self.def })
    }

    pub(crate) const fn since(self, since: &'static str) -> Self {
        Self::of(KeywordDef { since, ..self.def })
    }

    /// Its example has these arguments.
    pub(crate) const fn like(self, arguments: &'static str) -> Self {
        Self::of(KeywordDef { example: Example::Arguments(arguments), ..self.def })
    }

    /// Its example has other statements as well.
    pub(crate) const fn example(self, text: &'static str) -> Self {
        Self::of(KeywordDef { example: Example::Text(text), ..self.def })
    }

    pub(crate) const fn repeats(self, repeat: Repeat) -> Self {
        Self::of(KeywordDef { repeat, ..self.def })
    }

    pub(crate) const fn no_effect(self, reason: &'static str) -> Self {
        Self::of(KeywordDef { status: Status::NoEffect(reason), ..self.def })
    }

    pub(crate) const fn load_balancer(self) -> Self {
        Self::of(KeywordDef { status: Status::LoadBalancer, ..self.def })
    }

    /// Is never done, and what runs without it runs rightly.
    pub(crate) const fn declined(self, reason: &'static str) -> Self {
        Self::of(KeywordDef { status: Status::Refused(reason), ..self.def })
    }
}

/// Types of rows of numbers.
pub(crate) trait Whole {
    const LEAST: i64;
    const MOST: i64;
}

macro_rules! whole {
    ($($type:ty),+) => {
        $(impl Whole for $type {
            const LEAST: i64 = <$type>::MIN as i64;
            const MOST: i64 = <$type>::MAX as i64;
        })+
    };
}

whole!(u8, i8, i16, i32, u32, i64);

/// A number in `min..=max`; others are refused, text behind it is cut off.
pub(crate) const fn number(min: i64, max: i64) -> Number {
    Number { min, max, unit: "", instead: None, trailing: Trailing::Cut }
}

impl Number {
    pub(crate) const fn of(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    pub(crate) const fn or(self, instead: i64) -> Self {
        Self { instead: Some(instead), ..self }
    }

    pub(crate) const fn exactly(self) -> Self {
        Self { trailing: Trailing::Refused, ..self }
    }

    /// The type must hold the whole range.
    pub(crate) const fn form<T: Whole>(self) -> Takes<T> {
        assert!(self.min >= T::LEAST && self.max <= T::MOST);
        takes::a("", Kind::Number(self))
    }
}
