//! The machine of a node: the in-memory kernel, which refuses what a plan says and may kill the daemon in the middle of
//! its work; the parent's own state; and the disk. It outlives the daemon.

use std::collections::BTreeSet;
use std::net::IpAddr;

use host::{
    ErrorKind, FIRST_LINK_INDEX, Failure, HostError, Ipv4Setting, Item, Kernel, LinkSetting, Memory, Op, Setting,
    SettingKey, Task,
};
use vrrp::{Family, IfIndex, Instant, LinkState};

use crate::sim::plan::{AddressSet, Refusal, source};

/// The interface that everything happens on.
pub(in crate::sim) const PARENT: IfIndex = match IfIndex::new(2) {
    Some(index) => index,
    None => panic!("2 is not 0"),
};

/// What an administrator changes.
const ADMINISTERED: SettingKey = SettingKey { link: PARENT, setting: LinkSetting::Ipv4(Ipv4Setting::ArpIgnore) };

/// A machine.
#[derive(Debug)]
pub(in crate::sim) struct Machine {
    memory: Memory,
    /// As it is to be when no daemon has anything on it.
    untouched: Memory,
    node: usize,
    parent: Parent,
    /// Parents so far: each return makes another of it.
    generation: u32,
    link: LinkState,
    without_source: BTreeSet<Family>,
    /// Something has changed that the kernel reports to its listeners.
    news: News,
    /// Something is not as it was left: a lease has ended, an operation was refused, a setting was changed.
    doubts: News,
    refusal: Option<Refusal>,
    /// Operations that the daemon still lives to see.
    life: Option<u8>,
    disk: Option<Vec<u8>>,
    holds: AddressSet,
    groups: BTreeSet<Family>,
}

/// Whether there is such an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parent {
    There,
    Gone,
}

/// Whether there is something to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum News {
    None,
    Waiting,
}

impl Machine {
    pub(in crate::sim) fn new(node: usize, now: Instant) -> Self {
        let mut memory = Memory::with_interfaces([PARENT]);
        memory.set_clock(now);
        Self {
            untouched: memory.clone(),
            memory,
            node,
            parent: Parent::There,
            generation: 0,
            link: LinkState::Up,
            without_source: BTreeSet::new(),
            news: News::None,
            doubts: News::None,
            refusal: None,
            life: None,
            disk: None,
            holds: AddressSet::default(),
            groups: BTreeSet::new(),
        }
    }

    /// Moves its clock: leases end.
    pub(in crate::sim) fn set_clock(&mut self, now: Instant) {
        if self.memory.set_clock(now) {
            self.doubts = News::Waiting;
            self.look();
        }
    }

    /// The virtual addresses that it answers for: those that are there, on a link that is up.
    pub(in crate::sim) const fn holds(&self) -> AddressSet {
        self.holds
    }

    /// Whether adverts to `destination` reach the daemon: the link carries them, and the group was joined or the address is
    /// the machine's.
    pub(in crate::sim) fn hears(&self, destination: IpAddr) -> bool {
        let family = Family::of(&destination);
        let is_for_us = if destination.is_multicast() {
            self.groups.contains(&family)
        } else {
            self.source(family) == Some(destination)
        };
        self.link() == LinkState::Up && is_for_us
    }

    /// State of the parent; one that is not there is down.
    pub(in crate::sim) const fn link(&self) -> LinkState {
        match self.parent {
            Parent::There => self.link,
            Parent::Gone => LinkState::Down,
        }
    }

    /// The index of the parent, while there is one.
    pub(in crate::sim) fn parent(&self) -> Option<IfIndex> {
        (self.parent == Parent::There).then_some(PARENT)
    }

    /// Which parent it is: what was done on another went with it.
    pub(in crate::sim) const fn generation(&self) -> u32 {
        self.generation
    }

    pub(in crate::sim) fn remove_parent(&mut self) {
        self.memory.remove_interface(PARENT);
        self.untouched.remove_interface(PARENT);
        (self.parent, self.news) = (Parent::Gone, News::Waiting);
        self.look();
    }

    pub(in crate::sim) fn return_parent(&mut self) {
        if self.parent == Parent::Gone {
            self.memory.add_interface(PARENT);
            self.untouched.add_interface(PARENT);
            self.generation += 1;
            (self.parent, self.news) = (Parent::There, News::Waiting);
        }
    }

    pub(in crate::sim) fn set_link(&mut self, link: LinkState) {
        (self.link, self.news) = (link, News::Waiting);
    }

    /// The parent's own address of a family.
    pub(in crate::sim) fn source(&self, family: Family) -> Option<IpAddr> {
        let has_one = self.parent == Parent::There && !self.without_source.contains(&family);
        has_one.then(|| source(self.node, family))
    }

    pub(in crate::sim) fn lose_source(&mut self, family: Family) {
        self.without_source.insert(family);
        self.news = News::Waiting;
    }

    pub(in crate::sim) fn regain_source(&mut self, family: Family) {
        self.without_source.remove(&family);
        self.news = News::Waiting;
    }

    /// Whether netlink has something to report; it does so once.
    pub(in crate::sim) const fn take_news(&mut self) -> News {
        std::mem::replace(&mut self.news, News::None)
    }

    /// Whether anything may have changed without the daemon, as netlink and a comparison would show; it is reported once.
    pub(in crate::sim) const fn take_doubts(&mut self) -> News {
        std::mem::replace(&mut self.doubts, News::None)
    }

    /// The daemon itself has left something to be done.
    pub(in crate::sim) const fn doubt(&mut self) {
        self.doubts = News::Waiting;
    }

