//! The way: `via`, `dev` and what goes with them, alone or behind `nexthop`.

use vrrp::types::Family;

use super::{LostHop, Reader};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::entry::words::{Dropped, Part, Words, decimal};
use crate::lexer::Word;
use crate::model::route::{Hop, NextHop, OnLink};

/// Largest weight: the kernel counts from 0 in a byte.
const WEIGHT_MAX: u16 = 256;

impl<'w> Reader<'w, '_> {
    pub(super) fn hop(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        match word.text {
            "gw" => {
                let diagnostic = Diagnostic::new(Code::DeprecatedOption, word.span, "`gw` is deprecated");
                let diagnostic = diagnostic.note("it still counts");
                self.words.out.push(diagnostic.replace(word.span, "via", "write it like this"));
                part(&mut self.words, Word { text: "via", ..word }, &mut self.route.hop)
            }
            "or" => self.second(word),
            _ => part(&mut self.words, word, &mut self.route.hop),
        }
    }

    /// `or ADDRESS`: the older way to write two next hops.
    fn second(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        self.words.once("or", word);
        self.second = Some(self.words.address(word)?);
        Ok(())
    }

    /// All that follows the first `nexthop`.
    pub(super) fn nexthops(&mut self, first: Word<'w>) {
        self.words.once("nexthop", first);
        let mut start = Some(first);
        while let Some(word) = start {
            match self.words.within(Part::NextHop, |words| group(words, word)) {
                Ok(nexthop) => self.route.nexthops.push(nexthop),
                Err(Dropped) => {
                    self.lost_hop = LostHop::Yes;
                    self.words.skip_to("nexthop");
                }
            }
            start = self.words.skip("nexthop");
        }
        if let Some(word) = self.words.peek() {
            self.trailing(word);
        }
    }

    fn trailing(&mut self, word: Word<'w>) {
        let what = format!("`{}` is not an option of a next hop", word.text);
        let note = "it is ignored with all that follows, as in keepalived";
        let diagnostic = Diagnostic::new(Code::SurplusWords, word.span, what).note(note);
        let known = self.words.is_option(word.text);
        self.words.out.push(match self.words.meant(word.text) {
            _ if known => diagnostic.help("write it before the first `nexthop`"),
            Some(near) => diagnostic.replace(word.span, near, format!("did you mean `{near}`?")),
            None => diagnostic,
        });
    }
}

/// The words behind one `nexthop`, up to the first that cannot belong to it.
fn group<'w>(words: &mut Words<'w, '_>, start: Word<'w>) -> Result<NextHop, Dropped> {
    let mut nexthop = NextHop { hop: Hop::default(), weight: 1 };
    while let Some(word) = words.peek() {
        match word.text {
            "weight" => {
                words.next();
                words.once("weight", word);
                let expects = format!("a number from 1 to {WEIGHT_MAX}");
                nexthop.weight = words.value(word, &expects, |text| {
                    let weight = decimal(text)?;
                    u16::try_from(weight).ok().filter(|weight| (1..=WEIGHT_MAX).contains(weight))
                })?;
            }
            "via" | "dev" | "oif" | "onlink" | "realms" | "encap" => {
                words.next();
                part(words, word, &mut nexthop.hop)?;
            }
            _ => break,
        }
    }
    if nexthop.hop.via.is_none() && nexthop.hop.dev.is_none() {
        let diagnostic = Diagnostic::new(Code::RoutePart, start.span, "a next hop needs `via` or `dev`");
        return words.drop_for(diagnostic);
    }
    Ok(nexthop)
}

/// One option of a way.
fn part<'w>(words: &mut Words<'w, '_>, word: Word<'w>, hop: &mut Hop) -> Result<(), Dropped> {
    match word.text {
        "via" => {
            words.once("via", word);
            for (name, family) in [("inet", Family::Ipv4), ("inet6", Family::Ipv6)] {
                if let Some(word) = words.skip(name) {
                    words.of_family(family, word.span)?;
                }
            }
            hop.via = Some(words.address(word)?);
        }
        "dev" | "oif" => {
            words.once("dev", word);
            hop.dev = Some(words.interface(word)?);
        }
        "realms" => {
            words.once("realms", word);
            hop.realms = Some(words.realms(word)?);
        }
        "encap" => {
            words.once("encap", word);
            hop.encap = super::encap::encap(words, word);
        }
        _ => hop.onlink = OnLink::Assumed,
    }
    Ok(())
}
