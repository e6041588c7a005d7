//! ARP and neighbour discovery in the name of an address owner's addresses, which its interface has as well.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use vrrp::types::{IfIndex, MacAddr};

use super::serial;
use super::{Identity, Thing};
use crate::names::{Describe, LinkNames};
use crate::present::Present;

/// A table in nf_tables: what the parent asks and answers under these addresses, by ARP or neighbour discovery, bears the
/// virtual MAC alone, and answers to the virtual MAC reach the parent as well, which asked. Doing it again replaces the
/// table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerTable {
    /// The virtual router's interface; the table is called by this number, which nobody else has given out.
    #[serde(with = "serial::ifindex")]
    pub vmac: IfIndex,
    /// The virtual router's MAC address.
    #[serde(with = "serial::mac")]
    pub mac: MacAddr,
    /// The interface it sits on.
    #[serde(with = "serial::ifindex")]
    pub parent: IfIndex,
    /// The parent's name: since Linux 6.16 the table does not follow a parent that is renamed.
    pub parent_name: String,
    /// Addresses of the parent that the router owns, of one family.
    pub addresses: Vec<IpAddr>,
}

impl OwnerTable {
    /// A table that was left by somebody who wrote nothing down. It can be removed and nothing else.
    #[must_use]
    pub const fn left(vmac: IfIndex) -> Self {
        Self { vmac, mac: MacAddr([0; 6]), parent: vmac, parent_name: String::new(), addresses: Vec::new() }
    }
}

impl Thing for OwnerTable {
    fn identity(&self) -> Identity {
        Identity::OwnerTable(self.vmac)
    }

    /// The table outlives the links that it names.
    fn links(&self) -> &[IfIndex] {
        &[]
    }

    fn needs(&self) -> &[IfIndex] {
        std::slice::from_ref(&self.parent)
    }

    fn is_optional(&self) -> bool {
        true
    }

    /// The name says whose it is. (That it is not there is found when it is removed.)
    fn is_left(&self, _: &Present, _: &dyn Fn(IfIndex) -> bool) -> bool {
        true
    }
}

impl Describe for OwnerTable {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the nftables table by which {} speaks with {} under the router's addresses",
            self.parent.named(names),
            self.mac
        )
    }
}
