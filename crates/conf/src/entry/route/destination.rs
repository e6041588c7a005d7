//! Where a route leads: `[TYPE] ADDRESS[/LEN]`, `to ADDRESS`, `default`.

use std::net::{IpAddr, Ipv4Addr};

use vrrp::types::Family;

use super::{Destination, Reader};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::entry::words::Dropped;
use crate::lexer::Word;
use crate::model::route::{Prefix, RouteKind};

/// What a word in front of a destination makes of a route.
enum Kind {
    Known(RouteKind),
    /// The kernel has no such routes.
    Refused,
}

/// By name or number.
fn kind(text: &str) -> Option<Kind> {
    if text == "nat" {
        return Some(Kind::Refused);
    }
    if let Some(kind) = RouteKind::ALL.into_iter().find(|kind| kind.name() == text) {
        return Some(Kind::Known(kind));
    }
    let number: usize = text.parse::<u8>().ok()?.into();
    // The list is by number, from 1.
    Some(number.checked_sub(1).and_then(|at| RouteKind::ALL.get(at)).map_or(Kind::Refused, |kind| Kind::Known(*kind)))
}

impl<'w> Reader<'w, '_> {
    /// A word that is no option: keepalived takes each for a destination.
    pub(super) fn destination(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        if word.text == "to" {
            let target = self.words.argument(word)?;
            return self.behind_to(word, target);
        }
        match word.text {
            "weight" => return self.words.fail(Code::RouteWord, word.span, "`weight` goes with `nexthop`"),
            "lock" => {
                return self.words.fail(Code::RouteWord, word.span, "`lock` stands before a value that can have it");
            }
            _ => {}
        }
        match kind(word.text) {
            Some(Kind::Known(kind)) => self.of_kind(word, kind),
            Some(Kind::Refused) => self.words.fail(
                Code::RouteValue,
                word.span,
                format!("the kernel has no routes of type `{}`", word.text),
            ),
            None => self.target(word),
        }
    }

    fn behind_to(&mut self, to: Word<'w>, target: Word<'w>) -> Result<(), Dropped> {
        if kind(target.text).is_none() {
            return self.target(target);
        }
        let what = format!("`{}` cannot stand behind `to`", target.text);
        let diagnostic = Diagnostic::new(Code::RouteWord, target.span, what);
        self.words.drop_for(diagnostic.replace(to.span.to(target.span), target.text, "leave `to` out"))
    }

    fn of_kind(&mut self, word: Word<'w>, kind: RouteKind) -> Result<(), Dropped> {
        self.route.kind = kind;
        if let Some(to) = self.words.skip("to") {
            let what = format!("`to` cannot stand behind `{}`", word.text);
            let diagnostic = Diagnostic::new(Code::RouteWord, to.span, what);
            return self.words.drop_for(diagnostic.replace(word.span.to(to.span), word.text, "leave `to` out"));
        }
        if self.words.peek().is_none_or(|next| self.is_no_destination(next)) {
            let what = format!("`{}` stands before the destination", word.text);
            let diagnostic = Diagnostic::new(Code::RouteWord, word.span, what);
            return self.words.drop_for(diagnostic.help(format!("write `{} ADDRESS/LEN`", word.text)));
        }
        let target = self.words.argument(word)?;
        self.target(target)
    }

    fn is_no_destination(&self, word: Word<'_>) -> bool {
        self.words.is_option(word.text) && !matches!(word.text, "default" | "default6" | "any" | "all")
    }

    fn target(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let destination = match word.text {
            "default" | "any" | "all" => Destination::Default,
            "default6" => {
                self.words.of_family(Family::Ipv6, word.span)?;
                let diagnostic = Diagnostic::new(Code::DeprecatedOption, word.span, "`default6` is deprecated");
                let diagnostic = diagnostic.note("it still counts");
                self.words.out.push(diagnostic.replace(word.span, "::/0", "write it like this"));
                Destination::Default
            }
            _ => Destination::Prefix(self.network(word)?),
        };
        if let Some((_, first)) = self.destination.replace((destination, word.span)) {
            let diagnostic = Diagnostic::new(Code::SecondDestination, word.span, "a line holds one route");
            let diagnostic =
                diagnostic.also(first, "this destination is replaced").note("the last counts, as in keepalived");
            self.words.out.push(diagnostic.help("write it on a line of its own"));
        }
        Ok(())
    }

    fn network(&mut self, word: Word<'w>) -> Result<Prefix, Dropped> {
        let looks = word.text.contains(['/', ':', '.', '<']) || word.text.starts_with(|c: char| c.is_ascii_digit());
        let address = word.text.split('/').next().unwrap_or_default().parse::<IpAddr>();
        if address.is_err() && (!looks || self.words.is_option(word.text)) {
            return self.words.unknown(word);
        }
        let prefix = self.words.prefix(word, word)?;
        let IpAddr::V4(address) = prefix.address else { return Ok(prefix) };
        let host_bits = u32::MAX.checked_shr(u32::from(prefix.len)).unwrap_or(0);
        let network = Ipv4Addr::from_bits(address.to_bits() & !host_bits);
        if network == address {
            return Ok(prefix);
        }
        let what = format!("`{}` has bits behind its prefix length", word.text);
        let diagnostic = Diagnostic::new(Code::RouteValue, word.span, what).note("the kernel refuses such a route");
        let network = Prefix { address: IpAddr::V4(network), ..prefix };
        self.words.drop_for(diagnostic.replace(word.span, network, "write the network"))
    }
}
