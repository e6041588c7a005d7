//! A machine in memory: carries operations out on maps, refuses what a kernel would refuse, fails where told to, and
//! ends leases by a clock that only moves when told to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use vrrp::time::Instant;
use vrrp::types::IfIndex;

use crate::error::{Attempt, ErrorKind, HostError};
use crate::kernel::{Failure, Kernel, Task};
use crate::op::{
    ADDRESS_PROTOCOL, Identity, Ipv6Setting, Item, Lifetime, LinkAddress, LinkSetting, MacvlanLink, MacvlanMode, Op,
    Setting, SettingKey,
};
use crate::present::{Present, PresentAddress, PresentLink, PresentMacvlan};

/// Things and settings of an imagined machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Interfaces that are there without us.
    foreign: BTreeSet<IfIndex>,
    items: BTreeMap<Identity, Item>,
    settings: BTreeMap<SettingKey, i32>,
    now: Instant,
    /// When what is leased ends unless it is added again.
    ends: BTreeMap<Identity, Instant>,
    refuse: Option<usize>,
}

impl Memory {
    /// A machine with these interfaces, none of them ours.
    #[must_use]
    pub fn with_interfaces(indexes: impl IntoIterator<Item = IfIndex>) -> Self {
        Self { foreign: indexes.into_iter().collect(), ..Self::default() }
    }

    /// An interface that is not ours comes.
    pub fn add_interface(&mut self, index: IfIndex) {
        self.foreign.insert(index);
    }

    /// An interface that is not ours goes, with its macvlans and all that is on them.
    pub fn remove_interface(&mut self, index: IfIndex) {
        self.foreign.remove(&index);
        let on_it = self.links().filter(|link| link.parent == index).map(|link| link.index);
        on_it.chain([index]).collect::<Vec<_>>().into_iter().for_each(|link| self.end_link(link));
    }

    /// Makes the `n`th operation from now on (0 is the next) fail.
    pub const fn refuse_after(&mut self, n: usize) {
        self.refuse = Some(n);
    }

    /// Moves the clock to `now`, which is never earlier than before: leases that have ended are gone.
    /// Returns whether there were any.
    pub fn set_clock(&mut self, now: Instant) -> bool {
        self.now = now;
        if self.next_end().is_none_or(|end| end > now) {
            return false;
        }
        let ends = &self.ends;
        self.items.retain(|identity, _| ends.get(identity).is_none_or(|end| *end > now));
        self.forget_ends();
        true
    }

    /// The process that did all this is gone, and so is what ends with it.
    pub fn end_process(&mut self) {
        self.items.retain(|_, item| !Op::Add(item.clone()).ends_with_process());
    }

    /// Everything that was added and is there.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// The addresses that are there.
    pub fn addresses(&self) -> impl Iterator<Item = &LinkAddress> {
        self.items().filter_map(|item| if let Item::Address(address) = item { Some(&**address) } else { None })
    }

    /// The macvlans that are there.
    pub fn links(&self) -> impl Iterator<Item = &MacvlanLink> {
        self.items().filter_map(|item| if let Item::Link(link) = item { Some(&**link) } else { None })
    }

