//! The table that drops packets to the addresses of routers without Accept_Mode.
//!
//! ```text
//! table inet tanist_drop_NUMBER {
//!     set ipv4 { type ipv4_addr; counter; }
//!     set ipv6 { type ipv6_addr; counter; }
//!     set link_local { type ipv6_addr . iface_index; counter; }
//!     chain input { type filter hook input priority PRIORITY;
//!         meta nfproto ipv4 ip daddr @ipv4 drop
//!         meta nfproto ipv6 meta l4proto icmpv6 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
//!         meta nfproto ipv6 ip6 daddr @ipv6 drop
//!         meta nfproto ipv6 ip6 daddr . iif @link_local drop }
//! }
//! ```
//!
//! (ARP does not pass it.) A flag of the sets that counts for each address needs Linux 5.11.

use std::net::IpAddr;

use host::{DropTable, DroppedAddress};
use netlink_packet_netfilter::NetfilterProtoFamily;
use netlink_packet_netfilter::nftables::{InetHookNumber, MetaKey, Register, SetFlags};

use super::nft::{Base, Field, HookedChain, Set, Table, counter, is_in, is_within, load, load_meta, meta_is, verdict};
use crate::machine::tables::{Outline, Part, SetOf};

/// What its name begins with.
const PREFIX: &str = "tanist_drop_";
const INPUT: &str = "input";
const IPV4: Set = Set { name: "ipv4", id: 1, key_type: 7, key_len: 4, flags: SetFlags::Expression };
const IPV6: Set = Set { name: "ipv6", id: 2, key_type: 8, key_len: 16, flags: SetFlags::Expression };
/// Six bits a type: `ipv6_addr . iface_index`.
const LINK_LOCAL: Set =
    Set { name: "link_local", id: 3, key_type: 8 << 6 | 20, key_len: 20, flags: SetFlags::Expression };

const IPV4_DESTINATION: Field = Field { base: Base::Network, offset: 16, len: 4 };
const IPV6_DESTINATION: Field = Field { base: Base::Network, offset: 24, len: 16 };
const ICMPV6_TYPE: Field = Field { base: Base::Transport, offset: 0, len: 1 };

const NFPROTO_IPV4: [u8; 1] = [2];
const NFPROTO_IPV6: [u8; 1] = [10];
const IPPROTO_ICMPV6: [u8; 1] = [58];
const NEIGHBOUR_SOLICITATION: u8 = 135;
const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
const NF_DROP: u32 = 0;
const NF_ACCEPT: u32 = 1;

fn table(table: DropTable) -> Table {
    Table { family: NetfilterProtoFamily::Inet, name: format!("{PREFIX}{}", table.number) }
}

pub(super) fn outline(dropping: DropTable) -> Outline {
    Outline { table: table(dropping), chains: &[INPUT], rules: 4 }
}

/// The table of this name, if it is one of these.
pub(super) fn left(name: &str) -> Option<DropTable> {
    name.strip_prefix(PREFIX)?.parse().ok().map(DropTable::left)
}

/// Makes the table, instead of one that is there.
pub(super) fn add(dropping: DropTable) -> Vec<Part> {
    let table = table(dropping);
    let ipv6 = || meta_is(MetaKey::Nfproto, &NFPROTO_IPV6);
    let discovery = [
        ipv6(),
        meta_is(MetaKey::L4Proto, &IPPROTO_ICMPV6),
        is_within(&ICMPV6_TYPE, &[NEIGHBOUR_SOLICITATION], &[NEIGHBOUR_ADVERTISEMENT]),
        verdict(NF_ACCEPT),
    ];
    // An address fills the first register, the index of the interface comes behind it.
    let address_and_link = [load(&IPV6_DESTINATION), load_meta(MetaKey::Iif, Register::Reg2)].concat();
    let ipv4 = [meta_is(MetaKey::Nfproto, &NFPROTO_IPV4), load(&IPV4_DESTINATION), is_in(&IPV4), verdict(NF_DROP)];
    let mut parts = table.replace();
    parts.extend([&IPV4, &IPV6, &LINK_LOCAL].map(|set| table.set(set, vec![counter()])));
    let hook = InetHookNumber::LocalIn.into();
    parts.extend([
        table.chain(&HookedChain { name: INPUT, hook, priority: dropping.priority, device: None }),
        table.rule(INPUT, &ipv4),
        table.rule(INPUT, &discovery),
        table.rule(INPUT, &[ipv6(), load(&IPV6_DESTINATION), is_in(&IPV6), verdict(NF_DROP)]),
        table.rule(INPUT, &[ipv6(), address_and_link, is_in(&LINK_LOCAL), verdict(NF_DROP)]),
    ]);
    parts
}

pub(super) fn remove(dropping: DropTable) -> Vec<Part> {
    vec![table(dropping).remove()]
}

pub(super) fn add_address(dropped: &DroppedAddress) -> Part {
    let (set, key) = element(dropped);
    table(dropped.table).add_element(set, key)
}

pub(super) fn remove_address(dropped: &DroppedAddress) -> Part {
    let (set, key) = element(dropped);
    table(dropped.table).remove_element(set, key)
}

/// All sets of the table.
pub(in crate::machine) fn sets(dropping: DropTable) -> [SetOf; 3] {
    [&IPV4, &IPV6, &LINK_LOCAL].map(|set| SetOf { table: table(dropping), set: set.name })
}

/// The set that an address is in, and its key there.
pub(in crate::machine) fn place(dropped: &DroppedAddress) -> (SetOf, Vec<u8>) {
    let (set, key) = element(dropped);
    (SetOf { table: table(dropped.table), set: set.name }, key)
}

fn element(dropped: &DroppedAddress) -> (&'static Set, Vec<u8>) {
    match dropped.address {
        IpAddr::V4(address) => (&IPV4, address.octets().to_vec()),
        IpAddr::V6(address) if address.is_unicast_link_local() => {
            (&LINK_LOCAL, [address.octets().as_slice(), &dropped.link.value().to_ne_bytes()].concat())
        }
        IpAddr::V6(address) => (&IPV6, address.octets().to_vec()),
    }
}
