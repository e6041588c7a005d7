//! One line of `virtual_rules` or `static_rules` (keepalived-config §2.18).

mod condition;
mod finish;

use vrrp::types::Family;

use super::address::is_address;
use super::words::{Builtin, Done, Row, Vocabulary, Words, c_u32, names, often, once, put, set};

use super::{Entry, Implied, Where};
use crate::diagnostic::Diagnostics;
use crate::lexer::{Statement, Word};
use crate::model::route::{Named, RouteKind, Tracking};
use crate::model::rule::{Action, Lookup, Meets, Rule};
use crate::say;
use crate::source::Span;

/// The options of a rule: which packets it meets, and what it does with them.
const OPTIONS: &[Row<Draft>] = &[
    once(&["from"], |words, word, draft| condition::network(words, word, &mut draft.rule.from)),
    once(&["to"], |words, word, draft| condition::network(words, word, &mut draft.rule.to)),
    once(&["iif", "dev"], |words, word, draft| put(&mut draft.rule.iif, words.interface(word))),
    once(&["oif"], |words, word, draft| put(&mut draft.rule.oif, words.interface(word))),
    once(&["tos", "dsfield"], |words, word, draft| put(&mut draft.rule.tos, words.named(word, Builtin::Tos))),
    once(&["fwmark"], |words, word, draft| {
        put(&mut draft.rule.mark, words.value(word, say::route_value_mark, condition::mark))
    }),
    once(&["tunnel-id"], |words, word, draft| put(&mut draft.rule.tunnel, words.number(word, u64::MAX))),
    once(&["uidrange"], |words, word, draft| {
        put(&mut draft.rule.users, words.value(word, say::route_value_users, condition::users))
    }),
    once(&["ipproto"], condition::ip_protocol),
    once(&["sport"], |words, word, draft| condition::ports(words, word, &mut draft.rule.source_ports)),
    once(&["dport"], |words, word, draft| condition::ports(words, word, &mut draft.rule.destination_ports)),
    once(&["realms"], |words, word, draft| put(&mut draft.lookup.realms, words.realms(word))),
    // The kernel's number has a sign.
    once(&["suppress_prefixlength", "sup_pl"], |words, word, draft| {
        put(&mut draft.lookup.suppress_prefix_len, words.number(word, u64::from(u32::MAX >> 1)))
    }),
    once(&["suppress_ifgroup", "sup_group"], |words, word, draft| {
        put(&mut draft.lookup.suppress_group, words.named(word, Builtin::Group))
    }),
    once(&["preference", "order", "priority"], |words, word, draft| {
        put(&mut draft.rule.preference, words.value(word, || say::route_value_number(0, u32::MAX), c_u32))
    }),
    once(&["no_track"], |_, _, draft| set(&mut draft.rule.tracking, Tracking::Off)),
    often(&["track_group"], |words, word, draft| words.track_group(word, &mut draft.rule.tracking)),
    often(&["not"], |_, _, draft| set(&mut draft.rule.meets, Meets::Others)),
    often(&["inet"], |words, word, _| words.family_word(word, Family::Ipv4)),
    often(&["inet6"], |words, word, _| words.family_word(word, Family::Ipv6)),
    often(&["protocol"], protocol),
    often(&["table", "lookup"], |words, word, draft| {
        let table = |text: &str| Builtin::Table.read(text).filter(|table| *table != Named::Number(0));
        draft.lookup.table = words.value(word, || say::route_value_named(1, u32::MAX), table)?;
        act(words, word, Action::Table(draft.lookup.clone()), draft)
    }),
    often(&["goto"], |words, word, draft| {
        let target = words.number(word, u64::from(u32::MAX))?;
        act(words, word, Action::Goto(target), draft)
    }),
    often(&["l3mdev"], |words, word, draft| act(words, word, Action::L3mdev, draft)),
    often(&["nop"], |words, word, draft| act(words, word, Action::Nop, draft)),
    often(&["blackhole"], |words, word, draft| act(words, word, Action::Blackhole, draft)),
    often(&["unreachable"], |words, word, draft| act(words, word, Action::Unreachable, draft)),
    often(&["prohibit"], |words, word, draft| act(words, word, Action::Prohibit, draft)),
    often(&["type"], after_type),
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

const VOCABULARY: Vocabulary = Vocabulary { noun: "rule", options: rule_words, meant: &MEANT };

pub(crate) fn rule_words() -> Vec<&'static str> {
    names(OPTIONS).chain(["default"]).collect()
}

/// Reads one line of a list of rules. `None`: it is left out, and that was reported.
pub(crate) fn rule(statement: &Statement, list: Where, out: &mut Diagnostics) -> Option<Entry<Rule>> {
    let mut words = Words::new(VOCABULARY, statement, list, out)?;
    let span = words.first();
    let mut draft = Draft::default();
    while let Some(word) = words.next() {
        words.option(OPTIONS, word, &mut draft).unwrap_or_else(|| not_an_option(&mut words, word)).ok()?;
    }
    let value = finish::finish(words, draft).ok()?;
    Some(Entry { value, span, implied: Implied::Nothing })
}

/// A rule before its parts are held against each other.
struct Draft {
    rule: Rule,
    /// Where its action is written.
    action: Option<Span>,
    /// The options of `table`.
    lookup: Lookup,
}

impl Default for Draft {
    fn default() -> Self {
        let lookup = Lookup { table: Named::Number(0), realms: None, suppress_prefix_len: None, suppress_group: None };
        Self { rule: Rule::new(Family::Ipv4, Action::Nop), action: None, lookup }
    }
}

fn act(words: &mut Words<'_, '_>, word: Word<'_>, action: Action, draft: &mut Draft) -> Done {
    if let Some(first) = draft.action {
        return words.drop_for(say::rule_action_second(word.span, first));
    }
    draft.rule.action = action;
    draft.action = Some(word.span);
    Ok(())
}

/// `type` says nothing; an action of one word must follow.
fn after_type<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    let argument = words.argument(word)?;
    match argument.text {
        "nop" | "blackhole" | "unreachable" | "prohibit" => {
            words.option(OPTIONS, argument, draft).unwrap_or_else(|| words.unknown(argument))
        }
        text => words.drop_for(say::rule_action_type(argument.span, text)),
    }
}

/// Numbers only; others are ignored.
fn protocol<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    let argument = words.argument(word)?;
    match Builtin::Protocol.read(argument.text) {
        Some(Named::Number(number)) if argument.text.starts_with(|c: char| c.is_ascii_digit() || c == '+') => {
            words.once("protocol", word);
            draft.rule.protocol = u8::try_from(number).ok();
        }
        Some(Named::Number(number)) => {
            let Word { span, text, .. } = argument;
            words.out.push(say::route_option_protocol_name(span, text, number, span, number));
        }
        Some(Named::Name { .. }) | None => words.out.push(say::route_option_protocol(argument.span, argument.text)),
    }
    Ok(())
}

fn not_an_option(words: &mut Words<'_, '_>, word: Word<'_>) -> Done {
    if word.text == "nat" || RouteKind::ALL.iter().any(|kind| kind.name() == word.text) {
        return words.drop_for(say::rule_action_unknown(word.span, word.text));
    }
    if is_address(word.text) { words.drop_for(say::route_word_address(word.span)) } else { words.unknown(word) }
}
