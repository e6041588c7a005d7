//! One line of `virtual_routes` or `static_routes` (keepalived-config §2.17).

mod destination;
mod encap;
mod finish;
mod hop;
mod metric;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use vrrp::types::Family;

use super::words::{Builtin, Dropped, Vocabulary, Words, decimal};
use super::{Entry, Implied, Where};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Statement, Word};
use crate::model::route::{Features, Insertion, Metric, Named, Prefix, Route, RoutePreference, TtlPropagate};
use crate::source::Span;

/// All words that mean something, for spelling advice.
const OPTIONS: [&str; 63] = [
    "via",
    "gw",
    "or",
    "dev",
    "oif",
    "src",
    "from",
    "table",
    "metric",
    "priority",
    "preference",
    "tos",
    "dsfield",
    "protocol",
    "scope",
    "mtu",
    "advmss",
    "reordering",
    "cwnd",
    "ssthresh",
    "window",
    "initcwnd",
    "initrwnd",
    "hoplimit",
    "rtt",
    "rttvar",
    "rto_min",
    "realms",
    "features",
    "quickack",
    "fastopen_no_cookie",
    "congctl",
    "pref",
    "expires",
    "ttl-propagate",
    "onlink",
    "encap",
    "as",
    "vrf",
    "add",
    "append",
    "prepend",
    "inet",
    "inet6",
    "no_track",
    "track_group",
    "nexthop",
    "weight",
    "to",
    "default",
    "default6",
    "any",
    "all",
    "unicast",
    "local",
    "broadcast",
    "anycast",
    "multicast",
    "throw",
    "unreachable",
    "prohibit",
    "blackhole",
    "nat",
];

/// What `ip route` knows and keepalived does not.
const MEANT: [(&str, &str); 5] =
    [("proto", "protocol"), ("gateway", "via"), ("device", "dev"), ("prio", "priority"), ("interface", "dev")];

const VOCABULARY: Vocabulary = Vocabulary { noun: "route", options: &OPTIONS, meant: &MEANT };

