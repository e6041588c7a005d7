//! One line of `virtual_rules` or `static_rules` (keepalived-config §2.18).

mod condition;
mod finish;
#[cfg(test)]
mod tests;

use vrrp::types::Family;

use super::words::{Builtin, Dropped, Vocabulary, Words, c_number};
use super::{Entry, Implied, Where};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Statement, Word};
use crate::model::route::{Named, Prefix, Realms, Tracking};
use crate::model::rule::{Action, FwMark, Lookup, Meets, Range, Rule};
use crate::source::Span;

/// All words that mean something, for spelling advice.
const OPTIONS: [&str; 37] = [
    "from",
    "to",
    "table",
    "lookup",
    "goto",
    "nop",
    "blackhole",
    "unreachable",
    "prohibit",
    "type",
    "l3mdev",
    "preference",
    "order",
    "priority",
    "not",
    "iif",
    "dev",
    "oif",
    "tos",
    "dsfield",
    "fwmark",
    "realms",
    "suppress_prefixlength",
    "sup_pl",
    "suppress_ifgroup",
    "sup_group",
    "tunnel-id",
    "uidrange",
    "protocol",
    "ipproto",
    "sport",
    "dport",
    "inet",
    "inet6",
    "no_track",
    "track_group",
    "default",
];

/// What `ip rule` and the manual know and keepalived does not.
const MEANT: [(&str, &str); 6] = [
    ("pref", "preference"),
    ("prio", "priority"),
    ("ip_proto", "ipproto"),
    ("proto", "protocol"),
    ("tun_id", "tunnel-id"),
    ("mark", "fwmark"),
];

const VOCABULARY: Vocabulary = Vocabulary { noun: "rule", options: &OPTIONS, meant: &MEANT };

/// Reads one line of a list of rules. `None`: it is left out, and that was reported.
pub(crate) fn rule(statement: &Statement, place: Where, out: &mut Diagnostics) -> Option<Entry<Rule>> {
    let span = statement.keyword()?.span;
    let words = Words::new(VOCABULARY, statement, out);
    let value = Reader { words, place, first: span, draft: Draft::default() }.read().ok()?;
    Some(Entry { value, span, implied: Implied::Nothing })
}

/// A rule before its parts are held against each other.
#[derive(Default)]
struct Draft {
    preference: Option<u32>,
    meets: Meets,
    from: Option<Prefix>,
    to: Option<Prefix>,
    iif: Option<String>,
    oif: Option<String>,
    tos: Option<Named>,
    mark: Option<FwMark>,
    tunnel: Option<u64>,
    users: Option<Range<u32>>,
    ip_protocol: Option<Named>,
    source_ports: Option<Range<u16>>,
    destination_ports: Option<Range<u16>>,
    action: Option<(Action, Span)>,
    realms: Option<Realms>,
    suppress_prefix_len: Option<u32>,
    suppress_group: Option<Named>,
    protocol: Option<u8>,
    tracking: Tracking,
}

struct Reader<'w, 'o> {
    words: Words<'w, 'o>,
    place: Where,
    /// The first word.
    first: Span,
    draft: Draft,
}

impl<'w> Reader<'w, '_> {
    fn read(mut self) -> Result<Rule, Dropped> {
        while let Some(word) = self.words.next() {
            self.option(word)?;
        }
        self.finish()
    }

    fn option(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        match word.text {
            "table" | "lookup" => self.table(word),
            "goto" => {
                let target = self.words.number(word, u64::from(u32::MAX))?;
                self.act(word, Action::Goto(target))
            }
            "type" => self.behind_type(word),
            "l3mdev" => self.act(word, Action::L3mdev),
            "preference" | "order" | "priority" => self.preference(word),
            "inet" => self.words.family_word(word, Family::Ipv4),
            "inet6" => self.words.family_word(word, Family::Ipv6),
            "no_track" | "track_group" => self.words.track(word, self.place, &mut self.draft.tracking),
            "protocol" => self.protocol(word),
            "realms" => {
                self.words.once("realms", word);
                self.draft.realms = Some(self.words.realms(word)?);
                Ok(())
            }
            "suppress_prefixlength" | "sup_pl" => {
                self.words.once("suppress_prefixlength", word);
                // The kernel's number has a sign.
                self.draft.suppress_prefix_len = Some(self.words.number(word, u64::from(u32::MAX >> 1))?);
                Ok(())
            }
            "suppress_ifgroup" | "sup_group" => {
                self.words.once("suppress_ifgroup", word);
                self.draft.suppress_group = Some(self.words.named(word, Builtin::Group)?);
                Ok(())
            }
            text => match terminal(text) {
                Some(action) => self.act(word, action),
                None => self.condition(word),
            },
        }
    }

    fn table(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let table = self.words.value(word, "a name or a number from 1 to 4294967295", |text| {
            Builtin::Table.read(text).filter(|table| *table != Named::Number(0))
        })?;
        let lookup = Lookup { table, realms: None, suppress_prefix_len: None, suppress_group: None };
        self.act(word, Action::Table(lookup))
    }

    /// `type` says nothing; an action must follow.
    fn behind_type(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let argument = self.words.argument(word)?;
        match terminal(argument.text) {
            Some(action) => self.act(argument, action),
            None => {
                let what = format!("`type` takes nop, blackhole, unreachable or prohibit, not `{}`", argument.text);
                self.words.fail(Code::RuleAction, argument.span, what)
            }
        }
    }

    fn act(&mut self, word: Word<'w>, action: Action) -> Result<(), Dropped> {
        let Some((_, first)) = &self.draft.action else {
            self.draft.action = Some((action, word.span));
            return Ok(());
        };
        let diagnostic = Diagnostic::new(Code::RuleAction, word.span, "a rule has one action");
        self.words.drop_for(diagnostic.also(*first, "the first"))
    }

    fn preference(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        self.words.once("preference", word);
        let preference = self.words.value(word, "a number from 0 to 4294967295", |text| {
            c_number(text).and_then(|number| u32::try_from(number).ok())
        })?;
        self.draft.preference = Some(preference);
        Ok(())
    }

    /// Numbers only; others are ignored.
    fn protocol(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let argument = self.words.argument(word)?;
        match Builtin::Protocol.read(argument.text) {
            Some(Named::Number(number)) if argument.text.starts_with(|c: char| c.is_ascii_digit() || c == '+') => {
                self.words.once("protocol", word);
                self.draft.protocol = u8::try_from(number).ok();
            }
            known => {
                let what = format!("the protocol of a rule is a number from 0 to 255, not `{}`", argument.text);
                let diagnostic = Diagnostic::new(Code::RouteOption, argument.span, what);
                let diagnostic = diagnostic.note("it is ignored, as in keepalived");
                self.words.out.push(match known {
                    Some(Named::Number(number)) => {
                        diagnostic.replace(argument.span, number, format!("its number is {number}"))
                    }
                    Some(Named::Name { .. }) | None => diagnostic,
                });
            }
        }
        Ok(())
    }
}

/// Actions of one word.
fn terminal(text: &str) -> Option<Action> {
    match text {
        "nop" => Some(Action::Nop),
        "blackhole" => Some(Action::Blackhole),
        "unreachable" => Some(Action::Unreachable),
        "prohibit" => Some(Action::Prohibit),
        _ => None,
    }
}
