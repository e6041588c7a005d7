//! What routes and rules are made of.

use std::fmt;
use std::net::IpAddr;

use vrrp::types::Family;

use crate::quote::quoted;

/// A network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    /// Its address; IPv6 and rules may have host bits, which the kernel ignores.
    pub address: IpAddr,
    /// Its length in bits.
    pub len: u8,
}

impl Prefix {
    /// Everything of a family.
    #[must_use]
    pub const fn all(family: Family) -> Self {
        let address = match family {
            Family::Ipv4 => IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED),
            Family::Ipv6 => IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
        };
        Self { address, len: 0 }
    }

    /// Its family.
    #[must_use]
    pub const fn family(&self) -> Family {
        Family::of(&self.address)
    }
}

/// Everything of IPv4, as in `default` of no other family.
impl Default for Prefix {
    fn default() -> Self {
        Self::all(Family::Ipv4)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.len)
    }
}

/// A number that iproute2 may have a name for: of a table, scope, protocol, TOS, realm, interface group or IP protocol.
/// Names that every system knows are numbers already.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Named {
    /// Looked up on this machine.
    Name {
        /// As written.
        name: String,
        /// In the range of its kind; `None` only while the configuration is read.
        number: Option<u32>,
    },
    /// In the range of its kind.
    Number(u32),
}

impl Named {
    /// `None` only while the configuration is read.
    #[must_use]
    pub const fn number(&self) -> Option<u32> {
        match self {
            Self::Name { name: _, number } => *number,
            Self::Number(number) => Some(*number),
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name, number: _ } => f.write_str(&quoted(name)),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// What is done when a route or rule is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tracking {
    /// A virtual one costs its router the role; a static one is put back.
    #[default]
    Own,
    /// `no_track`: nothing.
    Off,
    /// `track_group`: if it cannot be put back, the routers of this group are in fault.
    Group(String),
}

impl Tracking {
    /// The `track_group`.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        match self {
            Self::Group(name) => Some(name),
            Self::Own | Self::Off => None,
        }
    }
}

/// The words of a line, one blank apart.
#[derive(Default)]
pub(in crate::model) struct Text(String);

impl Text {
    pub(in crate::model) fn put(&mut self, word: impl fmt::Display) {
        use fmt::Write as _;
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        // A string takes all that is written to it.
        let _ = write!(self.0, "{word}");
    }

    /// `NAME VALUE`, if there is a value.
    pub(in crate::model) fn option(&mut self, name: &str, value: Option<impl fmt::Display>) {
        if let Some(value) = value {
            self.put(name);
            self.put(value);
        }
    }

    /// An option whose value is a name.
    pub(in crate::model) fn name(&mut self, option: &str, name: Option<&String>) {
        self.option(option, name.map(|name| quoted(name)));
    }

    pub(in crate::model) fn tracking(&mut self, tracking: &Tracking) {
        match tracking {
            Tracking::Own => {}
            Tracking::Off => self.put("no_track"),
            Tracking::Group(group) => self.name("track_group", Some(group)),
        }
    }

    pub(in crate::model) fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
