//! `virtual_ipaddress`, `virtual_ipaddress_excluded` (keepalived-config §3.4).

use std::net::{IpAddr, Ipv4Addr};

use hashbrown::HashMap;
use vrrp::types::{Family, Version};

use super::Draft;
use crate::code::{Code, Severity};
use crate::diagnostic::Diagnostic;
use crate::entry::{Entry, Implied};
use crate::keywords::instance;
use crate::model::{Address, limits};
use crate::source::Span;

/// The addresses of a router.
pub(super) struct Held {
    pub(super) advertised: Vec<Address>,
    pub(super) excluded: Vec<Address>,
}

impl Draft<'_> {
    /// `None`: a router without any address to advertise must not run.
    pub(super) fn addresses(&mut self, family: Family, version: Version) -> Option<Held> {
        let mut advertised = self.advertised(family, version);
        self.check_prefixes();
        self.check_odd();
        self.check_first(family);
        let mut excluded = self.surplus(&mut advertised, family);
        if advertised.is_empty() && !self.may_hold_nothing(version) {
            return None;
        }
        excluded.extend(self.excluded(family));
        Some(Held { advertised, excluded })
    }

    fn advertised(&mut self, family: Family, version: Version) -> Vec<Address> {
        let mut addresses = Vec::with_capacity(self.settings.entries(&instance::VIRTUAL_IPADDRESS).count());
        let mut seen: HashMap<IpAddr, Span> = HashMap::new();
        for entry in self.settings.entries(&instance::VIRTUAL_IPADDRESS) {
            let address = entry.value.address;
            if Family::of(&address) != family {
                self.report_other_family(entry, family, version);
            } else if let Some(&first) = seen.get(&address) {
                self.report(duplicate(entry, first));
            } else {
                seen.insert(address, entry.span);
                addresses.push(entry.value.clone());
            }
        }
        addresses
    }

    /// §3.4 rule 4: what does not fit into an advertisement is held without being advertised.
    fn surplus(&mut self, advertised: &mut Vec<Address>, family: Family) -> Vec<Address> {
        let capacity = match family {
            Family::Ipv4 => limits::ADDRESSES_V4,
            Family::Ipv6 if self.signs() => limits::ADDRESSES_V6_SIGNED,
            Family::Ipv6 => limits::ADDRESSES_V6,
        };
        if advertised.len() <= capacity {
            return Vec::new();
        }
        let surplus = advertised.split_off(capacity);
        let first = surplus.first().map(|address| address.address);
        let entries = self.settings.entries(&instance::VIRTUAL_IPADDRESS);
        let span = entries.filter(|entry| Some(entry.value.address) == first).map(|entry| entry.span).next();
        let what = format!("an {family} advertisement carries {capacity} addresses at most");
        let note = match surplus.len() {
            1 => "this one is held without being advertised".to_owned(),
            more => format!("this one and {} more are held without being advertised", more - 1),
        };
        let diagnostic = Diagnostic::new(Code::TooManyAddresses, span.unwrap_or(self.header), what).note(note);
        self.report(diagnostic.help("move what does not fit to `virtual_ipaddress_excluded`, on every router"));
        surplus
    }

    /// An address counts as a duplicate on the same interface only.
    fn excluded(&mut self, family: Family) -> Vec<Address> {
        if self.settings.keyword(&instance::VIRTUAL_IPADDRESS_EXCLUDED).is_none() {
            return Vec::new();
        }
        let key = |address: &Address| (address.address, address.dev.clone());
        let advertised = self.settings.entries(&instance::VIRTUAL_IPADDRESS);
        let advertised = advertised.filter(|entry| Family::of(&entry.value.address) == family);
        let mut seen: HashMap<_, Span> = HashMap::new();
        for entry in advertised {
            seen.entry(key(&entry.value)).or_insert(entry.span);
        }
        let mut excluded = Vec::new();
        for entry in self.settings.entries(&instance::VIRTUAL_IPADDRESS_EXCLUDED) {
            match seen.get(&key(&entry.value)) {
                Some(&first) => self.report(duplicate(entry, first)),
                None => {
                    seen.insert(key(&entry.value), entry.span);
                    excluded.push(entry.value.clone());
                }
            }
        }
        excluded
    }

    /// §3.4 rules 1 to 3. Whether the router may run.
    fn may_hold_nothing(&mut self, version: Version) -> bool {
        let refuses = self.refuses_nothing(version);
        if let Some(span) = self.settings.keyword(&instance::NO_VIRTUAL_IPADDRESS) {
            return self.may_mean_nothing(span);
        }
        // Of addresses of the other family it was said, and of those that cannot be read.
        let row = &instance::VIRTUAL_IPADDRESS;
        let refused = self.settings.refused(row).is_some()
            || self.settings.is_bad(&instance::NO_VIRTUAL_IPADDRESS)
            || self.settings.argument(row).is_some_and(|block| self.out.spoke_within(block, Severity::Unsupported));
        if self.settings.entries(&instance::VIRTUAL_IPADDRESS).next().is_some() || refused && !refuses {
            return !refuses;
        }
        if !refuses && self.may_lack_addresses() {
            return true;
        }
        let what = format!("the router {} has no virtual address", self.name);
        let (code, note, help) = if refuses {
            let note = "it is left out; keepalived would not start at all";
            (Code::NoAddressRefused, note, "add `virtual_ipaddress { ADDRESS/LEN }`".to_owned())
        } else {
            let row = &instance::NO_VIRTUAL_IPADDRESS;
            let or = format!("or, if that is meant, `{}` (keepalived {} and later)", row.name, row.since);
            let help = format!("add `virtual_ipaddress {{ ADDRESS/LEN }}`, {or}");
            (Code::NoAddress, "it elects a master that advertises nothing", help)
        };
        let diagnostic = match self.settings.keyword(&instance::VIRTUAL_IPADDRESS) {
            Some(span) => Diagnostic::new(code, span, what),
            None => self.missing(code, &instance::VIRTUAL_IPADDRESS, what),
        };
        self.report(diagnostic.note(note).or_help(help));
        !refuses
    }

    /// Whether addresses are not missed: where scripts do what is to be done, or unicast, as in clouds; and in a router
    /// that is left out anyway.
    fn may_lack_addresses(&self) -> bool {
        let is_router = self.settings.get(&instance::INTERFACE).is_some()
            && self.settings.get(&instance::VIRTUAL_ROUTER_ID).is_some();
        let has_script = || super::notify::ROWS.iter().any(|row| self.settings.keyword(row).is_some());
        !is_router || self.wants_unicast().is_some() || has_script()
    }

    /// Whether a router without addresses must not run.
    fn refuses_nothing(&self, version: Version) -> bool {
        version == Version::V3 || self.is_strict()
    }

    /// With `no_virtual_ipaddress`.
    fn may_mean_nothing(&mut self, span: Span) -> bool {
        if self.is_strict() {
            let what = "`no_virtual_ipaddress` does not go with strict mode";
            let diagnostic = self.also_strict(Diagnostic::new(Code::NoAddressRefused, span, what));
            let note = format!("the router {} is left out; keepalived would not start at all", self.name);
            self.report(diagnostic.note(note).help("add addresses, or remove strict mode"));
        }
        !self.is_strict()
    }

    fn report_other_family(&mut self, entry: &Entry<Address>, family: Family, version: Version) {
        let what = format!("{} in an {family} router", entry.value.address);
        let diagnostic = Diagnostic::new(Code::OtherFamily, entry.span, what);
        let mut own = self.settings.entries(&instance::VIRTUAL_IPADDRESS);
        let note = if own.any(|entry| Family::of(&entry.value.address) == family) {
            "the address is left out"
        } else if self.refuses_nothing(version) {
            "the address is left out, and so is the router, which has no other"
        } else {
            "the address is left out, and the router has no other"
        };
        let diagnostic = self.also_family(diagnostic, family).note(note);
        self.report(diagnostic.help("move it to `virtual_ipaddress_excluded`, or to a router of its own"));
    }

    /// Once a router: an address without length.
    fn check_prefixes(&mut self) {
        let mut bare = self.settings.entries(&instance::VIRTUAL_IPADDRESS).filter(|entry| match entry.implied {
            Implied::Prefix => !is_link_local(entry.value.address),
            Implied::Nothing => false,
        });
        let Some(first) = bare.next() else { return };
        let what = match bare.count() {
            0 => format!("{} has no prefix length", first.value.address),
            more => format!("{} and {more} more have no prefix length", first.value.address),
        };
        let note = format!("/{} is used: the address of a single host", first.value.prefix_len);
        self.report(Diagnostic::new(Code::NoPrefixLength, first.span, what).note(note));
    }

    fn check_odd(&mut self) {
        for entry in self.settings.entries(&instance::VIRTUAL_IPADDRESS) {
            let address = entry.value.address;
            let kind = if address.is_multicast() {
                "a multicast address"
            } else if address.is_loopback() {
                "a loopback address"
            } else if address.is_unspecified() {
                "the unspecified address"
            } else if address == IpAddr::V4(Ipv4Addr::BROADCAST) {
                "the broadcast address"
            } else if let Some(kind) = of_the_subnet(&entry.value) {
                kind
            } else {
                continue;
            };
            let what = format!("{address} is {kind}");
            self.out.push(Diagnostic::new(Code::OddAddress, entry.span, what).note("no host can have it"));
        }
    }

    /// RFC 9568 §5.2.9: the first IPv6 address is the link-local one.
    fn check_first(&mut self, family: Family) {
        let first = self.settings.entries(&instance::VIRTUAL_IPADDRESS).next();
        let Some(first) = first.filter(|first| family == Family::Ipv6 && Family::of(&first.value.address) == family)
        else {
            return;
        };
        if !is_link_local(first.value.address) {
            let what = format!("{} is not a link-local address", first.value.address);
            let note = "the first IPv6 address of a router must be one (RFC 9568 §5.2.9)";
            self.report(Diagnostic::new(Code::FirstNotLinkLocal, first.span, what).note(note));
        }
    }
}

/// An address that is in its list already.
pub(super) fn duplicate(entry: &Entry<Address>, first: Span) -> Diagnostic {
    let what = format!("{} is there already", entry.value.address);
    let diagnostic = Diagnostic::new(Code::DuplicateAddress, entry.span, what);
    diagnostic.also(first, "the first").note("the second is left out")
}

/// The first and the last address of a subnet are no host's.
fn of_the_subnet(entry: &Address) -> Option<&'static str> {
    let IpAddr::V4(address) = entry.address else { return None };
    let host_bits = u32::MAX.checked_shr(u32::from(entry.prefix_len)).filter(|_| entry.prefix_len <= 30)?;
    match address.to_bits() & host_bits {
        0 => Some("the address of its subnet"),
        bits if bits == host_bits => Some("the broadcast address of its subnet"),
        _ => None,
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}
