//! Gratuitous ARP: tells the hosts on a link where an IPv4 address lives now.

use core::net::Ipv4Addr;

use super::concat;
use super::ethernet::ETHERTYPE_ARP;
use crate::types::MacAddr;

/// Ethernet hardware, IPv4, address lengths 6 and 4, operation request: the form every host understands (V3-AR-07).
const ARP_REQUEST: [u8; 8] = [0, 1, 0x08, 0, 6, 4, 0, 1];

/// A broadcast Ethernet frame that says `address` is at `mac`: sender and target are both the address and the MAC
/// (RFC 9568 §6.4.2 with errata 7947 and 7949).
#[must_use]
pub fn gratuitous_arp(mac: MacAddr, address: Ipv4Addr) -> [u8; 42] {
    let (mac, ip) = (mac.0, address.octets());
    concat(&[&MacAddr::BROADCAST.0, &mac, &ETHERTYPE_ARP, &ARP_REQUEST, &mac, &ip, &mac, &ip])
}
