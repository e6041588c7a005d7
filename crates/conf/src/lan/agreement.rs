//! What all members must say alike to understand each other at all.

use std::collections::HashMap;
use std::net::IpAddr;

use vrrp::config::{Authentication, HmacMode};
use vrrp::wire::HOP_LIMIT;

use super::Part;
use super::party::Party;
use super::same::{self, BOTH_MASTERS};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keywords::{authentication, instance};
use crate::model::hmac::Hmac;
use crate::model::{Peer, Router};
use crate::source::Span;

pub(super) fn check(party: &Party<'_>, out: &mut Diagnostics) {
    let first = party.first();
    for other in party.others() {
        if !same::is_version(&first, other, out) {
            continue;
        }
        same::check(&first, other, out);
        authenticated(&first, other, out);
        cast(&first, other, out);
        virtual_mac(&first, other, out);
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
        return;
    }
    let (with, without) = if unicast(first) { (first, other) } else { (other, first) };
    let what = format!("{} is unicast on one member and multicast on another", other.title());
    let diagnostic = Diagnostic::new(Code::LanPeers, without.raw.span, what).here("no `unicast_peer`");
    let diagnostic = diagnostic.also(peer_list(with), "unicast");
    out.push(diagnostic.note("they do not hear each other, and both become master"));
}

/// Members that send from one address take each other's advertisements for their own.
fn sources(party: &Party<'_>, out: &mut Diagnostics) {
    let mut taken: HashMap<IpAddr, &Part<'_>> = HashMap::new();
    for part in &party.parts {
        let Some(source) = part.router.source else { continue };
        let Some(first) = taken.get(&source) else {
            taken.insert(source, part);
            continue;
        };
        let place = |part: &Part<'_>| part.written_source().unwrap_or(part.raw.span);
        let what = format!("two members of {} send from {source}", part.title());
        let diagnostic = Diagnostic::new(Code::LanSource, place(part), what).also(place(first), "the first");
        let note = "each takes the other's advertisements for its own, and both become master";
        out.push(diagnostic.note(note).help("write the address of this host"));
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
