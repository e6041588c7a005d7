//! Where a route leads: `[TYPE] ADDRESS[/LEN]`, `to ADDRESS`, `default`.

use std::net::{IpAddr, Ipv4Addr};

use vrrp::types::Family;

use super::{Destination, Draft};
use crate::entry::address::is_address;
use crate::entry::words::{Done, Dropped, Words};
use crate::lexer::Word;
use crate::model::route::{Prefix, RouteKind};
use crate::say;

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

/// Words for all of a family.
pub(super) const ALL: [&str; 4] = ["default", "default6", "any", "all"];

/// A word that is no option: keepalived takes each for a destination.
pub(super) fn destination<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    match (word.text, kind(word.text)) {
        ("weight", _) => words.drop_for(say::route_word_weight(word.span)),
        ("lock", _) => words.drop_for(say::route_word_lock(word.span)),
        (_, Some(Kind::Known(kind))) => of_kind(words, word, kind, draft),
        (text, Some(Kind::Refused)) => words.drop_for(say::route_value_type(word.span, text)),
        (_, None) => target(words, word, draft),
    }
}

pub(super) fn after_to<'w>(words: &mut Words<'w, '_>, to: Word<'w>, draft: &mut Draft) -> Done {
    let word = words.argument(to)?;
    match kind(word.text) {
        None => target(words, word, draft),
        Some(Kind::Known(_) | Kind::Refused) => without_to(words, to, word),
    }
}

/// `to` and a type do not go together.
fn without_to(words: &mut Words<'_, '_>, first: Word<'_>, second: Word<'_>) -> Done {
    let kind = if second.text == "to" { first } else { second };
    words.drop_for(say::route_word_to(second.span, second.text, first.text, first.span.to(second.span), kind.text))
}

fn of_kind<'w>(words: &mut Words<'w, '_>, word: Word<'w>, kind: RouteKind, draft: &mut Draft) -> Done {
    draft.route.kind = kind;
    if let Some(to) = words.skip("to") {
        return without_to(words, word, to);
    }
    match words.next() {
        Some(next) if ALL.contains(&next.text) || !words.is_option(next.text) => target(words, next, draft),
        Some(_) | None => words.drop_for(say::route_word_type(word.span, word.text)),
    }
}

fn target<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    let destination = match word.text {
        "default" | "any" | "all" => Destination::Default,
        "default6" => {
            words.of_family(Family::Ipv6, word.span)?;
            words.deprecated(word, "::/0");
            Destination::Default
        }
        _ => Destination::Prefix(network(words, word)?),
    };
    if let Some((_, first)) = draft.destination.replace((destination, word.span)) {
        words.out.push(say::second_destination(word.span, first));
    }
    Ok(())
}

fn network<'w>(words: &mut Words<'w, '_>, word: Word<'w>) -> Result<Prefix, Dropped> {
    let looks = word.text.contains(['/', ':', '.', '<']) || word.text.starts_with(|c: char| c.is_ascii_digit());
    if !is_address(word.text) && (!looks || words.is_option(word.text)) {
        return words.unknown(word);
    }
    let prefix = words.prefix(word, word)?;
    let IpAddr::V4(address) = prefix.address else { return Ok(prefix) };
    let host_bits = u32::MAX.checked_shr(u32::from(prefix.len)).unwrap_or(0);
    let network = Ipv4Addr::from_bits(address.to_bits() & !host_bits);
    if network == address {
        return Ok(prefix);
    }
    let network = Prefix { address: IpAddr::V4(network), ..prefix };
    words.drop_for(say::route_value_network(word.span, word.text, word.span, network))
}
