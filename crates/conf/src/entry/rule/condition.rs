//! Which packets a rule meets.

use std::net::IpAddr;

use super::Reader;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::entry::words::{Builtin, Dropped, c_number, decimal};
use crate::lexer::Word;
use crate::model::route::{Prefix, RouteKind};
use crate::model::rule::{FwMark, Meets, Range};

impl<'w> Reader<'w, '_> {
    pub(super) fn condition(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        match word.text {
            "not" => self.draft.meets = Meets::Others,
            "from" => self.draft.from = self.network("from", word)?,
            "to" => self.draft.to = self.network("to", word)?,
            "iif" | "dev" => {
                self.words.once("iif", word);
                self.draft.iif = Some(self.words.interface(word)?);
            }
            "oif" => {
                self.words.once("oif", word);
                self.draft.oif = Some(self.words.interface(word)?);
            }
            "tos" | "dsfield" => {
                self.words.once("tos", word);
                self.draft.tos = Some(self.words.named(word, Builtin::Tos)?);
            }
            "fwmark" => {
                self.words.once("fwmark", word);
                self.draft.mark = Some(self.words.value(word, "NUMBER[/MASK]", mark)?);
            }
            "tunnel-id" => {
                self.words.once("tunnel-id", word);
                self.draft.tunnel = Some(self.words.number(word, u64::MAX)?);
            }
            "uidrange" => {
                self.words.once("uidrange", word);
                self.draft.users = Some(self.words.value(word, "FIRST-LAST, two rising numbers", users)?);
            }
            "ipproto" => self.ip_protocol(word)?,
            "sport" => {
                self.words.once("sport", word);
                self.draft.source_ports = self.ports(word)?;
            }
            "dport" => {
                self.words.once("dport", word);
                self.draft.destination_ports = self.ports(word)?;
            }
            _ => self.stranger(word)?,
        }
        Ok(())
    }

    /// `None`: everything.
    fn network(&mut self, name: &'static str, word: Word<'w>) -> Result<Option<Prefix>, Dropped> {
        self.words.once(name, word);
        let argument = self.words.argument(word)?;
        match argument.text {
            "all" | "any" | "default" => Ok(None),
            _ => self.words.prefix(word, argument).map(Some),
        }
    }

    /// keepalived adds the rule without what it does not know.
    fn ip_protocol(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        self.words.once("ipproto", word);
        let argument = self.words.argument(word)?;
        self.draft.ip_protocol = Builtin::IpProtocol.read(argument.text);
        if self.draft.ip_protocol.is_none() {
            self.without(argument, format!("`ipproto` takes a name or 0 to 255, not `{}`", argument.text));
        }
        Ok(())
    }

    /// `FIRST-LAST`, or one port, which keepalived refuses by mistake.
    fn ports(&mut self, word: Word<'w>) -> Result<Option<Range<u16>>, Dropped> {
        let argument = self.words.argument(word)?;
        let (first, last) = argument.text.split_once('-').unwrap_or((argument.text, argument.text));
        let (Some(first), Some(last)) = (decimal(first), decimal(last)) else {
            self.without(argument, format!("`{}` takes FIRST-LAST, not `{}`", word.text, argument.text));
            return Ok(None);
        };
        let port = |number: u64| u16::try_from(number).ok().filter(|port| (1..u16::MAX).contains(port));
        let (Some(first), Some(last)) = (port(first), port(last.max(first)).filter(|_| first <= last)) else {
            let what = format!("`{}` takes rising ports from 1 to 65534, not `{}`", word.text, argument.text);
            let diagnostic = Diagnostic::new(Code::RouteValue, argument.span, what);
            return self.words.drop_for(diagnostic.note("the kernel refuses others, and keepalived cuts them"));
        };
        if !argument.text.contains('-') {
            let what = format!("keepalived adds the rule without a `{}` that is no range", word.text);
            let diagnostic = Diagnostic::new(Code::SinglePort, argument.span, what).note("here it counts");
            let range = Range { first, last };
            self.words.out.push(diagnostic.replace(argument.span, range, "write a range of one"));
        }
        Ok(Some(Range { first, last }))
    }

    fn without(&mut self, word: Word<'w>, what: String) {
        let diagnostic = Diagnostic::new(Code::RuleCondition, word.span, what);
        self.words.out.push(diagnostic.note("the rule is added without it, as in keepalived: it meets more packets"));
    }

    fn stranger(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        if word.text == "nat" || RouteKind::ALL.iter().any(|kind| kind.name() == word.text) {
            return self.words.fail(
                Code::RuleAction,
                word.span,
                format!("a rule cannot have `{}` as action", word.text),
            );
        }
        let address = word.text.split('/').next().unwrap_or_default().parse::<IpAddr>();
        if address.is_err() {
            return self.words.unknown(word);
        }
        let diagnostic = Diagnostic::new(Code::RouteWord, word.span, "an address needs `from` or `to` before it");
        self.words.drop_for(diagnostic)
    }
}

fn mark(text: &str) -> Option<FwMark> {
    let number = |text: &str| u32::try_from(c_number(text)?).ok();
    let (value, mask) = text.split_once('/').map_or((text, None), |(value, mask)| (value, Some(mask)));
    let mask = mask.map(|mask| number(mask).ok_or(())).transpose().ok()?;
    Some(FwMark { value: number(value)?, mask })
}

fn users(text: &str) -> Option<Range<u32>> {
    let (first, last) = text.split_once('-')?;
    let number = |text: &str| u32::try_from(decimal(text)?).ok();
    let range = Range { first: number(first)?, last: number(last)? };
    (range.first <= range.last).then_some(range)
}
