//! Arguments of a keyword, checked against its row.

mod number;
mod script;
mod several;
mod typed;

use std::net::IpAddr;

use number::whole_number;
pub(crate) use number::{c_number, decimal_number, micros};
pub(crate) use typed::Typed;

use crate::code::{Code, Severity};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::{self, WrittenTracker};
use crate::keyword::{self, Form, KeywordDef, Number, Outside, TimeRange, decimal};
use crate::lexer::{Statement, Word};
use crate::model::machine::LinkDelay;
use crate::model::route::Route;
use crate::model::rule::Rule;
use crate::model::{Address, Peer, Script, ScriptUser, Sense, Switch, TrackInterface, Weight};
use crate::source::Spanned;

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
    Addresses(Vec<entry::Entry<Address>>),
    Interfaces(Vec<entry::Entry<TrackInterface>>),
    Routes(Vec<entry::Entry<Route>>),
    Rules(Vec<entry::Entry<Rule>>),
    Trackers(Vec<entry::Entry<WrittenTracker>>),
    Peers(Vec<entry::Entry<Peer>>),
    Names(Vec<entry::Entry<String>>),
    Delays(Vec<entry::Entry<LinkDelay>>),
}

/// What a time is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Seconds,
    Milliseconds,
}

impl Unit {
    /// Its name, and how many of it are a second.
    const fn name_and_scale(self) -> (&'static str, u64) {
        match self {
            Self::Seconds => ("seconds", 1),
            Self::Milliseconds => ("milliseconds", 1000),
        }
    }
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
        Form::Switch => arguments.switch(out),
        Form::Number(range) => arguments.number(range, out),
        Form::Time(range) => arguments.time(range, Unit::Seconds, out),
        Form::Millis(range) => arguments.time(range, Unit::Milliseconds, out),
        Form::Weight(max) => arguments.weight(max, out),
        Form::Word(_) => arguments.one(out).map(|word| spanned(word, Value::Text(word.text.to_owned()))),
        Form::Interface => arguments.interface(out),
        Form::Address => arguments.address(out),
        Form::OneOf(allowed) => arguments.one_of(allowed, out),
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

/// Microseconds of a time with a unit, which the language does not have.
fn with_unit(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 8] = [
        ("msec", 1000),
        ("ms", 1000),
        ("minutes", 60_000_000),
        ("min", 60_000_000),
        ("m", 60_000_000),
        ("seconds", 1_000_000),
        ("sec", 1_000_000),
        ("s", 1_000_000),
    ];
    let (number, unit) = UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))?;
    micros(number)?.checked_mul(unit)?.checked_div(1_000_000)
}

pub(crate) fn switch_word(word: &str) -> Option<Switch> {
    match word {
        "true" | "on" | "yes" => Some(Switch::On),
        "false" | "off" | "no" => Some(Switch::Off),
        _ => None,
    }
}

