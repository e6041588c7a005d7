//! Which packets a rule meets.

use super::Draft;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::entry::words::{Builtin, Done, Words};
use crate::lexer::Word;
use crate::model::route::Prefix;
use crate::model::rule::{FwMark, Range};
use crate::value::{c_number, decimal_number};

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
        without(words, argument, format!("`ipproto` takes a name or 0 to 255, not `{}`", argument.text));
    }
    Ok(())
}

/// `FIRST-LAST`, or one port, which keepalived refuses by mistake.
pub(super) fn ports<'w>(words: &mut Words<'w, '_>, word: Word<'w>, ports: &mut Option<Range<u16>>) -> Done {
    *ports = None;
    let argument = words.argument(word)?;
    let (first, last) = argument.text.split_once('-').unwrap_or((argument.text, argument.text));
    let (Some(first), Some(last)) = (decimal_number(first), decimal_number(last)) else {
        without(words, argument, format!("`{}` takes FIRST-LAST, not `{}`", word.text, argument.text));
        return Ok(());
    };
    let port = |number: u64| u16::try_from(number).ok().filter(|port| (1..u16::MAX).contains(port));
    let (Some(first), Some(last)) = (port(first), port(last.max(first)).filter(|_| first <= last)) else {
        let what = format!("`{}` takes rising ports from 1 to 65534, not `{}`", word.text, argument.text);
        let diagnostic = Diagnostic::new(Code::RouteValue, argument.span, what);
        return words.drop_for(diagnostic.note("the kernel refuses others, and keepalived cuts them"));
    };
    let range = Range { first, last };
    if !argument.text.contains('-') {
        let what = format!("keepalived adds the rule without a `{}` that is not a range", word.text);
        let diagnostic = Diagnostic::new(Code::SinglePort, argument.span, what).note("here it counts");
        words.out.push(diagnostic.replace(argument.span, range, "write a range of one"));
    }
    *ports = Some(range);
    Ok(())
}

fn without(words: &mut Words<'_, '_>, word: Word<'_>, what: String) {
    let diagnostic = Diagnostic::new(Code::RuleCondition, word.span, what);
    words.out.push(diagnostic.note("the rule is added without it, as in keepalived: it matches more packets"));
}

pub(super) fn mark(text: &str) -> Option<FwMark> {
    let number = |text: &str| u32::try_from(c_number(text)?).ok();
    let (value, mask) = text.split_once('/').map_or((text, None), |(value, mask)| (value, Some(mask)));
    let mask = mask.map(|mask| number(mask).ok_or(())).transpose().ok()?;
    Some(FwMark { value: number(value)?, mask })
}

pub(super) fn users(text: &str) -> Option<Range<u32>> {
    let (first, last) = text.split_once('-')?;
    let number = |text: &str| u32::try_from(decimal_number(text)?).ok();
    let range = Range { first: number(first)?, last: number(last)? };
    (range.first <= range.last).then_some(range)
}
