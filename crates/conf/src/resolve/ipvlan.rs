//! `use_ipvlan`, `promote_secondaries` (keepalived-config §3.7).

use std::net::IpAddr;

use host::IpvlanMode;
use vrrp::types::Family;

use super::Draft;
use crate::keywords::instance;
use crate::model::Ipvlan;
use crate::say;
use crate::source::{Span, Spanned};

impl<'a> Draft<'a> {
    /// §3.7 rules 11 and 12. Without what it needs there is no ipvlan.
    pub(super) fn ipvlan(&mut self, family: Family) -> Option<Ipvlan> {
        let span = self.settings.keyword(&instance::USE_IPVLAN)?;
        let ipvlan = self.written_ipvlan();
        let diagnostic = match ipvlan.address {
            Some((address, at)) if Family::of(&address.0) != family => {
                self.also_family(say::other_family_ipvlan(at, address.0, family), family)
            }
            None if family == Family::Ipv4 => say::ipvlan_address(span),
            Some(_) | None => {
                let WrittenIpvlan { name, address, mode, group } = ipvlan;
                let (name, address) = (name.map(|name| name.value.clone()), address.map(|(address, _)| address));
                return Some(Ipvlan { name, address, mode: mode.unwrap_or_default(), group });
            }
        };
        self.report(diagnostic.note(say::ipvlan_address_instead()));
        None
    }

    fn written_ipvlan(&mut self) -> WrittenIpvlan<'a> {
        let mut ipvlan = WrittenIpvlan::default();
        let mut words = self.settings.entries(&instance::USE_IPVLAN);
        while let Some(word) = words.next() {
            let mode = IpvlanMode::ALL.into_iter().find(|mode| mode.name() == word.value);
            match (word.value.as_str(), mode, prefixed(&word.value)) {
                ("group", _, _) => {
                    let found = self.vmac_group(word, words.next());
                    ipvlan.group = ipvlan.group.or(found);
                }
                ("name", _, _) => ipvlan.name = words.next().and_then(|word| self.vmac_name(ipvlan.name, word)),
                // The first counts.
                (_, Some(mode), _) => ipvlan.mode = ipvlan.mode.or(Some(mode)),
                (_, None, Some(address)) => ipvlan.address = ipvlan.address.or(Some((address, word.span))),
                (_, None, None) => ipvlan.name = self.vmac_name(ipvlan.name, word),
            }
        }
        ipvlan
    }
}

/// The words of a `use_ipvlan`.
#[derive(Default)]
struct WrittenIpvlan<'a> {
    name: Option<&'a Spanned<String>>,
    address: Option<((IpAddr, u8), Span)>,
    mode: Option<IpvlanMode>,
    group: Option<u32>,
}

/// An address with its prefix length; without one it stands for itself alone.
fn prefixed(word: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = word.split_once('/').map_or((word, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(most), |length| length.parse().ok())?;
    (length <= most).then_some((address, length))
}
