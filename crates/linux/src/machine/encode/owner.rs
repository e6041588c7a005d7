//! The table that keeps a parent's MAC out of what is said under its owner's addresses. For IPv4:
//!
//! ```text
//! table netdev tanist_INDEX {
//!     set addresses { type ipv4_addr; flags constant; elements = { ADDRESSES } }
//!     chain say { type filter hook egress device PARENT priority filter;
//!         ether type arp arp saddr ip @addresses ether saddr set VMAC arp saddr ether set VMAC }
//!     chain hear { type filter hook ingress device PARENT priority filter;
//!         ether type arp ether daddr VMAC arp operation reply ether daddr set ff:ff:ff:ff:ff:ff meta pkttype set host }
//! }
//! ```
//!
//! For IPv6 `say` changes the sender and the link-layer address option of solicitations from these addresses and of
//! advertisements of them, with the checksum; and `hear` the receiver of advertisements.
//!
//! (Written so that `nft` shows rules that it takes back, for many save what it lists.)
//!
//! An answer to the virtual MAC is for the parent, which asked, or for the macvlan: as a broadcast it reaches both. With
//! the packet type of a unicast the parent's entry becomes reachable instead of stale.

use std::net::IpAddr;

use host::OwnerTable;
use netlink_packet_netfilter::NetfilterProtoFamily;
use netlink_packet_netfilter::nftables::{DevHookNumber, MetaKey, SetFlags};
use vrrp::types::IfIndex;

use super::nft::{
    Base, Expression, Field, HookedChain, Set, Table, is, is_in, load, meta_is, write, write_meta, write_with_checksum,
};
use crate::machine::tables::{Outline, Part};

/// What its name begins with.
const PREFIX: &str = "tanist_";

const SAY: &str = "say";
const HEAR: &str = "hear";
/// (What is in a constant set stays so while a rule uses it.)
const IPV4: Set = Set { name: "addresses", id: 1, key_type: 7, key_len: 4, flags: SetFlags::Constant };
const IPV6: Set = Set { key_type: 8, key_len: 16, ..IPV4 };

const ETHER_DESTINATION: Field = Field { base: Base::Link, offset: 0, len: 6 };
const ETHER_SOURCE: Field = Field { base: Base::Link, offset: 6, len: 6 };
const ARP_OPERATION: Field = Field { base: Base::Network, offset: 6, len: 2 };
const ARP_SENDER_MAC: Field = Field { base: Base::Network, offset: 8, len: 6 };
const ARP_SENDER_IP: Field = Field { base: Base::Network, offset: 14, len: 4 };
const IPV6_SOURCE: Field = Field { base: Base::Network, offset: 8, len: 16 };
const ICMPV6_TYPE: Field = Field { base: Base::Transport, offset: 0, len: 1 };
const ND_TARGET: Field = Field { base: Base::Transport, offset: 8, len: 16 };
/// Kind and length of the only option that Linux writes.
const ND_OPTION: Field = Field { base: Base::Transport, offset: 24, len: 2 };
const ND_OPTION_MAC: Field = Field { base: Base::Transport, offset: 26, len: 6 };
/// Where the checksum stands in a message of ICMPv6.
const ICMPV6_CHECKSUM: u32 = 2;

const ARP: [u8; 2] = [0x08, 0x06];
const REPLY: [u8; 2] = [0, 2];
const IPV6_TYPE: [u8; 2] = [0x86, 0xdd];
const ICMPV6: [u8; 1] = [58];
const SOLICITATION: [u8; 1] = [135];
const ADVERTISEMENT: [u8; 1] = [136];
const SOURCE_MAC_OPTION: [u8; 2] = [1, 1];
const TARGET_MAC_OPTION: [u8; 2] = [2, 1];
const BROADCAST: [u8; 6] = [0xff; 6];
const PACKET_HOST: u8 = 0;

/// What a table consists of, by the family of its addresses.
struct Content {
    addresses: &'static Set,
    /// On what leaves.
    say: Vec<Vec<Expression>>,
    /// On what comes in.
    hear: Vec<Expression>,
}

