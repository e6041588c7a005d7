//! A machine in memory: carries operations out on maps, refuses what a kernel would refuse, and fails where told to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use vrrp::types::{Family, IfIndex};

use crate::error::{ErrorKind, HostError};
use crate::kernel::{Failure, Kernel};
use crate::op::{Item, LinkAddress, LinkSetting, MacvlanLink, Op, Setting, SettingKey};

/// Links, addresses, memberships and settings of an imagined machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Interfaces that are there without us.
    foreign: BTreeSet<IfIndex>,
    links: BTreeMap<IfIndex, MacvlanLink>,
    addresses: BTreeMap<(IfIndex, IpAddr, u8), LinkAddress>,
    memberships: BTreeSet<(IfIndex, Family)>,
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

    /// The addresses that are there.
    pub fn addresses(&self) -> impl Iterator<Item = &LinkAddress> {
        self.addresses.values()
    }

    /// The macvlans that are there.
    pub fn links(&self) -> impl Iterator<Item = &MacvlanLink> {
        self.links.values()
    }

    /// Gives a setting a value, as an administrator would.
    pub fn administer(&mut self, key: SettingKey, value: i32) {
        self.settings.insert(key, value);
    }

    fn has(&self, link: IfIndex) -> bool {
        self.foreign.contains(&link) || self.links.contains_key(&link)
    }

    fn carry_out(&mut self, op: &Op) -> Result<(), ErrorKind> {
        match op {
            Op::Add(item) => self.add(item),
            Op::Remove(item) => self.remove(item),
            Op::Set(Setting { key, value, .. }) => {
                self.require(key.link)?;
                self.settings.insert(*key, *value);
                Ok(())
            }
        }
    }

    fn add(&mut self, item: &Item) -> Result<(), ErrorKind> {
        match item {
            Item::Link(link) => {
                self.require(link.parent)?;
                let taken = self.has(link.index) || self.links.values().any(|other| other.name == link.name);
                if taken {
                    return Err(ErrorKind::Exists);
                }
                self.links.insert(link.index, link.clone());
            }
            Item::Address(address) => {
                self.require(address.link)?;
                self.addresses.insert((address.link, address.address, address.prefix_len), address.clone());
            }
            Item::Membership(member) => {
                self.require(member.link)?;
                self.memberships.insert((member.link, member.family));
            }
        }
        Ok(())
    }

    fn remove(&mut self, item: &Item) -> Result<(), ErrorKind> {
        let found = match item {
            Item::Link(link) => {
                self.addresses.retain(|(on, _, _), _| *on != link.index);
                self.memberships.retain(|(on, _)| *on != link.index);
                self.settings.retain(|key, _| key.link != link.index);
                self.links.remove(&link.index).is_some()
            }
            Item::Address(a) => self.addresses.remove(&(a.link, a.address, a.prefix_len)).is_some(),
            Item::Membership(member) => self.memberships.remove(&(member.link, member.family)),
        };
        if found { Ok(()) } else { Err(ErrorKind::Missing) }
    }

    fn require(&self, link: IfIndex) -> Result<(), ErrorKind> {
        if self.has(link) { Ok(()) } else { Err(ErrorKind::Missing) }
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
    fn apply(&mut self, ops: &[Op]) -> Vec<Failure> {
        let mut failures = Vec::new();
        for (position, op) in ops.iter().enumerate() {
            let outcome = if self.refused() { Err(ErrorKind::Other(12)) } else { self.carry_out(op) };
            if let Err(kind) = outcome {
                failures.push(Failure { position, error: refusal(op.to_string(), kind) });
            }
        }
        failures
    }

    /// Settings nobody has touched are 0; a link that is down reads 0 for [`LinkSetting::AdminUp`].
    fn read(&mut self, key: SettingKey) -> Result<i32, HostError> {
        self.require(key.link).map_err(|kind| refusal(format!("read {key}"), kind))?;
        let untouched = match key.setting {
            LinkSetting::AdminUp => i32::from(self.foreign.contains(&key.link)),
            LinkSetting::AddrGenMode | LinkSetting::Ipv4(_) | LinkSetting::Ipv6(_) => 0,
        };
        Ok(self.settings.get(&key).copied().unwrap_or(untouched))
    }
}

fn refusal(operation: String, kind: ErrorKind) -> HostError {
    HostError { operation, kind, message: format!("{kind:?}") }
}
