//! The way: `via`, `dev`, `encap` and what goes with them, alone or after `nexthop`.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use vrrp::types::Family;

use super::{Draft, LostHop};
use crate::entry::words::{Builtin, Done, Dropped, Part, Row, Words, often, once, put, set};
use crate::lexer::Word;
use crate::model::route::{Encap, Hop, Named, NextHop, OnLink, Tunnel};
use crate::say;
use crate::value::decimal_number;

/// Largest weight: the kernel counts from 0 in a byte.
const WEIGHT_MAX: u16 = 256;

/// The options of a way.
pub(super) const OPTIONS: &[Row<Hop>] = &[
    once(&["via"], via),
    once(&["dev", "oif"], |words, word, hop| put(&mut hop.dev, words.interface(word))),
    once(&["realms"], |words, word, hop| put(&mut hop.realms, words.realms(word))),
    once(&["encap"], |words, word, hop| set(&mut hop.encap, encap(words, word))),
    often(&["onlink"], |_, _, hop| set(&mut hop.onlink, OnLink::Assumed)),
];

fn via<'w>(words: &mut Words<'w, '_>, word: Word<'w>, hop: &mut Hop) -> Done {
    for (name, family) in [("inet", Family::Ipv4), ("inet6", Family::Ipv6)] {
        if let Some(word) = words.skip(name) {
            words.of_family(family, word.span)?;
        }
    }
    put(&mut hop.via, words.address(word))
}

pub(super) fn gateway<'w>(words: &mut Words<'w, '_>, word: Word<'w>, draft: &mut Draft) -> Done {
    words.deprecated(word, "via");
    words.once("via", word);
    via(words, Word { text: "via", ..word }, &mut draft.route.hop)
}

/// All that follows the first `nexthop`.
pub(super) fn nexthops<'w>(words: &mut Words<'w, '_>, first: Word<'w>, draft: &mut Draft) {
    words.once("nexthop", first);
    let mut start = Some(first);
    while let Some(word) = start {
        match words.within(Part::NextHop, |words| nexthop(words, word)) {
            Ok(nexthop) => draft.route.nexthops.push(nexthop),
            Err(Dropped) => {
                draft.lost_hop = LostHop::Yes;
                words.skip_to("nexthop");
            }
        }
        start = words.skip("nexthop");
    }
    if let Some(word) = words.peek() {
        trailing(words, word);
    }
}

fn trailing(words: &mut Words<'_, '_>, word: Word<'_>) {
    let surplus = say::surplus_words_hop(word.span, word.text);
    words.out.push(if words.is_option(word.text) {
        surplus.help(say::surplus_words_hop_before())
    } else {
        surplus.did_you_mean(word.span, words.meant(word.text))
    });
}

/// The words after one `nexthop`, up to the first that cannot belong to it.
fn nexthop<'w>(words: &mut Words<'w, '_>, start: Word<'w>) -> Result<NextHop, Dropped> {
    const WEIGHT: &[Row<NextHop>] = &[once(&["weight"], |words, word, nexthop| {
        let number = |text: &str| u16::try_from(decimal_number(text)?).ok();
        let weight = |text: &str| number(text).filter(|weight| (1..=WEIGHT_MAX).contains(weight));
        set(&mut nexthop.weight, words.value(word, || say::route_value_number(1, WEIGHT_MAX), weight)?)
    })];
    let mut nexthop = NextHop { hop: Hop::default(), weight: 1 };
    while let Some(word) = words.next() {
        let known = words.option(OPTIONS, word, &mut nexthop.hop);
        match known.or_else(|| words.option(WEIGHT, word, &mut nexthop)) {
            Some(done) => done?,
            None => {
                words.step_back();
                break;
            }
        }
    }
    if nexthop.hop.via.is_none() && nexthop.hop.dev.is_none() {
        return words.drop_for(say::route_part_hop(start.span));
    }
    Ok(nexthop)
}

/// Largest MPLS label: 20 bits.
const LABEL_MAX: u64 = 0xf_ffff;

/// Most labels, as in the kernel (MAX_NEW_LABELS).
const LABELS_MAX: usize = 30;

