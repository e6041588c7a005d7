//! The statements of one block, in the order in which they were written.

use std::cell::OnceCell;
use std::time::Duration;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::Entry;
use crate::keyword::{Block, Form, KeywordDef, Micros, Repeat, Row, Status};
use crate::model::{Address, Switch};
use crate::say;
use crate::source::{Span, Spanned};
use crate::suggest;
use crate::value::{Typed, Value};

/// Words of a block of which it is worked out what they were meant to be.
const TRIED: usize = 64;

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
    places: Vec<(&'static KeywordDef, usize)>,
    /// Keywords that are there and do not count; that was reported, so that their absence is not.
    lost: Vec<(&'static KeywordDef, Span, Lost)>,
    /// Keywords of the load balancer.
    skipped: Vec<&'static str>,
    /// First words of lines that are no keywords, also of the blocks in it.
    unknown: Vec<Unknown>,
    is_lost: bool,
}

/// Why a keyword does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// Its arguments cannot be read.
    Refused,
    /// It is after the end of the block.
    Outside,
}

/// A word that is no keyword where it stands.
#[derive(Debug)]
struct Unknown {
    word: String,
    span: Span,
    /// Where it stands.
    block: Block,
    /// The keyword of that block that it is a mistake for, once somebody asked.
    meant: OnceCell<Option<&'static str>>,
}

impl Unknown {
    fn means(&self, row: &KeywordDef) -> bool {
        let nearest = || suggest::nearest(row.block, &self.word);
        let meant = if self.block == row.block { *self.meant.get_or_init(nearest) } else { nearest() };
        meant == Some(row.name)
    }
}

/// What a block says of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Absent,
    /// It was probably meant to be here, but could not be read, is misspelt or outside of the block: that was reported, and a
    /// rule that would miss it keeps silent.
    Bad,
    Present,
}

impl Settings {
    /// For about that many statements.
    pub(crate) fn with_capacity(statements: usize) -> Self {
        Self { list: Vec::with_capacity(statements), ..Self::default() }
    }

    pub(crate) fn add(&mut self, setting: Setting, out: &mut Diagnostics) {
        let KeywordDef { name, repeat, form, status, .. } = *setting.row;
        let earlier = self.counting(setting.row);
        match (repeat, earlier) {
            (Repeat::First, Some(earlier)) => {
                let diagnostic = repeated(name, &setting, earlier, say::repeated_keyword_first());
                return out.push(other_notify(name, diagnostic));
            }
            (Repeat::Last, Some(earlier)) if form != Form::Flag && !matches!(status, Status::NoEffect(_)) => {
                let diagnostic = repeated(name, &setting, earlier, say::repeated_keyword_last());
                let is_same = out.sources().text(setting.span) == out.sources().text(earlier.span);
                out.push(if is_same { diagnostic.mild() } else { diagnostic });
            }
            (Repeat::First | Repeat::Last | Repeat::All, _) => {}
        }
        let place = self.list.len();
        match self.places.iter_mut().find(|(keyword, _)| keyword.is(setting.row)) {
            Some((_, counts)) => *counts = place,
            None => self.places.push((setting.row, place)),
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
        self.unknown.push(Unknown { word: word.to_owned(), span, block, meant: OnceCell::new() });
    }

    /// Whether nothing is written, for whomever it is.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty() && self.skipped.is_empty() && self.lost.is_empty() && !self.has_unknown()
    }

    pub(crate) fn has_unknown(&self) -> bool {
        !self.unknown.is_empty()
    }

