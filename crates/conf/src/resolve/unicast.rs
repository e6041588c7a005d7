//! Where advertisements come from and go to: source and peers (keepalived-config §3.1, §3.4).

use std::collections::HashMap;
use std::net::IpAddr;

use vrrp::config::SourceCheck;
use vrrp::types::{Family, Priority};

use super::Draft;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::keyword::KeywordDef;
use crate::keywords::{global, instance};
use crate::model::{Peer, Switch};
use crate::say;
use crate::source::{Span, Spanned};

impl Draft<'_> {
    /// `mcast_src_ip`, `unicast_src_ip`: one setting, the last counts.
    pub(super) fn source(&mut self, family: Family) -> Option<IpAddr> {
        let source = self.written_source()?;
        if Family::of(&source.value) == family {
            return Some(source.value);
        }
        let what = format!("{} cannot be the source of an {family} router", source.value);
        let diagnostic = Diagnostic::new(Code::OtherFamily, source.span, what);
        let diagnostic = self.also_family(diagnostic, family);
        self.report(diagnostic.note("the interface's own address is used"));
        None
    }

    /// RFC 9568 §5.1.2.1. Unicast may come from farther.
    pub(super) fn check_link_local(&mut self, family: Family) {
        let Some(source) = self.settings.get(&instance::MCAST_SRC_IP).filter(|_| !self.is_unicast()) else { return };
        if let IpAddr::V6(address) = source.value
            && !address.is_unicast_link_local()
            && family == Family::Ipv6
        {
            let what = format!("the source {address} is not a link-local address");
            let diagnostic = Diagnostic::new(Code::SourceNotLinkLocal, source.span, what);
            let note = "IPv6 advertisements come from one (RFC 9568 §5.1.2.1); other implementations may drop these";
            self.report(diagnostic.note(note).help("remove the line: the interface's link-local address is used"));
        }
    }

    /// Only the master has a virtual address, so a backup could not send from it.
    pub(super) fn check_virtual_source(&mut self, priority: Priority) {
        let Some(source) = self.written_source().filter(|_| !priority.is_owner()) else { return };
        let mut entries = self.settings.entries(&instance::VIRTUAL_IPADDRESS);
        if let Some(entry) = entries.find(|entry| entry.value.address == source.value) {
            self.report(say::virtual_source(source.span, entry.span, source.value));
        }
    }

    /// The reader has dropped scopes. One that is not the router's interface is a mistake.
    pub(super) fn check_scopes(&mut self, interface: &str) {
        let source = self.written_source().map(|source| source.span);
        let peers = self.settings.entries(&instance::UNICAST_PEER).map(|entry| entry.span);
        let others: Vec<(Span, String)> = source
            .into_iter()
            .chain(peers)
            .filter_map(|span| {
                let (_, scope) = self.out.sources().text(span).split_once('%')?;
                (scope != interface).then(|| (span, scope.to_owned()))
            })
            .collect();
        for (span, scope) in others {
            self.out.take_back(span, |code| code == Code::AddressScope);
            let what = format!("the scope is {scope}, and the router is on {interface}");
            let diagnostic = Diagnostic::new(Code::OtherScope, span, what);
            let diagnostic = diagnostic.also_at(self.settings.keyword(&instance::INTERFACE), "here");
            self.report(diagnostic.note("the interface of the router counts").help("leave the scope out"));
        }
    }

    pub(super) fn written_source(&self) -> Option<Spanned<IpAddr>> {
        let (unicast, multicast) = (&instance::UNICAST_SRC_IP, &instance::MCAST_SRC_IP);
        let unicast_is_last = self.settings.position(unicast) > self.settings.position(multicast);
        self.settings.get(if unicast_is_last { unicast } else { multicast })
    }

    /// The peers of the router's family.
    pub(super) fn peers(&mut self, family: Family) -> Vec<Peer> {
        let mut peers = Vec::new();
        let mut seen: HashMap<IpAddr, Span> = HashMap::new();
        for entry in self.settings.entries(&instance::UNICAST_PEER) {
            let address = entry.value.address;
            if Family::of(&address) != family {
                let what = format!("{address} cannot be a peer of an {family} router");
                let diagnostic = Diagnostic::new(Code::OtherFamily, entry.span, what).note("the peer is left out");
                let diagnostic = self.also_family(diagnostic, family);
                self.report(diagnostic);
            } else if let Some(own) = self.written_source().filter(|own| own.value == address) {
                let diagnostic = Diagnostic::new(Code::PeerSelf, entry.span, format!("{address} is the router's own"));
                let diagnostic = diagnostic.also(own.span, "it sends from here");
                self.report(diagnostic.note("it is left out, so that one list can serve all members"));
                seen.insert(address, entry.span);
                peers.push(entry.value);
            } else if let Some(&first) = seen.get(&address) {
                let diagnostic =
                    Diagnostic::new(Code::DuplicatePeer, entry.span, format!("{address} is a peer already"));
                self.report(diagnostic.also(first, "the first").note("it gets each advertisement once"));
            } else {
                seen.insert(address, entry.span);
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
        let Some(own) = self.written_source() else { return false };
        self.has_peers() && self.settings.entries(&instance::UNICAST_PEER).all(|peer| peer.value.address == own.value)
    }

    /// Whether it is meant to have peers, and must not speak to all instead.
    pub(super) fn fault_without_peers(&self, peers: &[Peer]) -> Switch {
        let none_left =
            peers.is_empty() && (self.has_peers() || self.settings.refused(&instance::UNICAST_PEER).is_some());
        let said = self.settings.keyword(&instance::UNICAST_FAULT_NO_PEER).is_some();
        if none_left || (said && self.wants_unicast().is_some()) { Switch::On } else { Switch::Off }
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

    /// What says that it is meant to speak unicast.
    pub(super) fn wants_unicast(&self) -> Option<(Span, &'static str)> {
        let wanting: [&'static KeywordDef; 2] = [&instance::UNICAST_PEER, &instance::UNICAST_SRC_IP];
        wanting.into_iter().find_map(|row| Some((self.settings.keyword(row)?, row.name)))
    }
}
