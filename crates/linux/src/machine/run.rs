//! One walk through a list of operations.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use host::{ErrorKind, Failure, Item, Lifetime, LinkAddress, LinkSetting, MacvlanLink, Op, PrefixRoute, Setting, Task};
use netlink_packet_route::RouteNetlinkMessage;
use vrrp::types::IfIndex;

use super::encode::{self, Request};
use super::tables::Part;
use super::{Machine, kind, settings};
use crate::netlink::{Batch, Mode, Refusal};

/// Most parts in a transaction: their acknowledgements fit the smallest usual receive buffer.
const ELEMENTS: usize = 100;

/// The walk: what waits to be sent, and what was refused.
pub(super) struct Run<'a, H> {
    pub(super) machine: &'a mut Machine,
    tasks: &'a [Task<H>],
    /// Requests, tagged with the position of the task whose refusal theirs is, if it is any.
    batch: Batch<Option<usize>>,
    /// Parts of a transaction of nf_tables, tagged alike. Of these and the batch one is empty.
    elements: Vec<(usize, Part)>,
    /// By the position of the task.
    refused: BTreeMap<usize, Refused>,
    /// Links that could not be made: their indexes may belong to somebody else.
    not_ours: BTreeSet<IfIndex>,
    /// Interface groups of parents.
    groups: BTreeMap<IfIndex, u32>,
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

impl<T> From<Refusal<T>> for Refused {
    fn from(refusal: Refusal<T>) -> Self {
        Self { kind: ErrorKind::from_errno(refusal.errno), message: refusal.to_string() }
    }
}

impl<'a, H: Clone> Run<'a, H> {
    pub(super) fn new(machine: &'a mut Machine, tasks: &'a [Task<H>]) -> Self {
        let (batch, elements) = (Batch::default(), Vec::new());
        Self {
            machine,
            tasks,
            batch,
            elements,
            refused: BTreeMap::new(),
            not_ours: BTreeSet::new(),
            groups: BTreeMap::new(),
        }
    }

    /// Carries out the operation at `position`, at once or with the batch.
    pub(super) fn carry_out(&mut self, position: usize, op: &Op) {
        if op.links().iter().any(|link| self.not_ours.contains(link)) {
            self.refuse(position, Refused { kind: ErrorKind::Missing, message: "its interface was not made".into() });
            return;
        }
        match op {
            Op::Add(Item::Link(link)) => self.add_link(position, link),
            Op::Remove(Item::Link(link)) => self.remove_links(position, &[link]),
            Op::Add(Item::Membership(membership)) => {
                self.now(position, |machine| machine.memberships.join(*membership));
            }
            Op::Remove(Item::Membership(membership)) => {
                self.now(position, |machine| machine.memberships.leave(*membership));
            }
            Op::Set(setting) => self.set(position, setting),
            Op::Remove(Item::Address(address)) => self.remove_address(position, address),
            Op::Add(_) | Op::Remove(_) => match encode::request(op) {
                Some(Request::Route(request, mode)) => self.request(position, request, mode),
                Some(Request::Tables(parts)) => self.transact(position, op, parts),
                Some(Request::Element(part)) => self.element(position, part),
                None => {}
            },
        }
    }

    /// The kernel keeps the route to the prefix of an IPv6 address with a lease until that would have ended, for it takes it for
    /// one that a router has advertised. So the lease ends first.
    fn remove_address(&mut self, position: usize, address: &LinkAddress) {
        let has_route = address.prefix_route == PrefixRoute::Kernel;
        if address.address.is_ipv6() && has_route && address.lifetime != Lifetime::Forever {
            let lasting = LinkAddress { lifetime: Lifetime::Forever, ..address.clone() };
            // Where this is refused the next one tells why, or there is no such address.
            self.queue(None, encode::add_address(&lasting), Mode::CreateOrReplace);
        }
        self.request(position, encode::remove_address(address), Mode::Change);
    }

    /// Sends what waits, and turns the refusals into failures, in order.
    pub(super) fn finish(mut self) -> Vec<Failure<H>> {
        self.flush();
        let tasks = self.tasks;
        let failure = |(position, Refused { kind, message }): (usize, Refused)| {
            let Task { holder, op } = tasks.get(position)?.clone();
            Some(Failure { holder, op, kind, message })
        };
        self.refused.into_iter().filter_map(failure).collect()
    }

    /// Appends a request to the batch.
    pub(super) fn request(&mut self, position: usize, request: RouteNetlinkMessage, mode: Mode) {
        self.queue(Some(position), request, mode);
    }

