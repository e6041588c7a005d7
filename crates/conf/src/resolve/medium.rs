//! Where advertisements come from and go to: source, multicast group and peers (keepalived-config §3.1, §3.4).

use std::net::IpAddr;

use hashbrown::HashMap;
use vrrp::config::SourceCheck;
use vrrp::types::{Family, Priority};

use super::addresses::odd_kind;
use super::{Draft, earlier, last_of};
use crate::code::Code;
use crate::diagnostic::Diagnostics;
use crate::entry::Entry;
use crate::keyword::{KeywordDef, Row};
use crate::keywords::{global, instance};
use crate::model::{Peer, Switch};
use crate::read::Settings;
use crate::say;
use crate::source::{Span, Spanned};

impl Draft<'_> {
    /// `mcast_src_ip`, `unicast_src_ip`: one setting, the last counts.
    pub(super) fn source(&mut self, family: Family) -> Option<IpAddr> {
        let source = written_source(self.settings)?;
        if Family::of(&source.value) == family {
            return Some(source.value);
        }
        let diagnostic = say::other_family_source(source.span, source.value, family);
        self.report(self.also_family(diagnostic, family));
        None
    }

    /// RFC 9568 §5.1.2.1. Unicast may come from farther.
    pub(super) fn check_link_local(&mut self, family: Family) {
        let Some(source) = self.settings.get(&instance::MCAST_SRC_IP).filter(|_| !self.is_unicast()) else { return };
        if let IpAddr::V6(address) = source.value
            && !address.is_unicast_link_local()
            && family == Family::Ipv6
        {
            self.report(say::source_not_link_local(source.span, address));
        }
    }

    /// Only the master has a virtual address: a backup could not send from it, and a peer is not there.
    pub(super) fn check_ends(&mut self, priority: Priority) {
        let virtual_at = |address| {
            let mut entries = self.settings.entries(&instance::VIRTUAL_IPADDRESS);
            entries.find(|entry| entry.value.address == address).map(|entry| entry.span)
        };
        let source = written_source(self.settings);
        if let Some(Spanned { value, span }) = source {
            if let Some(kind) = odd_kind(value) {
                self.out.push(say::odd_address_source(span, value, kind));
            } else if let Some(entry) = virtual_at(value).filter(|_| !priority.is_owner()) {
                self.out.push(say::virtual_source(span, entry, value));
            }
        }
        for Entry { value: Peer { address, .. }, span, .. } in self.settings.entries(&instance::UNICAST_PEER) {
            if let Some(kind) = odd_kind(*address) {
                self.out.push(say::odd_address_peer(*span, address, kind));
            } else if let Some(entry) = virtual_at(*address).filter(|_| source.map(|it| it.value) != Some(*address)) {
                self.out.push(say::virtual_source_peer(*span, entry, address));
            }
        }
        self.check_both_sources();
    }

    /// Two names of one setting, with different values.
    fn check_both_sources(&mut self) {
        let both = [&instance::UNICAST_SRC_IP, &instance::MCAST_SRC_IP].map(|row| self.settings.get(row));
        if let ([Some(unicast), Some(multicast)], Some(used)) = (both, written_source(self.settings))
            && unicast.value != multicast.value
        {
            let other = if used.span == unicast.span { multicast } else { unicast };
            self.report(say::repeated_keyword_source(used.span, other.span, used.value));
        }
    }

    /// The reader has dropped scopes. One that is not the router's interface is a mistake.
    pub(super) fn check_scopes(&mut self, interface: &str) {
        let source = written_source(self.settings).map(|source| source.span);
        let peers = self.settings.entries(&instance::UNICAST_PEER).map(|entry| entry.span);
        for span in source.into_iter().chain(peers) {
            let scope = self.out.sources().text(span).split_once('%').map(|(_, scope)| scope.to_owned());
            let Some(scope) = scope.filter(|scope| scope != interface) else { continue };
            self.out.take_back_at(span, &[Code::AddressScope]);
            self.report(say::other_scope(span, self.settings.keyword(&instance::INTERFACE), scope, interface));
        }
    }

    /// The peers of the router's family.
    pub(super) fn peers(&mut self, family: Family) -> Vec<Peer> {
        let mut peers = Vec::new();
        let mut seen = HashMap::new();
        for entry in self.settings.entries(&instance::UNICAST_PEER) {
            let address = entry.value.address;
            if Family::of(&address) != family {
                let diagnostic = say::other_family_peer(entry.span, address, family);
                self.report(self.also_family(diagnostic, family));
            } else if let Some(own) = written_source(self.settings).filter(|own| own.value == address) {
                self.report(say::peer_self(entry.span, own.span, address));
                peers.push(entry.value);
            } else if let Some(first) = earlier(&mut seen, address, entry.span) {
                self.report(say::duplicate_peer(entry.span, first, address));
            } else {
                peers.push(entry.value);
            }
        }
        if self.names_only_itself() && self.settings.keyword(&instance::UNICAST_FAULT_NO_PEER).is_some() {
            peers.clear();
        }
        peers
    }

    /// Whether all its peers are the router itself.
    pub(super) fn names_only_itself(&self) -> bool {
        let Some(own) = written_source(self.settings) else { return false };
        self.has_peers() && self.settings.entries(&instance::UNICAST_PEER).all(|peer| peer.value.address == own.value)
    }

    /// Whether it is meant to have peers, and must not speak to all instead.
    pub(super) fn fault_without_peers(&self, peers: &[Peer]) -> Switch {
        let none_left =
            peers.is_empty() && (self.has_peers() || self.settings.refused(&instance::UNICAST_PEER).is_some());
        let said = self.settings.keyword(&instance::UNICAST_FAULT_NO_PEER).is_some();
        if none_left || (said && wants_unicast(self.settings).is_some()) { Switch::On } else { Switch::Off }
    }

    /// Whether it speaks to peers, or would if it had any.
    pub(super) fn is_unicast(&self) -> bool {
        self.has_peers() || self.fault_without_peers(&[]) == Switch::On
    }

    pub(super) fn has_peers(&self) -> bool {
        self.settings.entries(&instance::UNICAST_PEER).next().is_some()
    }

    /// TTL of its unicast, if it has peers.
    pub(super) fn unicast_ttl(&self) -> Option<u8> {
        self.settings.value(&instance::UNICAST_TTL).filter(|_| self.is_unicast())
    }

    /// Whose unicast it takes.
    pub(super) fn unicast_sources(&self, peers: &[Peer]) -> SourceCheck {
        let own = self.settings.keyword(&instance::CHECK_UNICAST_SRC);
        let said = own.or_else(|| self.global.keyword(&global::VRRP_CHECK_UNICAST_SRC)).is_some();
        let has_range = |peer: &Peer| peer.min_ttl.or(peer.max_ttl).is_some();
        let checks = said || peers.iter().any(has_range);
        if checks && self.is_unicast() { SourceCheck::Peers } else { SourceCheck::Anybody }
    }

    /// Whether it stops without its source address.
    pub(super) fn track_source(&self, source: Option<IpAddr>) -> Switch {
        let said = self.settings.keyword(&instance::TRACK_SRC_IP).and(source).is_some();
        if said { Switch::On } else { Switch::Off }
    }

    /// `mcast_dst_ip`, else the group of the family. Unicast has no use for it.
    pub(super) fn group(&mut self, family: Family) -> IpAddr {
        if self.is_unicast() {
            return standard_group(family);
        }
        let global = group_for_all(self.global, family, self.out);
        group(self.settings, &instance::MCAST_DST_IP, family, global, self.out)
    }
}

