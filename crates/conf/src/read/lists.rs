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
use crate::suggest;
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
        body.nodes.iter().for_each(|node| self.hide_secrets(row.block, node));
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

/// Whether a line holds the options of an entry of this list, without its name.
pub(super) fn is_weight(row: &KeywordDef, node: &Node) -> bool {
    is_tracked(row) && node.statement.keyword().is_some_and(|word| word.text == "weight")
}

/// Whether a list names what is tracked.
fn is_tracked(row: &KeywordDef) -> bool {
    row.names().is_some() || row.form == Form::Entries(Entries::Interfaces)
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
        let nodes = || self.nodes.iter().filter(|node| !node.statement.is_lost);
        let has_definition = nodes().any(|node| self.defines(node));
        let is_stray = |node: &&Node| has_definition && (self.defines(node) || is_weight(self.row, node));
        let (strays, nodes): (Vec<&Node>, Vec<&Node>) = nodes().partition(is_stray);
        if let (Some(block), Some(word)) = (self.row.names(), strays.first().and_then(|node| node.statement.keyword()))
        {
            self.out.push(say::track_entry_definition(word.span, word.text, block.place()));
        }
        entries.extend(nodes.into_iter().filter_map(|node| self.entry(node, &read)));
        if entries.len() < self.nodes.len() {
            self.settings.refuse(self.row, self.span);
        }
        entries
    }

    /// One entry, unless it is a keyword of the block around the list, or what is no entry of any list.
    fn entry<T>(&mut self, node: &Node, read: impl Fn(&Statement, &mut Diagnostics) -> Option<T>) -> Option<T> {
        let (word, row) = (node.statement.keyword()?, self.row);
        let list = || format!("`{}`", row.name);
        if let Some(hint) = suggest::hint(word.text).filter(|_| row.names().is_none()) {
            return self.out.refuse(say::unknown_keyword(word.span, word.text, format!("in {}", list())).help(hint));
        }
        let holds_addresses = matches!(row.form, Form::Entries(Entries::Addresses | Entries::Peers | Entries::Routes));
        // A name may be that of a keyword.
        let is_no_name = |second: Word<'_>| second.text != "weight" && !entry::is_kind(word.text);
        let is_stray = holds_addresses || is_tracked(row) && node.statement.words().nth(1).is_some_and(is_no_name);
        let Some(stray) = keyword::find(row.block, word.text).filter(|_| is_stray) else {
            return read(&node.statement, self.out);
        };
        self.settings.refuse(stray, word.span);
        let diagnostic = say::wrong_block(word.span, word.text, row.block.place()).note(say::wrong_block_line());
        self.out.refuse(diagnostic.help(say::unknown_keyword_move(list())))
    }

    /// Whether a line of a list of trackers is part of a tracker's definition.
    fn defines(&self, node: &Node) -> bool {
        let Some(block) = self.row.names() else { return false };
        let mut words = node.statement.words();
        let (Some(word), Some(second)) = (words.next(), words.next()) else { return false };
        // `script chk` is another slip.
        let is_of_it = !entry::is_kind(word.text) || second.text.contains(['/', ' ']);
        is_of_it && ![word.text, second.text].contains(&"weight") && keyword::find(block, word.text).is_some()
    }
}
