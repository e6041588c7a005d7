//! Options behind an address.

use std::net::{IpAddr, Ipv4Addr};

use host::Scope;
use vrrp::types::Family;

use super::{host_len, is_address, mask_len};
use crate::code::{Code, Severity};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::{Implied, Where};
use crate::language::ADDRESS_OPTIONS;
use crate::lexer::Word;
use crate::model::route::Tracking;
use crate::model::{Address, AddressFlag, Preferred, RequestedPrefixRoute, SCOPES};
use crate::source::Span;
use crate::suggest;
use crate::value::{INTERFACE_BYTES, interface_problem};

/// The names of all options.
pub(super) fn options() -> impl Iterator<Item = &'static str> {
    ADDRESS_OPTIONS.iter().filter_map(|option| option.words.first().copied())
}

fn takes_argument(name: &str) -> bool {
    ADDRESS_OPTIONS.iter().any(|option| option.words.first() == Some(&name) && option.usage.contains(' '))
}

/// The address is left out; why was reported.
struct Dropped;

/// `eth0`, `bond1.100`.
fn looks_like_interface(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text.is_ascii()
        && interface_problem(text).is_none()
}

/// Reads the options of one address.
pub(super) struct Reader<'a, 'w, I> {
    pub(super) value: Address,
    /// The address.
    pub(super) first: Word<'w>,
    pub(super) implied: Implied,
    pub(super) place: Where,
    pub(super) rest: I,
    pub(super) out: &'a mut Diagnostics,
}