    /// The settings that were ever given a value, with the last one.
    pub fn settings(&self) -> impl Iterator<Item = (SettingKey, i32)> + '_ {
        self.settings.iter().map(|(key, value)| (*key, *value))
    }

    /// Gives a setting a value, as an administrator would.
    pub fn administer(&mut self, key: SettingKey, value: i32) {
        self.settings.insert(key, value);
    }

    /// Makes a thing, as an administrator would.
    pub fn add_item(&mut self, item: &Item) {
        self.items.insert(Op::Add(item.clone()).identity(), item.clone());
    }

    /// Takes a thing away, as an administrator would. Returns whether it was there.
    pub fn take_away(&mut self, item: &Item) -> bool {
        self.items.remove(&Op::Add(item.clone()).identity()).is_some()
    }

    /// The machine as a later start finds it. Interfaces that are not ours are called `if` and their number.
    #[must_use]
    pub fn present(&self) -> Present {
        let foreign = self.foreign.iter().map(|index| PresentLink {
            index: *index,
            name: format!("if{index}"),
            alias: None,
            macvlan: None,
        });
        let ours = self.links().map(|link| PresentLink {
            index: link.index,
            name: link.name.clone(),
            alias: Some(link.alias.clone()),
            macvlan: Some(PresentMacvlan { parent: Some(link.parent), mac: Some(link.mac) }),
        });
        let addresses = self.addresses().map(|address| PresentAddress {
            link: address.link,
            address: address.address,
            prefix_len: address.prefix_len,
            protocol: ADDRESS_PROTOCOL,
            lifetime: address.lifetime,
        });
        Present::new(foreign.chain(ours), addresses)
    }

    fn has(&self, link: IfIndex) -> bool {
        self.foreign.contains(&link) || self.items.contains_key(&Identity::Link(link))
    }

    fn carry_out(&mut self, op: &Op) -> Result<(), ErrorKind> {
        if !op.needs().iter().all(|link| self.has(*link)) {
            return Err(ErrorKind::Missing);
        }
        match op {
            Op::Add(item) => self.add(op.identity(), item),
            Op::Remove(_) => self.remove(op.identity()),
            Op::Set(setting) => self.set(setting),
        }
    }

    fn add(&mut self, identity: Identity, item: &Item) -> Result<(), ErrorKind> {
        if let Item::Link(link) = item
            && (self.has(link.index) || self.links().any(|other| other.name == link.name))
        {
            return Err(ErrorKind::Exists);
        }
        if let Item::Address(address) = item {
            if address.address.is_ipv6() && self.has_ipv6_off(address.link) {
                return Err(ErrorKind::Denied);
            }
            self.lease(identity, address.lifetime);
        }
        if let Item::DroppedAddress(address) = item
            && !self.items.contains_key(&Identity::DropTable(address.table.number))
        {
            return Err(ErrorKind::Missing);
        }
        if let Item::DropTable(table) = item {
            self.empty(table.number);
        }
        if matches!(item, Item::IpRoute(_) | Item::IpRule(_)) && self.items.contains_key(&identity) {
            return Err(ErrorKind::Exists);
        }
        self.items.insert(identity, item.clone());
        Ok(())
    }

    /// What is in a table goes with it.
    fn empty(&mut self, table: u64) {
        self.items.retain(|_, item| !matches!(item, Item::DroppedAddress(address) if address.table.number == table));
    }

    fn has_ipv6_off(&self, link: IfIndex) -> bool {
        self.setting(SettingKey { link, setting: LinkSetting::Ipv6(Ipv6Setting::DisableIpv6) }) == 1
    }

    /// The kernel counts whole seconds.
    fn lease(&mut self, identity: Identity, lifetime: Lifetime) {
        match lifetime {
            Lifetime::Forever => drop(self.ends.remove(&identity)),
            Lifetime::Lease(lease) => {
                let secs = lease.as_nanos().div_ceil(1_000_000_000).max(1);
                let lease = Duration::from_secs(u64::try_from(secs).unwrap_or(u64::MAX));
                self.ends.insert(identity, self.now + lease);
            }
        }
    }

    fn remove(&mut self, identity: Identity) -> Result<(), ErrorKind> {
        self.items.remove(&identity).ok_or(ErrorKind::Missing)?;
        if let Identity::Link(index) = identity {
            self.end_link(index);
        }
        if let Identity::DropTable(number) = identity {
            self.empty(number);
        }
        self.forget_ends();
        Ok(())
    }

    /// What is on a link goes with it.
    fn end_link(&mut self, index: IfIndex) {
        self.items.retain(|_, item| !Op::Add(item.clone()).touches(index));
        self.settings.retain(|key, _| key.link != index);
        self.forget_ends();
    }

    fn set(&mut self, setting: &Setting) -> Result<(), ErrorKind> {
        match setting.key.setting {
            LinkSetting::AdminUp if setting.value == 1 && self.is_mac_taken(setting.key.link) => {
                return Err(ErrorKind::Busy);
            }
            LinkSetting::Ipv6(Ipv6Setting::DisableIpv6) if setting.value == 1 => {
                let goes =
                    |item: &Item| matches!(item, Item::Address(a) if a.link == setting.key.link && a.address.is_ipv6());
                self.items.retain(|_, item| !goes(item));
                self.forget_ends();
            }
            LinkSetting::AdminUp
            | LinkSetting::Mtu
            | LinkSetting::AddrGenMode
            | LinkSetting::MacvlanMode
            | LinkSetting::Controller
            | LinkSetting::Ipv4(_)
            | LinkSetting::Ipv6(_) => {}
        }
        self.settings.insert(setting.key, setting.value);
        Ok(())
    }

    /// What is no longer there has no lease.
    fn forget_ends(&mut self) {
        let items = &self.items;
        self.ends.retain(|identity, _| items.contains_key(identity));
    }

    /// When the next lease ends.
    fn next_end(&self) -> Option<Instant> {
        self.ends.values().min().copied()
    }

    /// Whether another macvlan of the same parent is up with the MAC of this one.
    fn is_mac_taken(&self, index: IfIndex) -> bool {
        let Some(link) = self.links().find(|link| link.index == index) else { return false };
        let is_up = |link: IfIndex| self.setting(SettingKey { link, setting: LinkSetting::AdminUp }) == 1;
        let same = |other: &&MacvlanLink| (other.parent, other.mac) == (link.parent, link.mac);
        self.links().filter(same).any(|other| other.index != index && is_up(other.index))
    }

    /// Settings nobody has touched are 0; a link that is down reads 0 for [`LinkSetting::AdminUp`].
    fn setting(&self, key: SettingKey) -> i32 {
        let untouched = match key.setting {
            LinkSetting::AdminUp => i32::from(self.foreign.contains(&key.link)),
            LinkSetting::MacvlanMode => MacvlanMode::Bridge.value(),
            LinkSetting::Mtu
            | LinkSetting::AddrGenMode
            | LinkSetting::Controller
            | LinkSetting::Ipv4(_)
            | LinkSetting::Ipv6(_) => 0,
        };
        self.settings.get(&key).copied().unwrap_or(untouched)
    }

    fn refused(&mut self) -> bool {
        match self.refuse {
            Some(0) => {
                self.refuse = None;
                true
            }
            Some(n) => {
                self.refuse = Some(n - 1);
                false
            }
            None => false,
        }
    }
}

impl Kernel for Memory {
    fn apply<H: Clone>(&mut self, tasks: &[Task<H>]) -> Vec<Failure<H>> {
        let mut failures = Vec::new();
        for Task { holder, op } in tasks {
            let outcome = if self.refused() { Err(ErrorKind::Other(12)) } else { self.carry_out(op) };
            if let Err(kind) = outcome {
                let message = format!("{kind:?}");
                failures.push(Failure { holder: holder.clone(), op: op.clone(), kind, message });
            }
        }
        failures
    }

    fn read(&mut self, key: SettingKey) -> Result<i32, HostError> {
        if !self.has(key.link) {
            let message = "no such interface".into();
            return Err(HostError { attempt: Attempt::Read(key), kind: ErrorKind::Missing, message });
        }
        Ok(self.setting(key))
    }
}

#[cfg(test)]
mod tests;
