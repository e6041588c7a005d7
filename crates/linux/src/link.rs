//! Interfaces, as the kernel describes them.

pub(crate) mod settings;

use std::io;

use host::{PresentLink, PresentMacvlan};
use vrrp::input::LinkState;
use vrrp::types::{IfIndex, MacAddr};

use crate::netlink::{Attributes, Message};

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
/// Length of `struct ifinfomsg`, which precedes the attributes of a message about an interface.
pub const HEADER_LEN: usize = 16;
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_WIRELESS: u16 = 11;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const IFLA_VRF_TABLE: u16 = 1;
const IFLA_IFALIAS: u16 = 20;
const IFLA_GROUP: u16 = 27;
const IFLA_LINK_NETNSID: u16 = 37;
const IFF_UP: u32 = 0x1;
const IFF_RUNNING: u32 = 0x40;
const IFF_LOWER_UP: u32 = 0x1_0000;
const ARPHRD_ETHER: u16 = 1;
const ARPHRD_LOOPBACK: u16 = 772;

/// The index of an interface, in the network namespace of the calling thread.
///
/// # Errors
/// If there is none of that name.
pub fn index_of(name: &str) -> io::Result<IfIndex> {
    let any_socket = rustix::net::socket(rustix::net::AddressFamily::UNIX, rustix::net::SocketType::DGRAM, None)?;
    let index = rustix::net::netdevice::name_to_index(any_socket, name)?;
    IfIndex::new(index).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
}

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// Unique in its network namespace until the interface is gone.
    pub index: IfIndex,
    /// May be changed at any time by anybody.
    pub name: String,
    /// Text that an administrator, or we, gave it.
    pub alias: Option<String>,
    /// Its Ethernet address; `None` if it has none, or one of another length.
    pub mac: Option<MacAddr>,
    /// What frames it carries.
    pub kind: LinkKind,
    /// What it is made of: `macvlan`, `bridge`, `vlan` …; `None` for hardware.
    pub driver: Option<String>,
    /// Whether the administrator wants it up (IFF_UP).
    pub admin: LinkState,
    /// Whether it works: up, with carrier and ready (IFF_UP, IFF_LOWER_UP, IFF_RUNNING).
    pub running: LinkState,
    /// Largest IP packet, in bytes.
    pub mtu: u32,
    /// The interface it sits on, if that is in the same namespace.
    pub parent: Option<IfIndex>,
    /// The bridge, bond or VRF that it is a port of. What a port of a bridge receives goes to the bridge: raw IP sockets
    /// hear nothing on it.
    pub controller: Option<IfIndex>,
    /// The routing table of a VRF.
    pub vrf_table: Option<u32>,
    /// The group that firewall rules may match on.
    pub group: u32,
}

/// What frames an interface carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Ethernet.
    Ethernet,
    /// The loopback interface.
    Loopback,
    /// Another of the kernel's types: its ARPHRD number.
    Other(u16),
}

impl LinkInfo {
    /// Whether it is a macvlan.
    #[must_use]
    pub fn is_macvlan(&self) -> bool {
        self.driver.as_deref() == Some("macvlan")
    }

    /// Whether it is an ipvlan.
    #[must_use]
    pub fn is_ipvlan(&self) -> bool {
        self.driver.as_deref() == Some("ipvlan")
    }

    /// What shows whose it is.
    #[must_use]
    pub fn present(&self) -> PresentLink {
        PresentLink {
            index: self.index,
            name: self.name.clone(),
            alias: self.alias.clone(),
            macvlan: (self.is_macvlan() || self.is_ipvlan())
                .then_some(PresentMacvlan { parent: self.parent, mac: self.mac }),
        }
    }

    /// The interface in a message. `None` for other messages, and for those about one aspect only: a bridge port, a
    /// wireless event.
    pub(crate) fn read(message: &Message<'_>) -> Option<Self> {
        let header = Header::read(message, RTM_NEWLINK)?;
        let mut link = Self {
            index: header.index,
            name: String::new(),
            alias: None,
            mac: None,
            kind: header.kind,
            driver: None,
            admin: state(header.flags, IFF_UP),
            running: state(header.flags, IFF_UP | IFF_RUNNING | IFF_LOWER_UP),
            mtu: 0,
            parent: None,
            controller: None,
            vrf_table: None,
            group: 0,
        };
        let attributes = Attributes::after(message.payload, HEADER_LEN);
        for attribute in attributes {
            match attribute.kind {
                IFLA_WIRELESS => return None,
                IFLA_IFNAME => link.name = attribute.text(),
                IFLA_IFALIAS => link.alias = Some(attribute.text()),
                IFLA_ADDRESS => link.mac = attribute.mac(),
                IFLA_MTU => link.mtu = attribute.u32().unwrap_or_default(),
                IFLA_LINK => link.parent = attribute.u32().and_then(IfIndex::new),
                IFLA_MASTER => link.controller = attribute.u32().and_then(IfIndex::new),
                IFLA_GROUP => link.group = attribute.u32().unwrap_or_default(),
                IFLA_LINKINFO => {
                    link.driver = attribute.nested().find(IFLA_INFO_KIND).map(|kind| kind.text());
                    let data =
                        attribute.nested().find(IFLA_INFO_DATA).filter(|_| link.driver.as_deref() == Some("vrf"));
                    link.vrf_table = data.and_then(|data| data.nested().find(IFLA_VRF_TABLE)?.u32());
                }
                _ => {}
            }
        }
        if attributes.find(IFLA_LINK_NETNSID).is_some() {
            link.parent = None;
        }
        (!link.name.is_empty()).then_some(link)
    }

    /// The index of the interface that is gone, from a message that says so.
    pub(crate) fn read_end(message: &Message<'_>) -> Option<IfIndex> {
        Header::read(message, RTM_DELLINK).map(|header| header.index)
    }
}

/// What is of use in `struct ifinfomsg`.
struct Header {
    index: IfIndex,
    kind: LinkKind,
    flags: u32,
}

impl Header {
    /// The header of a message of this kind about an interface as such (AF_UNSPEC).
    fn read(message: &Message<'_>, kind: u16) -> Option<Self> {
        let [family, _, t0, t1, i0, i1, i2, i3, f0, f1, f2, f3, ..]: [u8; HEADER_LEN] =
            *message.payload.first_chunk()?;
        if message.kind != kind || family != 0 {
            return None;
        }
        let kind = match u16::from_ne_bytes([t0, t1]) {
            ARPHRD_ETHER => LinkKind::Ethernet,
            ARPHRD_LOOPBACK => LinkKind::Loopback,
            other => LinkKind::Other(other),
        };
        let index = IfIndex::new(u32::from_ne_bytes([i0, i1, i2, i3]))?;
        Some(Self { index, kind, flags: u32::from_ne_bytes([f0, f1, f2, f3]) })
    }
}

/// Up if all of `needed` are set.
const fn state(flags: u32, needed: u32) -> LinkState {
    if flags & needed == needed { LinkState::Up } else { LinkState::Down }
}
