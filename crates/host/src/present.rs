//! What is on a machine, as far as it shows whose it is.

use std::collections::HashMap;
use std::net::IpAddr;

use vrrp::types::{IfIndex, MacAddr};

use crate::op::Lifetime;

/// The interfaces and addresses of a machine at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Present {
    links: HashMap<IfIndex, PresentLink>,
    addresses: HashMap<(IfIndex, IpAddr, u8), PresentAddress>,
}

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentLink {
    /// Its number, which another interface may have had before.
    pub index: IfIndex,
    /// May be changed at any time by anybody.
    pub name: String,
    /// Text that an administrator, or we, gave it.
    pub alias: Option<String>,
    /// Of a macvlan or an ipvlan; `None` if it is of another kind.
    pub macvlan: Option<PresentMacvlan>,
}

/// What is special about a macvlan, or an ipvlan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentMacvlan {
    /// `None` if its parent is in another network namespace.
    pub parent: Option<IfIndex>,
    /// Its Ethernet address.
    pub mac: Option<MacAddr>,
}

/// An address on an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentAddress {
    /// The interface that has it.
    pub link: IfIndex,
    /// Without prefix.
    pub address: IpAddr,
    /// 0–32 or 0–128.
    pub prefix_len: u8,
    /// Who made it (IFA_PROTO); 0 if that was not said, as by administrators and before Linux 5.18.
    pub protocol: u8,
    /// How long it stays.
    pub lifetime: Lifetime,
}

impl Present {
    /// From lists of what there is.
    #[must_use]
    pub fn new(
        links: impl IntoIterator<Item = PresentLink>,
        addresses: impl IntoIterator<Item = PresentAddress>,
    ) -> Self {
        Self {
            links: links.into_iter().map(|link| (link.index, link)).collect(),
            addresses: addresses.into_iter().map(|a| ((a.link, a.address, a.prefix_len), a)).collect(),
        }
    }

    /// The interface with this index.
    #[must_use]
    pub fn link(&self, index: IfIndex) -> Option<&PresentLink> {
        self.links.get(&index)
    }

    /// All interfaces, in no order.
    pub fn links(&self) -> impl Iterator<Item = &PresentLink> {
        self.links.values()
    }

    /// The address with exactly this prefix length.
    #[must_use]
    pub fn address(&self, link: IfIndex, address: IpAddr, prefix_len: u8) -> Option<&PresentAddress> {
        self.addresses.get(&(link, address, prefix_len))
    }
}