/// No two have one name, for no two interfaces have one index.
fn table(owner: &OwnerTable) -> Table {
    Table { family: NetfilterProtoFamily::NetDev, name: format!("{PREFIX}{}", owner.vmac) }
}

pub(super) fn outline(owner: &OwnerTable) -> Outline {
    let rules = content(owner).say.len() + 1;
    Outline { table: table(owner), chains: &[SAY, HEAR], rules }
}

/// The table of this name, if it is one of these.
pub(super) fn left(name: &str) -> Option<OwnerTable> {
    name.strip_prefix(PREFIX)?.parse().ok().and_then(IfIndex::new).map(OwnerTable::left)
}

/// Makes the table, instead of one that is there.
pub(super) fn add(owner: &OwnerTable) -> Vec<Part> {
    let table = table(owner);
    let chain = |name, hook: DevHookNumber| {
        let device = Some(owner.parent_name.as_str());
        table.chain(&HookedChain { name, hook: hook.into(), priority: 0, device })
    };
    let octets = |address: &IpAddr| match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let Content { addresses, say, hear } = content(owner);
    let mut parts = table.replace();
    parts.extend([
        chain(SAY, DevHookNumber::Egress),
        chain(HEAR, DevHookNumber::Ingress),
        table.set(addresses, Vec::new()),
        table.first_elements(addresses, owner.addresses.iter().map(octets)),
    ]);
    parts.extend(say.into_iter().map(|rule| table.rule(SAY, &[rule])));
    parts.push(table.rule(HEAR, &[hear]));
    parts
}

pub(super) fn remove(owner: &OwnerTable) -> Vec<Part> {
    vec![table(owner).remove()]
}

fn content(owner: &OwnerTable) -> Content {
    let mac = &owner.mac.0;
    match owner.addresses.first() {
        Some(IpAddr::V4(_)) | None => arp(mac),
        Some(IpAddr::V6(_)) => discovery(mac),
    }
}

fn arp(mac: &[u8; 6]) -> Content {
    let say = [
        meta_is(MetaKey::EtherTypeProtocol, &ARP),
        load(&ARP_SENDER_IP),
        is_in(&IPV4),
        write(&ETHER_SOURCE, mac),
        write(&ARP_SENDER_MAC, mac),
    ];
    let hear =
        [meta_is(MetaKey::EtherTypeProtocol, &ARP), is(&ETHER_DESTINATION, mac), is(&ARP_OPERATION, &REPLY), to_both()];
    Content { addresses: &IPV4, say: vec![say.concat()], hear: hear.concat() }
}

fn discovery(mac: &[u8; 6]) -> Content {
    let icmpv6 = [meta_is(MetaKey::EtherTypeProtocol, &IPV6_TYPE), meta_is(MetaKey::L4Proto, &ICMPV6)].concat();
    let message = |kind: &[u8]| [icmpv6.clone(), is(&ICMPV6_TYPE, kind)].concat();
    let under = |kind: &[u8], field: &Field| [message(kind), load(field), is_in(&IPV6)].concat();
    let option =
        |kind: &[u8]| [is(&ND_OPTION, kind), write_with_checksum(&ND_OPTION_MAC, mac, ICMPV6_CHECKSUM)].concat();
    let (asks, answers) = (under(&SOLICITATION, &IPV6_SOURCE), under(&ADVERTISEMENT, &ND_TARGET));
    // A solicitation to one host, and the answer to it, may have no option.
    let say = vec![
        [asks.clone(), write(&ETHER_SOURCE, mac)].concat(),
        [asks, option(&SOURCE_MAC_OPTION)].concat(),
        [answers.clone(), write(&ETHER_SOURCE, mac)].concat(),
        [answers, option(&TARGET_MAC_OPTION)].concat(),
    ];
    let hear = [message(&ADVERTISEMENT), is(&ETHER_DESTINATION, mac), to_both()];
    Content { addresses: &IPV6, say, hear: hear.concat() }
}

/// The frame is for the parent and for the macvlan.
fn to_both() -> Vec<Expression> {
    [write(&ETHER_DESTINATION, &BROADCAST), write_meta(MetaKey::PacketType, PACKET_HOST)].concat()
}
