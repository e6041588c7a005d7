//! The statements of one block, in the order in which they were written.

use std::net::IpAddr;

use super::misspelt::Misspelt;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::{Entry, WrittenTracker};
use crate::keyword::{Block, Form, Key, KeywordDef, Repeat};
use crate::model::Switch;
use crate::model::machine::LinkDelay;
use crate::model::route::Route;
use crate::model::rule::Rule;
use crate::model::{Address, Peer, Script, ScriptUser, TrackInterface, Weight};
use crate::source::{Span, Spanned};
use crate::value::Value;

/// One statement.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) row: &'static KeywordDef,
    pub(crate) keyword: Span,
    pub(crate) value: Value,
    /// The arguments.
    pub(crate) span: Span,
}

/// The statements of one block.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    list: Vec<Setting>,
    /// For each keyword the place of the statement that counts. A block has few keywords, however often they stand in it.
    counting: Vec<(Key, usize)>,
    /// Keywords whose arguments were refused, so that their absence is not reported again.
    refused: Vec<&'static str>,
    /// Keywords of the load balancer.
    skipped: Vec<&'static str>,
    unknown: Misspelt,
    /// Keywords of this block that stand outside all blocks behind it; that was reported.
    astray: Vec<Spanned<&'static str>>,
    is_lost: bool,
    /// Keywords that are not there yet and without which it must not run; that was reported.
    needed: Vec<&'static str>,
}

/// Whether what the block describes may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Runs,
    /// It asks for something that is not there yet and without which it must not run; that was reported.
    LeftOut,
}

impl Settings {
    /// For about that many statements.
    pub(crate) fn with_capacity(statements: usize) -> Self {
        Self { list: Vec::with_capacity(statements), ..Self::default() }
    }

    pub(crate) fn add(&mut self, setting: Setting, out: &mut Diagnostics) {
        let KeywordDef { name, repeat, form, .. } = *setting.row;
        let earlier = self.last(setting.row);
        match (repeat, earlier) {
            (Repeat::First, Some(earlier)) => {
                let diagnostic = repeated(name, &setting, earlier, "the first counts, as in keepalived");
                return out.push(other_notify(name, diagnostic));
            }
            (Repeat::Last, Some(earlier)) if form != Form::Flag => {
                out.push(repeated(name, &setting, earlier, "the last counts"));
            }
            (Repeat::First | Repeat::Last | Repeat::All, _) => {}
        }
        let place = self.list.len();
        let key = setting.row.key();
        match self.counting.iter_mut().find(|(keyword, _)| *keyword == key) {
            Some((_, counts)) => *counts = place,
            None => self.counting.push((key, place)),
        }
        self.list.push(setting);
    }

    pub(crate) fn skip(&mut self, row: &'static KeywordDef) {
        self.skipped.push(row.name);
    }

    pub(crate) fn was_skipped(&self, row: &KeywordDef) -> bool {
        self.skipped.contains(&row.name)
    }

    pub(crate) fn add_unknown(&mut self, block: Block, word: &str, span: Span) {
        self.unknown.add(block, word, span);
    }

