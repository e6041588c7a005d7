//! One line of `virtual_routes` or `static_routes` (keepalived-config §2.17).

mod metric;
mod way;

use std::net::{IpAddr, Ipv4Addr};

use vrrp::types::Family;

use super::address::{is_address, mask_len};
use super::words::{Builtin, Done, Dropped, OUR_PROTOCOL, Row, Vocabulary, Words, names, often, once, put, set};
use super::{Entry, Implied, Where};
use crate::diagnostic::Diagnostics;
use crate::lexer::{Statement, Word};
use crate::model::route::{
    Features, Hop, Insertion, Metric, Named, NextHop, Prefix, Route, RouteKind, RoutePreference, Tracking, TtlPropagate,
};
use crate::say;
use crate::source::Span;
use crate::value::decimal_number;

/// The options of a route, but for those of its ways (`way.rs`) and its numbers (`metric.rs`).
const OPTIONS: &[Row<Draft>] = &[
    once(&["src"], |words, word, draft| put(&mut draft.route.source, words.address(word))),
    once(&["from"], from),
    once(&["table"], |words, word, draft| put(&mut draft.route.table, words.named(word, Builtin::Table))),
    once(&["metric", "priority", "preference"], |words, word, draft| {
        put(&mut draft.route.metric, words.number(word, u64::from(u32::MAX)))
    }),
    once(&["tos", "dsfield"], |words, word, draft| put(&mut draft.route.tos, words.named(word, Builtin::Tos))),
    once(&["protocol"], |words, word, draft| put(&mut draft.route.protocol, words.named(word, Builtin::Protocol))),
    once(&["scope"], |words, word, draft| put(&mut draft.route.scope, words.named(word, Builtin::Scope))),
    once(&["vrf"], |words, word, draft| put(&mut draft.route.vrf, words.interface(word))),
    once(&["features"], features),
    once(&["congctl"], metric::congestion),
    once(&["pref"], preference),
    once(&["expires"], |words, word, draft| {
        put(&mut draft.route.expires, words.number(word, u64::from(u32::MAX)))?;
        words.of_family(Family::Ipv6, word.span)
    }),
    once(&["ttl-propagate"], ttl_propagate),
    once(&["prepend", "add", "append"], |_, word, draft| {
        let insertion = match word.text {
            "add" => Insertion::Add,
            "append" => Insertion::Append,
            _ => Insertion::Prepend,
        };
        set(&mut draft.route.insertion, insertion)
    }),
    once(&["or"], |words, word, draft| put(&mut draft.second, words.address(word))),
    often(&["gw"], way::gateway),
    often(&["as"], as_to),
    often(&["inet"], |words, word, _| words.family_word(word, Family::Ipv4)),
    often(&["inet6"], |words, word, _| words.family_word(word, Family::Ipv6)),
    once(&["no_track"], |_, _, draft| set(&mut draft.route.tracking, Tracking::Off)),
    often(&["track_group"], |words, word, draft| words.track_group(word, &mut draft.route.tracking)),
    often(&["to"], after_to),
];

/// What `ip route` knows and keepalived does not.
const MEANT: [(&str, &str); 5] =
    [("proto", "protocol"), ("gateway", "via"), ("device", "dev"), ("prio", "priority"), ("interface", "dev")];

const VOCABULARY: Vocabulary = Vocabulary { noun: "route", options: route_words, meant: &MEANT };

/// All words that mean something, for spelling advice.
pub(crate) fn route_words() -> Vec<&'static str> {
    let kinds = RouteKind::ALL.into_iter().map(RouteKind::name).chain(["nat"]);
    let metrics = Metric::ALL.into_iter().map(Metric::name);
    let own = names(way::OPTIONS).chain(names(OPTIONS)).chain(["nexthop", "weight"]);
    own.chain(metrics).chain(EVERYTHING).chain(kinds).collect()
}

/// Reads one line of a list of routes. `None`: it is left out, and that was reported.
pub(crate) fn route(statement: &Statement, list: Where, out: &mut Diagnostics) -> Option<Entry<Route>> {
    let words = Words::new(VOCABULARY, statement, list, out)?;
    let span = words.first();
    let value = read(words).ok()?;
    Some(Entry { value, span, implied: Implied::Nothing })
}

