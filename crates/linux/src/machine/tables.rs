//! nf_tables: transactions, and what is there.

use std::collections::HashMap;
use std::io;

use netlink_packet_netfilter::nftables::{
    GenMessage, NfTablesMessage, RuleAttribute, RuleMessage, SetElementList, SetElementMessage, TableMessage,
};
use netlink_packet_netfilter::none::ControlMessage;
use netlink_packet_netfilter::{NetfilterHeader, NetfilterMessage, NetfilterMessageInner, NetfilterProtoFamily};
use rustix::net::netlink;

use super::encode::Table;
use crate::netlink::{Attribute, Attributes, Batch, Message, Mode, Refusal, Socket};

/// NFNL_SUBSYS_NFTABLES.
const SUBSYSTEM: u16 = 10;
/// NFT_MSG_NEWTABLE, NFT_MSG_NEWRULE, NFT_MSG_NEWSETELEM, NFT_MSG_NEWGEN.
const NEW_TABLE: u16 = SUBSYSTEM << 8;
const NEW_RULE: u16 = SUBSYSTEM << 8 | 6;
const NEW_ELEMENT: u16 = SUBSYSTEM << 8 | 12;
const NEW_GENERATION: u16 = SUBSYSTEM << 8 | 15;
/// Length of `struct nfgenmsg`.
const HEADER_LEN: usize = 4;
/// NFTA_TABLE_NAME, NFTA_GEN_ID.
const TABLE_NAME: u16 = 1;
const GENERATION_ID: u16 = 1;
/// NFTA_SET_ELEM_LIST_ELEMENTS, NFTA_SET_ELEM_KEY, NFTA_DATA_VALUE, NFTA_SET_ELEM_EXPR, NFTA_EXPR_DATA,
/// NFTA_COUNTER_PACKETS.
const ELEMENTS: u16 = 3;
const KEY: u16 = 1;
const VALUE: u16 = 1;
const EXPRESSION: u16 = 7;
const EXPRESSION_DATA: u16 = 2;
const PACKETS: u16 = 2;

/// A part of a transaction.
pub(super) type Part = (NetfilterMessage, Mode);

/// A set.
pub(super) struct SetOf {
    pub(super) table: Table,
    pub(super) set: &'static str,
}

/// The tables of this network namespace.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Opened when first needed: on most machines it never is.
    socket: Option<Socket>,
    /// When [`Tables::is_changed`] was asked last.
    generation: Option<u32>,
}

impl Tables {
    /// Does all parts or none. Returns the refusal.
    ///
    /// # Errors
    /// EPROTONOSUPPORT if this kernel has no netfilter.
    pub(super) fn transact(&mut self, parts: Vec<Part>) -> io::Result<Option<Refusal<()>>> {
        let bracket =
            |end| NetfilterMessage::new(NetfilterHeader::new(NetfilterProtoFamily::Unspec, 0, SUBSYSTEM), end);
        let mut batch = Batch::default();
        batch.push((), bracket(ControlMessage::BatchBegin), Mode::Bracket);
        for (part, mode) in parts {
            batch.push((), part, mode);
        }
        batch.push((), bracket(ControlMessage::BatchEnd), Mode::Bracket);
        self.socket()?.transact(&mut batch)
    }

    /// Whether anybody has changed anything since this was asked last.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn is_changed(&mut self) -> io::Result<bool> {
        let request =
            message(NetfilterProtoFamily::Unspec, NfTablesMessage::GetGen(GenMessage { attributes: Vec::new() }));
        let generation = self.socket()?.get(request, |message| {
            attributes(message, NEW_GENERATION)?.find(GENERATION_ID)?.u32().map(u32::from_be)
        })?;
        Ok(self.generation.replace(generation) != Some(generation))
    }

    /// What is there is to be looked at next time, whether or not it has changed by then.
    pub(super) const fn look_again(&mut self) {
        self.generation = None;
    }

    /// How many rules a table has; 0 if it is not there.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn rules(&mut self, table: Table) -> io::Result<usize> {
        let which = RuleMessage { attributes: vec![RuleAttribute::Table(table.name)] };
        let request = message(table.family, NfTablesMessage::GetRule(which));
        Ok(self.socket()?.dump(&request, |message| attributes(message, NEW_RULE).map(|_| ()))?.len())
    }

    /// How many packets the counter of each element has counted, by its key.
    ///
    /// # Errors
    /// What the kernel says: ENOENT if there is no such set.
    pub(super) fn packets(&mut self, of: &SetOf) -> io::Result<HashMap<Vec<u8>, u64>> {
        let which = vec![SetElementList::Table(of.table.name.clone()), SetElementList::Set(of.set.to_owned())];
        let request = message(of.table.family, NfTablesMessage::GetSetElement(SetElementMessage { attributes: which }));
        let elements = |message: &Message<'_>| {
            let elements = attributes(message, NEW_ELEMENT)?.find(ELEMENTS)?.nested();
            Some(elements.filter_map(count).collect::<Vec<_>>())
        };
        Ok(self.socket()?.dump(&request, elements)?.into_iter().flatten().collect())
    }

    /// The names of all tables.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn names(&mut self) -> io::Result<Vec<String>> {
        let all = NfTablesMessage::GetTable(TableMessage { attributes: Vec::new() });
        let name = |message: &Message<'_>| Some(attributes(message, NEW_TABLE)?.find(TABLE_NAME)?.text());
        self.socket()?.dump(&message(NetfilterProtoFamily::Unspec, all), name)
    }

    fn socket(&mut self) -> io::Result<&mut Socket> {
        if self.socket.is_none() {
            self.socket = Some(Socket::open_protocol(Some(netlink::NETFILTER))?);
        }
        self.socket.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

fn message(family: NetfilterProtoFamily, inner: impl Into<NetfilterMessageInner>) -> NetfilterMessage {
    NetfilterMessage::new(NetfilterHeader::new(family, 0, 0), inner)
}

/// The attributes of a message of this kind.
fn attributes<'a>(message: &Message<'a>, kind: u16) -> Option<Attributes<'a>> {
    (message.kind == kind).then(|| Attributes::after(message.payload, HEADER_LEN))
}

/// The key of an element, and what its counter says. Numbers are in network byte order.
fn count(element: Attribute<'_>) -> Option<(Vec<u8>, u64)> {
    let key = element.nested().find(KEY)?.nested().find(VALUE)?.value.to_vec();
    let counter = element.nested().find(EXPRESSION)?.nested().find(EXPRESSION_DATA)?.nested();
    let packets = counter.find(PACKETS)?.value.first_chunk()?;
    Some((key, u64::from_be_bytes(*packets)))
}
