//! Values of options.

use std::net::IpAddr;

use vrrp::types::Family;

use super::{Done, Dropped, Words};
use crate::entry::Where;
use crate::entry::address::{address_and_len, host_len, prefix_len};
use crate::lexer::Word;
use crate::model::SCOPES;
use crate::model::route::{Named, Prefix, Realms, Tracking};
use crate::say;
use crate::source::Span;
use crate::value::{bad_address, c_number, decimal_number, interface_problem};

/// The number of the protocol `keepalived`.
pub(crate) const OUR_PROTOCOL: u8 = 18;

/// Kinds of numbers that have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Builtin {
    Table,
    Scope,
    Protocol,
    Tos,
    Realm,
    Group,
    IpProtocol,
}

/// Names that iproute2 knows without its files (RTPROT_*).
const PROTOCOLS: [(&str, u8); 21] = [
    ("redirect", 1),
    ("kernel", 2),
    ("boot", 3),
    ("static", 4),
    ("gated", 8),
    ("ra", 9),
    ("mrt", 10),
    ("zebra", 11),
    ("bird", 12),
    ("dnrouted", 13),
    ("xorp", 14),
    ("ntk", 15),
    ("dhcp", 16),
    ("mrouted", 17),
    ("keepalived", 18),
    ("babel", 42),
    ("bgp", 186),
    ("isis", 187),
    ("ospf", 188),
    ("rip", 189),
    ("eigrp", 192),
];

const TABLES: [(&str, u8); 3] = [("default", 253), ("main", 254), ("local", 255)];
const IP_PROTOCOLS: [(&str, u8); 5] = [("icmp", 1), ("tcp", 6), ("udp", 17), ("ipv6-icmp", 58), ("sctp", 132)];

/// What is known of a kind of numbers.
pub(crate) struct Facts {
    /// What its number is of.
    pub(crate) noun: &'static str,
    pub(crate) max: u32,
    /// The name of iproute2's file, if it has one.
    pub(crate) file: Option<&'static str>,
    /// Names that need no file.
    names: &'static [(&'static str, u8)],
}

impl Builtin {
    pub(crate) const fn facts(self) -> Facts {
        let (noun, max, file, names): (_, _, _, &[_]) = match self {
            Self::Table => ("table", u32::MAX, Some("rt_tables"), &TABLES),
            Self::Scope => ("scope", 255, Some("rt_scopes"), &SCOPES),
            Self::Protocol => ("protocol", 255, Some("rt_protos"), &PROTOCOLS),
            Self::Tos => ("type of service", 255, Some("rt_dsfield"), &[]),
            Self::Realm => ("realm", 255, Some("rt_realms"), &[]),
            Self::Group => ("group of interfaces", u32::MAX, Some("group"), &[("default", 0)]),
            Self::IpProtocol => ("IP protocol", 255, None, &IP_PROTOCOLS),
        };
        Facts { noun, max, file, names }
    }

    /// `None`: it is none, or outside its range.
    pub(crate) fn number(self, text: &str) -> Option<u32> {
        c_u32(text).filter(|number| *number <= self.facts().max)
    }

    /// `None`: a number outside its range, or what can be neither number nor name.
    pub(crate) fn read(self, text: &str) -> Option<Named> {
        let is_it = |name: &str| name == text || self == Self::IpProtocol && name.eq_ignore_ascii_case(text);
        if let Some(&(_, number)) = self.facts().names.iter().find(|(name, _)| is_it(name)) {
            return Some(Named::Number(u32::from(number)));
        }
        if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-')) {
            return self.number(text).map(Named::Number);
        }
        let odd = |c: char| matches!(c, '#' | '!' | '{' | '}' | '/') || is_odd(c);
        (!text.is_empty() && !text.contains(odd)).then(|| Named::Name { name: text.to_owned(), number: None })
    }
}

/// A number as C has it, in 32 bits.
pub(crate) fn c_u32(text: &str) -> Option<u32> {
    u32::try_from(c_number(text)?).ok()
}

/// Signs that no name can hold.
fn is_odd(c: char) -> bool {
    matches!(c, '"' | '\\') || c.is_whitespace() || c.is_control()
}