/// Where a route leads, as far as its own word says.
#[derive(Clone, Copy, Debug)]
enum Destination {
    /// `default`, of the family of the rest.
    Default,
    Prefix(Prefix),
}

/// Whether a next hop was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LostHop {
    #[default]
    No,
    Yes,
}

/// A route before its parts are held against each other.
#[derive(Default)]
struct Draft {
    /// All but the destination.
    route: Route,
    destination: Option<(Destination, Span)>,
    /// The address behind `or`.
    second: Option<IpAddr>,
    lost_hop: LostHop,
}

fn read(mut words: Words<'_, '_>) -> Result<Route, Dropped> {
    let mut draft = Draft::default();
    while let Some(word) = words.next() {
        if word.text == "nexthop" {
            way::nexthops(&mut words, word, &mut draft);
            break;
        }
        let known = words.option(way::OPTIONS, word, &mut draft.route.hop);
        let known = known.or_else(|| words.option(OPTIONS, word, &mut draft));
        let known = known.or_else(|| metric::metric(&mut words, word, &mut draft.route));
        known.unwrap_or_else(|| destination(&mut words, word, &mut draft))?;
    }
    finish(words, draft)
}

/// IPv6 only.
fn from<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    words.of_family(Family::Ipv6, word.span)?;
    let argument = words.argument(word)?;
    put(&mut draft.route.from, words.prefix(word, argument))
}

fn features<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    let argument = words.argument(word)?;
    match argument.text {
        "ecn" => draft.route.features = Features::Ecn,
        text => words.out.push(say::route_option_features(argument.span, text)),
    }
    Ok(())
}

fn preference<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    let preference = words.value(word, say::route_value_preference, |text| match text {
        "low" => Some(RoutePreference::Low),
        "medium" => Some(RoutePreference::Medium),
        "high" => Some(RoutePreference::High),
        // The bits of RFC 4191; the kernel takes others for medium.
        text => decimal_number(text).filter(|number| *number <= 255).map(|number| match number {
            3 => RoutePreference::Low,
            1 => RoutePreference::High,
            _ => RoutePreference::Medium,
        }),
    });
    put(&mut draft.route.preference, preference)?;
    words.of_family(Family::Ipv6, word.span)
}

fn ttl_propagate<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    let argument = words.argument(word)?;
    match argument.text {
        "enabled" => draft.route.ttl_propagate = Some(TtlPropagate::Enabled),
        "disabled" => draft.route.ttl_propagate = Some(TtlPropagate::Disabled),
        text => words.out.push(say::route_option_ttl(argument.span, text)),
    }
    Ok(())
}

/// `as [to] ADDRESS`, for MPLS.
fn as_to<'w>(words: &mut Words<'w, '_>, word: Word<'w>, _: &mut Draft) -> Done {
    let to = words.skip("to").unwrap_or(word);
    words.argument(to)?;
    words.out.push(say::route_option_as(word.span));
    Ok(())
}

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
const EVERYTHING: [&str; 4] = ["default", "default6", "any", "all"];

/// A word that is no option: keepalived takes each for a destination.
fn destination<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    match (word.text, kind(word.text)) {
        ("weight", _) => words.drop_for(say::route_word_weight(word.span)),
        ("lock", _) => words.drop_for(say::route_word_lock(word.span)),
        (_, Some(Kind::Known(kind))) => of_kind(words, word, kind, draft),
        (text, Some(Kind::Refused)) => words.drop_for(say::route_value_type(word.span, text)),
        (_, None) => target(words, word, draft),
    }
}