    /// An administrator changes a setting. That is what it must be after the stop.
    pub(in crate::sim) fn administer(&mut self, value: i32) {
        if self.parent == Parent::Gone {
            return;
        }
        self.memory.administer(ADMINISTERED, value);
        self.untouched.administer(ADMINISTERED, value);
        self.doubts = News::Waiting;
    }

    pub(in crate::sim) const fn refuse(&mut self, refusal: Option<Refusal>) {
        self.refusal = refusal;
    }

    pub(in crate::sim) const fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// The daemon dies after so many operations, within a batch. `None`: it does not.
    pub(in crate::sim) const fn kill_after(&mut self, operations: Option<u8>) {
        self.life = operations;
    }

    /// Whether the daemon has died within a batch.
    pub(in crate::sim) fn is_daemon_dead(&self) -> bool {
        self.life == Some(0)
    }

    /// The process is gone, and what the kernel undoes for it.
    pub(in crate::sim) fn end_process(&mut self) {
        self.life = None;
        self.memory.end_process();
        self.look();
    }

    /// Another program is executed in the place of the daemon. What keeps memberships is passed on: nothing is lost until the program
    /// has its own.
    pub(in crate::sim) fn replace_process(&mut self) {
        self.memory.end_process();
    }

    /// Writes the record, as one step of the daemon's life.
    pub(in crate::sim) fn write(&mut self, record: Option<Vec<u8>>) {
        if self.lives_on() {
            self.disk = record;
        }
    }

    pub(in crate::sim) fn record(&self) -> Option<&[u8]> {
        self.disk.as_deref()
    }

    pub(in crate::sim) const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Present value of a setting, if there is one.
    pub(in crate::sim) fn setting(&mut self, key: SettingKey) -> Option<i32> {
        self.memory.read(key).ok()
    }

    /// An index for an interface of ours.
    pub(in crate::sim) fn unused_index(&self) -> IfIndex {
        let used: BTreeSet<u32> = self.memory.links().map(|link| link.index.value()).collect();
        let free = (FIRST_LINK_INDEX..).find(|index| !used.contains(index));
        free.and_then(IfIndex::new).unwrap_or_else(|| unreachable!("there are fewer interfaces than numbers"))
    }

    /// What is not as it is to be without a daemon.
    pub(in crate::sim) fn left_behind(&mut self) -> Option<String> {
        if let Some(item) = self.memory.items().next() {
            return Some(format!("{item:?} is left"));
        }
        let settings: Vec<_> = self.memory.settings().collect();
        settings.into_iter().find_map(|(key, value)| {
            let before = self.untouched.read(key).ok();
            (before != Some(value)).then(|| format!("{key:?} is {value} and was {before:?}"))
        })
    }

    /// Takes one step off the life of a daemon that is to die. Whether it still lives.
    fn lives_on(&mut self) -> bool {
        if let Some(life) = &mut self.life {
            *life = life.saturating_sub(1);
        }
        self.life != Some(0)
    }

    fn refuses(&mut self, op: &Op) -> bool {
        match (&mut self.refusal, op) {
            (Some(Refusal::Addresses), Op::Add(Item::Address(_)))
            | (Some(Refusal::Links), Op::Add(Item::Link(_)))
            | (Some(Refusal::Memberships), Op::Add(Item::Membership(_)))
            | (Some(Refusal::Removals), Op::Remove(_)) => true,
            (Some(Refusal::Links), Op::Set(Setting { key, value: 1, .. })) => key.setting == LinkSetting::AdminUp,
            (Some(Refusal::One(0)), _) => {
                self.refusal = None;
                true
            }
            (Some(Refusal::One(others)), _) => {
                *others -= 1;
                false
            }
            (Some(Refusal::Addresses | Refusal::Links | Refusal::Memberships | Refusal::Removals) | None, _) => false,
        }
    }

    /// Sees what the operations have made of it.
    fn look(&mut self) {
        (self.holds, self.groups) = (AddressSet::default(), BTreeSet::new());
        for item in self.memory.items() {
            match item {
                Item::Address(address) if self.is_up(address.link) => self.holds.insert(address.address),
                Item::Membership(membership) => drop(self.groups.insert(Family::of(&membership.group))),
                Item::Address(_)
                | Item::Link(_)
                | Item::Route(_)
                | Item::IpRoute(_)
                | Item::IpRule(_)
                | Item::OwnerTable(_)
                | Item::DropTable(_)
                | Item::DroppedAddress(_) => {}
            }
        }
    }

    fn is_up(&self, link: IfIndex) -> bool {
        let key = SettingKey { link, setting: LinkSetting::AdminUp };
        link == PARENT || self.memory.settings().any(|setting| setting == (key, 1))
    }
}

impl Kernel for Machine {
    fn apply<H: Clone>(&mut self, tasks: &[Task<H>]) -> Vec<Failure<H>> {
        let mut failures = Vec::new();
        for task in tasks {
            if !self.lives_on() {
                break;
            }
            if self.refuses(&task.op) {
                let Task { holder, op } = task.clone();
                failures.push(Failure { holder, op, kind: ErrorKind::Other(12), message: "refused".to_owned() });
            } else {
                failures.extend(self.memory.apply(std::slice::from_ref(task)));
            }
        }
        if !tasks.is_empty() {
            self.look();
        }
        if !failures.is_empty() {
            self.doubts = News::Waiting;
        }
        failures
    }

    fn read(&mut self, key: SettingKey) -> Result<i32, HostError> {
        self.memory.read(key)
    }
}
