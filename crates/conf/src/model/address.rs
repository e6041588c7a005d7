//! Virtual and static addresses.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use host::Scope;

use super::route::{Text, Tracking};

/// The scopes that have names in every Linux (rt_scopes).
pub(crate) const SCOPES: [(&str, u8); 5] =
    [("global", 0), ("site", 200), ("link", 253), ("host", 254), ("nowhere", 255)];

/// One address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub address: IpAddr,
    /// Prefix length; 32 or 128 if none was written.
    pub prefix_len: u8,
    /// `dev`; `None`: the router's virtual MAC interface, or its parent without one; for a static address the
    /// `default_interface`.
    pub dev: Option<String>,
    /// `scope`.
    pub scope: Scope,
    /// `label`.
    pub label: Option<String>,
    /// `brd`, with `+` and `-` worked out.
    pub broadcast: Option<Ipv4Addr>,
    /// `noprefixroute` was written.
    pub prefix_route: RequestedPrefixRoute,
    /// `preferred_lft`, IPv6.
    pub preferred: Preferred,
    /// `peer`: the other end of a point-to-point link.
    pub peer: Option<IpAddr>,
    /// Further options.
    pub flags: BTreeSet<AddressFlag>,
    /// `no_track`, `track_group`.
    pub tracking: Tracking,
}

/// An option of an address that is a word of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressFlag {
    /// `home`: a Mobile IPv6 home address.
    Home,
    /// `mngtmpaddr`: the kernel makes temporary addresses from it.
    ManageTempAddr,
    /// `autojoin`: the kernel joins the multicast group that the address is.
    AutoJoin,
    /// `-nodad`: duplicate address detection.
    Dad,
    /// `use_vmac`: on a virtual MAC interface of its own.
    UseVmac,
}

impl AddressFlag {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Home, Self::ManageTempAddr, Self::AutoJoin, Self::Dad, Self::UseVmac];

    /// As written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::ManageTempAddr => "mngtmpaddr",
            Self::AutoJoin => "autojoin",
            Self::Dad => "-nodad",
            Self::UseVmac => "use_vmac",
        }
    }
}

/// Whether the user asked for an address without a connected route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestedPrefixRoute {
    /// As is best (see DESIGN: none where the parent has one already).
    Automatic,
    /// `noprefixroute`.
    None,
}

/// IPv6 preferred lifetime of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preferred {
    /// Never chosen as source by the kernel: the default of a /128.
    Deprecated,
    /// May be chosen as source for so many seconds from when it was added.
    Seconds(u32),
    /// May be chosen as source.
    Forever,
}

/// The canonical entry: every default is filled in.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All fields, so that the compiler asks for the text of a new one.
        #[rustfmt::skip]
        let Self {
            address, prefix_len, dev, scope, label, broadcast, prefix_route, preferred, peer, flags, tracking,
        } = self;
        let mut text = Text::default();
        text.put(format_args!("{address}/{prefix_len}"));
        text.name("dev", dev.as_ref());
        if address.is_ipv4() {
            text.option("scope", Some(scope_name(*scope)));
        } else {
            text.option("preferred_lft", Some(preferred));
        }
        text.name("label", label.as_ref());
        text.option("brd", *broadcast);
        text.option("peer", *peer);
        if *prefix_route == RequestedPrefixRoute::None {
            text.put("noprefixroute");
        }
        flags.iter().for_each(|flag| text.put(flag.name()));
        text.tracking(tracking);
        text.show(f)
    }
}

impl fmt::Display for Preferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deprecated => f.write_str("0"),
            Self::Seconds(seconds) => seconds.fmt(f),
            Self::Forever => f.write_str("forever"),
        }
    }
}

impl Address {
    /// Its scope by name, by number if it has none.
    #[must_use]
    pub fn scope_name(&self) -> String {
        scope_name(self.scope)
    }
}

fn scope_name(scope: Scope) -> String {
    let named = SCOPES.iter().find(|(_, number)| *number == scope.0);
    named.map_or_else(|| scope.0.to_string(), |&(name, _)| name.to_owned())
}