fn after_to<'w>(words: &mut Words<'w, '_>, to: Word<'w>, draft: &mut Draft) -> Done {
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
        Some(next) if EVERYTHING.contains(&next.text) || !words.is_option(next.text) => target(words, next, draft),
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
    if let Some((Destination::Prefix(first), span)) = &draft.destination
        && let Some(len) = word.text.parse().ok().and_then(mask_len)
    {
        let mut whole = span.to(word.span);
        let mut with = format!("{}/{len}", first.address);
        if let Some(hop) = words.peek().filter(|hop| is_address(hop.text)) {
            whole = whole.to(hop.span);
            with = format!("{with} via {}", hop.text);
        }
        return words.drop_for(say::dotted_netmask_route(word.span, whole, with));
    }
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

/// What can be said only of a whole route.
fn finish(mut words: Words<'_, '_>, mut draft: Draft) -> Result<Route, Dropped> {
    let target = resolved_destination(&mut words, &mut draft)?;
    split_second(&mut words, &mut draft)?;
    if draft.route.kind.ends() {
        check_no_hop(&mut words, &draft)?;
    } else {
        check_hop(&mut words, &draft, target)?;
    }
    let protocol = draft.route.protocol.take();
    draft.route.protocol = words.kept_protocol(&draft.route.tracking, protocol, &Named::Number(OUR_PROTOCOL.into()));
    let nexthop = draft.route.nexthops.iter().any(|nexthop| nexthop.hop.dev.is_some());
    let interface = words.place("dev").or_else(|| nexthop.then_some(target));
    words.check_group(&mut draft.route.tracking, interface, "dev");
    Ok(draft.route)
}

/// Where the destination stands; `default` is of the family of the rest, else IPv4.
fn resolved_destination(words: &mut Words<'_, '_>, draft: &mut Draft) -> Result<Span, Dropped> {
    let Some((destination, span)) = draft.destination else {
        return words.drop_for(say::route_incomplete_destination(words.first()));
    };
    draft.route.destination = match destination {
        Destination::Default => Prefix::all(words.family().unwrap_or(Family::Ipv4)),
        Destination::Prefix(prefix) => prefix,
    };
    Ok(span)
}

/// `via A or B dev IF` is two next hops.
fn split_second(words: &mut Words<'_, '_>, draft: &mut Draft) -> Done {
    let (Some(second), Some(span)) = (draft.second, words.place("or")) else { return Ok(()) };
    if draft.route.hop.via.is_none() || !draft.route.nexthops.is_empty() || draft.lost_hop == LostHop::Yes {
        return words.drop_for(say::route_incomplete_or(span));
    }
    words.out.push(say::deprecated_option_or(span));
    let first = std::mem::take(&mut draft.route.hop);
    let second = Hop { via: Some(second), ..first.clone() };
    draft.route.nexthops = [first, second].into_iter().map(|hop| NextHop { hop, weight: 1 }).collect();
    Ok(())
}

/// IPv6 ignores the hop of such a route.
fn check_no_hop(words: &mut Words<'_, '_>, draft: &Draft) -> Done {
    let hop = ["via", "dev", "nexthop"].into_iter().find_map(|name| words.place(name));
    let hop = hop.filter(|_| draft.route.family() == Family::Ipv4);
    hop.map_or(Ok(()), |span| words.drop_for(say::route_incomplete_type(span, draft.route.kind.name())))
}

fn check_hop(words: &mut Words<'_, '_>, draft: &Draft, target: Span) -> Done {
    let hop = &draft.route.hop;
    let Some(first) = draft.route.nexthops.first() else {
        return match (hop.via.is_some() || hop.dev.is_some(), draft.lost_hop) {
            (true, _) => Ok(()),
            // Why it has none was reported.
            (false, LostHop::Yes) => Err(Dropped),
            (false, LostHop::No) => words.drop_for(say::route_incomplete_way(target)),
        };
    };
    // The kernel compares what stands outside with the first inside.
    let other_dev = hop.dev.is_some() && hop.dev != first.hop.dev;
    let other_via = hop.via.is_some() && hop.via != first.hop.via;
    let odd = [("via", other_via), ("dev", other_dev)].into_iter().find(|(_, is_other)| *is_other);
    let odd = odd.and_then(|(name, _)| words.place(name)).filter(|_| draft.route.family() == Family::Ipv4);
    odd.map_or(Ok(()), |span| words.drop_for(say::route_incomplete_ways(span)))
}