/// Reads one line of a list of routes. `None`: it is left out, and that was reported.
pub(crate) fn route(statement: &Statement, place: Where, out: &mut Diagnostics) -> Option<Entry<Route>> {
    let span = statement.keyword()?.span;
    let words = Words::new(VOCABULARY, statement, out);
    let reader = Reader {
        words,
        place,
        first: span,
        route: Route::to(Prefix::all(Family::Ipv4)),
        destination: None,
        second: None,
        lost_hop: LostHop::No,
    };
    let value = reader.read().ok()?;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LostHop {
    No,
    Yes,
}

struct Reader<'w, 'o> {
    words: Words<'w, 'o>,
    place: Where,
    /// The first word.
    first: Span,
    /// All but the destination.
    route: Route,
    destination: Option<(Destination, Span)>,
    /// The address behind `or`.
    second: Option<IpAddr>,
    lost_hop: LostHop,
}

impl<'w> Reader<'w, '_> {
    fn read(mut self) -> Result<Route, Dropped> {
        while let Some(word) = self.words.next() {
            if word.text == "nexthop" {
                self.nexthops(word);
                break;
            }
            self.option(word)?;
        }
        self.finish()
    }

    fn option(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        match word.text {
            "via" | "gw" | "or" | "dev" | "oif" | "onlink" | "realms" | "encap" => return self.hop(word),
            "src" => self.source(word)?,
            "from" => self.from(word)?,
            "table" => self.route.table = Some(self.named("table", word, Builtin::Table)?),
            "metric" | "priority" | "preference" => {
                self.words.once("metric", word);
                self.route.metric = Some(self.words.number(word, u64::from(u32::MAX))?);
            }
            "tos" | "dsfield" => self.route.tos = Some(self.named("tos", word, Builtin::Tos)?),
            "protocol" => self.route.protocol = Some(self.named("protocol", word, Builtin::Protocol)?),
            "scope" => self.route.scope = Some(self.named("scope", word, Builtin::Scope)?),
            "vrf" => {
                self.words.once("vrf", word);
                self.route.vrf = Some(self.words.interface(word)?);
            }
            "features" => self.features(word)?,
            "congctl" => self.congestion(word)?,
            "pref" => self.preference(word)?,
            "expires" => self.expires(word)?,
            "ttl-propagate" => self.ttl_propagate(word)?,
            "as" => self.as_to(word)?,
            "add" => self.insertion(word, Insertion::Add),
            "append" => self.insertion(word, Insertion::Append),
            "prepend" => self.insertion(word, Insertion::Prepend),
            "inet" => self.words.family_word(word, Family::Ipv4)?,
            "inet6" => self.words.family_word(word, Family::Ipv6)?,
            "no_track" | "track_group" => self.words.track(word, self.place, &mut self.route.tracking)?,
            text => match Metric::ALL.into_iter().find(|metric| metric.name() == text) {
                Some(metric) => self.metric(metric, word)?,
                None => self.destination(word)?,
            },
        }
        Ok(())
    }

    fn named(&mut self, name: &'static str, word: Word<'w>, kind: Builtin) -> Result<Named, Dropped> {
        self.words.once(name, word);
        self.words.named(word, kind)
    }

    fn source(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        self.words.once("src", word);
        self.route.source = Some(self.words.address(word)?);
        Ok(())
    }

    /// IPv6 only.
    fn from(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        self.words.once("from", word);
        self.words.of_family(Family::Ipv6, word.span)?;
        let argument = self.words.argument(word)?;
        self.route.from = Some(self.words.prefix(word, argument)?);
        Ok(())
    }

    fn features(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        self.words.once("features", word);
        let argument = self.words.argument(word)?;
        match argument.text {
            "ecn" => self.route.features = Features::Ecn,
            text => self.ignored(argument, format!("`ecn` is the only feature, not `{text}`")),
        }
        Ok(())
    }

    fn preference(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        self.words.once("pref", word);
        let preference = self.words.value(word, "low, medium, high or a number from 0 to 255", |text| match text {
            "low" => Some(RoutePreference::Low),
            "medium" => Some(RoutePreference::Medium),
            "high" => Some(RoutePreference::High),
            // The bits of RFC 4191; the kernel takes others for medium.
            text => decimal(text).filter(|number| *number <= 255).map(|number| match number {
                3 => RoutePreference::Low,
                1 => RoutePreference::High,
                _ => RoutePreference::Medium,
            }),
        })?;
        self.route.preference = Some(preference);
        self.words.of_family(Family::Ipv6, word.span)
    }

    fn expires(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        self.words.once("expires", word);
        self.route.expires = Some(self.words.number(word, u64::from(u32::MAX))?);
        self.words.of_family(Family::Ipv6, word.span)
    }

    fn ttl_propagate(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        self.words.once("ttl-propagate", word);
        let argument = self.words.argument(word)?;
        match argument.text {
            "enabled" => self.route.ttl_propagate = Some(TtlPropagate::Enabled),
            "disabled" => self.route.ttl_propagate = Some(TtlPropagate::Disabled),
            text => self.ignored(argument, format!("`ttl-propagate` takes enabled or disabled, not `{text}`")),
        }
        Ok(())
    }

    /// `as [to] ADDRESS`, for MPLS.
    fn as_to(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let to = self.words.skip("to").unwrap_or(word);
        self.words.argument(to)?;
        self.ignored(word, "`as` means nothing for IP".to_owned());
        Ok(())
    }

    fn insertion(&mut self, word: Word<'w>, insertion: Insertion) {
        self.words.once("prepend", word);
        self.route.insertion = insertion;
    }

    fn ignored(&mut self, word: Word<'w>, what: String) {
        self.words
            .out
            .push(Diagnostic::new(Code::RouteOption, word.span, what).note("it is ignored, as in keepalived"));
    }
}
