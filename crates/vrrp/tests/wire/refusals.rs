//! The negative set of `docs/vrrp-rules.md` §20: what is refused, and for which reason.

use vrrp::wire::{ChecksumForm, Message};
use vrrp::{Discard, IpHeader, Version};

use crate::{ip_from, read, unhex};

const V3: &str = "3105c8010064ff060a0009fe";
const V2: &str = "2105c801000102fa0a0009fe0000000000000000";
const V6: &str = "3105c8020064d9c8fe80000000000000000000000000000520010db8000900000000000000000254";

fn ip() -> IpHeader {
    ip_from("10.0.9.1".parse().unwrap())
}

fn refusal(ip: &IpHeader, bytes: &[u8]) -> Option<Discard> {
    crate::refusal(ip, bytes, None)
}

/// Alters a message and mends its checksum in the RFC 9568 form, so that the fault is the only one.
fn altered(hex: &str, alter: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = unhex(hex);
    alter(&mut bytes);
    bytes[6..8].fill(0);
    let mut sum: u32 =
        bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | pair.get(1).copied().map_or(0, u32::from)).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let sum = !u16::try_from(sum).unwrap();
    bytes[6..8].copy_from_slice(&sum.to_be_bytes());
    bytes
}

#[test]
fn every_truncation_is_refused() {
    for (hex, source) in [(V3, "10.0.9.1"), (V2, "10.0.9.1"), (V6, "fe80::1")] {
        let (bytes, ip) = (unhex(hex), ip_from(source.parse().unwrap()));
        assert_eq!(refusal(&ip, &bytes), None);
        for length in 0..bytes.len() {
            let expected = if length < 8 { Discard::TooShort } else { Discard::Length };
            assert_eq!(refusal(&ip, &bytes[..length]), Some(expected), "{hex} cut to {length}");
        }
    }
}

#[test]
fn trailing_bytes_are_refused() {
    for (hex, surplus) in [V3, V2].into_iter().flat_map(|hex| [1, 14, 27, 29].map(|surplus| (hex, surplus))) {
        let bytes = altered(hex, |bytes| bytes.resize(bytes.len() + surplus, 0));
        assert_eq!(refusal(&ip(), &bytes), Some(Discard::Length), "{hex} and {surplus} bytes");
    }
}

#[test]
fn other_hop_limits_are_refused_first() {
    // V3-RX-03, V2-RX-01; that the kernel did not tell counts as wrong.
    for hop_limit in [Some(254), Some(1), Some(0), None] {
        let ip = IpHeader { hop_limit, ..ip() };
        assert_eq!(refusal(&ip, &unhex(V3)), Some(Discard::HopLimit));
        assert_eq!(refusal(&ip, &[]), Some(Discard::HopLimit));
    }
}

#[test]
fn other_versions_are_refused() {
    // V3-RX-04; VRRPv2 does not exist over IPv6.
    for version in [0, 1, 4, 15] {
        let bytes = altered(V3, |bytes| bytes[0] = version << 4 | 1);
        assert_eq!(refusal(&ip(), &bytes), Some(Discard::Version), "version {version}");
    }
    let mut over_ipv6 = unhex(V6);
    over_ipv6[0] = 0x21;
    assert_eq!(refusal(&ip_from("fe80::1".parse().unwrap()), &over_ipv6), Some(Discard::Version));
    let expected = |hex, version| crate::refusal(&ip(), &unhex(hex), Some(version));
    assert_eq!(expected(V2, Version::V3), Some(Discard::Version), "V3-IO-10");
    assert_eq!(expected(V3, Version::V2), Some(Discard::Version), "V2-RX-02");
}

#[test]
fn other_types_are_refused() {
    for kind in [0, 2, 15] {
        let bytes = altered(V3, |bytes| bytes[0] = 0x30 | kind);
        assert_eq!(refusal(&ip(), &bytes), Some(Discard::Type), "type {kind}");
    }
}

#[test]
fn a_count_that_does_not_fit_is_refused() {
    for count in [0, 2, 255] {
        let bytes = altered(V3, |bytes| bytes[3] = count);
        assert_eq!(refusal(&ip(), &bytes), Some(Discard::Length), "count {count}");
    }
}

#[test]
fn a_checksum_off_by_one_is_refused() {
    for (hex, source) in [(V3, "10.0.9.1"), (V2, "10.0.9.1"), (V6, "fe80::1")] {
        for difference in [1, 0xffff] {
            let mut bytes = unhex(hex);
            let sum = u16::from_be_bytes([bytes[6], bytes[7]]).wrapping_add(difference);
            bytes[6..8].copy_from_slice(&sum.to_be_bytes());
            let ip = ip_from(source.parse().unwrap());
            assert_eq!(refusal(&ip, &bytes), Some(Discard::Checksum), "{hex} {difference:+}");
        }
    }
}

#[test]
fn both_checksum_forms_are_accepted_for_ipv4_only() {
    // V3-CK-05. The form with pseudo-header depends on the source, the other does not.
    let with = unhex(V3);
    let without = altered(V3, |_| {});
    let form = |bytes: &[u8]| Message::read(&ip(), bytes).and_then(|it| it.checksum_form());
    assert_eq!(form(&with), Some(ChecksumForm::Rfc5798));
    assert_eq!(form(&without), Some(ChecksumForm::Rfc9568));
    let elsewhere = ip_from("10.0.9.2".parse().unwrap());
    assert_eq!(refusal(&elsewhere, &with), Some(Discard::Checksum));
    assert_eq!(refusal(&elsewhere, &without), None);
    let plain_ipv6 = altered(V6, |_| {});
    assert_eq!(refusal(&ip_from("fe80::1".parse().unwrap()), &plain_ipv6), Some(Discard::Checksum));
}

#[test]
fn the_reserve_nibble_is_ignored() {
    // V3-PK-02.
    let bytes = altered(V3, |bytes| bytes[4] |= 0xf0);
    let message = read(&ip(), &bytes, None);
    assert_eq!(message.interval().map(vrrp::Interval::centis), Some(100));
}

#[test]
fn values_no_router_uses_have_no_type() {
    // Form right, VRID 0, interval 0, no address: the engine's checks find nothing to work on.
    let bytes = altered("310000000000000000", |bytes| bytes.truncate(8));
    let message = read(&ip(), &bytes, None);
    assert_eq!((message.vrid(), message.interval(), message.addresses().unwrap().is_empty()), (None, None, true));
}