/// What follows `encap`: `mpls LABEL/…`, `ip …`, `ip6 …`, `ila LOCATOR`. `None`: it is left out, and that was reported.
fn encap<'w>(words: &mut Words<'w, '_>, option: Word<'w>) -> Option<Encap> {
    words.within(Part::Encap, |words| {
        let kind = words.argument(option).ok()?;
        match kind.text {
            "mpls" => words.value(kind, say::route_value_mpls, labels).ok().map(Encap::Mpls),
            "ila" => words.value(kind, say::route_value_ila, locator).ok().map(Encap::Ila),
            "ip" => tunnel(words, kind).map(Encap::Ip),
            "ip6" => tunnel(words, kind).map(Encap::Ip6),
            text => {
                let _ = words.drop_for::<()>(say::route_part_encap(kind.span, text));
                words.skip_to_option();
                None
            }
        }
    })
}

fn labels(text: &str) -> Option<Vec<u32>> {
    let label = |text: &str| u32::try_from(decimal_number(text).filter(|label| *label <= LABEL_MAX)?).ok();
    let labels: Vec<u32> = text.split('/').map(label).collect::<Option<_>>()?;
    (labels.len() <= LABELS_MAX).then_some(labels)
}

/// Four groups of up to four hexadecimal digits.
fn locator(text: &str) -> Option<u64> {
    let groups: Vec<u16> = text
        .split(':')
        .map(|group| u16::from_str_radix(group, 16).ok().filter(|_| group.len() <= 4 && !group.starts_with('+')))
        .collect::<Option<_>>()?;
    (groups.len() == 4).then(|| groups.iter().fold(0, |locator, group| locator << 16 | u64::from(*group)))
}

/// An address of the outer header.
trait Outer: FromStr + 'static {
    const EXPECTS: fn() -> String;
    const OPTIONS: &'static [Row<Tunnel<Self, Named>>];
}

impl Outer for Ipv4Addr {
    const EXPECTS: fn() -> String = say::route_value_ipv4;
    const OPTIONS: &'static [Row<Tunnel<Self, Named>>] = &options(&["tos"], &["ttl"]);
}

impl Outer for Ipv6Addr {
    const EXPECTS: fn() -> String = say::route_value_ipv6;
    const OPTIONS: &'static [Row<Tunnel<Self, Named>>] = &options(&["tc"], &["hoplimit"]);
}

/// Their values have families of their own.
const fn options<A: Outer>(
    class: &'static [&'static str],
    hops: &'static [&'static str],
) -> [Row<Tunnel<A, Named>>; 6] {
    [
        once(&["id"], |words, word, tunnel| put(&mut tunnel.id, words.number(word, u64::MAX))),
        once(&["dst"], |words, word, tunnel| put(&mut tunnel.destination, address(words, word))),
        once(&["src"], |words, word, tunnel| put(&mut tunnel.source, address(words, word))),
        once(&["flags"], |words, word, tunnel| put(&mut tunnel.flags, words.number(word, u64::from(u16::MAX)))),
        once(class, |words, word, tunnel| put(&mut tunnel.class, words.named(word, Builtin::Tos))),
        once(hops, |words, word, tunnel| put(&mut tunnel.hops, words.number(word, u64::from(u8::MAX)))),
    ]
}

fn address<A: Outer>(words: &mut Words<'_, '_>, word: Word<'_>) -> Result<A, Dropped> {
    words.value(word, A::EXPECTS, |text| text.parse().ok())
}

/// Options up to the first word that is none.
fn tunnel<'w, A: Outer>(words: &mut Words<'w, '_>, kind: Word<'w>) -> Option<Tunnel<A, Named>> {
    let mut tunnel = Tunnel::default();
    let mut whole = Ok(());
    while let Some(word) = words.next() {
        let Some(done) = words.option(A::OPTIONS, word, &mut tunnel) else {
            words.step_back();
            break;
        };
        whole = done.and(whole);
    }
    whole.ok()?;
    if tunnel.id.is_some() || tunnel.destination.is_some() || tunnel.source.is_some() {
        return Some(tunnel);
    }
    // A word that is unknown also as an option of the route is the one mistake.
    if words.peek().is_none_or(|next| words.is_option(next.text)) {
        let _ = words.drop_for::<()>(say::route_part_tunnel(kind.span, kind.text));
    }
    None
}
