//! One line of `virtual_rules` or `static_rules`, as meant. Its text is a line that means the same.

use std::fmt;

use vrrp::types::Family;

use super::route::{Named, Prefix, Realms, Text, Tracking};

/// A routing rule: packets that meet all conditions meet the action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Packets of which family.
    pub family: Family,
    /// `preference`: rules are asked by rising preference. `None`: keepalived numbers such rules downwards from 16384.
    pub preference: Option<u32>,
    /// `not`.
    pub meets: Meets,
    /// `from`; `None`: all.
    pub from: Option<Prefix>,
    /// `to`; `None`: all.
    pub to: Option<Prefix>,
    /// `iif`: the interface that they came in by.
    pub iif: Option<String>,
    /// `oif`: the interface that their socket is bound to.
    pub oif: Option<String>,
    /// `tos`.
    pub tos: Option<Named>,
    /// `fwmark`.
    pub mark: Option<Mark>,
    /// `tunnel-id`.
    pub tunnel: Option<u64>,
    /// `uidrange`: users, from the first to the last.
    pub users: Option<Range<u32>>,
    /// `ipproto`.
    pub ip_protocol: Option<Named>,
    /// `sport`.
    pub source_ports: Option<Range<u16>>,
    /// `dport`.
    pub destination_ports: Option<Range<u16>>,
    /// What is done with them.
    pub action: Action,
    /// `protocol`; `None`: our own.
    pub protocol: Option<u8>,
    /// `no_track`, `track_group`.
    pub tracking: Tracking,
}

/// Which packets a rule meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Meets {
    /// Those of its conditions.
    #[default]
    Described,
    /// `not`: all others.
    Others,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A table decides.
    Table(Lookup),
    /// `goto`: the rule of this preference is next.
    Goto(u32),
    /// `nop`: the next rule is next.
    Nop,
    /// `blackhole`: packets are dropped.
    Blackhole,
    /// `unreachable`: they are answered with "network unreachable".
    Unreachable,
    /// `prohibit`: they are answered with "administratively prohibited".
    Prohibit,
    /// `l3mdev`: the table of the VRF decides.
    L3mdev,
}

/// `table`, and which of its answers count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lookup {
    /// The table; never 0.
    pub table: Named,
    /// `realms`, IPv4.
    pub realms: Option<Realms>,
    /// `suppress_prefixlength`: prefixes of this length or shorter do not count.
    pub suppress_prefix_len: Option<u32>,
    /// `suppress_ifgroup`: routes over interfaces of this group do not count.
    pub suppress_group: Option<Named>,
}

/// A firewall mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Its value.
    pub value: u32,
    /// Bits that count; `None`: all.
    pub mask: Option<u32>,
}

/// Both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range<T> {
    /// Not above `last`.
    pub first: T,
    /// The last.
    pub last: T,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Text::default();
        match self.meets {
            Meets::Described => {}
            Meets::Others => text.put("not"),
        }
        text.option("from", self.from);
        text.option("to", self.to);
        text.name("iif", self.iif.as_ref());
        text.name("oif", self.oif.as_ref());
        text.option("tos", self.tos.as_ref());
        text.option("fwmark", self.mark);
        text.option("tunnel-id", self.tunnel);
        text.option("uidrange", self.users);
        text.option("ipproto", self.ip_protocol.as_ref());
        text.option("sport", self.source_ports);
        text.option("dport", self.destination_ports);
        self.action.put(&mut text);
        text.option("protocol", self.protocol);
        text.option("preference", self.preference);
        text.tracking(&self.tracking);
        // Last, where keepalived skips no word behind it.
        if self.family == Family::Ipv6 && self.from.or(self.to).is_none() {
            text.put("inet6");
        }
        text.show(f)
    }
}

impl Action {
    fn put(&self, text: &mut Text) {
        match self {
            Self::Table(lookup) => {
                text.option("table", Some(&lookup.table));
                text.option("realms", lookup.realms.as_ref());
                text.option("suppress_prefixlength", lookup.suppress_prefix_len);
                text.option("suppress_ifgroup", lookup.suppress_group.as_ref());
            }
            Self::Goto(target) => text.option("goto", Some(target)),
            Self::Nop => text.put("nop"),
            Self::Blackhole => text.put("blackhole"),
            Self::Unreachable => text.put("unreachable"),
            Self::Prohibit => text.put("prohibit"),
            Self::L3mdev => text.put("l3mdev"),
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mask {
            Some(mask) => write!(f, "{:#x}/{mask:#x}", self.value),
            None => write!(f, "{:#x}", self.value),
        }
    }
}

impl<T: fmt::Display> fmt::Display for Range<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}
