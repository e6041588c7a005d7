//! `use_vmac`, `tanist_vmac_mode`, `vmac_xmit_base`, `use_ipvlan` (keepalived-config §2.14, §3.7).

use std::net::IpAddr;

use host::{IpvlanMode, MacvlanMode};
use vrrp::config::SourceMac;
use vrrp::types::{Family, MacAddr, Vrid};

use super::addresses::addresses;
use super::{Draft, or_say};
use crate::keyword::KeywordDef;
use crate::keywords::{global_process, instance};
use crate::model::{AddressFlag, Ipvlan, Switch, Vmac};
use crate::say;
use crate::source::Spanned;
use crate::value::{interface_problem, switch_word};

impl Draft<'_> {
    pub(super) fn vmac(&mut self, vrid: Vrid) -> Option<Vmac> {
        self.settings.keyword(&instance::USE_VMAC)?;
        let (mut name, mut mac, mut group): (Option<&Spanned<String>>, _, _) = (None, None, None);
        let mut words = self.settings.entries(&instance::USE_VMAC);
        while let Some(word) = words.next() {
            match word.value.as_str() {
                "netlink_notify_msg" => self.report(say::no_effect_netlink(word.span)),
                "group" => {
                    let found = self.vmac_group(word, words.next());
                    group = group.or(found);
                }
                "name" => name = words.next().and_then(|word| self.vmac_name(name, word)),
                text if text.contains(':') && self.is_strict() => {
                    self.report(self.also_strict(say::strict_overrides_mac(word.span, text)));
                }
                text if text.contains(':') => {
                    let found = self.vmac_mac(word, vrid);
                    mac = mac.or(found);
                }
                _ => {
                    self.check_switch(word);
                    name = self.vmac_name(name, word);
                }
            }
        }
        Some(Vmac { name: name.map(|name| name.value.clone()), mac, group })
    }

    /// Six octets, or five, to which the VRID is added.
    fn vmac_mac(&mut self, word: &Spanned<String>, vrid: Vrid) -> Option<MacAddr> {
        mac(&word.value, vrid).map_err(|problem| self.report(say::vmac_option_mac(word.span, problem))).ok()
    }

    /// A number: what names of groups are those of is in a file of the machine.
    fn vmac_group(&mut self, keyword: &Spanned<String>, word: Option<&Spanned<String>>) -> Option<u32> {
        let group = match word {
            None => None,
            Some(word) if word.value == "default" => Some(0),
            Some(word) => word.value.parse().ok(),
        };
        or_say(group, || say::vmac_option_group(word.map_or(keyword.span, |word| word.span)), self.out)
    }

    /// `use_vmac on` does not say what it seems to say.
    fn check_switch(&mut self, word: &Spanned<String>) {
        match switch_word(&word.value) {
            Some(Switch::Off) => self.report(say::vmac_name_off(word.span, &word.value)),
            Some(Switch::On) => self.report(say::vmac_name_on(word.span, &word.value, word.span, "")),
            None => {}
        }
    }

    /// The name to use: the first that can be one.
    fn vmac_name<'a>(
        &mut self,
        first: Option<&'a Spanned<String>>,
        word: &'a Spanned<String>,
    ) -> Option<&'a Spanned<String>> {
        if let Some(first) = first {
            self.report(say::vmac_name_twice(word.span, first.span));
            return Some(first);
        }
        let own = self.settings.value(&instance::INTERFACE).filter(|own| *own == word.value);
        let problem = own.map(say::vmac_name_own).or_else(|| interface_problem(&word.value));
        let Some(problem) = problem else { return Some(word) };
        self.report(say::vmac_name(word.span, problem));
        None
    }

    /// §3.4 rule 16: an address that gets a virtual MAC anyway. One message a router.
    pub(super) fn check_address_vmacs(&mut self, interface: &str, family: Family) {
        let vmac = self.settings.keyword(&instance::USE_VMAC);
        let others = self.settings.keyword(&instance::USE_VMAC_ADDR);
        let covered = addresses(self.settings).find_map(|entry| {
            let address = entry.value.flags.contains(&AddressFlag::UseVmac).then_some(&entry.value)?;
            let at_home = address.dev.as_deref().is_none_or(|dev| dev == interface);
            let by = if at_home && Family::of(&address.address) == family { vmac } else { others };
            Some((entry.span, address.address, by?))
        });
        if let Some((span, address, by)) = covered {
            self.report(say::address_vmac(span, by, address));
        }
    }

    /// That of the router, or of `global_defs`. With a MAC of its own it cannot tell what comes from others.
    pub(super) fn vmac_mode(&self, vmac: Option<&Vmac>) -> MacvlanMode {
        let written = self.value(&instance::TANIST_VMAC_MODE, &global_process::TANIST_VMAC_MODE);
        let is_standard = vmac.is_none_or(|vmac| vmac.mac.is_none());
        let has_any = vmac.is_some() || self.has_address_vmacs();
        if written == Some(MacvlanMode::Private.name()) && has_any && is_standard {
            MacvlanMode::Private
        } else {
            MacvlanMode::Bridge
        }
    }

    /// Whether anything asks for one. (A line that was refused was meant to.)
    pub(super) fn has_vmacs(&self) -> bool {
        let is_there = |row: &KeywordDef| !self.settings.is_absent(row);
        is_there(&instance::USE_VMAC) || is_there(&instance::USE_VMAC_ADDR) || self.has_address_vmacs()
    }

    /// Whether an address is on one without `use_vmac`.
    fn has_address_vmacs(&self) -> bool {
        self.settings.keyword(&instance::USE_VMAC_ADDR).is_some()
            || addresses(self.settings).any(|entry| entry.value.flags.contains(&AddressFlag::UseVmac))
    }

    /// Unicast goes out through the interface itself (keepalived-config §3.4 rule 14).
    pub(super) fn source_mac(&self, vmac: Option<&Vmac>) -> SourceMac {
        let is_physical = self.settings.keyword(&instance::VMAC_XMIT_BASE).is_some() && !self.is_strict();
        match vmac {
            Some(_) if !self.is_unicast() && !is_physical => SourceMac::Virtual,
            Some(_) | None => SourceMac::Physical,
        }
    }

    /// §3.7 rules 11 and 12. Without what it needs there is no ipvlan.
    pub(super) fn ipvlan(&mut self, family: Family) -> Option<Ipvlan> {
        let span = self.settings.keyword(&instance::USE_IPVLAN)?;
        let (mut name, mut address, mut mode, mut group): (Option<&Spanned<String>>, _, _, _) =
            (None, None, None, None);
        let mut words = self.settings.entries(&instance::USE_IPVLAN);
        while let Some(word) = words.next() {
            let named_mode = IpvlanMode::ALL.into_iter().find(|mode| mode.name() == word.value);
            match (word.value.as_str(), named_mode, prefixed(&word.value)) {
                ("group", _, _) => {
                    let found = self.vmac_group(word, words.next());
                    group = group.or(found);
                }
                ("name", _, _) => name = words.next().and_then(|word| self.vmac_name(name, word)),
                // The first counts.
                (_, Some(_), _) => mode = mode.or(named_mode),
                (_, None, Some(found)) => address = address.or(Some((found, word.span))),
                (_, None, None) => name = self.vmac_name(name, word),
            }
        }
        let diagnostic = match address {
            Some((address, at)) if Family::of(&address.0) != family => {
                self.also_family(say::other_family_ipvlan(at, address.0, family), family)
            }
            None if family == Family::Ipv4 => say::ipvlan_address(span),
            Some(_) | None => {
                let (name, address) = (name.map(|name| name.value.clone()), address.map(|(address, _)| address));
                return Some(Ipvlan { name, address, mode: mode.unwrap_or_default(), group });
            }
        };
        self.report(diagnostic.note(say::ipvlan_address_instead()));
        None
    }
}

/// A MAC as keepalived reads it.
fn mac(text: &str, vrid: Vrid) -> Result<MacAddr, String> {
    let octet = |word: &str| u8::from_str_radix(word, 16).ok().filter(|_| word.len() <= 2);
    let octets: Option<Vec<u8>> = text.split(':').map(octet).collect();
    let mac = match octets.as_deref() {
        Some(&[a, b, c, d, e, f]) => MacAddr([a, b, c, d, e, f]),
        Some(&[a, b, c, d, e]) => MacAddr([a, b, c, d, e, vrid.value()]),
        Some(_) | None => return Err(say::vmac_option_octets(text)),
    };
    match mac.0 {
        [0, 0, 0, 0, 0, 0] => Err(say::vmac_option_zero(mac)),
        [first, ..] if first & 1 == 1 => Err(say::vmac_option_multicast(mac)),
        [0, 0, 0x5e, 0, 1 | 2, _] => Err(say::vmac_option_standard(mac)),
        _ => Ok(mac),
    }
}

/// An address with its prefix length; without one it stands for itself alone.
fn prefixed(word: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = word.split_once('/').map_or((word, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(most), |length| length.parse().ok())?;
    (length <= most).then_some((address, length))
}