    fn queue(&mut self, tag: Option<usize>, request: RouteNetlinkMessage, mode: Mode) {
        self.flush_elements();
        self.batch.push(tag, request, mode);
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) {
        self.flush_elements();
        let mut batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return;
        }
        match self.machine.socket.execute(&mut batch) {
            Ok(refusals) => {
                for refusal in refusals {
                    if let Some(position) = refusal.tag {
                        self.refuse(position, refusal.into());
                    }
                }
            }
            Err(error) => {
                let refused = Refused::from(error);
                for position in batch.tags().flatten() {
                    self.refuse(*position, refused.clone());
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

    /// Makes a link and waits for the answer: what follows names it by an index that might be somebody else's. The alias
    /// is the first of what follows, for it shows a later start whose the link is.
    fn add_link(&mut self, position: usize, link: &MacvlanLink) {
        self.flush();
        let group = link.group.unwrap_or_else(|| self.group_of(link.parent));
        self.request(position, encode::new_link(link, group), Mode::Create);
        self.flush();
        if self.is_refused(position) {
            self.not_ours.insert(link.index);
        } else {
            self.request(position, encode::set_alias(link), Mode::Change);
        }
    }

    /// The interface group of a link. Asked once a walk: thousands of virtual MAC interfaces have one parent.
    fn group_of(&mut self, link: IfIndex) -> u32 {
        let machine = &mut *self.machine;
        *self.groups.entry(link).or_insert_with(|| machine.link(link).map_or(0, |link| link.group))
    }

    fn set(&mut self, position: usize, Setting { key, value, restore: _ }: &Setting) {
        let request = match key.setting {
            LinkSetting::AdminUp => encode::set_admin(key.link, *value),
            LinkSetting::Mtu => encode::set_mtu(key.link, *value),
            LinkSetting::AddrGenMode => encode::set_addr_gen_mode(key.link, *value),
            LinkSetting::MacvlanMode => encode::set_macvlan_mode(key.link, *value),
            LinkSetting::Controller => encode::set_controller(key.link, *value),
            LinkSetting::Ipv4(setting) => encode::set_ipv4(key.link, setting, *value),
            LinkSetting::Ipv6(setting) => {
                return self.now(position, |machine| {
                    settings::write(&settings::ipv6(&machine.name(key.link)?, setting), *value)
                });
            }
        };
        self.request(position, request, Mode::Change);
    }

    /// Makes or removes a table of nf_tables, after what waits.
    fn transact(&mut self, position: usize, op: &Op, parts: Vec<Part>) {
        self.flush();
        let refused = match self.machine.tables.transact(parts.into_iter().map(|part| (position, part)).collect()) {
            Ok(refusals) => refusals.into_iter().next().map(Refused::from),
            Err(error) => Some(Refused::from(error)),
        };
        if let Some(refused) = refused {
            return self.refuse_tables(position, refused);
        }
        match op {
            Op::Add(item) => encode::outline(item).into_iter().for_each(|it| self.machine.tables.remember(it)),
            Op::Remove(item) => {
                encode::outline(item).into_iter().for_each(|it| self.machine.tables.forget(&it.table));
            }
            Op::Set(_) => {}
        }
    }

    /// Appends a part to the transaction that waits.
    fn element(&mut self, position: usize, part: Part) {
        if !self.batch.is_empty() || self.elements.len() >= ELEMENTS {
            self.flush();
        }
        self.elements.push((position, part));
    }

    /// Carries the transaction out that waits. If some of it is refused, all is: then the rest is done without that.
    fn flush_elements(&mut self) {
        let mut waiting = std::mem::take(&mut self.elements);
        while !waiting.is_empty() {
            match self.machine.tables.transact(waiting.clone()) {
                Ok(refusals) if refusals.is_empty() => return,
                Ok(refusals) => {
                    waiting.retain(|(position, _)| refusals.iter().all(|refusal| refusal.tag != *position));
                    for refusal in refusals {
                        self.refuse_tables(refusal.tag, refusal.into());
                    }
                }
                Err(error) => {
                    let refused = Refused::from(error);
                    return waiting.iter().for_each(|(position, _)| self.refuse_tables(*position, refused.clone()));
                }
            }
        }
    }

    /// Where there is no such thing as nf_tables there is nothing to remove.
    fn refuse_tables(&mut self, position: usize, mut refused: Refused) {
        let is_removal = matches!(self.tasks.get(position).map(|task| &task.op), Some(Op::Remove(_)));
        if is_removal && refused.kind == ErrorKind::Unsupported {
            refused.kind = ErrorKind::Missing;
        }
        self.refuse(position, refused);
    }

    /// Does something that is not netlink's, after what waits.
    fn now(&mut self, position: usize, work: impl FnOnce(&mut Machine) -> io::Result<()>) {
        self.flush();
        if let Err(error) = work(self.machine) {
            self.refuse(position, error.into());
        }
    }
}
