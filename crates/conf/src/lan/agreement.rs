//! What all members must say alike to understand each other: one setting a row, keys and passwords, and who sends from
//! where to whom.

use vrrp::config::{Authentication, ChecksumPolicy, HmacMode, OldChecksum, SourceMac};
use vrrp::types::Family::{self, Ipv4, Ipv6};
use vrrp::types::Version::{self, V2, V3};
use vrrp::types::Vrid;
use vrrp::wire::HOP_LIMIT;

use super::{Part, Party};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::KeywordDef;
use crate::keywords::{authentication, global, instance};
use crate::model::hmac::Hmac;
use crate::model::{Peer, Router, Switch};
use crate::needs::written_source;
use crate::say;
use crate::source::Span;

pub(super) fn check(party: &Party<'_>, out: &mut Diagnostics) {
    let first = party.first();
    for other in party.others() {
        if !VERSION.check(&first, other, out) {
            continue;
        }
        for same in &TABLE {
            same.check(&first, other, out);
        }
        authenticated(&first, other, out);
        one_sided(&first, other, out);
        one_sided(other, &first, out);
    }
    sources(party, out);
    peers(party, out);
}

fn authenticated(first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) {
    if first.router.hmac.is_none() && other.router.hmac.is_none() {
        return password(first, other, out);
    }
    let (one, two) = (first.router, other.router);
    let Some(why) = refusal(one, two).or_else(|| refusal(two, one)) else { return };
    let place = |part: &Part<'_>| part.place(&instance::AUTH_HMAC);
    out.push(say::lan_authentication(place(other), place(first), other.router.vrid, why));
}

/// Why `to` refuses what `from` signs, or does not.
fn refusal(from: &Router, to: &Router) -> Option<String> {
    let signs = |hmac: &&Hmac| hmac.mode != HmacMode::ReceiveOnly;
    let signing = from.hmac.as_ref().filter(signs).and_then(Hmac::active_key);
    match (signing, &to.hmac) {
        (Some(_), None) => Some(say::lan_authentication_none()),
        (Some(signing), Some(hmac)) => match hmac.keys.iter().find(|key| key.id == signing.id) {
            None => Some(say::lan_authentication_no_key(signing.id)),
            Some(key) => (key.bytes != signing.bytes).then(|| say::lan_authentication_other_key(key.id)),
        },
        (None, Some(hmac)) => (hmac.mode == HmacMode::Enforce).then(say::lan_authentication_unsigned),
        (None, None) => (to.authentication != from.authentication).then(say::lan_authentication_password),
    }
}

fn password(first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) {
    if first.router.authentication == other.router.authentication {
        return;
    }
    let written = |part: &Part<'_>| match &part.router.authentication {
        Authentication::None | Authentication::Hmac(_) => (part.raw.span, say::lan_authentication_kind_none()),
        Authentication::Password(_) => (part.place(&authentication::AUTH_PASS), say::lan_authentication_kind_plain()),
        Authentication::Ah(_) => (part.place(&authentication::AUTH_PASS), say::lan_authentication_kind_ah()),
    };
    let ((place, here), (beside, there), vrid) = (written(other), written(first), other.router.vrid);
    out.push(if here == there {
        say::lan_authentication_word(place, beside, vrid, here, there)
    } else {
        say::lan_authentication_kind(place, beside, vrid, here, there)
    });
}

/// What one member has and the other has not: peers, and the virtual MAC, which a failover moves only if both have it.
fn one_sided(with: &Part<'_>, without: &Part<'_>, out: &mut Diagnostics) {
    let (nowhere, vrid) = (without.raw.span, with.router.vrid);
    if with.router.is_unicast() && !without.router.is_unicast() {
        out.push(say::lan_peers_multicast(nowhere, with.keyword(&instance::UNICAST_PEER), vrid));
    }
    if with.router.vmac.is_some() && without.router.vmac.is_none() {
        out.push(say::lan_virtual_mac(nowhere, with.keyword(&instance::USE_VMAC), vrid));
    }
}

