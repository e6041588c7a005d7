//! `ADDRESS [min_ttl N] [max_ttl N]` (keepalived-config §2.14), and lists of names.

use super::address::is_address;
use super::{Entry, Implied};
use crate::diagnostic::Diagnostics;
use crate::lexer::{Statement, Word};
use crate::model::Peer;
use crate::say;
use crate::value::plain_address;

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
    Some(Entry { value: peer, span: first.span, implied: Implied::Nothing })
}

fn ttl(option: Word<'_>, value: Option<Word<'_>>, out: &mut Diagnostics) -> Option<u8> {
    let number = value.and_then(|word| word.text.parse().ok());
    if number.is_none() {
        out.push(say::peer_option_ttl(value.unwrap_or(option).span, option.text));
    }
    number
}

/// Every word of a line is a name.
pub(crate) fn names(statement: &Statement) -> impl Iterator<Item = Entry<String>> {
    statement.words().map(|word| Entry { value: word.text.to_owned(), span: word.span, implied: Implied::Nothing })
}
