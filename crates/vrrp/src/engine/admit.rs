//! Whether a packet is an advertisement for a router: every check, in the order of RFC 9568 §7.1 and RFC 3768 §7.1.

use crate::config::{Authentication, Conformance};
use crate::discard::Discard;
use crate::event::{Rival, StateName};
use crate::input::Envelope;
use crate::time::Instant;
use crate::types::{Family, Interval, Priority, Version};
use crate::wire::{self, ChecksumForm, Message};

use super::router::Router;

/// An advertisement that passed all checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) rival: Rival,
    pub(crate) interval: Interval,
    pub(crate) received: Instant,
    pub(crate) form: ChecksumForm,
    pub(crate) has_other_addresses: bool,
}

/// The checks. `router` is the one that the packet's interface, family and VRID field lead to.
pub(crate) fn admit(envelope: &Envelope, bytes: &[u8], router: Option<&Router>) -> Result<Heard, Discard> {
    require(envelope.destination == wire::group(envelope.family()), Discard::WrongDestination)?; // V3-RX-01
    require(!is_own_packet(envelope, router), Discard::OwnPacket)?; // V3-RX-02
    let message = Message::parse(envelope, bytes, router.map(Router::version))?; // V3-RX-03 to V3-RX-07
    let router = router.ok_or(Discard::UnknownVrid)?; // V3-RX-08; not "we are no owner" (EID 8298)
    require(!message.addresses().is_empty(), Discard::NoAddress)?; // V3-RX-10
    require(has_link_local_first(&message, router), Discard::FirstNotLinkLocal)?; // V3-RX-11
    let interval = message.interval().ok_or(Discard::IntervalZero)?; // V3-RX-12
    let has_other_addresses = !message.addresses().are(&router.advertised);
    if message.version() == Version::V2 {
        require(interval == router.config.interval, Discard::IntervalMismatch)?; // V2-RX-09
        authenticate(&message, &router.config.authentication)?; // V2-RX-06
        require(!has_other_addresses || may_differ(&message, router), Discard::AddressList)?; // V2-RX-08
    }
    require(router.state.name() != StateName::Initialize, Discard::NotRunning)?; // V3-ST-03
    let rival = Rival { address: envelope.source, priority: message.priority() };
    let form = message.checksum_form();
    Ok(Heard { rival, interval, received: envelope.received, form, has_other_addresses })
}

fn require(condition: bool, otherwise: Discard) -> Result<(), Discard> {
    condition.then_some(()).ok_or(otherwise)
}

fn is_own_packet(envelope: &Envelope, router: Option<&Router>) -> bool {
    router.is_some_and(|router| router.parent.source == Some(envelope.source))
}

/// EID 8300, which the field does not follow: insisted on in strict mode only.
fn has_link_local_first(message: &Message<'_>, router: &Router) -> bool {
    let is_link_local = |address| match address {
        core::net::IpAddr::V6(address) => address.is_unicast_link_local(),
        core::net::IpAddr::V4(_) => true,
    };
    match (router.config.conformance, router.config.family) {
        (Conformance::Field, _) | (Conformance::Strict, Family::Ipv4) => true,
        (Conformance::Strict, Family::Ipv6) => message.addresses().iter().next().is_some_and(is_link_local),
    }
}

/// V2-AU-01: type and data are two reasons. The comparison takes the same time whatever differs (V2-AU-05).
fn authenticate(message: &Message<'_>, expected: &Authentication) -> Result<(), Discard> {
    let (kind, data) = message.authentication().map_or((0, [0; 8]), |field| (field.kind, field.data));
    match expected {
        Authentication::None => require(kind == 0, Discard::AuthenticationType),
        Authentication::Password(password) => {
            require(kind == 1, Discard::AuthenticationType)?;
            let differences = data.iter().zip(password).fold(0, |differences, (a, b)| differences | (a ^ b));
            require(differences == 0, Discard::AuthenticationData)
        }
    }
}

/// Whether a VRRPv2 router lets another address list pass: from the owner always, from others as the field does.
fn may_differ(message: &Message<'_>, router: &Router) -> bool {
    match router.config.conformance {
        Conformance::Field => true,
        Conformance::Strict => message.priority() == Priority::OWNER,
    }
}
