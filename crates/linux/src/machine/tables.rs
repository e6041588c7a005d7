//! nf_tables: transactions, and what is there.

use std::io;

use netlink_packet_netfilter::nftables::{GenMessage, NfTablesMessage, RuleAttribute, RuleMessage, TableMessage};
use netlink_packet_netfilter::none::ControlMessage;
use netlink_packet_netfilter::{NetfilterHeader, NetfilterMessage, NetfilterMessageInner, NetfilterProtoFamily};
use rustix::net::netlink;

use crate::netlink::{Attributes, Batch, Message, Mode, Refusal, Socket};

/// NFNL_SUBSYS_NFTABLES.
const SUBSYSTEM: u16 = 10;
/// NFT_MSG_NEWTABLE, NFT_MSG_NEWRULE, NFT_MSG_NEWGEN.
const NEW_TABLE: u16 = SUBSYSTEM << 8;
const NEW_RULE: u16 = SUBSYSTEM << 8 | 6;
const NEW_GENERATION: u16 = SUBSYSTEM << 8 | 15;
/// Length of `struct nfgenmsg`.
const HEADER_LEN: usize = 4;
/// NFTA_TABLE_NAME, NFTA_GEN_ID.
const TABLE_NAME: u16 = 1;
const GENERATION_ID: u16 = 1;

/// A part of a transaction.
pub(super) type Part = (NfTablesMessage, Mode);

/// The tables of this network namespace. All of ours are in the family `netdev`.
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
            batch.push((), message(part), mode);
        }
        batch.push((), bracket(ControlMessage::BatchEnd), Mode::Bracket);
        self.socket()?.transact(&mut batch)
    }

    /// Whether anybody has changed anything since this was asked last.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn is_changed(&mut self) -> io::Result<bool> {
        let request = message(NfTablesMessage::GetGen(GenMessage { attributes: Vec::new() }));
        let generation = self.socket()?.get(request, |message| number(message, NEW_GENERATION, GENERATION_ID))?;
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
    pub(super) fn rules(&mut self, table: String) -> io::Result<usize> {
        let request = message(NfTablesMessage::GetRule(RuleMessage { attributes: vec![RuleAttribute::Table(table)] }));
        let rules = self.socket()?.dump(&request, |message| (message.kind == NEW_RULE).then_some(()))?;
        Ok(rules.len())
    }

    /// The names of all tables.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn names(&mut self) -> io::Result<Vec<String>> {
        let request = message(NfTablesMessage::GetTable(TableMessage { attributes: Vec::new() }));
        let name = |message: &Message<'_>| {
            let attributes = Attributes::after(message.payload, HEADER_LEN);
            (message.kind == NEW_TABLE).then(|| attributes.find(TABLE_NAME))?.map(|name| name.text())
        };
        self.socket()?.dump(&request, name)
    }

    fn socket(&mut self) -> io::Result<&mut Socket> {
        if self.socket.is_none() {
            self.socket = Some(Socket::open_protocol(Some(netlink::NETFILTER))?);
        }
        self.socket.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

fn message(inner: impl Into<NetfilterMessageInner>) -> NetfilterMessage {
    NetfilterMessage::new(NetfilterHeader::new(NetfilterProtoFamily::NetDev, 0, 0), inner)
}

/// A number in a message of this kind. Those of nf_tables are in network byte order.
fn number(message: &Message<'_>, kind: u16, attribute: u16) -> Option<u32> {
    let attributes = Attributes::after(message.payload, HEADER_LEN);
    (message.kind == kind).then(|| attributes.find(attribute))??.u32().map(u32::from_be)
}
