//! What all members must say alike to understand each other at all.

use vrrp::config::{Authentication, HmacMode};
use vrrp::types::{Family, Version};
use vrrp::wire::HOP_LIMIT;

use super::Part;
use super::party::Party;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keywords::{authentication, global, instance};
use crate::model::hmac::Hmac;
use crate::model::{Peer, Router};
use crate::source::Span;

pub(super) fn check(party: &Party<'_>, out: &mut Diagnostics) {
    let first = party.first();
    for other in party.others() {
        if first.router.version != other.router.version {
            // Nothing else matters between two that do not hear each other.
            out.push(version(&first, other));
            continue;
        }
        interval(&first, other, out);
        authenticated(&first, other, out);
        cast(&first, other, out);
        virtual_mac(&first, other, out);
    }
    peers(party, out);
}

const BOTH_MASTERS: &str = "they refuse each other's advertisements, and both become master";

fn version(first: &Part<'_>, other: &Part<'_>) -> Diagnostic {
    let place = |part: &Part<'_>| part.place_or(&instance::VERSION, &global::VRRP_VERSION);
    let (one, two) = (first.router.version, other.router.version);
    let what = format!("{} speaks {two} here and {one} on another member", other.title());
    let diagnostic = Diagnostic::new(Code::LanVersion, place(other), what).here(two).also(place(first), one);
    diagnostic.note("they do not hear each other, and both become master")
}

fn interval(first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) {
    let (one, two) = (first.router.interval, other.router.interval);
    if one == two {
        return;
    }
    let (code, note) = match other.router.version {
        Version::V2 => (Code::LanInterval, BOTH_MASTERS),
        Version::V3 => (
            Code::LanIntervalLearned,
            "a backup learns the master's interval: how long a failover takes depends on who was master",
        ),
    };
    let what = format!("{} is advertised every {two} here and every {one} on another member", other.title());
    let diagnostic = Diagnostic::new(code, other.place(&instance::ADVERT_INT), what).here(two);
    out.push(diagnostic.also(first.place(&instance::ADVERT_INT), one).note(note));
}

fn authenticated(first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) {
    if first.router.hmac.is_none() && other.router.hmac.is_none() {
        return password(first, other, out);
    }
    let (one, two) = (first.router, other.router);
    let Some(why) = refusal(one, two).or_else(|| refusal(two, one)) else { return };
    let place = |part: &Part<'_>| part.place(&instance::AUTH_HMAC);
    let what = format!("{} is not authenticated here as on another member: {why}", other.title());
    let diagnostic =
        Diagnostic::new(Code::LanAuthentication, place(other), what).also(place(first), "the other member");
    out.push(diagnostic.note("one refuses the other's advertisements, so that both may become master"));
}

/// Why `to` refuses what `from` signs, or does not.
fn refusal(from: &Router, to: &Router) -> Option<String> {
    let signs = |hmac: &&Hmac| hmac.mode != HmacMode::ReceiveOnly;
    let signing = from.hmac.as_ref().filter(signs).and_then(Hmac::active_key);
    match (signing, &to.hmac) {
        (Some(_), None) => Some("one has no `auth_hmac`".to_owned()),
        (Some(signing), Some(hmac)) => match hmac.keys.iter().find(|key| key.id == signing.id) {
            None => Some(format!("one has no key {}, which signs", signing.id)),
            Some(key) => (key.bytes != signing.bytes).then(|| format!("key {}, which signs, is another", key.id)),
        },
        (None, Some(hmac)) => {
            (hmac.mode == HmacMode::Enforce).then(|| "one does not sign, which the other enforces".to_owned())
        }
        (None, None) => (to.authentication != from.authentication).then(|| "one has a password".to_owned()),
    }
}

fn password(first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) {
    let (one, two) = (&first.router.authentication, &other.router.authentication);
    if one == two {
        return;
    }
    let place = |part: &Part<'_>| match &part.router.authentication {
        Authentication::None | Authentication::Hmac(_) => part.raw.span,
        Authentication::Password(_) | Authentication::Ah(_) => part.place(&authentication::AUTH_PASS),
    };
    let with = |authentication: &Authentication| match authentication {
        Authentication::None | Authentication::Hmac(_) => "no password",
        Authentication::Password(_) => "a password",
        Authentication::Ah(_) => "a password that signs (AH)",
    };
    let what = if with(one) == with(two) {
        format!("{} has another password here than on another member", other.title())
    } else {
        format!("{} has {} here and {} on another member", other.title(), with(two), with(one))
    };
    let diagnostic = Diagnostic::new(Code::LanAuthentication, place(other), what).here(with(two));
    out.push(diagnostic.also(place(first), with(one)).note(BOTH_MASTERS));
}

