//! `ADDRESS[/LEN] [option …]` (keepalived-config §2.16), `ADDRESS [min_ttl N] [max_ttl N]` (§2.14), and lists of names.

mod options;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use host::Scope;

use super::{Entry, Implied, Where};
use crate::diagnostic::Diagnostics;
use crate::lexer::{Statement, Word};
use crate::model::route::Tracking;
use crate::model::{Address, Peer, Preferred, RequestedPrefixRoute};
use crate::say;
use crate::value::{bad_address, plain_address};
use options::{Reader, options};

/// Reads one line of an address list. `None`: it is left out, and that was reported.
pub(crate) fn address(statement: &Statement, place: Where, out: &mut Diagnostics) -> Option<Entry<Address>> {
    let first = statement.keyword()?;
    if first.text.strip_suffix(',').is_some_and(is_address) {
        return out.refuse(say::second_address_comma(first.span));
    }
    let (address, prefix_len, implied) = prefix(first, statement.words().nth(1), out)?;
    let preferred = match address {
        IpAddr::V6(_) if prefix_len == 128 => Preferred::Deprecated,
        IpAddr::V4(_) | IpAddr::V6(_) => Preferred::Forever,
    };
    let value = Address {
        address,
        prefix_len,
        dev: None,
        scope: Scope::default(),
        label: None,
        broadcast: None,
        prefix_route: RequestedPrefixRoute::Automatic,
        preferred,
        peer: None,
        flags: BTreeSet::new(),
        tracking: Tracking::Own,
    };
    let reader = Reader { value, first, implied, place, rest: statement.words().skip(1), out };
    let (value, implied) = reader.read()?;
    Some(Entry { value, span: first.span, implied })
}

/// Reads one line of `unicast_peer`. `None`: it is left out, and that was reported.
pub(crate) fn peer(statement: &Statement, out: &mut Diagnostics) -> Option<Entry<Peer>> {
    let mut words = statement.words();
    let first = words.next()?;
    let address = plain_address(first, &say::bad_address_peer(), out)?;
    let mut peer = Peer { address, min_ttl: None, max_ttl: None };
    while let Some(option) = words.next() {
        match option.text {
            "min_ttl" => peer.min_ttl = ttl(option, words.next(), out),
            "max_ttl" => peer.max_ttl = ttl(option, words.next(), out),
            _ => {
                out.push(if is_address(option.text) {
                    say::second_address_peer(option.span)
                } else {
                    say::peer_option_unknown(option.span, option.text)
                });
                break;
            }
        }
    }
    if let (Some(min), Some(max)) = (peer.min_ttl, peer.max_ttl)
        && min > max
    {
        out.push(say::peer_option_range(first.span, min, max));
    }
    Some(Entry { value: peer, span: first.span, implied: Implied::Nothing })
}

/// Every word of a line is a name.
pub(crate) fn names(statement: &Statement) -> impl Iterator<Item = Entry<String>> {
    statement.words().map(|word| Entry { value: word.text.to_owned(), span: word.span, implied: Implied::Nothing })
}

fn ttl(option: Word<'_>, value: Option<Word<'_>>, out: &mut Diagnostics) -> Option<u8> {
    let number = value.and_then(|word| word.text.parse().ok());
    number.or_else(|| out.refuse(say::peer_option_ttl(value.unwrap_or(option).span, option.text)))
}

/// Whether a word is an address, with or without a length.
pub(super) fn is_address(text: &str) -> bool {
    address_and_len(text).is_some()
}

/// `ADDRESS[/LEN]`.
fn prefix(word: Word<'_>, next: Option<Word<'_>>, out: &mut Diagnostics) -> Option<(IpAddr, u8, Implied)> {
    let Some((address, len)) = address_and_len(word.text) else {
        let diagnostic = bad_address(word).note(say::bad_address_address());
        let option = options().any(|option| option == word.text);
        return out.refuse(if option { diagnostic.help(say::bad_address_before()) } else { diagnostic });
    };
    // A length behind a space is read as an option.
    let is_behind = |len: &&str| len.is_empty() && next.is_some_and(|next| next.text.parse::<u8>().is_ok());
    let Some(len) = len.filter(|len| !is_behind(len)) else {
        return Some((address, host_len(address), Implied::Prefix));
    };
    Some((address, prefix_len(word, address, len, out), Implied::Nothing))
}

/// What stands before and behind `/`.
pub(super) fn address_and_len(text: &str) -> Option<(IpAddr, Option<&str>)> {
    let (address, len) = text.split_once('/').map_or((text, None), |(address, len)| (address, Some(len)));
    Some((address.parse().ok()?, len))
}

/// The number behind `/`. A bad one means one host, as in keepalived.
pub(super) fn prefix_len(word: Word<'_>, address: IpAddr, len: &str, out: &mut Diagnostics) -> u8 {
    let host = host_len(address);
    if let Some(len) = len.parse().ok().filter(|len| *len <= host) {
        return len;
    }
    out.push(match len.parse::<Ipv4Addr>().ok().and_then(mask_len) {
        Some(mask) => say::dotted_netmask(word.span, host, word.span, format!("{address}/{mask}")),
        None => say::bad_prefix_length(word.end(len.len()), len, host),
    });
    host
}

pub(super) const fn host_len(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// Length of a netmask such as 255.255.255.0.
pub(super) fn mask_len(mask: Ipv4Addr) -> Option<u32> {
    let bits = mask.to_bits();
    (bits.leading_ones() + bits.trailing_zeros() == 32 || bits == u32::MAX).then(|| bits.leading_ones())
}