impl<'w, I: Iterator<Item = Word<'w>>> Reader<'_, 'w, I> {
    /// `None`: the address is left out.
    pub(super) fn read(mut self) -> Option<(Address, Implied)> {
        while let Some(word) = self.rest.next() {
            self.option(word).ok()?;
        }
        self.check_peer(self.first.span);
        Some((self.value, self.implied))
    }

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
            "home" | "mngtmpaddr" | "autojoin" | "-nodad" => self.flag(word),
            "use_vmac" if self.place == Where::Router => {
                self.value.flags.insert(AddressFlag::UseVmac);
                Ok(())
            }
            "no_track" => {
                self.value.tracking = Tracking::Off;
                Ok(())
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
        if let IpAddr::V6(address) = self.value.address {
            let scope = if address.is_unicast_link_local() { "link" } else { "global" };
            // neutron writes it for each address.
            if name.text == scope {
                return Ok(());
            }
            return self.other_family(word, "IPv6 addresses have the scope that their bits say");
        }
        let named = SCOPES.iter().find(|(scope, _)| *scope == name.text).map(|&(_, number)| number);
        match named.or_else(|| name.text.parse().ok()) {
            Some(number) => self.value.scope = Scope(number),
            None => {
                let what = format!("unknown scope `{}`", name.text);
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
                Err(_) => return self.dropped(argument.span, format!("invalid IPv4 address `{text}`")),
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
            let what = format!("`{}` is not an {} address", argument.text, Family::of(&self.value.address));
            let diagnostic = Diagnostic::new(Code::AddressOption, argument.span, what);
            self.out.push(diagnostic.note("the address is added without a peer, as in keepalived"));
            return Ok(());
        };
        self.value.peer = Some(peer);
        Ok(())
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

    /// A flag with which the kernel would refuse the address, or for which it has no use, is left out.
    fn flag(&mut self, word: Word<'w>) -> Result<(), Dropped> {
        let Some(flag) = AddressFlag::ALL.into_iter().find(|flag| flag.name() == word.text) else { return Ok(()) };
        let is_multicast = self.value.address.is_multicast();
        let refused = match flag {
            AddressFlag::Home | AddressFlag::Dad | AddressFlag::ManageTempAddr if self.is_ipv4() => {
                return self.other_family(word, "it is for IPv6 addresses");
            }
            AddressFlag::ManageTempAddr if self.value.prefix_len != 64 => "it needs a prefix of 64 bits",
            AddressFlag::AutoJoin if !is_multicast => "it is for multicast addresses",
            AddressFlag::Home
            | AddressFlag::Dad
            | AddressFlag::ManageTempAddr
            | AddressFlag::AutoJoin
            | AddressFlag::UseVmac => {
                self.value.flags.insert(flag);
                return Ok(());
            }
        };
        let what = format!("`{}` does not go with {}/{}", word.text, self.value.address, self.value.prefix_len);
        let diagnostic = Diagnostic::new(Code::AddressOption, word.span, what);
        self.out.push(diagnostic.note(format!("{refused}; it is ignored, for the kernel would refuse the address")));
        Ok(())
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
            text => match text.parse() {
                Ok(seconds) => Preferred::Seconds(seconds),
                Err(_) => {
                    return self.dropped(argument.span, format!("`{text}` is neither seconds nor `forever`"));
                }
            },
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

    /// A netmask behind the address. `false`: the word is none.
    fn is_mask(&mut self, word: Word<'w>) -> bool {
        let is_named = matches!(word.text, "netmask" | "mask");
        let mask = if is_named { self.rest.next() } else { Some(word) };
        let len = mask.and_then(|mask| mask.text.parse().ok()).and_then(mask_len);
        let Some(len) = len.filter(|_| self.implied == Implied::Prefix && self.is_ipv4()) else { return false };
        self.implied = Implied::Nothing;
        let whole = self.first.span.to(mask.map_or(word.span, |mask| mask.span));
        let diagnostic = Diagnostic::new(Code::DottedNetmask, word.span, "a netmask is not understood here");
        let diagnostic = diagnostic.note(format!("/{} is used, as in keepalived", self.value.prefix_len));
        self.out.push(diagnostic.replace(whole, format!("{}/{len}", self.value.address), "write the prefix length"));
        true
    }

    /// A prefix length that a space separates from its address.
    fn is_length(&mut self, word: Word<'w>) -> bool {
        let is_length = word.text.strip_prefix('/').is_some_and(|len| len.parse::<u8>().is_ok());
        if !is_length || self.implied == Implied::Nothing {
            return false;
        }
        self.implied = Implied::Nothing;
        let what = "a space separates the prefix length from its address";
        let diagnostic = Diagnostic::new(Code::AddressOption, self.first.span.to(word.span), what);
        let diagnostic = diagnostic.note(format!("/{} is used, as in keepalived", self.value.prefix_len));
        let joined = format!("{}{}", self.first.text, word.text);
        self.out.push(diagnostic.replace(self.first.span.to(word.span), joined, "remove the space"));
        true
    }

    fn unknown(&mut self, word: Word<'w>) {
        // What is wrong with an odd blank before was said.
        if !self.first.text.is_ascii() || self.is_mask(word) {
            return;
        }
        if is_address(word.text) {
            let diagnostic = Diagnostic::new(Code::SecondAddress, word.span, "one address per line");
            let diagnostic = diagnostic.note("it is left out, as in keepalived");
            return self.out.push(diagnostic.help("write it on a line of its own"));
        }
        if self.is_length(word) {
            return;
        }
        let what = format!("`{}` is not an option of an address", word.text);
        let diagnostic = Diagnostic::new(Code::AddressOption, word.span, what).note("it is ignored");
        if let Some((option, value)) = word.text.split_once('=').filter(|(option, _)| takes_argument(option)) {
            return self.out.push(diagnostic.replace(word.span, format!("{option} {value}"), "write a space, not `=`"));
        }
        let Some(near) = suggest::nearest_of(options(), word.text) else {
            let is_interface = self.value.dev.is_none() && looks_like_interface(word.text);
            let dev = format!("dev {}", word.text);
            return self.out.push(if is_interface {
                diagnostic.replace(word.span, dev, "if it is the interface, say so")
            } else {
                diagnostic
            });
        };
        if takes_argument(near) {
            self.rest.next();
        }
        // What was asked for does not happen.
        let diagnostic = Diagnostic { severity: Severity::Error, ..diagnostic };
        self.out.push(diagnostic.did_you_mean(word.span, Some(near)));
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
