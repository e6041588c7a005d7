//! The interface of a virtual router: a macvlan, or an ipvlan.

use std::fmt;

use serde::{Deserialize, Serialize};
use vrrp::types::{IfIndex, MacAddr};

use super::serial;
use super::{Identity, Stage, Thing};
use crate::names::{Describe, LinkNames};
use crate::present::{Present, PresentLink};

/// The first index of our interfaces: far above those the kernel gives, so that a number in an old record never means
/// somebody else's interface.
pub const FIRST_LINK_INDEX: u32 = 1 << 20;
/// What the alias of each of our interfaces begins with; the name of the `vrrp_instance` follows.
pub const ALIAS_PREFIX: &str = "tanist:";

/// Who else on its parent a macvlan reaches, and hears. It is made in bridge mode, and may be changed while it is up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MacvlanMode {
    /// Other macvlans of its parent. What comes with its own MAC as source goes on to the parent.
    #[default]
    Bridge,
    /// None of them. What comes with its own MAC as source is given to it alone.
    Private,
}

impl MacvlanMode {
    /// All, by what they are called.
    pub const NAMES: [&str; 2] = [Self::Bridge.name(), Self::Private.name()];

    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Private => "private",
        }
    }

    /// The kernel's number: `MACVLAN_MODE_*`.
    #[must_use]
    pub const fn value(self) -> i32 {
        match self {
            Self::Private => 1,
            Self::Bridge => 4,
        }
    }
}

/// What kind of interface a virtual router has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OwnKind {
    /// With a MAC of its own.
    #[default]
    Macvlan,
    /// With that of its parent; the kernel tells by the IP address what is for it.
    Ipvlan(IpvlanMode),
}

/// Whom ipvlans of one parent reach among each other. The kernel has one mode for all of a parent: the last counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IpvlanMode {
    /// Each other.
    #[default]
    Bridge,
    /// None.
    Private,
    /// None, unless a switch sends back what comes from them.
    Vepa,
}

impl IpvlanMode {
    /// All.
    pub const ALL: [Self; 3] = [Self::Bridge, Self::Private, Self::Vepa];

    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Private => "private",
            Self::Vepa => "vepa",
        }
    }
}

/// A virtual router's macvlan, made in bridge mode and down; or its ipvlan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacvlanLink {
    /// Chosen by us, at least [`FIRST_LINK_INDEX`], so that later operations of the batch can name it.
    #[serde(with = "serial::ifindex")]
    pub index: IfIndex,
    /// At most 15 bytes.
    pub name: String,
    /// The interface it sits on.
    #[serde(with = "serial::ifindex")]
    pub parent: IfIndex,
    /// The virtual router's MAC address.
    #[serde(with = "serial::mac")]
    pub mac: MacAddr,
    /// With an ipvlan, `mac` is that of the parent.
    #[serde(default)]
    pub kind: OwnKind,
    /// [`ALIAS_PREFIX`] and the name of the instance; at most 255 bytes. The kernel takes it only after the interface
    /// was made, so a macvlan of a daemon that was killed in between has none.
    pub alias: String,
    /// The interface group, by number; `None`: that of its parent.
    #[serde(default)]
    pub group: Option<u32>,
}

impl MacvlanLink {
    /// Whether `found` is this macvlan. One of the two marks is enough, the alias or what it was made with: someone may
    /// have renamed it or changed its MAC address, and it may have been left before it had its alias.
    #[must_use]
    pub fn is(&self, found: &PresentLink) -> bool {
        let Some(macvlan) = &found.macvlan else { return false };
        let as_made = macvlan.mac == Some(self.mac)
            && found.name == self.name
            && macvlan.parent.is_none_or(|parent| parent == self.parent);
        found.index == self.index && (as_made || found.alias.as_deref() == Some(self.alias.as_str()))
    }
}

impl Thing for MacvlanLink {
    fn identity(&self) -> Identity {
        Identity::Link(self.index)
    }

    /// A macvlan outlives a parent that is moved to another namespace, and the kernel notifies of the end of each.
    fn links(&self) -> &[IfIndex] {
        std::slice::from_ref(&self.index)
    }

    fn needs(&self) -> &[IfIndex] {
        std::slice::from_ref(&self.parent)
    }

    fn stage(&self) -> Stage {
        Stage::Links
    }

    fn is_left(&self, machine: &Present, _: &dyn Fn(IfIndex) -> bool) -> bool {
        machine.link(self.index).is_some_and(|found| self.is(found))
    }
}

impl Describe for MacvlanLink {
    fn describe(&self, names: &dyn LinkNames, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parent = self.parent.named(names);
        match self.kind {
            OwnKind::Macvlan => write!(f, "macvlan {} ({}) on {parent}", self.name, self.mac),
            OwnKind::Ipvlan(_) => write!(f, "ipvlan {} on {parent}", self.name),
        }
    }
}