/// Unicast on one member, multicast on the other.
fn cast(first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) {
    let unicast = |part: &Part<'_>| part.router.is_unicast();
    if unicast(first) == unicast(other) {
        return group(first, other, out);
    }
    let (with, without) = if unicast(first) { (first, other) } else { (other, first) };
    let what = format!("{} is unicast on one member and multicast on another", other.title());
    let diagnostic = Diagnostic::new(Code::LanPeers, without.raw.span, what).here("no `unicast_peer`");
    let diagnostic = diagnostic.also(peer_list(with), "unicast");
    out.push(diagnostic.note("they do not hear each other, and both become master"));
}

/// Two multicast members that do not listen to one group.
fn group(first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) {
    let (one, two) = (first.router.group, other.router.group);
    if first.router.is_unicast() || one == two {
        return;
    }
    let global = match other.router.family {
        Family::Ipv4 => &global::VRRP_MCAST_GROUP4,
        Family::Ipv6 => &global::VRRP_MCAST_GROUP6,
    };
    let place = |part: &Part<'_>| part.place_or(&instance::MCAST_DST_IP, global);
    let what = format!("{} uses the group {two} here and {one} on another member", other.title());
    let diagnostic = Diagnostic::new(Code::LanGroup, place(other), what).here(two).also(place(first), one);
    out.push(diagnostic.note("they do not hear each other, and both become master"));
}

/// Every member must be among the peers of every other. Known only of those that say their address.
fn peers(party: &Party<'_>, out: &mut Diagnostics) {
    for speaker in &party.parts {
        let Some(source) = speaker.router.source.filter(|_| !speaker.router.peers.is_empty()) else { continue };
        let listeners =
            party.parts.iter().filter(|part| part.member != speaker.member && !part.router.peers.is_empty());
        for listener in listeners {
            if let Some(peer) = listener.router.peers.iter().find(|peer| peer.address == source) {
                ttl(speaker, listener, peer, out);
                continue;
            }
            let what = format!("{source} is not among the unicast peers of {} here", listener.title());
            let diagnostic = match nobody(party, listener) {
                Some(wrong) => Diagnostic::new(Code::LanPeers, wrong, what).here("no member sends from this"),
                None => Diagnostic::new(Code::LanPeers, peer_list(listener), what),
            };
            let diagnostic = diagnostic.also(speaker.place(&instance::UNICAST_SRC_IP), "a member sends from it");
            out.push(
                diagnostic
                    .note("it never hears this router, and becomes master beside it")
                    .help(format!("add {source}")),
            );
        }
    }
}

/// Advertisements arrive with the TTL they were sent with, or a lower one.
fn ttl(speaker: &Part<'_>, listener: &Part<'_>, peer: &Peer, out: &mut Diagnostics) {
    let (sent, least) = (speaker.router.unicast_ttl.unwrap_or(HOP_LIMIT), peer.min_ttl.unwrap_or(0));
    if sent >= least {
        return;
    }
    let what = format!("{} sends with TTL {sent}, and {} takes at least {least} here", peer.address, listener.title());
    let mut entries = listener.raw.settings.entries(&instance::UNICAST_PEER);
    let entry = entries.find(|entry| entry.value.address == peer.address).map(|entry| entry.span);
    let diagnostic = Diagnostic::new(Code::LanPeers, entry.unwrap_or(listener.raw.span), what);
    let diagnostic = diagnostic.also(speaker.place(&instance::UNICAST_TTL), "sent with this");
    out.push(diagnostic.note("this member refuses its advertisements, and becomes master beside it"));
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

fn peer_list(part: &Part<'_>) -> Span {
    part.raw.settings.keyword(&instance::UNICAST_PEER).unwrap_or(part.raw.span)
}

/// A failover moves the virtual MAC only if both have it.
fn virtual_mac(first: &Part<'_>, other: &Part<'_>, out: &mut Diagnostics) {
    let (with, without) = match (&first.router.vmac, &other.router.vmac) {
        (Some(_), None) => (first, other),
        (None, Some(_)) => (other, first),
        (Some(_), Some(_)) | (None, None) => return,
    };
    let what = format!("{} has a virtual MAC on one member only", other.title());
    let diagnostic = Diagnostic::new(Code::LanVirtualMac, without.raw.span, what).here("no `use_vmac`");
    let keyword = with.raw.settings.keyword(&instance::USE_VMAC).unwrap_or(with.raw.span);
    out.push(
        diagnostic.also(keyword, "here").note("each failover changes the MAC address behind the virtual addresses"),
    );
}
