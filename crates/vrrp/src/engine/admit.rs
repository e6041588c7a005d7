//! Whether a packet is an advert for a router: every check but the last, in the order of RFC 9568 §7.1 and RFC 3768 §7.1.
//! The order is that of [`Discard::ALL`]; `wire` only reads. The last is whether an advert is new; see `receive`, which also
//! asks [`takes_part`].

use core::net::IpAddr;

use super::router::Router;
use crate::auth::{self, Proof};
use crate::config::{Conformance, Hearing, ListCheck, Medium, NoAddresses, OldChecksum, SourceCheck, Unicast};
use crate::discard::Discard;
use crate::event::{Peer, StateName};
use crate::input::Packet;
use crate::time::Instant;
use crate::types::{Family, Interval, Priority, Version};
use crate::wire::{self, ADVERTISEMENT, AH_PROTOCOL, Addresses, AuthenticationHeader, ChecksumForm, Message};

/// An advert that passed all checks but the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) peer: Peer,
    pub(crate) interval: Interval,
    pub(crate) received: Instant,
    pub(crate) form: ChecksumForm,
    pub(crate) list: List,
    pub(crate) proof: Proof,
}

/// The address list of an advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Or taken for it.
    Ours,
    /// Another, with this digest.
    Other(u32),
}

/// The checks. `router` is the one that the packet's interface, family and VRID field lead to.
pub(crate) fn admit(packet: &Packet<'_>, router: Option<&Router>) -> Result<Heard, Discard> {
    vrrp(packet)?;
    to_us(packet, router)?; // V3-RX-01
    not_from_us(packet, router)?; // V3-RX-02
    from_the_right_place(packet, router)?; // V3-RX-03
    let message = message(packet).ok_or(Discard::TooShort)?; // V3-RX-04
    let version = spoken_version(&message, router)?; // V3-RX-04, V2-RX-02
    advertisement(&message)?; // V3-RX-05
    let addresses = whole(&message)?; // V3-RX-06, V2-RX-03
    let form = checksum(&message, router)?; // V3-RX-07
    let router = router.ok_or(Discard::UnknownVrid)?; // V3-RX-08; not "we are no owner" (EID 8298)
    let proof = authentic(packet, &message, version, router)?; // V2-RX-06
    some_address(addresses, version, router)?; // V3-RX-10
    link_local_first(addresses, router)?; // V3-RX-11
    let interval = message.interval().ok_or(Discard::IntervalZero)?; // V3-RX-12
    let list = compare(addresses, packet.ip.source, router);
    tolerable_list(list, &message, version, router)?; // V2-RX-08
    tolerable_interval(interval, version, router)?; // V2-RX-09
    let peer = Peer { address: packet.ip.source, priority: message.priority() };
    Ok(Heard { peer, interval, received: packet.received, form, list, proof })
}

/// The message of a packet; `None` if it is too short to be one.
pub(crate) fn message<'a>(packet: &Packet<'a>) -> Option<Message<'a>> {
    Message::read(&packet.ip, wire::message_of(packet.ip.protocol, packet.payload))
}

/// Protocol 112, or an authentication header around it.
fn vrrp(packet: &Packet<'_>) -> Result<(), Discard> {
    match packet.ip.protocol {
        wire::PROTOCOL => Ok(()),
        AH_PROTOCOL if AuthenticationHeader::read(packet.payload).is_some() => Ok(()),
        _ => Err(Discard::Protocol),
    }
}

/// A multicast router hears its group alone, a unicast one what is sent to the address it sends from. Of what concerns no
/// router only the group tells that it was meant for routers.
fn to_us(packet: &Packet<'_>, router: Option<&Router>) -> Result<(), Discard> {
    let Some(router) = router else { return to_all_routers(packet) };
    let destination = packet.ip.destination;
    match &router.config.medium {
        Medium::Multicast { group } if destination == *group => Ok(()),
        Medium::Multicast { .. } if destination.is_multicast() => Err(Discard::WrongDestination),
        Medium::Multicast { .. } => Err(Discard::Unicast),
        Medium::Unicast(_) if destination.is_multicast() => Err(Discard::Multicast),
        // Without a source of its own it does not take part, which is found out below.
        Medium::Unicast(_) if router.source().is_none_or(|source| source == destination) => Ok(()),
        Medium::Unicast(_) => Err(Discard::WrongDestination),
    }
}

fn to_all_routers(packet: &Packet<'_>) -> Result<(), Discard> {
    let destination = packet.ip.destination;
    let is_fine = !destination.is_multicast() || destination == wire::group(packet.ip.family());
    if is_fine { Ok(()) } else { Err(Discard::WrongDestination) }
}

fn not_from_us(packet: &Packet<'_>, router: Option<&Router>) -> Result<(), Discard> {
    let ours = router.and_then(Router::source);
    if ours == Some(packet.ip.source) { Err(Discard::OwnPacket) } else { Ok(()) }
}

/// From this link, or by unicast from a peer.
fn from_the_right_place(packet: &Packet<'_>, router: Option<&Router>) -> Result<(), Discard> {
    match router.map(|router| &router.config.medium) {
        Some(Medium::Unicast(unicast)) => from_a_peer(packet, unicast),
        // One that concerns no router and was sent to this host alone may come from anywhere.
        None if !packet.ip.destination.is_multicast() => Ok(()),
        Some(Medium::Multicast { .. }) | None if packet.ip.hop_limit == Some(wire::HOP_LIMIT) => Ok(()),
        Some(Medium::Multicast { .. }) | None => Err(Discard::HopLimit),
    }
}