/// Members that send from one address take each other's advertisements for their own.
fn sources(party: &Party<'_>, out: &mut Diagnostics) {
    for (first, part, source) in party.sharing(|part| part.router.source) {
        let place = |part: &Part<'_>| written_source(&part.raw.settings, source).unwrap_or(part.raw.span);
        out.push(say::lan_source(place(part), place(first), part.router.vrid, source));
    }
}

/// Every member must be among the peers of every other. Known only of those that say their address.
fn peers(party: &Party<'_>, out: &mut Diagnostics) {
    for speaker in &party.parts {
        let Some(source) = speaker.router.source.filter(|_| !speaker.router.peers.is_empty()) else { continue };
        // Of those that claim the same address that was said.
        let is_listener = |part: &&Part<'_>| {
            let is_other = part.member != speaker.member && part.router.source != Some(source);
            is_other && !part.router.peers.is_empty()
        };
        let listeners = party.parts.iter().filter(is_listener);
        for listener in listeners {
            if let Some(peer) = listener.router.peers.iter().find(|peer| peer.address == source) {
                ttl(speaker, listener, peer, out);
                continue;
            }
            let (stranger, from) = (nobody(party, listener), speaker.place(&instance::UNICAST_SRC_IP));
            let place = stranger.unwrap_or_else(|| listener.keyword(&instance::UNICAST_PEER));
            let diagnostic = say::lan_peers(place, from, source, listener.router.vrid);
            out.push(if stranger.is_some() { diagnostic.here(say::lan_peers_nobody()) } else { diagnostic });
        }
    }
}

/// Advertisements arrive with the TTL they were sent with, or a lower one.
fn ttl(speaker: &Part<'_>, listener: &Part<'_>, peer: &Peer, out: &mut Diagnostics) {
    let (sent, least) = (speaker.router.unicast_ttl.unwrap_or(HOP_LIMIT), peer.min_ttl.unwrap_or(0));
    if sent >= least {
        return;
    }
    let mut entries = listener.raw.settings.entries(&instance::UNICAST_PEER);
    let entry = entries.find(|entry| entry.value.address == peer.address);
    let place = entry.map_or(listener.raw.span, |entry| entry.span);
    let ttl = speaker.place(&instance::UNICAST_TTL);
    out.push(say::lan_peers_ttl(place, ttl, peer.address, sent, listener.router.vrid, least));
}

/// The only peer of `listener` that no member is.
fn nobody(party: &Party<'_>, listener: &Part<'_>) -> Option<Span> {
    if party.parts.iter().any(|part| part.router.source.is_none()) {
        return None;
    }
    let is_member = |address| party.parts.iter().any(|part| part.router.source == Some(address));
    let peers = listener.raw.settings.entries(&instance::UNICAST_PEER);
    let mut strangers = peers.filter(|entry| !is_member(entry.value.address)).map(|entry| entry.span);
    strangers.next().filter(|_| strangers.next().is_none())
}

/// A setting on which members must agree.
struct Same {
    /// Keywords that say it, of routers or global.
    rows: &'static [&'static KeywordDef],
    /// `None`: it does not matter here.
    says: fn(&Router) -> Option<String>,
    /// What is said if they differ: here, there, which router, and what it says here and there.
    report: fn(Span, Span, Vrid, String, String) -> Diagnostic,
}

/// Nothing else matters between two that speak different versions.
const VERSION: Same = Same {
    rows: &[&instance::VERSION.def, &global::VRRP_VERSION.def],
    says: |router| Some(router.parameters.version.to_string()),
    report: say::lan_version,
};

