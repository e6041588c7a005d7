//! `ADDRESS[/LEN] [option …]` (keepalived-config §2.16).

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use host::Scope;
use vrrp::types::Family;

use super::{Entry, Implied, Where};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::ADDRESS_OPTIONS;
use crate::lexer::{Statement, Word};
use crate::model::route::Tracking;
use crate::model::{Address, AddressFlag, Preferred, RequestedPrefixRoute, SCOPES};
use crate::source::Span;
use crate::suggest;
use crate::value::{INTERFACE_BYTES, bad_address, interface_problem};

/// The names of all options.
fn options() -> impl Iterator<Item = &'static str> {
    ADDRESS_OPTIONS.iter().filter_map(|option| option.words.first().copied())
}

fn takes_argument(name: &str) -> bool {
    ADDRESS_OPTIONS.iter().any(|option| option.words.first() == Some(&name) && option.usage.contains(' '))
}

/// The address is left out; why was reported.
struct Dropped;

/// Reads one line of an address list. `None`: it is left out, and that was reported.
pub(crate) fn address(statement: &Statement, place: Where, out: &mut Diagnostics) -> Option<Entry<Address>> {
    let words: Vec<Word<'_>> = statement.words().collect();
    let (first, options) = words.split_first()?;
    if first.text.strip_suffix(',').is_some_and(is_address) {
        let diagnostic = Diagnostic::new(Code::SecondAddress, first.span, "commas do not part addresses");
        let note = "the line is left out; keepalived makes a single host of the first and drops the rest";
        out.push(diagnostic.note(note).help("write each on a line of its own, without a comma"));
        return None;
    }
    let (address, prefix_len, implied) = prefix(*first, out)?;
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
    let mut reader = Reader { value, place, rest: options.iter().copied(), out };
    while let Some(word) = reader.rest.next() {
        if reader.option(word).is_err() {
            return None;
        }
    }
    reader.check_peer(first.span);
    Some(Entry { value: reader.value, span: first.span, implied })
}

fn is_address(text: &str) -> bool {
    text.split('/').next().is_some_and(|text| text.parse::<IpAddr>().is_ok())
}

/// `ADDRESS[/LEN]`.
fn prefix(word: Word<'_>, out: &mut Diagnostics) -> Option<(IpAddr, u8, Implied)> {
    let (text, len) = match word.text.split_once('/') {
        Some((text, len)) => (text, Some(len)),
        None => (word.text, None),
    };
    let Ok(address) = text.parse::<IpAddr>() else {
        let diagnostic = bad_address(word).note("the address is left out");
        let option = options().any(|option| option == word.text);
        out.push(if option { diagnostic.help("the address comes first") } else { diagnostic });
        return None;
    };
    let Some(len) = len else { return Some((address, host_len(address), Implied::Prefix)) };
    Some((address, prefix_len(word, address, len, out), Implied::Nothing))
}

/// The number behind `/`. A bad one means one host, as in keepalived.
pub(super) fn prefix_len(word: Word<'_>, address: IpAddr, len: &str, out: &mut Diagnostics) -> u8 {
    let host = host_len(address);
    if let Some(len) = len.parse().ok().filter(|len| *len <= host) {
        return len;
    }
    let diagnostic = match len.parse::<Ipv4Addr>().ok().and_then(mask_len) {
        Some(mask) => Diagnostic::new(Code::DottedNetmask, word.span, "a netmask is not understood here").replace(
            word.span,
            format!("{address}/{mask}"),
            "write the prefix length",
        ),
        None => Diagnostic::new(Code::BadPrefixLength, word.end(len.len()), format!("`{len}` is no prefix length")),
    };
    out.push(diagnostic.note(format!("/{host} is used, as in keepalived")));
    host
}

pub(super) const fn host_len(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// Length of a netmask such as 255.255.255.0.
fn mask_len(mask: Ipv4Addr) -> Option<u32> {
    let bits = mask.to_bits();
    (bits.leading_ones() + bits.trailing_zeros() == 32 || bits == u32::MAX).then(|| bits.leading_ones())
}

/// Reads the options of one address.
struct Reader<'a, I> {
    value: Address,
    place: Where,
    rest: I,
    out: &'a mut Diagnostics,
}