impl<'a> Arguments<'a> {
    /// The only argument.
    fn one(&self, out: &mut Diagnostics) -> Option<Word<'a>> {
        self.surplus(1, out);
        if self.words.is_empty() {
            self.missing(self.row.arguments(), out);
        }
        self.words.first().copied()
    }

    fn missing(&self, what: String, out: &mut Diagnostics) {
        let what = format!("`{}` needs {what}", self.row.name);
        let note = "keepalived may stop at such a line; here only this line is left out";
        out.push(Diagnostic::new(Code::MissingArgument, self.keyword.span, what).note(note));
    }

    /// Reports words behind the first `taken`.
    fn surplus(&self, taken: usize, out: &mut Diagnostics) {
        let (Some(first), Some(last)) = (self.words.get(taken), self.words.last()) else { return };
        let what = format!("`{}` takes no more words", self.row.name);
        let span = first.span.to(last.span);
        let note = if first.span == last.span { "it is ignored" } else { "they are ignored" };
        let mut diagnostic = Diagnostic::new(Code::SurplusWords, span, what).note(note);
        if keyword::find(self.row.block, first.text).is_some() {
            diagnostic = diagnostic.help(format!("put `{}` on a line of its own", first.text));
            // What that statement asks for does not happen.
            diagnostic.severity = Severity::Error;
        }
        out.push(diagnostic);
    }

    fn flag(&self, out: &mut Diagnostics) -> Spanned<Value> {
        let off = self.words.first().filter(|word| matches!(word.text, "false" | "off" | "no" | "0"));
        if let Some(word) = off {
            let what = format!("`{} {}` switches it on", self.row.name, word.text);
            let note = "the word alone switches on and what follows is ignored, as in keepalived";
            let whole = self.keyword.span.to(word.span);
            let diagnostic = Diagnostic::new(Code::FlagArgument, word.span, what).note(note);
            out.push(diagnostic.replace(whole, "", "to leave it off, remove the line"));
        } else if self.words.len() > 1 || self.words.first().is_some_and(|word| switch_word(word.text).is_none()) {
            self.surplus(0, out);
        }
        spanned(self.keyword, Value::Present)
    }

    fn switch(&self, out: &mut Diagnostics) -> Option<Spanned<Value>> {
        self.surplus(1, out);
        let Some(&word) = self.words.first() else { return Some(spanned(self.keyword, Value::Switch(Switch::On))) };
        if let Some(switch) = switch_word(word.text) {
            return Some(spanned(word, Value::Switch(switch)));
        }
        let what = format!("`{}` takes on or off, not `{}`", self.row.name, word.text);
        let note = format!("true, on, yes and false, off, no are known, in lower case; {}", self.row.left_out());
        out.push(Diagnostic::new(Code::BadWord, word.span, what).note(note));
        None
    }

    fn number(&self, range: Number, out: &mut Diagnostics) -> Option<Spanned<Value>> {
        let word = self.one(out)?;
        match whole_number(self.row, word, range, out) {
            Some(number) => Some(spanned(word, Value::Number(number))),
            None => match range.outside {
                Outside::Ignored => None,
                Outside::Replaced(number) => Some(spanned(word, Value::Number(number))),
            },
        }
    }

    fn time(&self, range: TimeRange, unit: Unit, out: &mut Diagnostics) -> Option<Spanned<Value>> {
        let word = self.one(out)?;
        let (name, scale) = unit.name_and_scale();
        let micros = micros(word.text).map(|micros| micros / scale);
        if let Some(micros) = micros.filter(|micros| (range.min_micros..=range.max_micros).contains(micros)) {
            return Some(spanned(word, Value::Micros(micros)));
        }
        let allowed = format!("{} to {} {name}", decimal(range.min_micros * scale), decimal(range.max_micros * scale));
        let (code, what, note) = if micros.is_none() {
            let note = format!("`{}` takes {allowed}, without a unit; {}", self.row.name, self.row.left_out());
            (Code::BadTime, format!("invalid time `{}`: write {name} without a unit", word.text), note)
        } else {
            let what = format!("{} is outside the range of `{}`", word.text, self.row.name);
            (Code::OutOfRange, what, format!("it takes {allowed}; {}", self.row.left_out()))
        };
        let diagnostic = Diagnostic::new(code, word.span, what).note(note);
        out.push(match with_unit(word.text).filter(|_| micros.is_none()) {
            Some(micros) => diagnostic.replace(word.span, decimal(micros * scale), "write the number alone"),
            None => diagnostic,
        });
        None
    }

    /// `N [reverse]`.
    fn weight(&self, max: i16, out: &mut Diagnostics) -> Option<Spanned<Value>> {
        self.surplus(2, out);
        let Some(&word) = self.words.first() else { return self.one(out).map(|word| spanned(word, Value::Present)) };
        let range = keyword::number(-i64::from(max), i64::from(max));
        let number = whole_number(self.row, word, range, out)?;
        let number = i16::try_from(number).ok()?;
        let sense = match self.words.get(1) {
            None => Sense::Plain,
            Some(second) if second.text == "reverse" => Sense::Reverse,
            Some(second) => {
                let what = format!("`{}` takes `reverse` after the number, not `{}`", self.row.name, second.text);
                out.push(Diagnostic::new(Code::BadWord, second.span, what).note("the word is ignored"));
                Sense::Plain
            }
        };
        Some(spanned(word, Value::Weight(Weight { number, sense })))
    }

    fn interface(&self, out: &mut Diagnostics) -> Option<Spanned<Value>> {
        let word = self.one(out)?;
        let problem = interface_problem(word.text)
            .or_else(|| (word.text == "lo").then(|| "VRRP cannot run on the loopback interface".to_owned()));
        let Some(problem) = problem else { return Some(spanned(word, Value::Text(word.text.to_owned()))) };
        let mut diagnostic = Diagnostic::new(Code::BadInterface, word.span, problem).note(self.row.left_out());
        if let Some(bare) = word.text.strip_suffix(';') {
            diagnostic = diagnostic.replace(word.span, bare, "statements end with the line");
        } else if let Some((bare, _)) = word.text.split_once(':').filter(|(bare, _)| interface_problem(bare).is_none())
        {
            diagnostic =
                diagnostic.replace(word.span, bare, "an alias is the `label` of an address; name the interface");
        }
        out.push(diagnostic);
        None
    }

    fn address(&self, out: &mut Diagnostics) -> Option<Spanned<Value>> {
        let word = self.one(out)?;
        let address = plain_address(word, &self.row.left_out(), out)?;
        Some(spanned(word, Value::Address(address)))
    }

    fn one_of(&self, allowed: &[&str], out: &mut Diagnostics) -> Option<Spanned<Value>> {
        let word = self.one(out)?;
        if allowed.contains(&word.text) {
            return Some(spanned(word, Value::Text(word.text.to_owned())));
        }
        self.bad_word(allowed.join(" or "), allowed, word, out)
    }

    fn user(&self, out: &mut Diagnostics) -> Option<Spanned<Value>> {
        self.surplus(2, out);
        let Some(user) = self.words.first() else { return self.one(out).map(|word| spanned(word, Value::Present)) };
        let group = self.words.get(1).map(|word| word.text.to_owned());
        Some(spanned(*user, Value::User(Box::new(ScriptUser { user: user.text.to_owned(), group }))))
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
        return Some(format!("`{name}` cannot be an interface"));
    }
    if matches!(name, "all" | "default") {
        return Some(format!(
            "`{name}` cannot be an interface: the kernel's settings of all interfaces have that name"
        ));
    }
    if name.len() > INTERFACE_BYTES {
        return Some(format!("`{name}` is longer than the {INTERFACE_BYTES} bytes of an interface name"));
    }
    if let Some((link, peer)) = name.split_once('@') {
        return Some(format!("`@{peer}` is not part of the name: `ip link` shows it after `{link}`"));
    }
    odd_character(name)
}