const TABLE: [Same; 10] = [
    Same { rows: &[&instance::ADVERT_INT.def], says: |router| interval(router, V2), report: say::lan_interval },
    Same { rows: &[&instance::ADVERT_INT.def], says: |router| interval(router, V3), report: say::lan_interval_learned },
    Same {
        rows: &[&instance::DOWN_TIMER_ADVERTS.def, &global::VRRP_DOWN_TIMER_ADVERTS.def],
        says: |router| Some(say::lan_down_timer_missed(router.parameters.down_adverts)),
        report: say::lan_down_timer,
    },
    Same {
        rows: &[&instance::MCAST_DST_IP.def, &global::VRRP_MCAST_GROUP4.def],
        says: |router| group(router, Ipv4),
        report: say::lan_group,
    },
    Same {
        rows: &[&instance::MCAST_DST_IP.def, &global::VRRP_MCAST_GROUP6.def],
        says: |router| group(router, Ipv6),
        report: say::lan_group,
    },
    Same {
        rows: &[&instance::V3_CHECKSUM_AS_V2.def, &global::V3_CHECKSUM_AS_V2.def],
        says: |router| {
            (router.parameters.version == V3 && router.family == Ipv4).then(|| match router.parameters.checksum {
                ChecksumPolicy::Rfc9568 => say::lan_checksum_without(),
                ChecksumPolicy::Auto | ChecksumPolicy::Rfc5798 => say::lan_checksum_with(),
            })
        },
        report: say::lan_checksum,
    },
    Same {
        rows: &[&instance::OLD_UNICAST_CHECKSUM.def],
        says: |router| {
            let matters = router.parameters.version == V3 && router.family == Ipv4 && router.is_unicast();
            match router.parameters.switches.old_checksum {
                OldChecksum::Sent if matters => Some(say::lan_old_checksum_sent()),
                OldChecksum::Refused if matters => Some(say::lan_old_checksum_refused()),
                // It takes both.
                OldChecksum::Sent | OldChecksum::Refused | OldChecksum::Recognised => None,
            }
        },
        report: say::lan_old_checksum,
    },
    Same {
        rows: &[&instance::NO_ACCEPT.def, &instance::ACCEPT.def, &instance::STRICT_MODE.def, &global::VRRP_STRICT.def],
        says: |router| {
            (!router.parameters.priority.is_owner()).then(|| match router.accept {
                Switch::On => say::lan_accept_on(),
                Switch::Off => say::lan_accept_off(),
            })
        },
        report: say::lan_accept,
    },
    Same {
        rows: &[&instance::USE_VMAC.def],
        says: |router| {
            let mac = router.vmac.as_ref()?.mac;
            Some(mac.map_or_else(say::lan_virtual_mac_standard, say::lan_virtual_mac_given))
        },
        report: say::lan_virtual_mac_which,
    },
    Same {
        rows: &[&instance::VMAC_XMIT_BASE.def, &instance::USE_VMAC.def],
        says: |router| {
            (router.vmac.is_some() && !router.is_unicast()).then(|| match router.parameters.source_mac {
                SourceMac::Virtual => say::lan_virtual_mac_from_virtual(),
                SourceMac::Physical => say::lan_virtual_mac_from_interface(),
            })
        },
        report: say::lan_virtual_mac_source,
    },
];

fn interval(router: &Router, version: Version) -> Option<String> {
    (router.parameters.version == version).then(|| router.parameters.interval.to_string())
}

fn group(router: &Router, family: Family) -> Option<String> {
    (router.family == family && !router.is_unicast()).then(|| router.group.to_string())
}

impl Same {
    /// Whether both say the same.
    fn check(&self, first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) -> bool {
        let (Some(one), Some(two)) = ((self.says)(first.router), (self.says)(other.router)) else { return true };
        let is_unread = |part: &Part<'_>| self.rows.iter().any(|row| part.settings_of(row).is_bad(row));
        if one == two || is_unread(first) || is_unread(other) {
            return true;
        }
        out.push((self.report)(self.place(other), self.place(first), other.router.vrid, two, one));
        false
    }

    /// Where it is said, else the header of the router.
    fn place(&self, part: &Part<'_>) -> Span {
        let written = self.rows.iter().find_map(|row| part.settings_of(row).argument(row));
        written.unwrap_or(part.raw.span)
    }
}