    /// First words of lines that are no keywords.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = (&str, Span)> {
        self.unknown.iter().map(|unknown| (unknown.word.as_str(), unknown.span))
    }

    /// The word that was probably meant to be `row`; it was reported.
    pub(crate) fn misspelt(&self, row: &KeywordDef) -> Option<Span> {
        self.unknown.iter().take(TRIED).find(|unknown| unknown.means(row)).map(|unknown| unknown.span)
    }

    /// `row` is after the end of the block.
    pub(crate) fn add_outside(&mut self, row: &'static KeywordDef, span: Span) {
        self.lost.push((row, span, Lost::Outside));
    }

    /// Where `row` is after the end of the block.
    pub(crate) fn outside(&self, row: &KeywordDef) -> Option<Span> {
        self.lost_at(row, Lost::Outside)
    }

    pub(crate) fn refuse(&mut self, row: &'static KeywordDef, span: Span) {
        self.lost.push((row, span, Lost::Refused));
    }

    /// Where its arguments were refused.
    pub(crate) fn refused(&self, row: &KeywordDef) -> Option<Span> {
        self.lost_at(row, Lost::Refused)
    }

    fn lost_at(&self, row: &KeywordDef, why: Lost) -> Option<Span> {
        self.lost.iter().find(|(lost, _, of)| lost.is(row) && *of == why).map(|&(_, span, _)| span)
    }

    /// The block itself, or its end, could not be read; that was reported.
    pub(crate) fn lose(&mut self) {
        self.is_lost = true;
    }

    pub(crate) const fn is_lost(&self) -> bool {
        self.is_lost
    }

    pub(crate) fn slot(&self, row: &KeywordDef) -> Slot {
        if self.position(row).is_some() {
            Slot::Present
        } else if self.is_lost || self.lost.iter().any(|(lost, ..)| lost.is(row)) || self.misspelt(row).is_some() {
            Slot::Bad
        } else {
            Slot::Absent
        }
    }

    /// Whether `row` is missed: neither there nor meant.
    pub(crate) fn is_absent(&self, row: &KeywordDef) -> bool {
        self.slot(row) == Slot::Absent
    }

    /// Whether `row` was meant, and does not count.
    pub(crate) fn is_bad(&self, row: &KeywordDef) -> bool {
        self.slot(row) == Slot::Bad
    }

    /// All statements, as written.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.list.iter()
    }

    /// All statements of one keyword.
    pub(crate) fn all(&self, row: &'static KeywordDef) -> impl Iterator<Item = &Setting> {
        self.list.iter().filter(move |setting| setting.row.is(row))
    }

    /// The place of the statement that counts.
    pub(crate) fn position(&self, row: &KeywordDef) -> Option<usize> {
        self.places.iter().find(|(keyword, _)| keyword.is(row)).map(|&(_, place)| place)
    }

    /// Where the keyword stands.
    pub(crate) fn keyword(&self, row: &KeywordDef) -> Option<Span> {
        self.counting(row).map(|setting| setting.keyword)
    }

    /// Where the arguments of the keyword stand.
    pub(crate) fn argument(&self, row: &KeywordDef) -> Option<Span> {
        self.counting(row).map(|setting| setting.span)
    }

    /// The statement that counts.
    pub(crate) fn counting(&self, row: &KeywordDef) -> Option<&Setting> {
        self.position(row).and_then(|index| self.list.get(index))
    }

    /// What the statement that counts says.
    pub(crate) fn get<T: Typed>(&self, row: &Row<T>) -> Option<Spanned<T::Given<'_>>> {
        let setting = self.counting(row)?;
        T::of(&setting.value).map(|value| Spanned { value, span: setting.span })
    }

    /// As [`Settings::get`], without the place.
    pub(crate) fn value<T: Typed>(&self, row: &Row<T>) -> Option<T::Given<'_>> {
        self.get(row).map(|spanned| spanned.value)
    }

    /// As [`Settings::value`], of a time.
    pub(crate) fn time(&self, row: &Row<Micros>) -> Option<Duration> {
        self.value(row).map(Duration::from_micros)
    }

    /// Whether a keyword is there that says something by that alone.
    pub(crate) fn flag(&self, row: &Row<()>) -> Switch {
        self.any_flag(&[row])
    }

    /// The same of several keywords.
    pub(crate) fn any_flag(&self, rows: &[&Row<()>]) -> Switch {
        if rows.iter().any(|row| self.keyword(row).is_some()) { Switch::On } else { Switch::Off }
    }

    /// The entries of all lists of a keyword, or the words of all its statements.
    pub(crate) fn entries<'a, T: 'a>(&'a self, row: &'static Row<Vec<T>>) -> impl Iterator<Item = &'a T>
    where
        Vec<T>: Typed<Given<'a> = &'a [T]>,
    {
        self.all(row).filter_map(|setting| <Vec<T> as Typed>::of(&setting.value)).flatten()
    }
}

impl Setting {
    /// The entries of an address list; of anything else none.
    pub(crate) fn addresses(&self) -> &[Entry<Address>] {
        if let Value::Addresses(entries) = &self.value { entries } else { &[] }
    }
}

fn repeated(name: &str, setting: &Setting, earlier: &Setting, which: String) -> Diagnostic {
    say::repeated_keyword(setting.keyword.to(setting.span), earlier.keyword.to(earlier.span), name, which)
}

/// Copies of a `notify_master` line are often meant for the other states.
fn other_notify(name: &str, diagnostic: Diagnostic) -> Diagnostic {
    if name == "notify_master" {
        return diagnostic.help(say::repeated_keyword_other_state());
    }
    diagnostic
}
