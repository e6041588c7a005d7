//! A machine in memory: carries operations out on maps, refuses what a kernel would refuse, and fails where told to.

use std::collections::{BTreeMap, BTreeSet};

use vrrp::types::IfIndex;

use crate::error::{Attempt, ErrorKind, HostError};
use crate::kernel::{Failure, Kernel, Task};
use crate::op::{
    ADDRESS_PROTOCOL, Identity, Ipv6Setting, Item, LinkAddress, LinkSetting, MacvlanLink, Op, Setting, SettingKey,
};
use crate::present::{Present, PresentAddress, PresentLink, PresentMacvlan};

/// Things and settings of an imagined machine. It knows no lifetimes: what is leased stays until it is removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Interfaces that are there without us.
    foreign: BTreeSet<IfIndex>,
    items: BTreeMap<Identity, Item>,
    settings: BTreeMap<SettingKey, i32>,
    refuse: Option<usize>,
}

impl Memory {
    /// A machine with these interfaces, none of them ours.
    #[must_use]
    pub fn with_interfaces(indexes: impl IntoIterator<Item = IfIndex>) -> Self {
        Self { foreign: indexes.into_iter().collect(), ..Self::default() }
    }

    /// Makes the `n`th operation from now on (0 is the next) fail.
    pub const fn refuse_after(&mut self, n: usize) {
        self.refuse = Some(n);
    }

    /// Everything that was added and is there.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// The addresses that are there.
    pub fn addresses(&self) -> impl Iterator<Item = &LinkAddress> {
        self.items().filter_map(|item| match item {
            Item::Address(address) => Some(address),
            _ => None,
        })
    }

    /// The macvlans that are there.
    pub fn links(&self) -> impl Iterator<Item = &MacvlanLink> {
        self.items().filter_map(|item| match item {
            Item::Link(link) => Some(link),
            _ => None,
        })
    }

    /// Gives a setting a value, as an administrator would.
    pub fn administer(&mut self, key: SettingKey, value: i32) {
        self.settings.insert(key, value);
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
            Op::Set(setting) => {
                self.set(setting);
                Ok(())
            }
        }
    }

    fn add(&mut self, identity: Identity, item: &Item) -> Result<(), ErrorKind> {
        if let Item::Link(link) = item
            && (self.has(link.index) || self.links().any(|other| other.name == link.name))
        {
            return Err(ErrorKind::Exists);
        }
        self.items.insert(identity, item.clone());
        Ok(())
    }

    fn remove(&mut self, identity: Identity) -> Result<(), ErrorKind> {
        self.items.remove(&identity).ok_or(ErrorKind::Missing)?;
        if let Identity::Link(index) = identity {
            self.items.retain(|_, item| !Op::Add(item.clone()).touches(index));
            self.settings.retain(|key, _| key.link != index);
        }
        Ok(())
    }

    fn set(&mut self, setting: &Setting) {
        self.settings.insert(setting.key, setting.value);
        let ipv6_off = LinkSetting::Ipv6(Ipv6Setting::DisableIpv6);
        if setting.key.setting == ipv6_off && setting.value == 1 {
            let goes =
                |item: &Item| matches!(item, Item::Address(a) if a.link == setting.key.link && a.address.is_ipv6());
            self.items.retain(|_, item| !goes(item));
        }
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

    /// Settings nobody has touched are 0; a link that is down reads 0 for [`LinkSetting::AdminUp`].
    fn read(&mut self, key: SettingKey) -> Result<i32, HostError> {
        if !self.has(key.link) {
            let message = "no such interface".into();
            return Err(HostError { attempt: Attempt::Read(key), kind: ErrorKind::Missing, message });
        }
        let untouched = match key.setting {
            LinkSetting::AdminUp => i32::from(self.foreign.contains(&key.link)),
            LinkSetting::Mtu | LinkSetting::AddrGenMode | LinkSetting::Ipv4(_) | LinkSetting::Ipv6(_) => 0,
        };
        Ok(self.settings.get(&key).copied().unwrap_or(untouched))
    }
}
