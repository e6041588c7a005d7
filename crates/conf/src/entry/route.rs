//! One line of `virtual_routes` or `static_routes` (keepalived-config §2.17).

mod destination;
mod encap;
mod finish;
mod hop;
mod metric;

use std::net::IpAddr;

use vrrp::types::Family;

use super::words::{Builtin, Done, Dropped, Row, Vocabulary, Words, names, often, once, put, set};
use super::{Entry, Implied, Where};
use crate::diagnostic::Diagnostics;
use crate::lexer::{Statement, Word};
use crate::model::route::{
    Features, Insertion, Metric, Prefix, Route, RouteKind, RoutePreference, Tracking, TtlPropagate,
};
use crate::say;
use crate::source::Span;
use crate::value::decimal_number;

/// The options of a route, but for those of its ways (`hop.rs`) and its numbers (`metric.rs`).
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
    often(&["gw"], hop::gateway),
    often(&["as"], as_to),
    often(&["inet"], |words, word, _| words.family_word(word, Family::Ipv4)),
    often(&["inet6"], |words, word, _| words.family_word(word, Family::Ipv6)),
    once(&["no_track"], |_, _, draft| set(&mut draft.route.tracking, Tracking::Off)),
    often(&["track_group"], |words, word, draft| words.track_group(word, &mut draft.route.tracking)),
    often(&["to"], destination::after_to),
];

/// What `ip route` knows and keepalived does not.
const MEANT: [(&str, &str); 5] =
    [("proto", "protocol"), ("gateway", "via"), ("device", "dev"), ("prio", "priority"), ("interface", "dev")];

const VOCABULARY: Vocabulary = Vocabulary { noun: "route", options: route_words, meant: &MEANT };

/// All words that mean something, for spelling advice.
pub(crate) fn route_words() -> Vec<&'static str> {
    let kinds = RouteKind::ALL.into_iter().map(RouteKind::name).chain(["nat"]);
    let metrics = Metric::ALL.into_iter().map(Metric::name);
    let own = names(hop::OPTIONS).chain(names(OPTIONS)).chain(["nexthop", "weight"]);
    own.chain(metrics).chain(destination::ALL).chain(kinds).collect()
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
            hop::nexthops(&mut words, word, &mut draft);
            break;
        }
        let known = words.option(hop::OPTIONS, word, &mut draft.route.hop);
        let known = known.or_else(|| words.option(OPTIONS, word, &mut draft));
        let known = known.or_else(|| metric::metric(&mut words, word, &mut draft.route));
        known.unwrap_or_else(|| destination::destination(&mut words, word, &mut draft))?;
    }
    finish::finish(words, draft)
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
