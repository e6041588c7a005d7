//! `use_vmac`, `use_vmac_addr`, `use_ipvlan`: where virtual MAC interfaces are, how they are called, and (`garp_extra_if`) how
//! a MAC is shown that no advertisement carries.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use host::{IpvlanMode, OwnKind};
use vrrp::config::SourceMac;
use vrrp::types::{Family, MacAddr, Vrid};

use super::{Address, AddressFlag, Router, Switch};

/// `use_vmac`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vmac {
    /// Interface name; `None`: as [`VmacPrefixes`] say, or what is free next to it.
    pub name: Option<String>,
    /// Its MAC; `None`: the standard's.
    pub mac: Option<MacAddr>,
    /// The interface group it is in, by number; `None`: that of its parent.
    pub group: Option<u32>,
}

/// `use_ipvlan`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ipvlan {
    /// As that of [`Vmac`].
    pub name: Option<String>,
    /// The address that it has for as long as it is there, with its prefix length. An IPv4 router's has one.
    pub address: Option<(IpAddr, u8)>,
    /// Whom it reaches of the other ipvlans of its parent.
    pub mode: IpvlanMode,
    /// As that of [`Vmac`].
    pub group: Option<u32>,
}

/// `vmac_prefix`, `vmac_addr_prefix`: what stands before the VRID in names of interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VmacPrefixes {
    /// Of the interfaces of routers.
    pub router: String,
    /// Of those that only carry addresses.
    pub addresses: String,
}

/// Where a router has a virtual MAC interface: one for each interface and family.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VmacPlace {
    /// The interface it sits on.
    pub interface: String,
    /// Of its MAC and its addresses.
    pub family: Family,
}

impl Router {
    /// Where its own virtual MAC interface, or ipvlan, is, if it runs on one.
    #[must_use]
    pub fn own_place(&self) -> Option<VmacPlace> {
        self.has_own_link().then(|| VmacPlace { interface: self.interface.clone(), family: self.family })
    }

    const fn has_own_link(&self) -> bool {
        self.vmac.is_some() || self.ipvlan.is_some()
    }

    /// Where the virtual MAC interface is that carries an address of this router; `None`: a plain interface does.
    #[must_use]
    pub fn place_of(&self, address: &Address) -> Option<VmacPlace> {
        let interface = address.dev.as_ref().unwrap_or(&self.interface).clone();
        let place = VmacPlace { interface, family: Family::of(&address.address) };
        let has_vmac = if self.is_at_home(&place) { self.has_own_link() } else { self.address_vmacs == Switch::On };
        (has_vmac || address.flags.contains(&AddressFlag::UseVmac)).then_some(place)
    }

    /// Where it has virtual MAC interfaces, each once: first its own, then those of addresses in their order.
    #[must_use]
    pub fn vmac_places(&self) -> Vec<VmacPlace> {
        let own = self.own_place();
        let own_name = own.as_ref().and_then(|place| self.own_name(place)?);
        // An address may name the router's own virtual MAC interface.
        let elsewhere = |address: &&Address| address.dev.is_none() || address.dev.as_deref() != own_name;
        let of_addresses = self.addresses.iter().chain(&self.excluded).filter(elsewhere);
        let mut places: Vec<VmacPlace> = Vec::new();
        for place in own.clone().into_iter().chain(of_addresses.filter_map(|address| self.place_of(address))) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    /// The MAC of its virtual MAC interface at `place`. A configured one is that of the interface it runs on.
    #[must_use]
    pub fn virtual_mac(&self, place: &VmacPlace) -> MacAddr {
        let configured = self.own_vmac(place).and_then(|vmac| vmac.mac);
        configured.unwrap_or_else(|| MacAddr::virtual_router(place.family, self.vrid))
    }

    fn own_vmac(&self, place: &VmacPlace) -> Option<&Vmac> {
        self.vmac.as_ref().filter(|_| self.is_at_home(place))
    }

    fn own_ipvlan(&self, place: &VmacPlace) -> Option<&Ipvlan> {
        self.ipvlan.as_ref().filter(|_| self.is_at_home(place))
    }

    fn is_at_home(&self, place: &VmacPlace) -> bool {
        place.interface == self.interface && place.family == self.family
    }

    /// What kind of interface it has at `place`.
    #[must_use]
    pub fn kind_at(&self, place: &VmacPlace) -> OwnKind {
        self.own_ipvlan(place).map_or(OwnKind::Macvlan, |ipvlan| OwnKind::Ipvlan(ipvlan.mode))
    }

    /// What the interface at `place` is to be called, if it is the one that the router runs on; `Some(None)`: that is not
    /// configured.
    #[must_use]
    pub fn own_name(&self, place: &VmacPlace) -> Option<Option<&str>> {
        let vmac = self.own_vmac(place).map(|vmac| vmac.name.as_deref());
        vmac.or_else(|| self.own_ipvlan(place).map(|ipvlan| ipvlan.name.as_deref()))
    }

    /// The interface group that is configured for the interface at `place`.
    #[must_use]
    pub fn own_group(&self, place: &VmacPlace) -> Option<u32> {
        let vmac = self.own_vmac(place).and_then(|vmac| vmac.group);
        vmac.or_else(|| self.own_ipvlan(place)?.group)
    }

    /// What the ipvlan at `place` has beside the virtual addresses.
    #[must_use]
    pub fn own_address(&self, place: &VmacPlace) -> Option<(IpAddr, u8)> {
        self.own_ipvlan(place)?.address
    }
}

impl Default for VmacPrefixes {
    fn default() -> Self {
        Self { router: Self::DEFAULT.to_owned(), addresses: Self::DEFAULT.to_owned() }
    }
}

impl VmacPrefixes {
    /// Of both.
    pub const DEFAULT: &str = "vrrp";