impl<'w> Words<'w, '_> {
    /// Reports what is not a value of `option`.
    pub(crate) fn bad<T>(
        &mut self,
        option: Word<'_>,
        word: Word<'_>,
        expects: impl FnOnce() -> String,
    ) -> Result<T, Dropped> {
        if self.is_option(word.text) {
            return self.missing(option);
        }
        self.drop_for(say::route_value(word.span, option.text, expects(), word.text))
    }

    /// The value behind `option`, if `read` can make sense of it.
    pub(crate) fn value<T>(
        &mut self,
        option: Word<'_>,
        expects: impl FnOnce() -> String,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Dropped> {
        let word = self.argument(option)?;
        match read(word.text) {
            Some(value) => Ok(value),
            None => self.bad(option, word, expects),
        }
    }

    /// A decimal number up to the largest of its type.
    pub(crate) fn number<T: TryFrom<u64>>(&mut self, option: Word<'_>, max: u64) -> Result<T, Dropped> {
        let read = |text: &str| T::try_from(decimal_number(text).filter(|number| *number <= max)?).ok();
        self.value(option, || say::route_value_number(0, max), read)
    }

    pub(crate) fn named(&mut self, option: Word<'_>, kind: Builtin) -> Result<Named, Dropped> {
        let word = self.argument(option)?;
        match kind.read(word.text) {
            Some(Named::Name { name, number: _ }) if self.is_option(&name) => self.missing(option),
            Some(named) => Ok(named),
            None => self.bad(option, word, || say::route_value_named(0, kind.facts().max)),
        }
    }

    /// `[FROM/]TO`, IPv4.
    pub(crate) fn realms(&mut self, option: Word<'_>) -> Result<Realms, Dropped> {
        let realms = self.value(option, say::route_value_realms, |text| {
            let realm = |text: &str| Builtin::Realm.read(text);
            match text.split_once('/') {
                Some((from, to)) => Some(Realms { from: Some(realm(from)?), to: realm(to)? }),
                None => Some(Realms { from: None, to: realm(text)? }),
            }
        })?;
        self.of_family(Family::Ipv4, option.span)?;
        Ok(realms)
    }

    /// A name, without signs that end words.
    pub(crate) fn name(&mut self, option: Word<'_>) -> Result<String, Dropped> {
        self.value(option, say::route_value_name, |text| {
            (!text.is_empty() && !text.contains(is_odd)).then(|| text.to_owned())
        })
    }

    pub(crate) fn interface(&mut self, option: Word<'_>) -> Result<String, Dropped> {
        let word = self.argument(option)?;
        if let Some(problem) = interface_problem(word.text) {
            return self.drop_for(say::bad_interface(word.span, problem));
        }
        if word.text.contains(is_odd) {
            return self.bad(option, word, say::route_value_interface);
        }
        Ok(word.text.to_owned())
    }

    /// An address alone.
    pub(crate) fn address(&mut self, option: Word<'_>) -> Result<IpAddr, Dropped> {
        let word = self.argument(option)?;
        match address_and_len(word.text) {
            Some((address, None)) => self.of_family(Family::of(&address), word.span).map(|()| address),
            Some((address, Some(_))) => {
                self.drop_for(say::route_value_address(word.span, option.text, word.span, address))
            }
            None => self.no_address(option, word),
        }
    }

    /// `ADDRESS[/LEN]`.
    pub(crate) fn prefix(&mut self, option: Word<'_>, word: Word<'w>) -> Result<Prefix, Dropped> {
        let Some((address, len)) = address_and_len(word.text) else { return self.no_address(option, word) };
        self.of_family(Family::of(&address), word.span)?;
        let len = len.map_or_else(|| host_len(address), |len| prefix_len(word, address, len, self.out));
        Ok(Prefix { address, len })
    }

    fn no_address<T>(&mut self, option: Word<'_>, word: Word<'_>) -> Result<T, Dropped> {
        if self.is_option(word.text) && option.text != word.text {
            return self.missing(option);
        }
        self.drop_for(bad_address(word))
    }

    /// A protocol other than ours needs `no_track`: keepalived finds what it tracks by the protocol.
    pub(crate) fn kept_protocol<T: PartialEq>(
        &mut self,
        tracking: &Tracking,
        protocol: Option<T>,
        ours: &T,
    ) -> Option<T> {
        let (protocol, span) = protocol.zip(self.place("protocol"))?;
        match tracking {
            Tracking::Own | Tracking::Group(_) if protocol != *ours => {
                self.out.push(say::protocol_reset(span, self.noun()));
                None
            }
            Tracking::Own | Tracking::Off | Tracking::Group(_) => Some(protocol),
        }
    }

    /// `track_group`.
    pub(crate) fn track_group(&mut self, word: Word<'_>, tracking: &mut Tracking) -> Done {
        match self.list {
            Where::Static => self.once("track_group", word),
            Where::Router => return self.drop_for(say::route_word_group(word.span, self.noun())),
        }
        let group = self.name(word)?;
        if self.place("no_track").is_none() {
            *tracking = Tracking::Group(group);
        }
        Ok(())
    }

    /// A group needs an interface to watch, and nothing against it.
    pub(crate) fn check_group(&mut self, tracking: &mut Tracking, interface: Option<Span>, option: &str) {
        let Some(span) = self.place("track_group") else { return };
        if self.place("no_track").is_some() {
            self.out.push(say::route_option_no_track(span));
        } else if interface.is_none() {
            *tracking = Tracking::Own;
            self.out.push(say::route_option_group(span, option));
        }
    }
}
