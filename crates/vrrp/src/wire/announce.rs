//! What tells the hosts on a link where an address lives now: gratuitous ARP and unsolicited neighbour advertisement.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::checksum::Sum;
use super::concat;
use super::frame::{ETHERTYPE_IPV6, ipv6};
use crate::types::MacAddr;

const ETHERTYPE_ARP: [u8; 2] = [0x08, 0x06];
/// Ethernet hardware, IPv4, address lengths 6 and 4, operation request: the form every host understands (V3-AR-07).
const ARP_REQUEST: [u8; 8] = [0, 1, 0x08, 0, 6, 4, 0, 1];

const ICMPV6: u8 = 58;
const NEIGHBOUR_ADVERTISEMENT: [u8; 2] = [136, 0];
/// Router and Override, not Solicited (V3-ND-06).
const ROUTER_OVERRIDE: [u8; 4] = [0xa0, 0, 0, 0];
/// Option: target link-layer address, one unit of eight bytes.
const TARGET_LINK_LAYER: [u8; 2] = [2, 1];
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES_MAC: MacAddr = MacAddr([0x33, 0x33, 0, 0, 0, 1]);
/// Length of a neighbour advertisement with its option.
const NA_LEN: u16 = 32;

/// A broadcast Ethernet frame that says `address` is at `mac`: sender and target are both the address and the MAC
/// (RFC 9568 §6.4.2 with errata 7947 and 7949).
#[must_use]
pub fn gratuitous_arp(mac: MacAddr, address: Ipv4Addr) -> [u8; 42] {
    let (mac, ip) = (mac.0, address.octets());
    concat(&[&MacAddr::BROADCAST.0, &mac, &ETHERTYPE_ARP, &ARP_REQUEST, &mac, &ip, &mac, &ip])
}

/// An Ethernet frame to all nodes that says `address` is at `mac`, from the address itself (RFC 9568 §6.4.2,
/// V3-ND-06).
#[must_use]
pub fn unsolicited_na(mac: MacAddr, address: Ipv6Addr) -> [u8; 86] {
    let header = ipv6(0, NA_LEN, ICMPV6, address, ALL_NODES);
    let with_sum = |sum: u16| -> [u8; NA_LEN as usize] {
        let (sum, target) = (sum.to_be_bytes(), address.octets());
        concat(&[&NEIGHBOUR_ADVERTISEMENT, &sum, &ROUTER_OVERRIDE, &target, &TARGET_LINK_LAYER, &mac.0])
    };
    let message = with_sum(0);
    let sum = Sum::default().pseudo_header(&address.into(), &ALL_NODES.into(), ICMPV6, message.len()).bytes(&message);
    concat(&[&ALL_NODES_MAC.0, &mac.0, &ETHERTYPE_IPV6, &header, &with_sum(sum.finish())])
}