/// What says that a router is meant to speak unicast.
pub(super) fn wants_unicast(settings: &Settings) -> Option<(Span, &'static str)> {
    let wanting: [&'static KeywordDef; 2] = [&instance::UNICAST_PEER, &instance::UNICAST_SRC_IP];
    wanting.into_iter().find_map(|row| Some((settings.keyword(row)?, row.name)))
}

/// The source address that is written, by the later of its names.
pub(super) fn written_source(settings: &Settings) -> Option<Spanned<IpAddr>> {
    last_of(settings, [&instance::UNICAST_SRC_IP, &instance::MCAST_SRC_IP])
}

/// The multicast group that `global_defs` names for all routers of a family.
pub(super) fn group_for_all(settings: &Settings, family: Family, out: &mut Diagnostics) -> IpAddr {
    let row = match family {
        Family::Ipv4 => &global::VRRP_MCAST_GROUP4,
        Family::Ipv6 => &global::VRRP_MCAST_GROUP6,
    };
    group(settings, row, family, standard_group(family), out)
}

/// The group that `row` names, unless it is none of the family; `usual` without one.
fn group(settings: &Settings, row: &Row<IpAddr>, family: Family, usual: IpAddr, out: &mut Diagnostics) -> IpAddr {
    let Some(Spanned { value, span }) = settings.get(row) else { return usual };
    // keepalived takes any IPv4 group, and IPv6 groups of the link.
    out.push(match (value, family) {
        (IpAddr::V4(group), Family::Ipv4) if group.is_multicast() => return value,
        (IpAddr::V6(group), Family::Ipv6) if group.segments()[0] & 0xff0f == 0xff02 => return value,
        (IpAddr::V4(group), Family::Ipv4) => say::bad_group_ipv4(span, group, usual),
        (IpAddr::V6(group), Family::Ipv6) => say::bad_group_ipv6(span, group, usual),
        (IpAddr::V4(_), Family::Ipv6) | (IpAddr::V6(_), Family::Ipv4) => {
            say::bad_group_family(span, value, family, usual)
        }
    });
    usual
}

/// 224.0.0.18 or ff02::12 (RFC 9568 §5.1.1.2, §5.1.2.2).
fn standard_group(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => IpAddr::from([224, 0, 0, 18]),
        Family::Ipv6 => IpAddr::from([0xff02, 0, 0, 0, 0, 0, 0, 0x12]),
    }
}