/// keepalived's `check_unicast_src`, with the TTL range of each peer.
fn from_a_peer(packet: &Packet<'_>, unicast: &Unicast) -> Result<(), Discard> {
    match unicast.sources {
        SourceCheck::Anybody => Ok(()),
        SourceCheck::Peers => {
            let peer = unicast.peer(packet.ip.source).ok_or(Discard::UnlistedSource)?;
            let in_range = packet.ip.hop_limit.is_some_and(|ttl| (peer.min_ttl..=peer.max_ttl).contains(&ttl));
            if in_range { Ok(()) } else { Err(Discard::PeerHopLimit) }
        }
    }
}

/// The version of a message, which must be that of the router if there is one.
fn spoken_version(message: &Message<'_>, router: Option<&Router>) -> Result<Version, Discard> {
    let spoken = |version: &Version| router.is_none_or(|router| router.version() == *version);
    message.version().filter(spoken).ok_or(Discard::Version)
}

const fn advertisement(message: &Message<'_>) -> Result<(), Discard> {
    if message.kind() == ADVERTISEMENT { Ok(()) } else { Err(Discard::Type) }
}

/// The addresses of a message that holds all it must hold and nothing beyond but a signature: another trailer may
/// mean anything.
fn whole<'a>(message: &Message<'a>) -> Result<Addresses<'a>, Discard> {
    message.addresses().filter(|_| message.is_whole()).ok_or(Discard::Length)
}

fn checksum(message: &Message<'_>, router: Option<&Router>) -> Result<ChecksumForm, Discard> {
    let form = message.checksum_form().ok_or(Discard::Checksum)?;
    match (form, router.map(|router| router.config.parameters.switches.old_checksum)) {
        (ChecksumForm::OldUnicast, Some(OldChecksum::Refused)) => Err(Discard::Checksum),
        (ChecksumForm::Rfc5798 | ChecksumForm::Rfc9568 | ChecksumForm::OldUnicast, _) => Ok(form),
    }
}

fn authentic(packet: &Packet<'_>, message: &Message<'_>, version: Version, router: &Router) -> Result<Proof, Discard> {
    auth::check(packet, message, version, router.config.authentication.in_version(version))
}

/// Version 2 routers may have none, and those of version 3 that mean it, if that is so on both sides.
const fn some_address(addresses: Addresses<'_>, version: Version, router: &Router) -> Result<(), Discard> {
    match (version, router.config.parameters.switches.no_addresses) {
        (Version::V2, _) | (Version::V3, NoAddresses::Meant) if router.config.addresses.is_empty() => Ok(()),
        (Version::V2 | Version::V3, _) if addresses.is_empty() => Err(Discard::NoAddress),
        (Version::V2 | Version::V3, _) => Ok(()),
    }
}

/// EID 8300, which the field does not follow: insisted on in strict mode only.
fn link_local_first(addresses: Addresses<'_>, router: &Router) -> Result<(), Discard> {
    match (router.config.parameters.conformance, router.config.family, addresses.iter().next()) {
        (Conformance::Field, _, _) | (Conformance::Strict, Family::Ipv4, _) => Ok(()),
        (Conformance::Strict, Family::Ipv6, Some(IpAddr::V6(first))) if first.is_unicast_link_local() => Ok(()),
        (Conformance::Strict, Family::Ipv6, _) => Err(Discard::FirstNotLinkLocal),
    }
}

fn compare(addresses: Addresses<'_>, source: IpAddr, router: &Router) -> List {
    let is_known = router.master.is_some_and(|master| master.address == source);
    let is_skipped = router.config.parameters.switches.lists == ListCheck::OtherMasters && is_known;
    if is_skipped || addresses.are(&router.advertised) { List::Ours } else { List::Other(addresses.digest()) }
}

/// VRRPv2 drops another list unless it is the owner's; the field does not, and VRRPv3 never (V3-RX-14).
fn tolerable_list(list: List, message: &Message<'_>, version: Version, router: &Router) -> Result<(), Discard> {
    match (list, version, router.config.parameters.conformance) {
        (List::Ours, _, _) | (_, Version::V3, _) | (_, _, Conformance::Field) => Ok(()),
        (List::Other(_), Version::V2, Conformance::Strict) if message.priority() == Priority::OWNER => Ok(()),
        (List::Other(_), Version::V2, Conformance::Strict) => Err(Discard::AddressList),
    }
}

/// VRRPv2 drops another interval; VRRPv3 learns it (V3-RX-13).
fn tolerable_interval(interval: Interval, version: Version, router: &Router) -> Result<(), Discard> {
    match version {
        Version::V2 if interval != router.config.parameters.interval => Err(Discard::IntervalMismatch),
        Version::V2 | Version::V3 => Ok(()),
    }
}

/// Whether the router does anything with adverts now. Nothing in a packet has to do with it.
pub(crate) fn takes_part(router: &Router) -> Result<(), Discard> {
    hears(router)?;
    running(router) // V3-ST-03
}

const fn hears(router: &Router) -> Result<(), Discard> {
    match router.config.parameters.switches.hearing {
        Hearing::UnlessOwner if router.config.parameters.priority.is_owner() => Err(Discard::OwnerIgnores),
        Hearing::Always | Hearing::UnlessOwner => Ok(()),
    }
}

const fn running(router: &Router) -> Result<(), Discard> {
    match router.state.name() {
        StateName::Initialize => Err(Discard::NotRunning),
        StateName::Backup | StateName::Active => Ok(()),
    }
}
