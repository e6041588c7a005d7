//! Lists: an entry on each line.

use vrrp::types::Family;

use super::{Reader, Setting, Settings};
use crate::diagnostic::Diagnostics;
use crate::entry::{self, Where};
use crate::keyword::{self, Block, Entries, Form, KeywordDef};
use crate::lexer::{Statement, Word};
use crate::model::rule::Rule;
use crate::say;
use crate::source::Span;
use crate::syntax::{Body, Node};
use crate::value::Value;

/// The preference that the next rule without one gets, as keepalived counts: of each family.
pub(super) struct Numbering {
    ipv4: u32,
    ipv6: u32,
}

impl Numbering {
    pub(super) const START: Self = Self { ipv4: 16384, ipv6: 16384 };

    fn number(&mut self, rule: &mut Rule) {
        let next = match rule.family {
            Family::Ipv4 => &mut self.ipv4,
            Family::Ipv6 => &mut self.ipv6,
        };
        if rule.preference.is_none() {
            rule.preference = Some(*next);
            *next = next.saturating_sub(1);
        }
    }
}

impl Reader<'_> {
    pub(super) fn entries(
        &mut self,
        row: &'static KeywordDef,
        entries: Entries,
        body: &Body,
        word: Word<'_>,
        settings: &mut Settings,
    ) {
        let nodes = || body.nodes.iter().filter(|node| !node.statement.is_lost);
        let place = if row.block == Block::Top { Where::Static } else { Where::Router };
        let mut list = List { nodes: &body.nodes, row, span: body.span, settings: &mut *settings, out: &mut *self.out };
        let value = match entries {
            Entries::Addresses => Value::Addresses(list.read(|statement, out| entry::address(statement, place, out))),
            Entries::Interfaces => Value::Interfaces(list.read(entry::interface)),
            Entries::Trackers { of: _, max } => {
                Value::Trackers(list.read(|statement, out| entry::tracker(statement, max, out)))
            }
            Entries::Peers => Value::Peers(list.read(entry::peer)),
            Entries::Names(_) | Entries::Mailboxes => {
                Value::Names(nodes().flat_map(|node| entry::names(&node.statement)).collect())
            }
            Entries::Polled => {
                nodes().for_each(|node| entry::check_polled(&node.statement, self.out));
                Value::Present
            }
            Entries::Delays => Value::Delays(list.read(entry::delay)),
            Entries::Routes => Value::Routes(list.read(|statement, out| entry::route(statement, place, out))),
            Entries::Rules => {
                let mut rules = list.read(|statement, out| entry::rule(statement, place, out));
                rules.iter_mut().for_each(|rule| self.numbering.number(&mut rule.value));
                Value::Rules(rules)
            }
        };
        settings.add(Setting { row, keyword: word.span, value, span: body.span }, self.out);
    }
}

/// The lines of a list.
struct List<'a> {
    nodes: &'a [Node],
    row: &'static KeywordDef,
    span: Span,
    settings: &'a mut Settings,
    out: &'a mut Diagnostics,
}

impl List<'_> {
    /// The entries that can be read.
    fn read<T>(&mut self, read: impl Fn(&Statement, &mut Diagnostics) -> Option<T>) -> Vec<T> {
        let mut entries = Vec::with_capacity(self.nodes.len());
        for node in self.nodes.iter().filter(|node| !node.statement.is_lost) {
            match self.keyword(&node.statement) {
                Some((row, word)) => self.refuse_keyword(row, word),
                None => entries.extend(read(&node.statement, self.out)),
            }
        }
        if entries.len() < self.nodes.len() {
            self.settings.refuse(self.row, self.span);
        }
        entries
    }

    /// A keyword of the block around the list in place of an entry. What rules look for may be called like one.
    fn keyword<'s>(&self, statement: &'s Statement) -> Option<(&'static KeywordDef, Word<'s>)> {
        let word = statement.keyword()?;
        let row = keyword::find(self.row.block, word.text)?;
        let is_statement = row.form.opens() || !statement.arguments().is_empty();
        (is_statement && !matches!(self.row.form, Form::Entries(Entries::Rules))).then_some((row, word))
    }

    fn refuse_keyword(&mut self, row: &'static KeywordDef, word: Word<'_>) {
        let said = say::wrong_block(word.span, row.name, row.block.place()).note(say::wrong_block_line());
        self.out.push(said.help(say::unknown_keyword_move(format!("`{}`", self.row.name))));
        self.settings.refuse(row, word.span);
    }
}
