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

use std::net::Ipv4Addr;

use host::OwnerArp;
use netlink_packet_netfilter::nftables::{
    ChainAttribute, ChainMessage, Cmp, DataAttribute, DevHookNumber, ExpressionAttribute, Expressions, Hook, Immediate,
    ListAttribute, Lookup, Meta, MetaKey, NfTablesMessage, Operator, Payload, Register, RuleAttribute, RuleMessage,
    SetAttribute, SetElementAttribute, SetElementList, SetElementMessage, SetFlags, SetMessage, TableAttribute,
    TableMessage,
};
use vrrp::types::{IfIndex, MacAddr};

use crate::machine::tables::Part;
use crate::netlink::Mode;

/// Rules in the table.
pub(in crate::machine) const RULES: usize = 2;
/// What the name of each of our tables begins with.
const PREFIX: &str = "tanist_";
/// The set of addresses, until the kernel gives it a name.
const SET: &str = "__set%d";
/// By this number the rule names the set within the transaction.
const SET_ID: u32 = 1;
/// nft's number of the type "IPv4 address", for those who list the set.
const IPV4_ADDRESS: u32 = 7;

const ASK: &str = "ask";
const ANSWER: &str = "answer";

type Expression = ListAttribute<ExpressionAttribute>;

/// A field of a frame.
struct Field {
    base: Base,
    offset: u32,
    len: u32,
}

/// Where offsets count from.
#[derive(Clone, Copy)]
enum Base {
    Link,
    Network,
}

impl Base {
    const fn number(self) -> u32 {
        match self {
            Self::Link => 0,
            Self::Network => 1,
        }
    }
}

const ETHER_DESTINATION: Field = Field { base: Base::Link, offset: 0, len: 6 };
const ETHER_SOURCE: Field = Field { base: Base::Link, offset: 6, len: 6 };
const ETHER_TYPE: Field = Field { base: Base::Link, offset: 12, len: 2 };
const ARP_OPERATION: Field = Field { base: Base::Network, offset: 6, len: 2 };
const ARP_SENDER_MAC: Field = Field { base: Base::Network, offset: 8, len: 6 };
const ARP_SENDER_IP: Field = Field { base: Base::Network, offset: 14, len: 4 };

/// The table's name. No two have one, for no two interfaces have one index.
pub(in crate::machine) fn name(vmac: IfIndex) -> String {
    format!("{PREFIX}{vmac}")
}

/// The interface for which a table of that name was made.
pub(in crate::machine) fn vmac(name: &str) -> Option<IfIndex> {
    name.strip_prefix(PREFIX)?.parse().ok().and_then(IfIndex::new)
}

/// Makes the table, instead of one that is there.
pub(super) fn add(arp: &OwnerArp) -> Vec<Part> {
    let table = name(arp.vmac);
    vec![
        (NfTablesMessage::NewTable(which(&table)), Mode::CreateOrKeep),
        (NfTablesMessage::DeleteTable(which(&table)), Mode::Change),
        (NfTablesMessage::NewTable(which(&table)), Mode::CreateOrKeep),
        chain(&table, ASK, DevHookNumber::Egress, &arp.parent_name),
        chain(&table, ANSWER, DevHookNumber::Ingress, &arp.parent_name),
        set(&table),
        elements(&table, &arp.addresses),
        rule(&table, ASK, ask(arp.mac)),
        rule(&table, ANSWER, answer(arp.mac)),
    ]
}

pub(super) fn remove(arp: &OwnerArp) -> Vec<Part> {
    vec![(NfTablesMessage::DeleteTable(which(&name(arp.vmac))), Mode::Change)]
}

fn ask(mac: MacAddr) -> Vec<Expression> {
    [
        is(&ETHER_TYPE, &[0x08, 0x06]),
        vec![load(&ARP_SENDER_IP), is_in_set()],
        write(&ETHER_SOURCE, &mac.0),
        write(&ARP_SENDER_MAC, &mac.0),
    ]
    .concat()
}

fn answer(mac: MacAddr) -> Vec<Expression> {
    const REPLY: [u8; 2] = [0, 2];
    [
        is(&ETHER_TYPE, &[0x08, 0x06]),
        is(&ETHER_DESTINATION, &mac.0),
        is(&ARP_OPERATION, &REPLY),
        write(&ETHER_DESTINATION, &[0xff; 6]),
        set_unicast(),
    ]
    .concat()
}

