//! The table that keeps a parent's MAC out of the ARP of its owner's addresses.
//!
//! ```text
//! table netdev tanist_INDEX {
//!     chain ask { type filter hook egress device PARENT priority filter;
//!         ether type arp arp saddr ip { ADDRESSES } ether saddr set VMAC arp saddr ether set VMAC }
//!     chain answer { type filter hook ingress device PARENT priority filter;
//!         ether type arp ether daddr VMAC arp operation reply ether daddr set ff:ff:ff:ff:ff:ff meta pkttype set host }
//! }
//! ```
//!
//! An answer to the virtual MAC is for the parent, which asked, or for the macvlan: as a broadcast it reaches both. With
//! the packet type of a unicast the parent's entry becomes reachable instead of stale.

use host::OwnerArp;
use netlink_packet_netfilter::NetfilterProtoFamily;
use netlink_packet_netfilter::nftables::{DevHookNumber, MetaKey, SetFlags};
use vrrp::types::IfIndex;

use super::nft::{Base, Field, HookedChain, Set, Table, is, is_in, load, write, write_meta};
use crate::machine::tables::Part;

/// Rules in the table.
pub(super) const RULES: usize = 2;
/// What its name begins with.
const PREFIX: &str = "tanist_";

const ASK: &str = "ask";
const ANSWER: &str = "answer";
const ADDRESSES: Set =
    Set { name: "__set%d", id: 1, key_type: 7, key_len: 4, flags: SetFlags::Anonymous.union(SetFlags::Constant) };

const ETHER_DESTINATION: Field = Field { base: Base::Link, offset: 0, len: 6 };
const ETHER_SOURCE: Field = Field { base: Base::Link, offset: 6, len: 6 };
const ETHER_TYPE: Field = Field { base: Base::Link, offset: 12, len: 2 };
const ARP_OPERATION: Field = Field { base: Base::Network, offset: 6, len: 2 };
const ARP_SENDER_MAC: Field = Field { base: Base::Network, offset: 8, len: 6 };
const ARP_SENDER_IP: Field = Field { base: Base::Network, offset: 14, len: 4 };

const ARP: [u8; 2] = [0x08, 0x06];
const REPLY: [u8; 2] = [0, 2];
const PACKET_HOST: u8 = 0;

/// No two have one name, for no two interfaces have one index.
pub(super) fn table(arp: &OwnerArp) -> Table {
    Table { family: NetfilterProtoFamily::NetDev, name: format!("{PREFIX}{}", arp.vmac) }
}

/// The table of this name, if it is one of these.
pub(super) fn left(name: &str) -> Option<OwnerArp> {
    name.strip_prefix(PREFIX)?.parse().ok().and_then(IfIndex::new).map(OwnerArp::left)
}

/// Makes the table, instead of one that is there.
pub(super) fn add(arp: &OwnerArp) -> Vec<Part> {
    let table = table(arp);
    let chain = |name, hook: DevHookNumber| {
        let device = Some(arp.parent_name.as_str());
        table.chain(&HookedChain { name, hook: hook.into(), priority: 0, device })
    };
    let mac = &arp.mac.0;
    let ask = [
        is(&ETHER_TYPE, &ARP),
        load(&ARP_SENDER_IP),
        is_in(&ADDRESSES),
        write(&ETHER_SOURCE, mac),
        write(&ARP_SENDER_MAC, mac),
    ];
    let answer = [
        is(&ETHER_TYPE, &ARP),
        is(&ETHER_DESTINATION, mac),
        is(&ARP_OPERATION, &REPLY),
        write(&ETHER_DESTINATION, &[0xff; 6]),
        write_meta(MetaKey::PacketType, PACKET_HOST),
    ];
    let mut parts = table.replace();
    parts.extend([
        chain(ASK, DevHookNumber::Egress),
        chain(ANSWER, DevHookNumber::Ingress),
        table.set(&ADDRESSES, Vec::new()),
        table.first_elements(&ADDRESSES, arp.addresses.iter().map(|address| address.octets().to_vec())),
        table.rule(ASK, &ask),
        table.rule(ANSWER, &answer),
    ]);
    parts
}

pub(super) fn remove(arp: &OwnerArp) -> Vec<Part> {
    vec![table(arp).remove()]
}
