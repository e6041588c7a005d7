//! Words that addresses, routes and rules have in common, each in its canonical form.

use std::net::IpAddr;

/// Names of scopes and their numbers, as iproute2 has them.
const SCOPES: [(&str, &str); 5] =
    [("global", "0"), ("nowhere", "255"), ("host", "254"), ("link", "253"), ("site", "200")];
/// Names of routing tables.
const TABLES: [(&str, &str); 3] = [("default", "253"), ("main", "254"), ("local", "255")];

/// An address with its prefix length: `10.0.0.1` is `10.0.0.1/32`. What is no address stays as it is.
pub(crate) fn prefix(text: &str) -> String {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    match (address.parse::<IpAddr>(), length) {
        (Ok(address), Some(length)) => format!("{address}/{length}"),
        (Ok(address @ IpAddr::V4(_)), None) => format!("{address}/32"),
        (Ok(address @ IpAddr::V6(_)), None) => format!("{address}/128"),
        (Err(_), _) => text.to_owned(),
    }
}

/// An address without a prefix length, canonical.
pub(crate) fn address(text: &str) -> String {
    let address = text.split_once('/').map_or(text, |(address, _)| address);
    address.parse::<IpAddr>().map_or_else(|_| text.to_owned(), |address| address.to_string())
}

/// Whether this is IPv6, as keepalived decides it.
pub(crate) fn is_v6(text: &str) -> bool {
    text.contains(':')
}

/// The name of a scope that is given as name or number.
pub(crate) fn scope(text: &str) -> String {
    let found = SCOPES.iter().find(|(name, number)| *name == text || *number == text);
    found.map_or_else(|| text.to_owned(), |(name, _)| (*name).to_owned())
}

/// The number of a routing table that is given as name or number.
pub(crate) fn table(text: &str) -> String {
    let found = TABLES.iter().find(|(name, _)| *name == text);
    found.map_or_else(|| integer(text), |(_, number)| (*number).to_owned())
}

/// A decimal, octal or hexadecimal number in decimal.
pub(crate) fn integer(text: &str) -> String {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    u64::from_str_radix(digits, radix).map_or_else(|_| text.to_owned(), |number| number.to_string())
}

/// A number with an optional mask, both in decimal.
pub(crate) fn masked(text: &str) -> String {
    text.split('/').map(integer).collect::<Vec<_>>().join("/")
}

/// A command as a list of arguments, each in quotes.
pub(crate) fn command<T: AsRef<str>>(arguments: impl IntoIterator<Item = T>) -> String {
    let quoted: Vec<_> = arguments.into_iter().map(|argument| format!("'{}'", argument.as_ref())).collect();
    quoted.join(" ")
}
