//! The settings of an interface, all of which stand in a message about it: one dump has those of all interfaces, and no
//! file is opened.

use host::{Ipv4Setting, Ipv6Setting, LinkSetting};
use vrrp::types::IfIndex;

use super::{
    HEADER_LEN, Header, IFF_UP, IFLA_INFO_DATA, IFLA_INFO_KIND, IFLA_LINKINFO, IFLA_MASTER, IFLA_MTU, RTM_NEWLINK,
};
use crate::netlink::{Attribute, Attributes, Message};

const IFLA_AF_SPEC: u16 = 26;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const IFLA_INET_CONF: u16 = 1;
const IFLA_INET6_CONF: u16 = 2;
const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
const IFLA_MACVLAN_MODE: u16 = 1;

/// What a message says of the settings of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkSettings {
    pub(crate) link: IfIndex,
    admin_up: i32,
    mtu: Option<i32>,
    ipv4: Vec<i32>,
    ipv6: Vec<i32>,
    addr_gen_mode: Option<i32>,
    macvlan_mode: Option<i32>,
    controller: i32,
}

impl LinkSettings {
    /// `None` for other messages.
    pub(crate) fn read(message: &Message<'_>) -> Option<Self> {
        let header = Header::read(message, RTM_NEWLINK)?;
        let attributes = Attributes::after(message.payload, HEADER_LEN);
        let of_family = |family| attributes.find(IFLA_AF_SPEC)?.nested().find(family).map(|found| found.nested());
        let (inet, inet6) = (of_family(AF_INET), of_family(AF_INET6));
        let number = |attribute: Attribute<'_>| attribute.u32().and_then(|number| i32::try_from(number).ok());
        let macvlan = attributes
            .find(IFLA_LINKINFO)
            .map(Attribute::nested)
            .filter(|info| info.find(IFLA_INFO_KIND).is_some_and(|kind| kind.text() == "macvlan"));
        let numbers = |nest: Option<Attributes<'_>>, kind| {
            nest.and_then(|nest| nest.find(kind)).map_or_else(Vec::new, |list| list.i32s().collect())
        };
        Some(Self {
            link: header.index,
            admin_up: i32::from(header.flags & IFF_UP != 0),
            mtu: attributes.find(IFLA_MTU).and_then(number),
            macvlan_mode: macvlan.and_then(|info| number(info.find(IFLA_INFO_DATA)?.nested().find(IFLA_MACVLAN_MODE)?)),
            controller: attributes.find(IFLA_MASTER).and_then(number).unwrap_or(0),
            ipv4: numbers(inet, IFLA_INET_CONF),
            ipv6: numbers(inet6, IFLA_INET6_CONF),
            addr_gen_mode: inet6.and_then(|nest| nest.find(IFLA_INET6_ADDR_GEN_MODE)?.u8()).map(i32::from),
        })
    }

    /// `None` if the message has none, as of IPv6 settings where there is no IPv6, or of the mode of what is no macvlan.
    pub(crate) fn value(&self, setting: LinkSetting) -> Option<i32> {
        match setting {
            LinkSetting::AdminUp => Some(self.admin_up),
            LinkSetting::Mtu => self.mtu,
            LinkSetting::AddrGenMode => self.addr_gen_mode,
            LinkSetting::MacvlanMode => self.macvlan_mode,
            LinkSetting::Controller => Some(self.controller),
            // The list leaves out the number 0.
            LinkSetting::Ipv4(setting) => self.ipv4.get(usize::from(devconf(setting)) - 1).copied(),
            LinkSetting::Ipv6(setting) => self.ipv6.get(devconf6(setting)).copied(),
        }
    }
}

/// The kernel's number of a setting: `IPV4_DEVCONF_*` in `linux/ip.h`.
pub(crate) const fn devconf(setting: Ipv4Setting) -> u16 {
    match setting {
        Ipv4Setting::Forwarding => 1,
        Ipv4Setting::RpFilter => 8,
        Ipv4Setting::ArpFilter => 13,
        Ipv4Setting::ArpAnnounce => 18,
        Ipv4Setting::ArpIgnore => 19,
        Ipv4Setting::PromoteSecondaries => 20,
        Ipv4Setting::AcceptLocal => 23,
    }
}

/// The kernel's number of a setting: `DEVCONF_*` in `linux/ipv6.h`.
const fn devconf6(setting: Ipv6Setting) -> usize {
    match setting {
        Ipv6Setting::Forwarding => 0,
        Ipv6Setting::AcceptRa => 3,
        Ipv6Setting::Autoconf => 5,
        Ipv6Setting::DisableIpv6 => 26,
    }
}
