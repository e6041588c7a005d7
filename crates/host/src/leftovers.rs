//! What earlier daemons left on this machine: recognised with the record, and where that is lost without it.
//!
//! Nothing here is a guess: an interface or an address that bears no mark of ours is somebody else's and stays.

use std::collections::{BTreeMap, HashSet};

use vrrp::types::{IfIndex, MacAddr};

use crate::op::{ADDRESS_PROTOCOL, ALIAS_PREFIX, FIRST_LINK_INDEX, Lifetime, MacvlanLink, OwnKind};
use crate::present::{Present, PresentAddress, PresentLink};
use crate::record::Record;

/// What shows that an interface was made by tanist; the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The record names it, and it is still what the record says.
    Recorded,
    /// Its alias begins with [`ALIAS_PREFIX`].
    Alias,
    /// It has the virtual MAC of a router of this configuration, on that router's parent, and an index such as only we
    /// give: a daemon was killed before it could give the interface its alias.
    VirtualMac,
}

/// Whether other daemons of ours run in this network namespace, with state directories of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Company {
    /// No: what bears a mark of ours belongs to nobody.
    Alone,
    /// Yes: what is not in our record may be theirs.
    Others,
}

/// A virtual MAC interface that the configuration asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WantedVmac {
    /// The interface the router runs on.
    pub parent: IfIndex,
    /// Its virtual MAC.
    pub mac: MacAddr,
}

/// The interfaces on `machine` that are leftovers of ours, by index. To be asked before any interface is made; the kernel
/// brings no two macvlans with one MAC up on one parent, so all of them are to be removed first.
#[must_use]
pub fn left_links(
    machine: &Present,
    record: Option<&Record>,
    wanted: &HashSet<WantedVmac>,
    company: Company,
) -> Vec<(MacvlanLink, Mark)> {
    let mut marks: BTreeMap<IfIndex, Mark> = record.into_iter().flat_map(|record| record.marks(machine)).collect();
    match company {
        Company::Alone => {
            for (index, mark) in machine.links().filter_map(|link| Some((link.index, own_mark(link, wanted)?))) {
                marks.entry(index).or_insert(mark);
            }
        }
        Company::Others => {}
    }
    marks.into_iter().filter_map(|(index, mark)| Some((as_made(machine.link(index)?)?, mark))).collect()
}

/// The mark that an interface bears by itself.
fn own_mark(link: &PresentLink, wanted: &HashSet<WantedVmac>) -> Option<Mark> {
    let macvlan = link.macvlan?;
    if link.alias.as_deref().is_some_and(|alias| alias.starts_with(ALIAS_PREFIX)) {
        return Some(Mark::Alias);
    }
    let vmac = macvlan.parent.zip(macvlan.mac).map(|(parent, mac)| WantedVmac { parent, mac });
    let nameless = link.alias.is_none() && link.index.value() >= FIRST_LINK_INDEX;
    vmac.filter(|vmac| nameless && wanted.contains(vmac)).map(|_| Mark::VirtualMac)
}

/// The interface as if we had just made it, so that it can be removed.
fn as_made(link: &PresentLink) -> Option<MacvlanLink> {
    let macvlan = link.macvlan?;
    Some(MacvlanLink {
        index: link.index,
        name: link.name.clone(),
        // A parent in another namespace has no index here; for the removal it does not matter.
        parent: macvlan.parent.unwrap_or(link.index),
        mac: macvlan.mac?,
        // For the removal it does not matter either.
        kind: OwnKind::Macvlan,
        alias: link.alias.clone().unwrap_or_default(),
        group: None,
    })
}

/// Who put a virtual address on the machine before we did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It bears our number and has a lease: a daemon was killed, or another one of ours holds it.
    Ours,
    /// Somebody else: an administrator, another VRRP daemon. While it is there two routers may hold the address. Whoever
    /// removes it says so, and does not put it back at the stop: by then another router holds the address.
    Foreign,
}

impl Origin {
    /// Kernels before 5.18 keep no numbers: to them every address is somebody else's.
    #[must_use]
    pub const fn of(found: &PresentAddress) -> Self {
        match found.lifetime {
            Lifetime::Lease(_) if found.protocol == ADDRESS_PROTOCOL => Self::Ours,
            Lifetime::Lease(_) | Lifetime::Forever => Self::Foreign,
        }
    }
}

#[cfg(test)]
mod tests;