fn which(table: &str) -> TableMessage {
    TableMessage { attributes: vec![TableAttribute::Name(table.to_owned())] }
}

fn chain(table: &str, name: &str, hook: DevHookNumber, device: &str) -> Part {
    /// Priority "filter".
    const FILTER: u32 = 0;
    let hook = vec![Hook::Number(hook.into()), Hook::Priority(FILTER), Hook::NetDeviceName(device.to_owned())];
    let attributes = vec![
        ChainAttribute::Table(table.to_owned()),
        ChainAttribute::Name(name.to_owned()),
        ChainAttribute::Hook(hook),
        ChainAttribute::Type("filter".to_owned()),
    ];
    (NfTablesMessage::NewChain(ChainMessage { attributes }), Mode::Create)
}

fn set(table: &str) -> Part {
    let attributes = vec![
        SetAttribute::Table(table.to_owned()),
        SetAttribute::Name(SET.to_owned()),
        SetAttribute::Flags(SetFlags::Anonymous | SetFlags::Constant),
        SetAttribute::KeyType(IPV4_ADDRESS),
        SetAttribute::KeyLen(ARP_SENDER_IP.len),
        SetAttribute::Id(SET_ID),
    ];
    (NfTablesMessage::NewSet(SetMessage { attributes }), Mode::Create)
}

fn elements(table: &str, addresses: &[Ipv4Addr]) -> Part {
    let element = |address: &Ipv4Addr| {
        let key = DataAttribute::Value(address.octets().to_vec());
        ListAttribute::Element(vec![SetElementAttribute::Key(key)])
    };
    let attributes = vec![
        SetElementList::Table(table.to_owned()),
        SetElementList::Set(SET.to_owned()),
        SetElementList::SetId(SET_ID),
        SetElementList::Elements(addresses.iter().map(element).collect()),
    ];
    (NfTablesMessage::NewSetElement(SetElementMessage { attributes }), Mode::Create)
}

fn rule(table: &str, chain: &str, expressions: Vec<Expression>) -> Part {
    let attributes = vec![
        RuleAttribute::Table(table.to_owned()),
        RuleAttribute::Chain(chain.to_owned()),
        RuleAttribute::Expressions(expressions),
    ];
    (NfTablesMessage::NewRule(RuleMessage { attributes }), Mode::Append)
}

/// The rule goes on only if the field has this value.
fn is(field: &Field, value: &[u8]) -> Vec<Expression> {
    let compare = Expressions::Cmp(vec![
        Cmp::SourceRegister(Register::Reg1),
        Cmp::Op(Operator::Equal),
        Cmp::Data(DataAttribute::Value(value.to_vec())),
    ]);
    vec![load(field), compare.into()]
}

fn load(field: &Field) -> Expression {
    let mut payload = of(field);
    payload.push(Payload::DestinationRegister(Register::Reg1));
    Expressions::Payload(payload).into()
}

/// The rule goes on only if what was loaded is in the set.
fn is_in_set() -> Expression {
    let lookup = vec![Lookup::Set(SET.to_owned()), Lookup::SourceRegister(Register::Reg1), Lookup::SetId(SET_ID)];
    Expressions::Lookup(lookup).into()
}

fn write(field: &Field, value: &[u8]) -> Vec<Expression> {
    let mut payload = of(field);
    payload.push(Payload::SourceRegister(Register::Reg1));
    vec![immediate(value), Expressions::Payload(payload).into()]
}

/// As if the frame had been addressed to this interface.
fn set_unicast() -> Vec<Expression> {
    const PACKET_HOST: u8 = 0;
    let set = Expressions::Meta(vec![Meta::Key(MetaKey::PacketType), Meta::SourceRegister(Register::Reg1)]);
    vec![immediate(&[PACKET_HOST]), set.into()]
}

fn immediate(value: &[u8]) -> Expression {
    let data = Immediate::Data(DataAttribute::Value(value.to_vec()));
    Expressions::Immediate(vec![Immediate::DestinationRegister(Register::Reg1), data]).into()
}

fn of(field: &Field) -> Vec<Payload> {
    vec![Payload::Base(field.base.number()), Payload::Offset(field.offset), Payload::Len(field.len)]
}
