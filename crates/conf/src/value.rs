//! Arguments of a keyword, checked against its row.

mod script;
mod word;

use std::net::IpAddr;

use word::whole_number;
pub(crate) use word::{c_number, decimal_number, micros, scaled};

use crate::code::Severity;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::{Entry, WrittenTracker};
use crate::keyword::{self, Form, KeywordDef, Kind, List, Micros, Words};
use crate::keywords::authentication::AUTH_PASS;
use crate::lexer::{Statement, Word};
use crate::model::machine::LinkDelay;
use crate::model::route::Route;
use crate::model::rule::Rule;
use crate::model::{Address, Peer, Script, ScriptUser, Sense, Switch, TrackInterface, Weight};
use crate::say;
use crate::source::{Span, Spanned};
use crate::suggest;

/// What follows a keyword, as meant.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Nothing.
    Present,
    Switch(Switch),
    Number(i64),
    Micros(u64),
    Weight(Weight),
    Text(String),
    Address(IpAddr),
    Script(Box<Script>),
    User(Box<ScriptUser>),
    Words(Vec<Spanned<String>>),
    Addresses(Vec<Entry<Address>>),
    Interfaces(Vec<Entry<TrackInterface>>),
    Routes(Vec<Entry<Route>>),
    Rules(Vec<Entry<Rule>>),
    Trackers(Vec<Entry<WrittenTracker>>),
    Peers(Vec<Entry<Peer>>),
    Names(Vec<Entry<String>>),
    Delays(Vec<Entry<LinkDelay>>),
}

/// A type that rows can have: what `Settings::get` gives for one.
pub(crate) trait Typed {
    /// How it is given: a copy, or a part of the text.
    type Given<'a>;

    /// `None`: of another type, or (an optional script) not written.
    fn of(value: &Value) -> Option<Self::Given<'_>>;
}

macro_rules! typed {
    ($($type:ty, $given:ty: $pattern:pat => $value:expr;)+) => {
        $(impl Typed for $type {
            type Given<'a> = $given;

            fn of(value: &Value) -> Option<Self::Given<'_>> {
                if let $pattern = value { Some($value) } else { None }
            }
        })+
    };
}

typed! {
    (), (): Value::Present => ();
    u8, u8: Value::Number(number) => u8::try_from(*number).ok()?;
    i8, i8: Value::Number(number) => i8::try_from(*number).ok()?;
    i16, i16: Value::Number(number) => i16::try_from(*number).ok()?;
    i32, i32: Value::Number(number) => i32::try_from(*number).ok()?;
    u32, u32: Value::Number(number) => u32::try_from(*number).ok()?;
    i64, i64: Value::Number(number) => *number;
    Switch, Switch: Value::Switch(switch) => *switch;
    IpAddr, IpAddr: Value::Address(address) => *address;
    Weight, Weight: Value::Weight(weight) => *weight;
    Micros, u64: Value::Micros(micros) => *micros;
    String, &'a str: Value::Text(text) => text.as_str();
    Script, &'a Script: Value::Script(script) => script.as_ref();
    ScriptUser, &'a ScriptUser: Value::User(user) => user.as_ref();
    Words, &'a [Spanned<String>]: Value::Words(words) => words.as_slice();
    List<Address>, &'a [Entry<Address>]: Value::Addresses(entries) => entries.as_slice();
    List<TrackInterface>, &'a [Entry<TrackInterface>]: Value::Interfaces(entries) => entries.as_slice();
    List<Route>, &'a [Entry<Route>]: Value::Routes(entries) => entries.as_slice();
    List<Rule>, &'a [Entry<Rule>]: Value::Rules(entries) => entries.as_slice();
    List<WrittenTracker>, &'a [Entry<WrittenTracker>]: Value::Trackers(entries) => entries.as_slice();
    List<Peer>, &'a [Entry<Peer>]: Value::Peers(entries) => entries.as_slice();
    List<String>, &'a [Entry<String>]: Value::Names(entries) => entries.as_slice();
    List<LinkDelay>, &'a [Entry<LinkDelay>]: Value::Delays(entries) => entries.as_slice();
}

/// Longest interface name, IFNAMSIZ − 1.
pub(crate) const INTERFACE_BYTES: usize = 15;

/// Reads the arguments of a statement that opens no block. `None`: it has no effect, and that was reported.
pub(crate) fn parse(row: &KeywordDef, statement: &Statement, out: &mut Diagnostics) -> Option<Spanned<Value>> {
    let keyword = statement.keyword()?;
    let words = statement.arguments();
    let arguments = Arguments { row, keyword, words: &words, statement };
    match row.form {
        Form::Flag => Some(arguments.flag(out)),
        Form::One(argument) => arguments.single(argument.kind, out),
        Form::Weight(max) => arguments.weight(max, out),
        Form::OptionalScript if words.is_empty() => Some(spanned(keyword, Value::Present)),
        Form::Script | Form::OptionalScript => arguments.script(out),
        Form::Arguments(several) => arguments.several(several, out),
        Form::User => arguments.user(out),
        Form::Words(_) => Some(arguments.all()),
        Form::Block(_) | Form::Named(_) | Form::Entries(_) | Form::Skipped => None,
    }
}

