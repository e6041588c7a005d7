//! Options behind an address.

use std::net::{IpAddr, Ipv4Addr};

use host::Scope;
use vrrp::types::Family;

use super::{host_len, is_address, mask_len};
use crate::code::Severity;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::words::{Done, Dropped, set};
use crate::entry::{Implied, Where};
use crate::language::ADDRESS_OPTIONS;
use crate::lexer::Word;
use crate::model::route::Tracking;
use crate::model::{Address, AddressFlag, Preferred, RequestedPrefixRoute, SCOPES};
use crate::say;
use crate::source::Span;
use crate::suggest;
use crate::value::{INTERFACE_BYTES, interface_problem};

/// The names of all options.
pub(super) fn options() -> impl Iterator<Item = &'static str> {
    ADDRESS_OPTIONS.iter().filter_map(|option| option.words.first().copied())
}

/// What other programs call options.
const OTHER_NAMES: [(&str, &str); 4] = [("device", "dev"), ("interface", "dev"), ("nic", "dev"), ("alias", "label")];

fn takes_argument(name: &str) -> bool {
    ADDRESS_OPTIONS.iter().any(|option| option.words.first() == Some(&name) && option.usage.contains(' '))
}

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

    fn option(&mut self, word: Word<'w>) -> Done {
        match word.text {
            "dev" => self.dev(word),
            "scope" => self.scope(word),
            "brd" | "broadcast" => self.broadcast(word),
            "label" => self.label(word),
            "preferred_lft" => self.preferred(word),
            "noprefixroute" => set(&mut self.value.prefix_route, RequestedPrefixRoute::None),
            "peer" => self.peer(word),
            "home" | "mngtmpaddr" | "autojoin" | "-nodad" => self.flag(word),
            "use_vmac" if self.place == Where::Router => self.flag(word),
            "no_track" => set(&mut self.value.tracking, Tracking::Off),
            "track_group" if self.place == Where::Static => self.track_group(word),
            "use_vmac" => self.keep(say::address_option_use_vmac(word.span)),
            "track_group" => {
                self.argument(word)?;
                self.keep(say::address_option_track_group(word.span))
            }
            _ => self.unknown(word),
        }
    }

    fn dev(&mut self, word: Word<'w>) -> Done {
        let name = self.argument(word)?;
        if self.value.dev.is_some() {
            return self.drop_for(say::address_dropped_dev(word.span));
        }
        if let Some(problem) = interface_problem(name.text) {
            let said = say::address_dropped_interface(name.span, problem);
            let alias = name.text.split_once(':').filter(|(name, _)| interface_problem(name).is_none());
            return self.drop_for(match alias {
                Some((bare, _)) => {
                    let labelled = format!("{bare} label {}", name.text);
                    said.replace(name.span, labelled, say::bad_interface_alias())
                }
                None => said,
            });
        }
        self.value.dev = Some(name.text.to_owned());
        Ok(())
    }

    fn scope(&mut self, word: Word<'w>) -> Done {
        let name = self.argument(word)?;
        if let IpAddr::V6(address) = self.value.address {
            let scope = if address.is_unicast_link_local() { "link" } else { "global" };
            // neutron writes it for each address.
            if name.text == scope {
                return Ok(());
            }
            return self.keep(say::address_option_family_scope(word.span));
        }
        let named = SCOPES.iter().find(|(scope, _)| *scope == name.text).map(|&(_, number)| number);
        match named.or_else(|| name.text.parse().ok()) {
            Some(number) => self.value.scope = Scope(number),
            None => self.out.push(say::address_option_scope(name.span, name.text)),
        }
        Ok(())
    }

    /// `+` and `-` set and clear the host bits.
    fn broadcast(&mut self, word: Word<'w>) -> Done {
        let argument = self.argument(word)?;
        let IpAddr::V4(address) = self.value.address else {
            return self.drop_for(say::address_dropped_ipv6_broadcast(word.span));
        };
        let host_bits = u32::MAX.checked_shr(u32::from(self.value.prefix_len)).unwrap_or(0);
        let derived = |bits: u32| (self.value.prefix_len <= 30).then(|| Ipv4Addr::from_bits(bits));
        self.value.broadcast = match argument.text {
            "+" => derived(address.to_bits() | host_bits),
            "-" => derived(address.to_bits() & !host_bits),
            text => match text.parse() {
                Ok(broadcast) => Some(broadcast),
                Err(_) => return self.drop_for(say::address_dropped_broadcast(argument.span, text)),
            },
        };
        if self.value.broadcast.is_none() {
            self.out.push(say::address_option_broadcast(argument.span, self.value.prefix_len));
        }
        Ok(())
    }

    /// The other end of a point-to-point link. It has no prefix length of its own.
    fn peer(&mut self, word: Word<'w>) -> Done {
        let argument = self.argument(word)?;
        let peer = argument.text.split('/').next().and_then(|text| text.parse::<IpAddr>().ok());
        let family = Family::of(&self.value.address);
        let Some(peer) = peer.filter(|peer| Family::of(peer) == family) else {
            return self.keep(say::address_option_peer(argument.span, argument.text, family));
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
            let written = std::mem::replace(&mut self.value.prefix_len, host);
            self.out.push(say::address_option_single(prefix, written, host));
        }
    }

    /// A flag with which the kernel would refuse the address, or for which it has no use, is left out.
    fn flag(&mut self, word: Word<'w>) -> Done {
        let Some(flag) = AddressFlag::ALL.into_iter().find(|flag| flag.name() == word.text) else { return Ok(()) };
        let (address, len) = (self.value.address, self.value.prefix_len);
        match flag {
            AddressFlag::Home | AddressFlag::Dad | AddressFlag::ManageTempAddr if self.value.address.is_ipv4() => {
                self.out.push(say::address_option_family_flag(word.span, word.text));
            }
            AddressFlag::ManageTempAddr if len != 64 => {
                self.out.push(say::address_option_prefix(word.span, word.text, address, len));
            }
            AddressFlag::AutoJoin if !address.is_multicast() => {
                self.out.push(say::address_option_multicast(word.span, word.text, address, len));
            }
            AddressFlag::Home
            | AddressFlag::Dad
            | AddressFlag::ManageTempAddr
            | AddressFlag::AutoJoin
            | AddressFlag::UseVmac => {
                self.value.flags.insert(flag);
            }
        }
        Ok(())
    }

    fn track_group(&mut self, word: Word<'w>) -> Done {
        let group = self.argument(word)?;
        if self.value.tracking == Tracking::Own {
            self.value.tracking = Tracking::Group(group.text.to_owned());
        }
        Ok(())
    }

    fn label(&mut self, word: Word<'w>) -> Done {
        let label = self.argument(word)?;
        if !self.value.address.is_ipv4() {
            return self.keep(say::address_option_family_label(word.span));
        }
        if label.text.len() > INTERFACE_BYTES {
            return self.drop_for(say::address_dropped_label(label.span, INTERFACE_BYTES));
        }
        self.value.label = Some(label.text.to_owned());
        Ok(())
    }

    fn preferred(&mut self, word: Word<'w>) -> Done {
        let argument = self.argument(word)?;
        if self.value.address.is_ipv4() {
            return self.keep(say::address_option_family_preferred(word.span));
        }
        self.value.preferred = match argument.text {
            "0" => Preferred::Deprecated,
            "forever" => Preferred::Forever,
            text => match text.parse() {
                Ok(seconds) => Preferred::Seconds(seconds),
                Err(_) => return self.drop_for(say::address_dropped_preferred(argument.span, text)),
            },
        };
        Ok(())
    }

    /// The word after an option.
    fn argument(&mut self, option: Word<'w>) -> Result<Word<'w>, Dropped> {
        match self.rest.next() {
            Some(word) => Ok(word),
            None => self.drop_for(say::address_dropped_argument(option.span, option.text)),
        }
    }

    /// A netmask behind the address. `false`: the word is none.
    fn is_mask(&mut self, word: Word<'w>) -> bool {
        let is_named = matches!(word.text, "netmask" | "mask");
        let mask = if is_named { self.rest.next() } else { Some(word) };
        let len = mask.and_then(|mask| mask.text.parse().ok()).and_then(mask_len);
        let Some(len) = len.filter(|_| self.implied == Implied::Prefix && self.value.address.is_ipv4()) else {
            return false;
        };
        self.implied = Implied::Nothing;
        let whole = self.first.span.to(mask.map_or(word.span, |mask| mask.span));
        let Address { address, prefix_len, .. } = self.value;
        self.out.push(say::dotted_netmask(word.span, prefix_len, whole, format!("{address}/{len}")));
        true
    }

    /// A prefix length that a space separates from its address.
    fn is_length(&mut self, word: Word<'w>) -> bool {
        let len = if self.first.text.ends_with('/') { Some(word.text) } else { word.text.strip_prefix('/') };
        let is_length = len.is_some_and(|len| len.parse::<u8>().is_ok());
        if !is_length || self.implied == Implied::Nothing {
            return false;
        }
        self.implied = Implied::Nothing;
        let whole = self.first.span.to(word.span);
        let joined = format!("{}{}", self.first.text, word.text);
        self.out.push(say::address_option_space(whole, self.value.prefix_len, whole, joined));
        true
    }

    fn unknown(&mut self, word: Word<'w>) -> Done {
        // What is wrong with an odd blank before was said.
        if !self.first.text.is_ascii() || self.is_mask(word) {
            return Ok(());
        }
        if matches!(word.text, "via" | "gw" | "gateway" | "to") {
            let hop = self.rest.next().map_or(word.span, |hop| word.span.to(hop.span));
            return self.keep(say::address_option_route(hop, word.text));
        }
        if is_address(word.text) {
            return self.keep(say::second_address(word.span));
        }
        if self.is_length(word) {
            return Ok(());
        }
        let unknown = say::address_option_unknown(word.span, word.text);
        if let Some((option, value)) = word.text.split_once('=').filter(|(option, _)| takes_argument(option)) {
            let meant = format!("{option} {value}");
            return self.keep(unknown.replace(word.span, meant, say::equals_sign_not_equals()));
        }
        let other = OTHER_NAMES.iter().find(|(other, _)| *other == word.text).map(|&(_, option)| option);
        if let Some(near) = other.or_else(|| suggest::nearest_of(options(), word.text)) {
            if takes_argument(near) {
                self.rest.next();
            }
            // What was asked for does not happen.
            let unknown = Diagnostic { severity: Severity::Error, ..unknown };
            return self.keep(unknown.did_you_mean(word.span, Some(near)));
        }
        let is_interface = self.value.dev.is_none() && looks_like_interface(word.text);
        self.keep(if is_interface {
            unknown.replace(word.span, format!("dev {}", word.text), say::address_option_dev())
        } else {
            unknown
        })
    }

    /// Says what becomes of an address that is added.
    fn keep(&mut self, diagnostic: Diagnostic) -> Done {
        self.out.push(diagnostic);
        Ok(())
    }

    fn drop_for<T>(&mut self, diagnostic: Diagnostic) -> Result<T, Dropped> {
        self.out.push(diagnostic.note(say::address_dropped_lost()));
        Err(Dropped)
    }
}
