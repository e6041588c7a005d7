//! Settings of links.

use std::fmt;

use serde::{Deserialize, Serialize};
use vrrp::types::IfIndex;

use super::serial;
use super::{Identity, Stage};
use crate::names::{Describe, LinkNames};

/// A value that a setting is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Of which link, and what.
    pub key: SettingKey,
    /// In the kernel's numbers.
    pub value: i32,
    /// What becomes of it afterwards.
    pub restore: Restore,
}

/// What a setting gets when it is no longer needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Restore {
    /// Nothing: it belongs to a link of ours and goes with it.
    WithLink,
    /// This value.
    To(i32),
    /// The last value that somebody else gave it. The ledger reads it when the operation is done and puts [`Restore::To`]
    /// in its place.
    ToFound,
}

/// Names a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SettingKey {
    /// The link it belongs to.
    #[serde(with = "serial::ifindex")]
    pub link: IfIndex,
    /// Which of its settings.
    pub setting: LinkSetting,
}

/// Per-link settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LinkSetting {
    /// IFF_UP: 1 or 0.
    AdminUp,
    /// Largest IP packet in bytes. A macvlan's shrinks with its parent's, but does not grow with it.
    Mtu,
    /// How the kernel makes link-local addresses: 0 from the MAC address (EUI-64), 1 none, and others.
    AddrGenMode,
    /// The mode of a macvlan: see [`MacvlanMode`](super::MacvlanMode).
    MacvlanMode,
    /// The VRF that it is in, by index; 0: none.
    Controller,
    /// `net.ipv4.conf.LINK.*`
    Ipv4(Ipv4Setting),
    /// `net.ipv6.conf.LINK.*`
    Ipv6(Ipv6Setting),
}

impl LinkSetting {
    /// Value of [`LinkSetting::AddrGenMode`]: no automatic link-local address.
    pub const NO_LINK_LOCAL: i32 = 1;

    /// Its name in texts: that of its file, where it has one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdminUp => "link state",
            Self::Mtu => "mtu",
            Self::AddrGenMode => "addr_gen_mode",
            Self::MacvlanMode => "macvlan mode",
            Self::Controller => "VRF",
            Self::Ipv4(setting) => setting.name(),
            Self::Ipv6(setting) => setting.name(),
        }
    }
}

/// IPv4 settings of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ipv4Setting {
    /// Which ARP requests are answered.
    ArpIgnore,
    /// Which sender address ARP requests carry.
    ArpAnnounce,
    /// Whether only the link that routes back answers.
    ArpFilter,
    /// Whether packets from our own addresses are taken.
    AcceptLocal,
    /// Reverse-path check: 0 none, 1 strict, 2 loose. The kernel takes the larger of this and that of `all`.
    RpFilter,
    /// Forwarding of packets that came in here.
    Forwarding,
    /// Whether removing the first address of a subnet keeps the others.
    PromoteSecondaries,
}

impl Ipv4Setting {
    /// Its file name under `/proc/sys/net/ipv4/conf/LINK`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ArpIgnore => "arp_ignore",
            Self::ArpAnnounce => "arp_announce",
            Self::ArpFilter => "arp_filter",
            Self::AcceptLocal => "accept_local",
            Self::RpFilter => "rp_filter",
            Self::Forwarding => "forwarding",
            Self::PromoteSecondaries => "promote_secondaries",
        }
    }
}

/// IPv6 settings of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ipv6Setting {
    /// Whether IPv6 is off. Switching it off removes all IPv6 addresses of the link.
    DisableIpv6,
    /// Whether router advertisements are accepted.
    AcceptRa,
    /// Whether addresses are made from router advertisements.
    Autoconf,
    /// Whether the link acts as a router's, which sets the Router flag of neighbour advertisements.
    Forwarding,
}

impl Ipv6Setting {
    /// Its file name under `/proc/sys/net/ipv6/conf/LINK`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DisableIpv6 => "disable_ipv6",
            Self::AcceptRa => "accept_ra",
            Self::Autoconf => "autoconf",
            Self::Forwarding => "forwarding",
        }
    }
}

impl Setting {
    /// `None` where nothing is to be brought back.
    pub(super) const fn inverse(&self) -> Option<Self> {
        match self.restore {
            Restore::To(before) => Some(Self { key: self.key, value: before, restore: Restore::To(self.value) }),
            Restore::WithLink | Restore::ToFound => None,
        }
    }

    pub(super) const fn identity(&self) -> Identity {
        match self.restore {
            Restore::WithLink => Identity::Setting(self.key, Layer::Base),
            Restore::ToFound => Identity::Setting(self.key, Layer::Shared),
            Restore::To(_) => Identity::Setting(self.key, Layer::Switch),
        }
    }

    /// With IPv6 off the link sends nothing of its own: what leaving the groups of its addresses would make it send (MLDv1
    /// Done) is dropped. So this goes before the addresses; and before it the mode, for while the mode is private and IPv6
    /// is off nobody hears a new master.
    pub(super) const fn stage(&self) -> Stage {
        match self.key.setting {
            LinkSetting::MacvlanMode => Stage::Silence,
            LinkSetting::Ipv6(Ipv6Setting::DisableIpv6) if self.value == 1 => Stage::Silence,
            LinkSetting::AdminUp
            | LinkSetting::Mtu
            | LinkSetting::AddrGenMode
            | LinkSetting::Controller
            | LinkSetting::Ipv4(_)
            | LinkSetting::Ipv6(_) => Stage::Rest,
        }
    }

    /// A master's link must be up, and take IPv6 addresses if it has any.
    pub(super) const fn is_vital(&self) -> bool {
        match self.key.setting {
            LinkSetting::AdminUp => self.value == 1,
            LinkSetting::Ipv6(Ipv6Setting::DisableIpv6) => self.value == 0,
            LinkSetting::Mtu
            | LinkSetting::AddrGenMode
            | LinkSetting::MacvlanMode
            | LinkSetting::Controller
            | LinkSetting::Ipv4(_)
            | LinkSetting::Ipv6(_) => false,
        }
    }

    /// Whether it is about IPv6 only, so that a kernel without IPv6 has nothing to set.
    pub(super) const fn is_about_ipv6(&self) -> bool {
        match self.key.setting {
            LinkSetting::AddrGenMode | LinkSetting::Ipv6(_) => true,
            LinkSetting::AdminUp
            | LinkSetting::Mtu
            | LinkSetting::MacvlanMode
            | LinkSetting::Controller
            | LinkSetting::Ipv4(_) => false,
        }
    }
}

/// One setting may be given a value for as long as its link lives, another while somebody shares the link, and a third for
/// the time of a role. Those are three entries of the ledger, of which the last counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Layer {
    /// [`Restore::WithLink`].
    Base,
    /// [`Restore::ToFound`].
    Shared,
    /// [`Restore::To`].
    Switch,
}

impl Describe for SettingKey {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.setting.name(), self.link.named(names))
    }
}

impl Describe for Setting {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.key.named(names), self.value)
    }
}
