//! Packets that are dropped: those to the addresses of routers without Accept_Mode (RFC 9568 §6.1).

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use vrrp::types::IfIndex;

use super::serial;
use super::{Identity, Thing};
use crate::names::{Describe, LinkNames};
use crate::present::Present;

/// A table in nf_tables that drops what arrives for the [`DroppedAddress`]es in it, but for neighbour discovery, and counts
/// it. Doing it again replaces the table, and there are no addresses in it then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropTable {
    /// The table is called by this number. Two daemons in one namespace must have two, and so must two priorities.
    pub number: u64,
    /// Where its chain stands among others on the same hook: those of lower numbers come before.
    #[serde(default)]
    pub priority: i32,
}

impl DropTable {
    /// A table that was left by somebody who wrote nothing down. It can be removed and nothing else.
    #[must_use]
    pub const fn left(number: u64) -> Self {
        Self { number, priority: 0 }
    }
}

/// An address in a [`DropTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedAddress {
    /// The table, which holds it until one of both is removed.
    pub table: DropTable,
    /// Nothing that is sent to it arrives.
    pub address: IpAddr,
    /// Only of a link-local address it matters where packets come in.
    #[serde(with = "serial::ifindex")]
    pub link: IfIndex,
}

impl Thing for DropTable {
    fn identity(&self) -> Identity {
        Identity::DropTable(self.number)
    }

    fn links(&self) -> &[IfIndex] {
        &[]
    }

    fn is_optional(&self) -> bool {
        true
    }

    /// The name says whose it is. (That it is not there is found when it is removed.)
    fn is_left(&self, _: &Present, _: &dyn Fn(IfIndex) -> bool) -> bool {
        true
    }
}

impl Thing for DroppedAddress {
    fn identity(&self) -> Identity {
        Identity::DroppedAddress(self.table.number, self.link, self.address)
    }

    fn links(&self) -> &[IfIndex] {
        &[]
    }

    fn is_optional(&self) -> bool {
        true
    }

    /// It goes with its table.
    fn is_left(&self, _: &Present, _: &dyn Fn(IfIndex) -> bool) -> bool {
        false
    }
}

impl Describe for DropTable {
    fn describe(&self, _: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the nftables table that drops packets to virtual addresses without `accept`")
    }
}

impl Describe for DroppedAddress {
    fn describe(&self, _: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to the addresses whose packets are dropped", self.address)
    }
}
