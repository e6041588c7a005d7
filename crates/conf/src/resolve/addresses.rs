//! `virtual_ipaddress`, `virtual_ipaddress_excluded` (keepalived-config §3.4).

use std::net::{IpAddr, Ipv4Addr};

use hashbrown::HashMap;
use vrrp::types::{Family, Version};

use super::medium::wants_unicast;
use super::{Draft, earlier};
use crate::code::Severity;
use crate::entry::{Entry, Implied};
use crate::keywords::instance;
use crate::model::{Address, limits};
use crate::read::Settings;
use crate::say;

impl<'a> Draft<'a> {
    /// What is advertised, and what is held besides. `None`: a router without any address to advertise must not run.
    pub(super) fn addresses(&mut self, family: Family, version: Version) -> Option<(Vec<Address>, Vec<Address>)> {
        let mut advertised = self.advertised(family, version);
        self.check_prefixes();
        self.check_odd();
        self.check_first(family);
        let mut held = self.surplus(&mut advertised, family);
        if advertised.is_empty() && !self.may_hold_nothing(version) {
            return None;
        }
        held.extend(self.excluded(family));
        let values = |entries: Vec<&Entry<Address>>| entries.into_iter().map(|entry| entry.value.clone()).collect();
        Some((values(advertised), values(held)))
    }

    fn advertised(&mut self, family: Family, version: Version) -> Vec<&'a Entry<Address>> {
        let mut addresses = Vec::with_capacity(self.settings.entries(&instance::VIRTUAL_IPADDRESS).count());
        let mut seen = HashMap::new();
        for entry in self.settings.entries(&instance::VIRTUAL_IPADDRESS) {
            let address = entry.value.address;
            if Family::of(&address) != family {
                self.report_other_family(entry, family, version);
            } else if let Some(first) = earlier(&mut seen, address, entry.span) {
                self.report(say::duplicate_address(entry.span, first, address));
            } else {
                addresses.push(entry);
            }
        }
        addresses
    }

    /// §3.4 rule 4: what does not fit into an advertisement is held without being advertised.
    fn surplus(&mut self, advertised: &mut Vec<&'a Entry<Address>>, family: Family) -> Vec<&'a Entry<Address>> {
        let capacity = match family {
            Family::Ipv4 => limits::ADDRESSES_V4,
            Family::Ipv6 if self.signs() => limits::ADDRESSES_V6_SIGNED,
            Family::Ipv6 => limits::ADDRESSES_V6,
        };
        let surplus = advertised.split_off(capacity.min(advertised.len()));
        if let Some(first) = surplus.first() {
            let note = match surplus.len() {
                1 => say::too_many_addresses_one(),
                more => say::too_many_addresses_more(more - 1),
            };
            self.report(say::too_many_addresses(first.span, family, capacity).note(note));
        }
        surplus
    }

    /// An address counts as a duplicate on the same interface only.
    fn excluded(&mut self, family: Family) -> Vec<&'a Entry<Address>> {
        if self.settings.keyword(&instance::VIRTUAL_IPADDRESS_EXCLUDED).is_none() {
            return Vec::new();
        }
        let key = |address: &Address| (address.address, address.dev.clone());
        let advertised = self.settings.entries(&instance::VIRTUAL_IPADDRESS);
        let advertised = advertised.filter(|entry| Family::of(&entry.value.address) == family);
        let mut seen = HashMap::new();
        for entry in advertised {
            earlier(&mut seen, key(&entry.value), entry.span);
        }
        let mut excluded = Vec::new();
        for entry in self.settings.entries(&instance::VIRTUAL_IPADDRESS_EXCLUDED) {
            match earlier(&mut seen, key(&entry.value), entry.span) {
                Some(first) => self.report(say::duplicate_address(entry.span, first, entry.value.address)),
                None => excluded.push(entry),
            }
        }
        excluded
    }

    /// §3.4 rules 1 to 3. Whether the router may run.
    fn may_hold_nothing(&mut self, version: Version) -> bool {
        let refuses = self.refuses_nothing(version);
        if let Some(span) = self.settings.keyword(&instance::NO_VIRTUAL_IPADDRESS) {
            if self.is_strict() {
                self.report(self.also_strict(say::no_address_refused_strict(span, &self.raw.name)));
            }
            return !self.is_strict();
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
        let written = self.settings.keyword(row);
        let span = written.unwrap_or(self.raw.span);
        let none = &instance::NO_VIRTUAL_IPADDRESS;
        let diagnostic = if refuses {
            say::no_address_refused(span, &self.raw.name)
        } else {
            say::no_address(span, &self.raw.name, none.name, none.since)
        };
        let diagnostic = if written.is_none() { self.where_meant(row, diagnostic) } else { diagnostic };
        self.report(diagnostic);
        !refuses
    }

    /// Whether addresses are not missed: where scripts do what is to be done, or unicast, as in clouds; and in a router
    /// that is left out anyway.
    fn may_lack_addresses(&self) -> bool {
        let is_router = self.settings.get(&instance::INTERFACE).is_some()
            && self.settings.get(&instance::VIRTUAL_ROUTER_ID).is_some();
        let has_script = || super::notify::ROWS.iter().any(|row| self.settings.keyword(row).is_some());
        !is_router || wants_unicast(self.settings).is_some() || has_script()
    }

    /// Whether a router without addresses must not run.
    fn refuses_nothing(&self, version: Version) -> bool {
        version == Version::V3 || self.is_strict()
    }

    fn report_other_family(&mut self, entry: &Entry<Address>, family: Family, version: Version) {
        let mut own = self.settings.entries(&instance::VIRTUAL_IPADDRESS);
        let note = if own.any(|entry| Family::of(&entry.value.address) == family) {
            say::other_family_alone()
        } else if self.refuses_nothing(version) {
            say::other_family_needed()
        } else {
            say::other_family_last()
        };
        let diagnostic = say::other_family_address(entry.span, entry.value.address, family).note(note);
        self.report(self.also_family(diagnostic, family));
    }

    /// Once a router: an address without length.
    fn check_prefixes(&mut self) {
        let mut bare = self.settings.entries(&instance::VIRTUAL_IPADDRESS).filter(|entry| match entry.implied {
            Implied::Prefix => !is_link_local(entry.value.address) && entry.value.peer.is_none(),
            Implied::Nothing => false,
        });
        let Some(first) = bare.next() else { return };
        let (span, address, length) = (first.span, first.value.address, first.value.prefix_len);
        self.report(match bare.count() {
            0 => say::no_prefix_length(span, address, length),
            more => say::no_prefix_length_more(span, address, more, length),
        });
    }

    fn check_odd(&mut self) {
        for entry in self.settings.entries(&instance::VIRTUAL_IPADDRESS) {
            let Address { address, prefix_len, .. } = entry.value;
            if let Some(kind) = odd_kind(address).or_else(|| of_the_subnet(&entry.value)) {
                self.out.push(say::odd_address(entry.span, address, kind));
            } else if prefix_len == 0 {
                let say = if address.is_ipv4() { say::zero_length } else { say::zero_length_ipv6 };
                self.out.push(say(entry.span, address));
            }
        }
    }

    /// RFC 9568 §5.2.9: the first IPv6 address is the link-local one.
    fn check_first(&mut self, family: Family) {
        let Some(first) = self.settings.entries(&instance::VIRTUAL_IPADDRESS).next() else { return };
        let address = first.value.address;
        if family == Family::Ipv6 && address.is_ipv6() && !is_link_local(address) {
            self.report(say::first_not_link_local(first.span, address));
        }
    }
}

