//! `encap mpls LABEL/…`, `encap ip …`, `encap ip6 …`, `encap ila LOCATOR`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::entry::words::{Builtin, Dropped, Part, Words, decimal};
use crate::lexer::Word;
use crate::model::route::{Encap, Named, Tunnel};

/// Largest MPLS label: 20 bits.
const LABEL_MAX: u64 = 0xf_ffff;

/// Most labels, as in the kernel (MAX_NEW_LABELS).
const LABELS_MAX: usize = 30;

/// What follows `encap`. `None`: it is left out, and that was reported.
pub(super) fn encap<'w>(words: &mut Words<'w, '_>, option: Word<'w>) -> Option<Encap> {
    words.within(Part::Encap, |words| {
        let kind = words.argument(option).ok()?;
        match kind.text {
            "mpls" => words.value(kind, "labels from 0 to 1048575 with `/` between them", labels).ok().map(Encap::Mpls),
            "ila" => words.value(kind, "a locator of four groups", locator).ok().map(Encap::Ila),
            "ip" => tunnel(words, kind, "tos", "ttl", v4).map(Encap::Ip),
            "ip6" => tunnel(words, kind, "tc", "hoplimit", v6).map(Encap::Ip6),
            text => {
                let what = format!("`encap` takes mpls, ip, ip6 or ila, not `{text}`");
                let _ = words.fail::<()>(Code::RoutePart, kind.span, what);
                words.skip_to_option();
                None
            }
        }
    })
}

fn labels(text: &str) -> Option<Vec<u32>> {
    let label = |text: &str| u32::try_from(decimal(text).filter(|label| *label <= LABEL_MAX)?).ok();
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

fn v4(text: &str) -> Option<Ipv4Addr> {
    text.parse().ok()
}

fn v6(text: &str) -> Option<Ipv6Addr> {
    text.parse().ok()
}

/// Pairs up to the first word that begins none. Their values have families of their own.
fn tunnel<'w, A: Into<IpAddr>>(
    words: &mut Words<'w, '_>,
    kind: Word<'w>,
    class: &str,
    hops: &str,
    address: fn(&str) -> Option<A>,
) -> Option<Tunnel<A, Named>> {
    let mut tunnel = Tunnel::default();
    let mut whole = Ok(());
    while let Some(word) = words.peek() {
        let known = ["id", "dst", "src", "flags"].contains(&word.text) || word.text == class || word.text == hops;
        if !known {
            break;
        }
        words.next();
        whole = pair(words, word, class, address, &mut tunnel).and(whole);
    }
    whole.ok()?;
    if tunnel.id.is_some() || tunnel.destination.is_some() || tunnel.source.is_some() {
        return Some(tunnel);
    }
    // A word that is unknown also as an option of the route is the one mistake.
    if words.peek().is_none_or(|next| words.is_option(next.text)) {
        let what = format!("`encap {}` needs `id`, `dst` or `src`", kind.text);
        let _ = words.drop_for::<()>(Diagnostic::new(Code::RoutePart, kind.span, what));
    }
    None
}

fn pair<'w, A>(
    words: &mut Words<'w, '_>,
    word: Word<'w>,
    class: &str,
    address: fn(&str) -> Option<A>,
    tunnel: &mut Tunnel<A, Named>,
) -> Result<(), Dropped> {
    let expects = if class == "tos" { "an IPv4 address" } else { "an IPv6 address" };
    match word.text {
        "id" => {
            words.once("id", word);
            tunnel.id = Some(words.number(word, u64::MAX)?);
        }
        "dst" => {
            words.once("dst", word);
            tunnel.destination = Some(words.value(word, expects, address)?);
        }
        "src" => {
            words.once("src", word);
            tunnel.source = Some(words.value(word, expects, address)?);
        }
        "flags" => {
            words.once("flags", word);
            tunnel.flags = Some(words.number(word, u64::from(u16::MAX))?);
        }
        text if text == class => {
            words.once("class", word);
            tunnel.class = Some(words.named(word, Builtin::Tos)?);
        }
        _ => {
            words.once("hops", word);
            tunnel.hops = Some(words.number(word, u64::from(u8::MAX))?);
        }
    }
    Ok(())
}