impl<'w, I: Iterator<Item = Word<'w>>> Reader<'_, I> {
    fn option(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        match word.text {
            "dev" => self.dev(word),
            "scope" => self.scope(word),
            "brd" | "broadcast" => self.broadcast(word),
            "label" => self.label(word),
            "preferred_lft" => self.preferred(word),
            "noprefixroute" => {
                self.value.prefix_route = RequestedPrefixRoute::None;
                Ok(())
            }
            "peer" => self.peer(word),
            "home" | "mngtmpaddr" | "autojoin" => self.flag(word, "the address is added without this flag"),
            "-nodad" => self.flag(word, "duplicate address detection stays off"),
            "use_vmac" if self.place == Where::Router => self.flag(word, "the address uses the MAC of its interface"),
            "no_track" => {
                self.value.tracking = Tracking::Off;
                self.not_yet(word, "the address is put back when it is removed")
            }
            "track_group" if self.place == Where::Static => self.track_group(word),
            "use_vmac" => self.elsewhere(word, "virtual addresses"),
            "track_group" => {
                self.argument(word)?;
                self.elsewhere(word, "static addresses; a router tracks its own anyway")
            }
            _ => {
                self.unknown(word);
                Ok(())
            }
        }
    }

    fn dev(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let name = self.argument(word)?;
        if self.value.dev.is_some() {
            return self.dropped(word.span, "an address has one `dev`");
        }
        if let Some(problem) = interface_problem(name.text) {
            return self.dropped(name.span, problem);
        }
        self.value.dev = Some(name.text.to_owned());
        Ok(())
    }

    fn scope(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let name = self.argument(word)?;
        if !self.is_ipv4() {
            return self.other_family(word, "IPv6 addresses have the scope that their bits say");
        }
        let named = SCOPES.iter().find(|(scope, _)| *scope == name.text).map(|&(_, number)| number);
        match named.or_else(|| name.text.parse().ok()) {
            Some(number) => self.value.scope = Scope(number),
            None => {
                let what = format!("`{}` is no scope", name.text);
                let diagnostic = Diagnostic::new(Code::AddressOption, name.span, what);
                self.out.push(diagnostic.note("global, site, link, host or 0 to 255; it is ignored"));
            }
        }
        Ok(())
    }

    /// `+` and `-` set and clear the host bits.
    fn broadcast(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let argument = self.argument(word)?;
        let IpAddr::V4(address) = self.value.address else {
            return self.dropped(word.span, "IPv6 has no broadcast");
        };
        let host_bits = u32::MAX.checked_shr(u32::from(self.value.prefix_len)).unwrap_or(0);
        let derived = |bits: u32| (self.value.prefix_len <= 30).then(|| Ipv4Addr::from_bits(bits));
        self.value.broadcast = match argument.text {
            "+" => derived(address.to_bits() | host_bits),
            "-" => derived(address.to_bits() & !host_bits),
            text => match text.parse() {
                Ok(broadcast) => Some(broadcast),
                Err(_) => return self.dropped(argument.span, format!("`{text}` is no IPv4 address")),
            },
        };
        if self.value.broadcast.is_none() {
            let what = format!("a /{} has no broadcast address", self.value.prefix_len);
            let diagnostic = Diagnostic::new(Code::AddressOption, argument.span, what);
            self.out.push(diagnostic.note("the address is added without one"));
        }
        Ok(())
    }

    /// The other end of a point-to-point link. It has no prefix length of its own.
    fn peer(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let argument = self.argument(word)?;
        let peer = argument.text.split('/').next().and_then(|text| text.parse::<IpAddr>().ok());
        let Some(peer) = peer.filter(|peer| peer.is_ipv4() == self.is_ipv4()) else {
            let what = format!("`{}` is no {} address", argument.text, Family::of(&self.value.address));
            let diagnostic = Diagnostic::new(Code::AddressOption, argument.span, what);
            self.out.push(diagnostic.note("the address is added without a peer, as in keepalived"));
            return Ok(());
        };
        self.value.peer = Some(peer);
        self.not_yet(word, "the address is added without its peer")
    }

    /// With a peer there is nobody to broadcast to, and the address is a single host.
    fn check_peer(&mut self, prefix: Span) {
        if self.value.peer.is_none() {
            return;
        }
        self.value.broadcast = None;
        let host = host_len(self.value.address);
        if self.value.prefix_len != host {
            let what = format!("an address with a `peer` is a single host, not a /{}", self.value.prefix_len);
            let diagnostic = Diagnostic::new(Code::AddressOption, prefix, what);
            self.out.push(diagnostic.note(format!("/{host} is used, as in keepalived")));
            self.value.prefix_len = host;
        }
    }

    fn flag(&mut self, word: Word<'w>, consequence: &str) -> Result<(), Dropped> {
        self.value.flags.extend(AddressFlag::ALL.iter().filter(|flag| flag.name() == word.text));
        self.not_yet(word, consequence)
    }

    fn elsewhere(&mut self, word: Word<'w>, whose: &str) -> Result<(), Dropped> {
        let what = format!("`{}` is for {whose}", word.text);
        self.out.push(Diagnostic::new(Code::AddressOption, word.span, what).note("it is ignored"));
        Ok(())
    }

    fn track_group(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let group = self.argument(word)?;
        if self.value.tracking == Tracking::Own {
            self.value.tracking = Tracking::Group(group.text.to_owned());
        }
        Ok(())
    }

    fn label(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let label = self.argument(word)?;
        if !self.is_ipv4() {
            return self.other_family(word, "IPv6 addresses have no label");
        }
        if label.text.len() > INTERFACE_BYTES {
            return self.dropped(label.span, format!("a label has at most {INTERFACE_BYTES} bytes"));
        }
        self.value.label = Some(label.text.to_owned());
        Ok(())
    }

    fn preferred(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let argument = self.argument(word)?;
        if self.is_ipv4() {
            return self.other_family(word, "IPv4 addresses are always preferred");
        }
        self.value.preferred = match argument.text {
            "0" => Preferred::Deprecated,
            "forever" => Preferred::Forever,
            text if text.parse::<u32>().is_ok() => {
                self.not_yet(argument, "only 0 and forever are known; the address is preferred for ever")?;
                text.parse().map_or(Preferred::Forever, Preferred::Seconds)
            }
            text => return self.dropped(argument.span, format!("`{text}` is neither seconds nor `forever`")),
        };
        Ok(())
    }

    /// The word after an option.
    fn argument(&mut self, option: Word<'w>) -> Result<Word<'w>, Dropped> {
        if let Some(word) = self.rest.next() {
            return Ok(word);
        }
        self.dropped(option.span, format!("`{}` needs an argument", option.text)).map(|()| option)
    }

    fn unknown(&mut self, word: Word<'w>) {
        if is_address(word.text) {
            let diagnostic = Diagnostic::new(Code::SecondAddress, word.span, "a line holds one address");
            let diagnostic = diagnostic.note("this one is left out, as in keepalived");
            return self.out.push(diagnostic.help("write it on a line of its own"));
        }
        let what = format!("`{}` is no option of an address", word.text);
        let diagnostic = Diagnostic::new(Code::AddressOption, word.span, what).note("it is ignored");
        let Some(near) = suggest::nearest_of(options(), word.text) else { return self.out.push(diagnostic) };
        if takes_argument(near) {
            self.rest.next();
        }
        self.out.push(diagnostic.replace(word.span, near, format!("did you mean `{near}`?")));
    }

    fn not_yet(&mut self, word: Word<'w>, consequence: &str) -> Result<(), Dropped> {
        let what = format!("`{}` is not supported yet here", word.text);
        self.out.push(Diagnostic::new(Code::AddressOptionNotYet, word.span, what).note(consequence));
        Ok(())
    }

    fn other_family(&mut self, word: Word<'w>, why: &str) -> Result<(), Dropped> {
        let what = format!("`{}` has no effect on this address", word.text);
        self.out.push(Diagnostic::new(Code::AddressOptionFamily, word.span, what).note(why));
        Ok(())
    }

    fn dropped(&mut self, span: Span, what: impl std::fmt::Display) -> Result<(), Dropped> {
        let diagnostic = Diagnostic::new(Code::AddressDropped, span, what);
        self.out.push(diagnostic.note("the whole address is left out, as in keepalived"));
        Err(Dropped)
    }

    fn is_ipv4(&self) -> bool {
        match Family::of(&self.value.address) {
            Family::Ipv4 => true,
            Family::Ipv6 => false,
        }
    }
}
