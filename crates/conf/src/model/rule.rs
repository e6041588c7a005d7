//! One line of `virtual_rules` or `static_rules`, as meant. Its text is a line that means the same.

use std::fmt;

use vrrp::types::Family;

pub use host::{FwMark, Meets, Range};

use super::route::{Named, Prefix, Text, Tracking};

/// What a rule does.
pub type Action = host::RuleAction<Named>;
/// `table`, and which of its answers count.
pub type Lookup = host::Lookup<Named>;

/// A routing rule: packets that meet all conditions meet the action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Packets of which family.
    pub family: Family,
    /// `preference`: rules are asked by rising preference. `None` only while the configuration is read: rules without one
    /// are numbered downwards from 16384, those of each family by themselves.
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
    pub mark: Option<FwMark>,
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

impl Rule {
    /// A rule that meets all packets of a family.
    #[must_use]
    pub const fn new(family: Family, action: Action) -> Self {
        Self {
            family,
            preference: None,
            meets: Meets::Described,
            from: None,
            to: None,
            iif: None,
            oif: None,
            tos: None,
            mark: None,
            tunnel: None,
            users: None,
            ip_protocol: None,
            source_ports: None,
            destination_ports: None,
            action,
            protocol: None,
            tracking: Tracking::Own,
        }
    }
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
        put_action(&self.action, &mut text);
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

fn put_action(action: &Action, text: &mut Text) {
    match action {
        Action::Table(lookup) => {
            text.option("table", Some(&lookup.table));
            text.option("realms", lookup.realms.as_ref());
            text.option("suppress_prefixlength", lookup.suppress_prefix_len);
            text.option("suppress_ifgroup", lookup.suppress_group.as_ref());
        }
        Action::Goto(target) => text.option("goto", Some(target)),
        Action::Nop => text.put("nop"),
        Action::Blackhole => text.put("blackhole"),
        Action::Unreachable => text.put("unreachable"),
        Action::Prohibit => text.put("prohibit"),
        Action::L3mdev => text.put("l3mdev"),
    }
}