struct Arguments<'a> {
    row: &'a KeywordDef,
    keyword: Word<'a>,
    words: &'a [Word<'a>],
    statement: &'a Statement,
}

fn spanned(word: Word<'_>, value: Value) -> Spanned<Value> {
    Spanned { value, span: word.span }
}

pub(crate) fn switch_word(word: &str) -> Option<Switch> {
    match word {
        "true" | "on" | "yes" => Some(Switch::On),
        "false" | "off" | "no" => Some(Switch::Off),
        _ => None,
    }
}

/// Whether a word after a flag was meant to switch it off.
pub(crate) fn is_off(word: &str) -> bool {
    word == "0" || switch_word(word) == Some(Switch::Off)
}

impl<'a> Arguments<'a> {
    /// The first of at most so many arguments.
    fn first(&self, most: usize, out: &mut Diagnostics) -> Option<Word<'a>> {
        self.surplus(most, out);
        self.words.first().copied().or_else(|| out.refuse(self.missing()))
    }

    fn missing(&self) -> Diagnostic {
        say::missing_argument(self.keyword.span, self.row.name, self.row.arguments())
    }

    /// Reports words behind the first `taken`.
    fn surplus(&self, taken: usize, out: &mut Diagnostics) {
        let (Some(first), Some(last)) = (self.words.get(taken), self.words.last()) else { return };
        let whole = first.span.to(last.span);
        // Of a quote that is not closed it was said.
        if out.spoke_within(Span { end: whole.end + 1, ..whole }, Severity::Error) {
            return;
        }
        let note = if first.span == last.span { say::surplus_words_one() } else { say::surplus_words_several() };
        let mut diagnostic = say::surplus_words(whole, self.row.name).note(note);
        if let Some((row, second)) = suggest::parted(self.row.block, self.statement) {
            diagnostic =
                diagnostic.replace(self.keyword.span.to(second), row.name, say::unknown_keyword_meant(row.name));
            diagnostic.severity = Severity::Error;
        } else if self.row.is(&AUTH_PASS) {
            diagnostic = diagnostic.note(say::password_comment_ends()).help(say::password_comment_quotes());
            diagnostic.severity = Severity::Error;
        } else if keyword::find(self.row.block, first.text).is_some() {
            diagnostic = diagnostic.help(say::surplus_words_own_line(first.text));
            // What that statement asks for does not happen.
            diagnostic.severity = Severity::Error;
        }
        out.push(diagnostic);
    }

    fn flag(&self, out: &mut Diagnostics) -> Spanned<Value> {
        let off = self.words.first().filter(|word| is_off(word.text));
        if let Some(word) = off {
            out.push(self.not_off(*word));
        } else if self.words.len() > 1 || self.words.first().is_some_and(|word| switch_word(word.text).is_none()) {
            self.surplus(0, out);
        }
        spanned(self.keyword, Value::Present)
    }

    /// A word after a flag that does not switch it off, and what does. What is on without the flag stays on without the line.
    fn not_off(&self, word: Word<'_>) -> Diagnostic {
        let whole = self.keyword.span.to(word.span);
        let diagnostic = say::flag_argument(word.span, self.row.name, word.text);
        match self.row.opposite() {
            Some(off) => diagnostic.replace(whole, off.name, say::flag_argument_opposite(off.name)),
            None if self.row.default.starts_with("on") => diagnostic,
            None => diagnostic.replace(whole, "", say::flag_argument_remove()),
        }
    }

    /// One word of this kind.
    fn single(&self, kind: Kind, out: &mut Diagnostics) -> Option<Spanned<Value>> {
        if kind == Kind::Switch && self.words.is_empty() {
            return Some(spanned(self.keyword, Value::Switch(Switch::On)));
        }
        let Some(&word) = self.words.first() else { return out.refuse(self.missing()) };
        let value = self.word(kind, word, out).map(|value| spanned(word, value));
        let goes_on = self.words.get(1).is_some_and(|next| keyword::find(self.row.block, next.text).is_some());
        if value.is_some() || goes_on {
            self.surplus(1, out);
        }
        value
    }

    /// `N [reverse]`.
    fn weight(&self, max: i16, out: &mut Diagnostics) -> Option<Spanned<Value>> {
        let word = self.first(2, out)?;
        let range = keyword::number(-i64::from(max), i64::from(max));
        let number = whole_number(self.row, word, range, out)?;
        let number = i16::try_from(number).ok()?;
        let sense = match self.words.get(1) {
            None => Sense::Plain,
            Some(second) if second.text == "reverse" => Sense::Reverse,
            Some(second) => {
                out.push(say::bad_word_reverse(second.span, self.row.name, second.text));
                Sense::Plain
            }
        };
        Some(spanned(word, Value::Weight(Weight { number, sense })))
    }

    fn user(&self, out: &mut Diagnostics) -> Option<Spanned<Value>> {
        let user = self.first(2, out)?;
        let group = self.words.get(1).map(|word| word.text.to_owned());
        Some(spanned(user, Value::User(Box::new(ScriptUser { user: user.text.to_owned(), group }))))
    }

    fn all(&self) -> Spanned<Value> {
        let words = self.words.iter().map(|word| Spanned { value: word.text.to_owned(), span: word.span });
        let span = self.words.last().map_or(self.keyword.span, |last| self.keyword.span.to(last.span));
        Spanned { value: Value::Words(words.collect()), span }
    }
}

