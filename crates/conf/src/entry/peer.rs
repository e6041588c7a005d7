//! `ADDRESS [min_ttl N] [max_ttl N]` (keepalived-config §2.14), and lists of names.

use std::net::IpAddr;

use super::{Entry, Implied};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::lexer::{Statement, Word};
use crate::model::Peer;
use crate::value::plain_address;

/// Reads one line of `unicast_peer`. `None`: it is left out, and that was reported.
pub(crate) fn peer(statement: &Statement, out: &mut Diagnostics) -> Option<Entry<Peer>> {
    let mut words = statement.words();
    let first = words.next()?;
    let address = plain_address(first, "the peer is left out", out)?;
    let mut peer = Peer { address, min_ttl: None, max_ttl: None };
    while let Some(option) = words.next() {
        match option.text {
            "min_ttl" => peer.min_ttl = ttl(option, words.next(), out),
            "max_ttl" => peer.max_ttl = ttl(option, words.next(), out),
            _ => {
                out.push(unknown(option));
                break;
            }
        }
    }
    Some(Entry { value: peer, span: first.span, implied: Implied::Nothing })
}

fn ttl(option: Word<'_>, value: Option<Word<'_>>, out: &mut Diagnostics) -> Option<u8> {
    let word = value.unwrap_or(option);
    let number = value.and_then(|word| word.text.parse().ok());
    if number.is_none() {
        let what = format!("`{}` takes a number from 0 to 255", option.text);
        out.push(Diagnostic::new(Code::PeerOption, word.span, what).note("it is ignored; the peer is kept"));
    }
    number
}

fn unknown(word: Word<'_>) -> Diagnostic {
    if word.text.split('/').next().is_some_and(|text| text.parse::<IpAddr>().is_ok()) {
        let diagnostic = Diagnostic::new(Code::SecondAddress, word.span, "one peer per line");
        let diagnostic = diagnostic.note("it is left out, as in keepalived");
        return diagnostic.help("write it on a line of its own");
    }
    let what = format!("`{}` is not an option of a peer", word.text);
    Diagnostic::new(Code::PeerOption, word.span, what).note("the rest of the line is ignored; the peer is kept")
}

/// Every word of a line is a name.
pub(crate) fn names(statement: &Statement) -> impl Iterator<Item = Entry<String>> {
    statement.words().map(|word| Entry { value: word.text.to_owned(), span: word.span, implied: Implied::Nothing })
}