    /// The names that an interface without a configured one may get, the best first, without end: `PREFIX.VRID`, for IPv6
    /// `PREFIX6.VRID`, then `PREFIX1.VRID`, `PREFIX2.VRID`, … (keepalived-runtime §1.1).
    pub fn names(prefix: &str, family: Family, vrid: Vrid) -> impl Iterator<Item = String> {
        let six = match family {
            Family::Ipv4 => None,
            Family::Ipv6 => Some("6".to_owned()),
        };
        let numbers = (1u32..).map(|number| number.to_string());
        let marks = std::iter::once(String::new()).chain(six).chain(numbers);
        marks.map(move |mark| name(prefix, &format!("{mark}.{vrid}")))
    }
}

/// The prefix is cut to what fits.
fn name(prefix: &str, end: &str) -> String {
    /// Bytes of an interface name.
    const LONGEST: usize = 15;
    let fits = |(start, char): &(usize, char)| start + char.len_utf8() + end.len() <= LONGEST;
    let prefix: String = prefix.char_indices().take_while(fits).map(|(_, char)| char).collect();
    prefix + end
}

/// `garp_extra_if`, `vmac_garp_intvl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtraAnnouncements {
    /// Zero: none.
    pub period: Duration,
    /// Where.
    pub links: ExtraLinks,
}

/// Where announcements are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtraLinks {
    /// For virtual MACs that no advertisement carries.
    VirtualMacs,
    /// And on other interfaces with addresses of the router.
    All,
}

impl Router {
    /// Switches forget after five minutes.
    const REMINDER: Duration = Duration::from_secs(60);

    /// What it does in fact: where nothing is written and nothing else does, virtual MACs that no advertisement carries are
    /// shown once a minute. `None`: nothing.
    #[must_use]
    pub fn extra_announcements(&self) -> Option<ExtraAnnouncements> {
        let reminder = ExtraAnnouncements { period: Self::REMINDER, links: ExtraLinks::VirtualMacs };
        let reminder = self.parameters.announce.refresh.is_zero().then_some(reminder);
        self.extra.or(reminder).filter(|extra| !extra.period.is_zero() && self.has_extra_links())
    }

    fn has_extra_links(&self) -> bool {
        let own = self.own_place();
        let is_extra = |place| Some(place) != own || self.parameters.source_mac == SourceMac::Physical;
        let addresses = || self.addresses.iter().chain(&self.excluded);
        let elsewhere = |dev: &String| *dev != self.interface;
        self.vmac_places().into_iter().any(is_extra) || addresses().any(|it| it.dev.as_ref().is_some_and(elsewhere))
    }
}

impl fmt::Display for ExtraAnnouncements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.links {
            ExtraLinks::VirtualMacs => write!(f, "{}", self.period.as_secs()),
            ExtraLinks::All => write!(f, "all {}", self.period.as_secs()),
        }
    }
}