/// Why `name` cannot be the name of an interface.
pub(crate) fn interface_problem(name: &str) -> Option<String> {
    if name.is_empty() || name == "." || name == ".." {
        return Some(say::bad_interface_name(name));
    }
    if matches!(name, "all" | "default") {
        return Some(say::bad_interface_all(name));
    }
    if name.len() > INTERFACE_BYTES {
        return Some(say::bad_interface_long(name, INTERFACE_BYTES));
    }
    if name.parse::<IpAddr>().is_ok() {
        return Some(say::bad_interface_address(name));
    }
    if let Some((first, _)) = name.split_once(',') {
        return Some(say::bad_interface_several(name, first));
    }
    if let Some((link, peer)) = name.split_once('@') {
        return Some(say::bad_interface_peer(peer, link));
    }
    odd_character(name)
}

/// What in a part of a name keeps an interface from having it.
pub(crate) fn odd_character(name: &str) -> Option<String> {
    name.chars().find(|c| matches!(c, '/' | ':' | ';') || c.is_whitespace()).map(say::bad_interface_odd)
}

/// An address that no length belongs to, reported with `lost` if it is none.
pub(crate) fn plain_address(word: Word<'_>, lost: &str, out: &mut Diagnostics) -> Option<IpAddr> {
    // keepalived reads no further than that; a scope it refuses.
    let bare = word.text.split(['-', '/', '%']).next().unwrap_or(word.text);
    let rest = &word.text[bare.len()..];
    let scope = rest.strip_prefix('%');
    let address = bare.parse().ok().filter(|address| match address {
        IpAddr::V6(address) => scope.is_none() || address.is_unicast_link_local(),
        IpAddr::V4(_) => scope.is_none(),
    });
    if address.is_none() {
        out.push(bad_address(word).note(lost));
    } else if scope.is_some() {
        out.push(say::address_scope(word.span, rest, word.span, bare));
    } else if !rest.is_empty() {
        out.push(say::unused_prefix(word.end(rest.len()), rest, word.span, bare));
    }
    address
}

/// The address, perhaps with a length, in a text with quotes or brackets around it, a zone, or a port.
fn bare_address(text: &str) -> Option<String> {
    let text = text.trim_matches(['\'', '[', ',']);
    let host = text.split('/').next()?;
    let length = &text[host.len()..];
    let host = host.trim_end_matches(']').split('%').next()?;
    let port = |port: &str| port.parse::<u16>().is_ok();
    let host =
        host.rsplit_once(':').filter(|(host, end)| host.contains('.') && port(end)).map_or(host, |(host, _)| host);
    host.parse::<IpAddr>().ok().map(|_| format!("{host}{length}"))
}

/// "This is no address", with a guess at why.
pub(crate) fn bad_address(word: Word<'_>) -> Diagnostic {
    let diagnostic = say::bad_address(word.span, word.text);
    if let Some(bare) = bare_address(word.text) {
        return diagnostic.replace(word.span, bare, say::bad_address_alone());
    }
    let placeholder = word.text.to_ascii_lowercase();
    if placeholder.contains("xx") || placeholder.contains('<') || placeholder.contains("x.x") {
        return diagnostic.help(say::bad_address_placeholder());
    }
    let host = word.text.split('/').next().unwrap_or_default();
    let octets: Vec<Option<u32>> = host.split('.').map(|octet| octet.parse().ok()).collect();
    if octets.len() == 4 && octets.iter().flatten().any(|octet| *octet > 255) {
        return diagnostic.help(say::bad_address_octet());
    }
    let are_numbers = octets.iter().all(Option::is_some);
    if (2..4).contains(&octets.len()) && are_numbers {
        return diagnostic.help(say::bad_address_four());
    }
    let plain: Vec<String> = octets.iter().flatten().map(u32::to_string).collect();
    let plain = plain.join(".");
    if octets.len() == 4 && plain.parse::<IpAddr>().is_ok() && !host.contains('+') {
        let whole = format!("{plain}{}", &word.text[host.len()..]);
        return diagnostic.replace(word.span, whole, say::bad_address_zeros());
    }
    diagnostic
}
