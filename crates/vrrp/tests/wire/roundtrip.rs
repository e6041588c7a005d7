//! Properties: reading never panics, and reads what was written.

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::prelude::*;
use vrrp::wire::{self, Advert, AuthenticationField, ChecksumForm, Message};
use vrrp::{Family, Interval, Priority, Version, Vrid};

use crate::{ip_from, read, refusal};

fn v4() -> impl Strategy<Value = IpAddr> {
    any::<[u8; 4]>().prop_map(IpAddr::from)
}

fn v6() -> impl Strategy<Value = IpAddr> {
    any::<[u8; 16]>().prop_map(IpAddr::from)
}

fn form() -> impl Strategy<Value = ChecksumForm> {
    prop_oneof![Just(ChecksumForm::Rfc5798), Just(ChecksumForm::Rfc9568)]
}

/// Version, source and addresses that go together.
fn kind() -> impl Strategy<Value = (Version, IpAddr, Vec<IpAddr>)> {
    prop_oneof![
        (Just(Version::V2), v4(), vec(v4(), 0..=255)),
        (Just(Version::V3), v4(), vec(v4(), 0..=255)),
        (Just(Version::V3), v6(), vec(v6(), 0..=255)),
    ]
}

fn authentication(version: Version) -> BoxedStrategy<AuthenticationField> {
    let password = any::<[u8; 8]>().prop_map(|data| AuthenticationField { kind: 1, data });
    match version {
        Version::V2 => prop_oneof![Just(AuthenticationField::NONE), password].boxed(),
        Version::V3 => Just(AuthenticationField::NONE).boxed(),
    }
}

proptest! {
    /// V3-PK-12.
    #[test]
    fn any_bytes_are_read_without_panic(bytes in vec(any::<u8>(), 0..128), source in prop_oneof![v4(), v6()]) {
        let _ = refusal(&ip_from(source), &bytes, None);
        let _ = wire::read_ipv4(&bytes);
        if let Some(message) = Message::read(&ip_from(source), &bytes) {
            let fields = (message.version(), message.kind(), message.vrid(), message.interval());
            let _ = (fields, message.addresses(), message.trailer(), message.authentication(), message.checksum_form());
        }
        prop_assert_eq!(wire::vrid(&bytes), bytes.get(1).copied().and_then(Vrid::new));
    }

    /// V3-PK-13, one way.
    #[test]
    fn what_was_written_is_read(
        ((version, source, addresses), authentication) in
            kind().prop_flat_map(|kind| (Just(kind.clone()), authentication(kind.0))),
        form in form(), vrid in 1..=255_u8, priority: u8, seconds in 1..=40_u8,
    ) {
        let (vrid, interval) = (Vrid::new(vrid).unwrap(), Interval::from_secs(seconds).unwrap());
        let priority = Priority::new(priority);
        let advert = Advert { version, vrid, priority, interval, addresses: &addresses, authentication };
        let mut out = [0xff; 4096 + 16];
        let group = wire::group(Family::of(&source));
        let length = advert.emit(&source, &group, form, &mut out).unwrap();
        let family = Family::of(&source);
        prop_assert_eq!(wire::ip_header_len(family) + length, wire::packet_len(version, family, addresses.len()));
        let message = read(&ip_from(source), &out[..length], Some(version));
        prop_assert_eq!(message.vrid(), Some(vrid));
        prop_assert_eq!(message.priority(), priority);
        prop_assert_eq!(message.interval(), Some(interval));
        prop_assert!(message.addresses().unwrap().are(&addresses));
        prop_assert_eq!(message.authentication(), (version == Version::V2).then_some(authentication));
        prop_assert!(advert.emit(&source, &group, form, &mut out[..length - 1]).is_none(), "no room");
    }

    /// V3-RX-14: a list is the same in any order, and another with any address exchanged.
    #[test]
    fn lists_compare_without_order(mut addresses in vec(v4(), 1..20), other in v4()) {
        let source = IpAddr::from([192, 0, 2, 1]);
        let vrid = Vrid::new(1).unwrap();
        let (version, authentication) = (Version::V3, AuthenticationField::NONE);
        let (priority, interval) = (Priority::DEFAULT, Interval::DEFAULT);
        let advert = Advert { version, vrid, priority, interval, addresses: &addresses, authentication };
        let mut out = [0; 128];
        let length = advert.emit(&source, &wire::group(Family::Ipv4), ChecksumForm::Rfc9568, &mut out).unwrap();
        let message = read(&ip_from(source), &out[..length], None);
        let is_new = !addresses.contains(&other);
        addresses.reverse();
        prop_assert!(message.addresses().unwrap().are(&addresses));
        addresses[0] = other;
        prop_assert!(!is_new || !message.addresses().unwrap().are(&addresses));
        addresses.remove(0);
        prop_assert!(!message.addresses().unwrap().are(&addresses));
    }
}

#[test]
fn families_do_not_mix() {
    // V3-PK-07.
    let addresses: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
    let advert = Advert {
        version: Version::V3,
        vrid: Vrid::new(1).unwrap(),
        priority: Priority::DEFAULT,
        interval: Interval::DEFAULT,
        addresses: &addresses,
        authentication: AuthenticationField::NONE,
    };
    let emit = |advert: Advert<'_>, source: &str| {
        let source = source.parse().unwrap();
        advert.emit(&source, &wire::group(Family::of(&source)), ChecksumForm::Rfc9568, &mut [0; 128])
    };
    assert_eq!(emit(advert, "192.0.2.9"), None);
    assert_eq!(emit(advert, "fe80::9"), None);
    assert_eq!(emit(Advert { version: Version::V2, ..advert }, "fe80::9"), None, "no VRRPv2 over IPv6");
    assert_eq!(emit(Advert { addresses: &[addresses[0]; 256], ..advert }, "192.0.2.9"), None, "count has eight bits");
}

#[test]
fn seconds_stand_for_less_than_a_second() {
    // V3-IO-03.
    let advert = Advert {
        version: Version::V2,
        vrid: Vrid::new(1).unwrap(),
        priority: Priority::DEFAULT,
        interval: Interval::from_centis(10).unwrap(),
        addresses: &["192.0.2.1".parse().unwrap()],
        authentication: AuthenticationField::NONE,
    };
    let mut out = [0; 20];
    advert.emit(&"192.0.2.9".parse().unwrap(), &wire::group(Family::Ipv4), ChecksumForm::Rfc9568, &mut out).unwrap();
    assert_eq!(out[5], 1);
}