/// The addresses of a router, advertised or not.
pub(crate) fn addresses(router: &Settings) -> impl Iterator<Item = &Entry<Address>> {
    let lists = [&instance::VIRTUAL_IPADDRESS, &instance::VIRTUAL_IPADDRESS_EXCLUDED];
    lists.into_iter().flat_map(|row| router.entries(row))
}

/// What an address is that other hosts do not reach a host by.
pub(super) fn odd_kind(address: IpAddr) -> Option<String> {
    match address {
        address if address.is_multicast() => Some(say::odd_address_multicast()),
        address if address.is_loopback() => Some(say::odd_address_loopback()),
        address if address.is_unspecified() => Some(say::odd_address_unspecified()),
        IpAddr::V4(Ipv4Addr::BROADCAST) => Some(say::odd_address_broadcast()),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

/// The first and the last address of a subnet are no host's; of IPv6 only the first (RFC 4291 §2.6.1, RFC 6164).
fn of_the_subnet(Address { address, prefix_len, .. }: &Address) -> Option<String> {
    match address {
        IpAddr::V4(address) => {
            let host_bits = u32::MAX.checked_shr(u32::from(*prefix_len)).filter(|_| *prefix_len <= 30)?;
            match address.to_bits() & host_bits {
                0 => Some(say::odd_address_subnet()),
                bits if bits == host_bits => Some(say::odd_address_subnet_broadcast()),
                _ => None,
            }
        }
        IpAddr::V6(address) => {
            let host_bits = u128::MAX.checked_shr(u32::from(*prefix_len)).filter(|_| *prefix_len <= 126)?;
            (address.to_bits() & host_bits == 0).then(say::odd_address_anycast)
        }
    }
}

fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.is_unicast_link_local())
}
