//! Unsolicited neighbour advertisement: tells the hosts on a link where an IPv6 address lives now.

use core::net::{IpAddr, Ipv6Addr};

use super::checksum::Sum;
use super::ethernet::{ETHERTYPE_IPV6, multicast_mac};
use super::ip::ipv6;
use super::{HOP_LIMIT, concat};
use crate::types::MacAddr;

const ICMPV6: u8 = 58;
const NEIGHBOUR_ADVERTISEMENT: [u8; 2] = [136, 0];
/// Router and Override, not Solicited (V3-ND-06).
const ROUTER_OVERRIDE: [u8; 4] = [0xa0, 0, 0, 0];
/// Option: target link-layer address, one unit of eight bytes.
const TARGET_LINK_LAYER: [u8; 2] = [2, 1];
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// Length of a neighbour advertisement with its option.
const NA_LEN: u16 = 32;

/// An Ethernet frame to all nodes that says `address` is at `mac`, from the address itself (RFC 9568 §6.4.2,
/// V3-ND-06).
#[must_use]
pub fn unsolicited_na(mac: MacAddr, address: Ipv6Addr) -> [u8; 86] {
    let header = ipv6([0, ICMPV6, HOP_LIMIT], NA_LEN, address, ALL_NODES);
    let with_sum = |sum: u16| -> [u8; NA_LEN as usize] {
        let (sum, target) = (sum.to_be_bytes(), address.octets());
        concat(&[&NEIGHBOUR_ADVERTISEMENT, &sum, &ROUTER_OVERRIDE, &target, &TARGET_LINK_LAYER, &mac.0])
    };
    let message = with_sum(0);
    let sum = Sum::default().pseudo_header(&address.into(), &ALL_NODES.into(), ICMPV6, message.len()).bytes(&message);
    let destination = multicast_mac(IpAddr::V6(ALL_NODES));
    concat(&[&destination.0, &mac.0, &ETHERTYPE_IPV6, &header, &with_sum(sum.finish())])
}