    /// First words of lines that are no keywords.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = (&str, Span)> {
        self.unknown.words()
    }

    /// The word that was probably meant to be `row`; it was reported.
    pub(crate) fn misspelt(&self, row: &KeywordDef) -> Option<Span> {
        self.unknown.find(row)
    }

    pub(crate) fn add_astray(&mut self, row: &KeywordDef, span: Span) {
        self.astray.push(Spanned { value: row.name, span });
    }

    /// Where `row` stands outside the block.
    pub(crate) fn astray(&self, row: &KeywordDef) -> Option<Span> {
        self.astray.iter().find(|word| word.value == row.name).map(|word| word.span)
    }

    pub(crate) fn refuse(&mut self, row: &KeywordDef) {
        self.refused.push(row.name);
    }

    pub(crate) fn was_refused(&self, row: &KeywordDef) -> bool {
        self.refused.contains(&row.name)
    }

    /// The block itself could not be read; that was reported.
    pub(crate) fn lose(&mut self) {
        self.is_lost = true;
    }

    /// Whether `row` was probably meant to stand here, though it could not be read; that was reported.
    pub(crate) fn is_meant(&self, row: &KeywordDef) -> bool {
        self.is_lost || self.was_refused(row) || self.misspelt(row).is_some()
    }

    /// It must not run without `row`, which is not there yet.
    pub(crate) fn leave_out(&mut self, row: &'static KeywordDef) {
        self.needed.push(row.name);
    }

    pub(crate) fn standing(&self) -> Standing {
        self.standing_without(&[])
    }

    /// As [`Settings::standing`], but that `moot` keywords would change nothing.
    pub(crate) fn standing_without(&self, moot: &[&str]) -> Standing {
        if self.needed.iter().all(|name| moot.contains(name)) { Standing::Runs } else { Standing::LeftOut }
    }

    /// All statements, as written.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.list.iter()
    }

    /// All statements of one keyword.
    pub(crate) fn all(&self, row: &KeywordDef) -> impl Iterator<Item = &Setting> {
        self.list.iter().filter(move |setting| setting.row.key() == row.key())
    }

    /// The place of the statement that counts.
    pub(crate) fn position(&self, row: &KeywordDef) -> Option<usize> {
        let key = row.key();
        self.counting.iter().find(|(keyword, _)| *keyword == key).map(|&(_, place)| place)
    }

    /// Where the keyword stands.
    pub(crate) fn keyword(&self, row: &KeywordDef) -> Option<Span> {
        self.last(row).map(|setting| setting.keyword)
    }

    /// Where the arguments of the keyword stand.
    pub(crate) fn argument(&self, row: &KeywordDef) -> Option<Span> {
        self.last(row).map(|setting| setting.span)
    }

    fn last(&self, row: &KeywordDef) -> Option<&Setting> {
        self.position(row).and_then(|index| self.list.get(index))
    }

    fn value<'a, T>(&'a self, row: &KeywordDef, read: impl Fn(&'a Value) -> Option<T>) -> Option<Spanned<T>> {
        let setting = self.last(row)?;
        read(&setting.value).map(|value| Spanned { value, span: setting.span })
    }

    pub(crate) fn number(&self, row: &KeywordDef) -> Option<Spanned<i64>> {
        self.value(row, |value| if let Value::Number(number) = value { Some(*number) } else { None })
    }

    /// A number that its row keeps inside a `u32`.
    pub(crate) fn count(&self, row: &KeywordDef) -> Option<u32> {
        self.number(row).and_then(|number| u32::try_from(number.value).ok())
    }

    pub(crate) fn micros(&self, row: &KeywordDef) -> Option<Spanned<u64>> {
        self.value(row, |value| if let Value::Micros(micros) = value { Some(*micros) } else { None })
    }

    pub(crate) fn switch(&self, row: &KeywordDef) -> Option<Spanned<Switch>> {
        self.value(row, |value| if let Value::Switch(switch) = value { Some(*switch) } else { None })
    }

    pub(crate) fn text(&self, row: &KeywordDef) -> Option<Spanned<&str>> {
        self.value(row, |value| if let Value::Text(text) = value { Some(text.as_str()) } else { None })
    }

    pub(crate) fn address(&self, row: &KeywordDef) -> Option<Spanned<IpAddr>> {
        self.value(row, |value| if let Value::Address(address) = value { Some(*address) } else { None })
    }

    pub(crate) fn script(&self, row: &KeywordDef) -> Option<Spanned<&Script>> {
        self.value(row, |value| if let Value::Script(script) = value { Some(script.as_ref()) } else { None })
    }

    pub(crate) fn user(&self, row: &KeywordDef) -> Option<&ScriptUser> {
        let user = self.value(row, |value| if let Value::User(user) = value { Some(user.as_ref()) } else { None });
        user.map(|user| user.value)
    }

    /// Words of the statement that counts; `None` without one.
    pub(crate) fn arguments(&self, row: &KeywordDef) -> Option<&[Spanned<String>]> {
        self.value(row, |value| if let Value::Words(words) = value { Some(words.as_slice()) } else { None })
            .map(|words| words.value)
    }

    /// Words of all statements of a keyword.
    pub(crate) fn words(&self, row: &KeywordDef) -> impl Iterator<Item = &Spanned<String>> {
        self.all(row).flat_map(|setting| if let Value::Words(words) = &setting.value { words.as_slice() } else { &[] })
    }

    /// Entries of all lists of a keyword.
    fn entries<'a, T: 'a>(
        &'a self,
        row: &KeywordDef,
        read: impl Fn(&'a Value) -> Option<&'a [Entry<T>]>,
    ) -> impl Iterator<Item = &'a Entry<T>> {
        self.all(row).filter_map(move |setting| read(&setting.value)).flatten()
    }

    pub(crate) fn addresses(&self, row: &KeywordDef) -> impl Iterator<Item = &Entry<Address>> {
        self.entries(row, |value| if let Value::Addresses(entries) = value { Some(entries) } else { None })
    }

    pub(crate) fn interfaces(&self, row: &KeywordDef) -> impl Iterator<Item = &Entry<TrackInterface>> {
        self.entries(row, |value| if let Value::Interfaces(entries) = value { Some(entries) } else { None })
    }

    pub(crate) fn routes(&self, row: &KeywordDef) -> impl Iterator<Item = &Entry<Route>> {
        self.entries(row, |value| if let Value::Routes(entries) = value { Some(entries) } else { None })
    }

    pub(crate) fn rules(&self, row: &KeywordDef) -> impl Iterator<Item = &Entry<Rule>> {
        self.entries(row, |value| if let Value::Rules(entries) = value { Some(entries) } else { None })
    }

    pub(crate) fn trackers(&self, row: &KeywordDef) -> impl Iterator<Item = &Entry<WrittenTracker>> {
        self.entries(row, |value| if let Value::Trackers(entries) = value { Some(entries) } else { None })
    }

    pub(crate) fn peers(&self, row: &KeywordDef) -> impl Iterator<Item = &Entry<Peer>> {
        self.entries(row, |value| if let Value::Peers(entries) = value { Some(entries) } else { None })
    }

    pub(crate) fn names(&self, row: &KeywordDef) -> impl Iterator<Item = &Entry<String>> {
        self.entries(row, |value| if let Value::Names(entries) = value { Some(entries) } else { None })
    }

    pub(crate) fn delays(&self, row: &KeywordDef) -> impl Iterator<Item = &Entry<LinkDelay>> {
        self.entries(row, |value| if let Value::Delays(entries) = value { Some(entries) } else { None })
    }

    pub(crate) fn weight(&self, row: &KeywordDef) -> Option<Weight> {
        let weight = self.value(row, |value| if let Value::Weight(weight) = value { Some(*weight) } else { None });
        weight.map(|weight| weight.value)
    }
}

impl Setting {
    /// The entries of an address list; of anything else none.
    pub(crate) fn addresses(&self) -> &[Entry<Address>] {
        if let Value::Addresses(entries) = &self.value { entries } else { &[] }
    }
}

fn repeated(name: &str, setting: &Setting, earlier: &Setting, which: &str) -> Diagnostic {
    let what = format!("`{name}` stands more than once");
    Diagnostic::new(Code::RepeatedKeyword, setting.keyword.to(setting.span), what)
        .also(earlier.keyword.to(earlier.span), "the first")
        .note(which)
}

/// Copies of a `notify_master` line are often meant for the other states.
fn other_notify(name: &str, diagnostic: Diagnostic) -> Diagnostic {
    if name == "notify_master" {
        return diagnostic.help("did you mean `notify_backup` or `notify_fault`?");
    }
    diagnostic
}
