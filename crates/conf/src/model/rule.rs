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
        // All fields, so that the compiler asks for the text of a new one.
        #[rustfmt::skip]
        let Self {
            family, preference, meets, from, to, iif, oif, tos, mark, tunnel, users, ip_protocol, source_ports,
            destination_ports, action, protocol, tracking,
        } = self;
        let mut text = Text::default();
        match meets {
            Meets::Described => {}
            Meets::Others => text.put("not"),
        }
        text.option("from", *from);
        text.option("to", *to);
        text.name("iif", iif.as_ref());
        text.name("oif", oif.as_ref());
        text.option("tos", tos.as_ref());
        text.option("fwmark", *mark);
        text.option("tunnel-id", *tunnel);
        text.option("uidrange", *users);
        text.option("ipproto", ip_protocol.as_ref());
        text.option("sport", *source_ports);
        text.option("dport", *destination_ports);
        put_action(action, &mut text);
        text.option("protocol", *protocol);
        text.option("preference", *preference);
        text.tracking(tracking);
        // Last, where keepalived skips no word behind it.
        if *family == Family::Ipv6 && from.or(*to).is_none() {
            text.put("inet6");
        }
        text.show(f)
    }
}

fn put_action(action: &Action, text: &mut Text) {
    match action {
        Action::Table(Lookup { table, realms, suppress_prefix_len, suppress_group }) => {
            text.option("table", Some(table));
            text.option("realms", realms.as_ref());
            text.option("suppress_prefixlength", *suppress_prefix_len);
            text.option("suppress_ifgroup", suppress_group.as_ref());
        }
        Action::Goto(target) => text.option("goto", Some(target)),
        Action::Nop => text.put("nop"),
        Action::Blackhole => text.put("blackhole"),
        Action::Unreachable => text.put("unreachable"),
        Action::Prohibit => text.put("prohibit"),
        Action::L3mdev => text.put("l3mdev"),
    }
}