/// What in a part of a name keeps an interface from having it.
pub(crate) fn odd_character(name: &str) -> Option<String> {
    let odd = name.chars().find(|c| matches!(c, '/' | ':' | ';') || c.is_whitespace())?;
    Some(format!("an interface name cannot hold `{odd}`"))
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
        let diagnostic = Diagnostic::new(Code::AddressScope, word.span, format!("the scope `{rest}` is not needed"));
        let diagnostic = diagnostic.note("it is the interface of the router; keepalived refuses the line");
        out.push(diagnostic.replace(word.span, bare, "write the address alone"));
    } else if !rest.is_empty() {
        let diagnostic =
            Diagnostic::new(Code::UnusedPrefix, word.end(rest.len()), format!("`{rest}` means nothing here"));
        out.push(diagnostic.replace(word.span, bare, "write the address alone"));
    }
    address
}

/// "This is no address", with a guess at why.
pub(crate) fn bad_address(word: Word<'_>) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::BadAddress, word.span, format!("invalid address `{}`", word.text));
    let placeholder = word.text.to_ascii_lowercase();
    if placeholder.contains("xx") || placeholder.contains('<') || placeholder.contains("x.x") {
        return diagnostic.help("a placeholder was left in");
    }
    let host = word.text.split('/').next().unwrap_or_default();
    let octets: Vec<Option<u32>> = host.split('.').map(|octet| octet.parse().ok()).collect();
    if octets.len() == 4 && octets.iter().flatten().any(|octet| *octet > 255) {
        return diagnostic.help("each of the four numbers is at most 255");
    }
    let are_numbers = octets.iter().all(Option::is_some);
    if (2..4).contains(&octets.len()) && are_numbers {
        return diagnostic.help("an IPv4 address is made of four numbers");
    }
    let plain: Vec<String> = octets.iter().flatten().map(u32::to_string).collect();
    let plain = plain.join(".");
    if octets.len() == 4 && plain.parse::<IpAddr>().is_ok() && !host.contains('+') {
        let whole = format!("{plain}{}", &word.text[host.len()..]);
        return diagnostic.replace(word.span, whole, "write the numbers without leading zeros");
    }
    diagnostic
}
