//! One walk through a list of operations.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use host::{ErrorKind, Failure, HostError, Item, LinkSetting, MacvlanLink, Op, Setting};
use netlink_packet_route::RouteNetlinkMessage;
use vrrp::types::IfIndex;

use super::{Machine, encode, kind, settings};
use crate::netlink::{Batch, Mode};

/// The walk: what waits to be sent, and what was refused.
pub(super) struct Run<'a> {
    pub(super) machine: &'a mut Machine,
    batch: Batch,
    /// For each request of the batch the operation it belongs to.
    owners: Vec<usize>,
    /// The refused operations.
    refused: BTreeMap<usize, Refused>,
    /// Links that could not be made: their indexes may belong to somebody else.
    not_ours: BTreeSet<IfIndex>,
}

/// Why an operation was refused.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self { kind: kind(&error), message: error.to_string() }
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(machine: &'a mut Machine) -> Self {
        let (batch, owners) = (Batch::default(), Vec::new());
        Self { machine, batch, owners, refused: BTreeMap::new(), not_ours: BTreeSet::new() }
    }

    /// Carries out the operation at `position`, at once or with the batch.
    pub(super) fn carry_out(&mut self, position: usize, op: &Op) {
        if self.not_ours.contains(&target(op)) {
            self.refuse(position, Refused { kind: ErrorKind::Missing, message: "its interface was not made".into() });
            return;
        }
        match op {
            Op::Add(Item::Link(link)) => self.add_link(position, link),
            Op::Remove(Item::Link(link)) => self.remove_links(position, &[link]),
            Op::Add(Item::Address(address)) => {
                self.request(position, encode::new_address(address), Mode::CreateOrReplace);
            }
            Op::Remove(Item::Address(address)) => {
                self.request(position, encode::delete_address(address), Mode::Change);
            }
            Op::Add(Item::Membership(membership)) => {
                self.now(position, |machine| machine.memberships.join(*membership));
            }
            Op::Remove(Item::Membership(membership)) => {
                self.now(position, |machine| machine.memberships.leave(*membership));
            }
            Op::Set(setting) => self.set(position, setting),
        }
    }

    /// Sends what waits, and turns the refusals into failures, in order.
    pub(super) fn finish(mut self, ops: &[Op]) -> Vec<Failure> {
        self.flush();
        let refused = std::mem::take(&mut self.refused);
        refused
            .into_iter()
            .filter_map(|(position, refused)| Some(self.failure(position, ops.get(position)?, refused)))
            .collect()
    }

    /// Appends a request to the batch.
    pub(super) fn request(&mut self, position: usize, request: RouteNetlinkMessage, mode: Mode) {
        self.batch.push(request, mode);
        self.owners.push(position);
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        let owners = std::mem::take(&mut self.owners);
        if batch.is_empty() {
            return;
        }
        match self.machine.socket.execute(&mut batch) {
            Ok(refusals) => {
                for refusal in refusals {
                    let Some(position) = owners.get(refusal.position) else { continue };
                    let kind = ErrorKind::from_errno(refusal.errno);
                    self.refuse(*position, Refused { kind, message: refusal.to_string() });
                }
            }
            Err(error) => {
                let refused = Refused::from(error);
                for position in owners {
                    self.refuse(position, refused.clone());
                }
            }
        }
    }

    /// Notes a refusal. Of several requests of one operation the first refusal counts.
    pub(super) fn refuse(&mut self, position: usize, refused: Refused) {
        self.refused.entry(position).or_insert(refused);
    }

    /// Why the operation was refused, as far as it was answered.
    pub(super) fn refusal(&self, position: usize) -> Option<Refused> {
        self.refused.get(&position).cloned()
    }

    /// Whether the operation was refused, as far as it was answered.
    pub(super) fn is_refused(&self, position: usize) -> bool {
        self.refused.contains_key(&position)
    }

    /// Makes a link and waits for the answer: what follows names it by an index that might be somebody else's.
    fn add_link(&mut self, position: usize, link: &MacvlanLink) {
        self.flush();
        let group = self.machine.link(link.parent).map_or(0, |parent| parent.group);
        self.request(position, encode::new_link(link, group), Mode::Create);
        self.flush();
        if self.is_refused(position) {
            self.not_ours.insert(link.index);
        } else {
            self.request(position, encode::set_alias(link), Mode::Change);
        }
    }

    fn set(&mut self, position: usize, Setting { key, value, previous: _ }: &Setting) {
        match key.setting {
            LinkSetting::AdminUp => self.request(position, encode::set_admin(key.link, *value), Mode::Change),
            LinkSetting::AddrGenMode => {
                self.request(position, encode::set_addr_gen_mode(key.link, *value), Mode::Change);
            }
            LinkSetting::Ipv4(setting) => {
                self.request(position, encode::set_ipv4(key.link, setting, *value), Mode::Change);
            }
            LinkSetting::Ipv6(setting) => self
                .now(position, |machine| settings::write(&settings::ipv6(&machine.name(key.link)?, setting), *value)),
        }
    }

    /// Does something that is not netlink's, after what waits.
    fn now(&mut self, position: usize, work: impl FnOnce(&mut Machine) -> io::Result<()>) {
        self.flush();
        if let Err(error) = work(self.machine) {
            self.refuse(position, error.into());
        }
    }

    /// What the user gets to read. The interface's name is asked for only here.
    fn failure(&self, position: usize, op: &Op, refused: Refused) -> Failure {
        let name = self.machine.name(named(op)).map_or_else(|_| String::new(), |name| format!(" ({name})"));
        let error = HostError { operation: format!("{op}{name}"), kind: refused.kind, message: refused.message };
        Failure { position, error }
    }
}

/// The link that an operation works on.
const fn target(op: &Op) -> IfIndex {
    match op {
        Op::Add(item) | Op::Remove(item) => match item {
            Item::Link(link) => link.index,
            Item::Address(address) => address.link,
            Item::Membership(membership) => membership.link,
        },
        Op::Set(setting) => setting.key.link,
    }
}

/// The link whose index stands in an operation's text.
const fn named(op: &Op) -> IfIndex {
    match op {
        Op::Add(Item::Link(link)) | Op::Remove(Item::Link(link)) => link.parent,
        Op::Add(Item::Address(_) | Item::Membership(_))
        | Op::Remove(Item::Address(_) | Item::Membership(_))
        | Op::Set(_) => target(op),
    }
}
