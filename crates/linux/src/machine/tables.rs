//! nf_tables: transactions, and what is there.

use std::collections::HashMap;
use std::io;

use netlink_packet_netfilter::nftables::{
    ChainAttribute, ChainMessage, GenMessage, NfTablesMessage, RuleAttribute, RuleMessage, SetElementList,
    SetElementMessage, TableAttribute, TableMessage,
};
use netlink_packet_netfilter::none::ControlMessage;
use netlink_packet_netfilter::{NetfilterHeader, NetfilterMessage, NetfilterMessageInner, NetfilterProtoFamily};
use rustix::net::netlink;

use super::encode::Table;
use crate::netlink::{Attribute, Attributes, Batch, Message, Mode, Refusal, Socket};

/// NFNL_SUBSYS_NFTABLES.
const SUBSYSTEM: u16 = 10;
/// NFT_MSG_NEWTABLE, NFT_MSG_NEWCHAIN, NFT_MSG_NEWRULE, NFT_MSG_NEWSETELEM, NFT_MSG_NEWGEN.
const NEW_TABLE: u16 = SUBSYSTEM << 8;
const NEW_CHAIN: u16 = SUBSYSTEM << 8 | 3;
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

/// What a table consists of, but for its sets.
pub(super) struct Outline {
    pub(super) table: Table,
    pub(super) chains: &'static [&'static str],
    /// How many there are in all chains.
    pub(super) rules: usize,
}

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
    /// What the kernel showed of each table once it was made, by name. Rules have numbers, which no other rule of the table
    /// gets.
    made: HashMap<String, Shown>,
}

/// What the kernel shows of a table: itself, its chains, its rules in order.
type Shown = Vec<Vec<u8>>;

impl Tables {
    /// Does all parts or none. Returns the refusals.
    ///
    /// # Errors
    /// If all is refused as a whole: EPROTONOSUPPORT if this kernel has no netfilter, EOPNOTSUPP if it has no nf_tables.
    pub(super) fn transact<T: Clone>(&mut self, parts: Vec<(T, Part)>) -> io::Result<Vec<Refusal<T>>> {
        let bracket =
            |end| NetfilterMessage::new(NetfilterHeader::new(NetfilterProtoFamily::Unspec, 0, SUBSYSTEM), end);
        let mut batch = Batch::default();
        batch.push(None, bracket(ControlMessage::BatchBegin), Mode::Bracket);
        for (tag, (part, mode)) in parts {
            batch.push(Some(tag), part, mode);
        }
        batch.push(None, bracket(ControlMessage::BatchEnd), Mode::Bracket);
        let mut refusals = Vec::new();
        for Refusal { tag, errno, text } in self.socket()?.transact(&mut batch)? {
            let tag = tag.ok_or_else(|| io::Error::from_raw_os_error(errno))?;
            refusals.push(Refusal { tag, errno, text });
        }
        Ok(refusals)
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

    /// Remembers what a table looks like that was just made. (Whoever changes it before this asks is not found out.)
    pub(super) fn remember(&mut self, outline: Outline) {
        match self.shown(&outline) {
            Ok(shown) => self.made.insert(outline.table.name, shown),
            Err(_) => self.made.remove(&outline.table.name),
        };
    }

    pub(super) fn forget(&mut self, table: &Table) {
        self.made.remove(&table.name);
    }

    /// Whether a table is as it was made.
    pub(super) fn is_as_made(&mut self, outline: &Outline) -> bool {
        let shown = self.shown(outline);
        shown.is_ok_and(|shown| self.made.get(&outline.table.name) == Some(&shown))
    }

    /// What the kernel shows of a table.
    ///
    /// # Errors
    /// What the kernel says: ENOENT if it, or a chain, is not there. `NotFound` if rules are missing.
    fn shown(&mut self, Outline { table, chains, rules }: &Outline) -> io::Result<Shown> {
        let (family, name) = (table.family, || table.name.clone());
        let which = TableMessage { attributes: vec![TableAttribute::Name(name())] };
        let mut shown = vec![self.get(family, NfTablesMessage::GetTable(which), NEW_TABLE)?];
        for chain in *chains {
            let attributes = vec![ChainAttribute::Table(name()), ChainAttribute::Name((*chain).to_owned())];
            shown.push(self.get(family, NfTablesMessage::GetChain(ChainMessage { attributes }), NEW_CHAIN)?);
        }
        let which = RuleMessage { attributes: vec![RuleAttribute::Table(name())] };
        let request = message(family, NfTablesMessage::GetRule(which));
        let found = self.socket()?.dump(&request, |message| content(message, NEW_RULE))?;
        if found.len() < *rules {
            return Err(io::ErrorKind::NotFound.into());
        }
        shown.extend(found);
        Ok(shown)
    }

    fn get(&mut self, family: NetfilterProtoFamily, request: NfTablesMessage, kind: u16) -> io::Result<Vec<u8>> {
        self.socket()?.get(message(family, request), |message| content(message, kind))
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

/// A message of this kind without its header, which has a number of the moment.
fn content(message: &Message<'_>, kind: u16) -> Option<Vec<u8>> {
    (message.kind == kind).then(|| message.payload.get(HEADER_LEN..).unwrap_or_default().to_vec())
}

/// The key of an element, and what its counter says. Numbers are in network byte order.
fn count(element: Attribute<'_>) -> Option<(Vec<u8>, u64)> {
    let key = element.nested().find(KEY)?.nested().find(VALUE)?.value.to_vec();
    let counter = element.nested().find(EXPRESSION)?.nested().find(EXPRESSION_DATA)?.nested();
    let packets = counter.find(PACKETS)?.value.first_chunk()?;
    Some((key, u64::from_be_bytes(*packets)))
}
