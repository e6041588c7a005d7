//! One line of `virtual_rules` or `static_rules` (keepalived-config §2.18).

use vrrp::types::Family;

use super::address::is_address;
use super::words::{Builtin, Done, Dropped, OUR_PROTOCOL, Row, Vocabulary, Words, c_u32, names, often, once, put, set};
use super::{Entry, Implied, Where};
use crate::diagnostic::Diagnostics;
use crate::lexer::{Statement, Word};
use crate::model::route::{Named, Prefix, RouteKind, Tracking};
use crate::model::rule::{Action, FwMark, Lookup, Meets, Range, Rule};
use crate::say;
use crate::source::Span;
use crate::value::decimal_number;

/// The options of a rule: which packets it meets, and what it does with them.
const OPTIONS: &[Row<Draft>] = &[
    once(&["from"], |words, word, draft| network(words, word, &mut draft.rule.from)),
    once(&["to"], |words, word, draft| network(words, word, &mut draft.rule.to)),
    once(&["iif", "dev"], |words, word, draft| put(&mut draft.rule.iif, words.interface(word))),
    once(&["oif"], |words, word, draft| put(&mut draft.rule.oif, words.interface(word))),
    once(&["tos", "dsfield"], |words, word, draft| put(&mut draft.rule.tos, words.named(word, Builtin::Tos))),
    once(&["fwmark"], |words, word, draft| put(&mut draft.rule.mark, words.value(word, say::route_value_mark, mark))),
    once(&["tunnel-id"], |words, word, draft| put(&mut draft.rule.tunnel, words.number(word, u64::MAX))),
    once(&["uidrange"], |words, word, draft| {
        put(&mut draft.rule.users, words.value(word, say::route_value_users, users))
    }),
    once(&["ipproto"], ip_protocol),
    once(&["sport"], |words, word, draft| ports(words, word, &mut draft.rule.source_ports)),
    once(&["dport"], |words, word, draft| ports(words, word, &mut draft.rule.destination_ports)),
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
    let value = finish(words, draft).ok()?;
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

/// `None`: everything.
fn network<'w>(words: &mut Words<'w, '_>, word: Word<'w>, prefix: &mut Option<Prefix>) -> Done {
    let argument = words.argument(word)?;
    *prefix = match argument.text {
        "all" | "any" | "default" => None,
        _ => Some(words.prefix(word, argument)?),
    };
    Ok(())
}

/// keepalived adds the rule without what it does not know.
fn ip_protocol<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    let argument = words.argument(word)?;
    draft.rule.ip_protocol = Builtin::IpProtocol.read(argument.text);
    if draft.rule.ip_protocol.is_none() {
        words.out.push(say::rule_condition_protocol(argument.span, argument.text));
    }
    Ok(())
}

/// `FIRST-LAST`, or one port, which keepalived refuses by mistake.
fn ports<'w>(words: &mut Words<'w, '_>, word: Word<'w>, ports: &mut Option<Range<u16>>) -> Done {
    *ports = None;
    let argument = words.argument(word)?;
    let (first, last) = argument.text.split_once('-').unwrap_or((argument.text, argument.text));
    let (Some(first), Some(last)) = (decimal_number(first), decimal_number(last)) else {
        words.out.push(say::rule_condition_ports(argument.span, word.text, argument.text));
        return Ok(());
    };
    let port = |number: u64| u16::try_from(number).ok().filter(|port| (1..u16::MAX).contains(port));
    let (Some(first), Some(last)) = (port(first), port(last.max(first)).filter(|_| first <= last)) else {
        return words.drop_for(say::route_value_ports(argument.span, word.text, argument.text));
    };
    let range = Range { first, last };
    if !argument.text.contains('-') {
        words.out.push(say::single_port(argument.span, word.text, argument.span, range));
    }
    *ports = Some(range);
    Ok(())
}

fn mark(text: &str) -> Option<FwMark> {
    match text.split_once('/') {
        Some((value, mask)) => Some(FwMark { value: c_u32(value)?, mask: Some(c_u32(mask)?) }),
        None => Some(FwMark { value: c_u32(text)?, mask: None }),
    }
}

fn users(text: &str) -> Option<Range<u32>> {
    let (first, last) = text.split_once('-')?;
    let number = |text: &str| u32::try_from(decimal_number(text)?).ok();
    let range = Range { first: number(first)?, last: number(last)? };
    (range.first <= range.last).then_some(range)
}

fn not_an_option(words: &mut Words<'_, '_>, word: Word<'_>) -> Done {
    if word.text == "nat" || RouteKind::ALL.iter().any(|kind| kind.name() == word.text) {
        return words.drop_for(say::rule_action_unknown(word.span, word.text));
    }
    if is_address(word.text) { words.drop_for(say::route_word_address(word.span)) } else { words.unknown(word) }
}

/// What can be said only of a whole rule.
fn finish(mut words: Words<'_, '_>, draft: Draft) -> Result<Rule, Dropped> {
    let Some(span) = draft.action else { return words.drop_for(say::rule_action_none(words.first())) };
    let mut rule = draft.rule;
    match &mut rule.action {
        Action::Table(lookup) => *lookup = Lookup { table: lookup.table.clone(), ..draft.lookup },
        Action::Goto(_) | Action::Nop | Action::Blackhole | Action::Unreachable | Action::Prohibit | Action::L3mdev => {
            check_alone(&mut words)?
        }
    }
    if let Action::Goto(target) = rule.action
        && rule.preference.is_none_or(|preference| preference >= target)
    {
        return words.drop_for(say::rule_action_goto(span));
    }
    if rule.preference.is_none() {
        words.out.push(say::no_preference(words.first()));
    }
    rule.protocol = words.kept_protocol(&rule.tracking, rule.protocol, &OUR_PROTOCOL);
    let iif = words.place("iif");
    words.check_group(&mut rule.tracking, iif, "iif");
    rule.family = words.family().unwrap_or(Family::Ipv4);
    Ok(rule)
}

/// These choose among the answers of a table.
fn check_alone(words: &mut Words<'_, '_>) -> Done {
    let options = ["realms", "suppress_prefixlength", "suppress_ifgroup"];
    match options.into_iter().find_map(|name| Some((name, words.place(name)?))) {
        Some((name, span)) => words.drop_for(say::rule_action_table(span, name)),
        None => Ok(()),
    }
}
