//! Which packets a rule meets.

use super::Draft;
use crate::entry::words::{Builtin, Done, Words, c_u32};
use crate::lexer::Word;
use crate::model::route::Prefix;
use crate::model::rule::{FwMark, Range};
use crate::say;
use crate::value::decimal_number;

/// `None`: everything.
pub(super) fn network<'w>(words: &mut Words<'w, '_>, word: Word<'w>, prefix: &mut Option<Prefix>) -> Done {
    let argument = words.argument(word)?;
    *prefix = match argument.text {
        "all" | "any" | "default" => None,
        _ => Some(words.prefix(word, argument)?),
    };
    Ok(())
}

/// keepalived adds the rule without what it does not know.
pub(super) fn ip_protocol<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    let argument = words.argument(word)?;
    draft.rule.ip_protocol = Builtin::IpProtocol.read(argument.text);
    if draft.rule.ip_protocol.is_none() {
        words.out.push(say::rule_condition_protocol(argument.span, argument.text));
    }
    Ok(())
}

/// `FIRST-LAST`, or one port, which keepalived refuses by mistake.
pub(super) fn ports<'w>(words: &mut Words<'w, '_>, word: Word<'w>, ports: &mut Option<Range<u16>>) -> Done {
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

pub(super) fn mark(text: &str) -> Option<FwMark> {
    match text.split_once('/') {
        Some((value, mask)) => Some(FwMark { value: c_u32(value)?, mask: Some(c_u32(mask)?) }),
        None => Some(FwMark { value: c_u32(text)?, mask: None }),
    }
}

pub(super) fn users(text: &str) -> Option<Range<u32>> {
    let (first, last) = text.split_once('-')?;
    let number = |text: &str| u32::try_from(decimal_number(text)?).ok();
    let range = Range { first: number(first)?, last: number(last)? };
    (range.first <= range.last).then_some(range)
}
