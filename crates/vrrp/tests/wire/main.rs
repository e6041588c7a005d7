//! Bytes and their meaning, against bytes that others wrote.

mod captures;
mod frames;
mod golden;
mod refusals;
mod roundtrip;

use std::net::IpAddr;

use vrrp::{Envelope, Family, IfIndex, Instant, wire};

/// Bytes of a hexadecimal text.
fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// An envelope as it should be: to the group, hop limit 255.
fn envelope_from(source: IpAddr) -> Envelope {
    Envelope {
        source,
        destination: wire::group(Family::of(&source)),
        hop_limit: Some(255),
        ifindex: IfIndex::new(2).unwrap(),
        received: Instant::from_nanos(0),
    }
}
