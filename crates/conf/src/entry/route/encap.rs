//! `encap mpls LABEL/…`, `encap ip …`, `encap ip6 …`, `encap ila LOCATOR`.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::entry::words::{Builtin, Dropped, Part, Row, Words, once, put};
use crate::lexer::Word;
use crate::model::route::{Encap, Named, Tunnel};
use crate::say;
use crate::value::decimal_number;

/// Largest MPLS label: 20 bits.
const LABEL_MAX: u64 = 0xf_ffff;

/// Most labels, as in the kernel (MAX_NEW_LABELS).
const LABELS_MAX: usize = 30;

/// What follows `encap`. `None`: it is left out, and that was reported.
pub(super) fn encap<'w>(words: &mut Words<'w, '_>, option: Word<'w>) -> Option<Encap> {
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
