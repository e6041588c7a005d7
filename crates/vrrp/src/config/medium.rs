//! How the routers of one virtual router reach each other.

use core::net::IpAddr;

use crate::types::Family;
use crate::wire;

/// How adverts travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// To a group on the parent's link, of the router's family.
    Multicast { group: IpAddr },
}

impl Medium {
    /// The group of RFC 9568 §5.1.1.2 and §5.1.2.2.
    #[must_use]
    pub const fn multicast(family: Family) -> Self {
        Self::Multicast { group: wire::group(family) }
    }
}
