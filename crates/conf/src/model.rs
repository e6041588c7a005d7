//! The configuration as meant: defaults filled in, references resolved, no impossible values.

mod address;
pub mod check;
mod global;
pub mod hmac;
pub mod machine;
pub mod mail;
pub mod notify;
pub mod route;
pub mod rule;
pub mod snmp;
mod vmac;
pub mod watch;

use std::collections::BTreeSet;
use std::net::IpAddr;

use host::MacvlanMode;
pub use vrrp::config::Sense;
use vrrp::config::{Authentication, Medium, Parameters, SourceCheck, Unicast, UnicastPeer};
use vrrp::types::{Family, Vrid};

pub(crate) use address::SCOPES;
pub use address::{Address, AddressFlag, Preferred, RequestedPrefixRoute};
pub use global::{
    BEFORE_FILTERS, BUS_NAME, Dumps, Gaps, Global, JsonLayout, MissingInterfaces, ReloadTime, Reloads, Scheduling,
    ScriptSecurity, ScriptUser, Served, StartupDelay,
};
use hmac::Hmac;
use machine::{GarpGroup, LinkDelay, TrackGroup};
pub use notify::Notify;
use route::{Route, Tracking};
use rule::Rule;
pub use vmac::{ExtraAnnouncements, ExtraLinks, Ipvlan, Vmac, VmacPlace, VmacPrefixes};
use watch::{Tracked, TrackerKind, Watched};

/// A whole configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `global_defs`.
    pub global: Global,
    /// `vrrp_instance` blocks in file order; names are unique.
    pub routers: Vec<Router>,
    /// Routers that were understood, but do not run: they ask for something that is not there yet.
    pub left_out: Vec<Router>,
    /// What trackers watch, of which only scripts and files are carried out yet, and groups of routers.
    pub watched: Watched,
    /// `garp_group`
    pub garp_groups: Vec<GarpGroup>,
    /// `track_group`
    pub track_groups: Vec<TrackGroup>,
    /// `interface_up_down_delays`
    pub link_delays: Vec<LinkDelay>,
    /// `static_ipaddress`.
    pub static_addresses: Vec<Address>,
    /// `static_routes`.
    pub static_routes: Vec<Route>,
    /// `static_rules`.
    pub static_rules: Vec<Rule>,
}

impl Config {
    /// Whether nothing of it can run: it has no router, and nothing that stands without one.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let has_statics =
            !self.static_addresses.is_empty() || !self.static_routes.is_empty() || !self.static_rules.is_empty();
        let stands_alone = has_statics || !self.watched.sessions.is_empty();
        self.routers.is_empty() && (!stands_alone || self.global.net_namespace.is_some())
    }
}

/// One virtual router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Router {
    /// Name of the `vrrp_instance`.
    pub name: String,
    /// Parent interface.
    pub interface: String,
    /// Address family: that of the first address.
    pub family: Family,
    /// VRID.
    pub vrid: Vrid,
    /// What the engine takes as it is. The source MAC is virtual with `use_vmac` and without `vmac_xmit_base`.
    pub parameters: Parameters,
    /// `use_vmac`.
    pub vmac: Option<Vmac>,
    /// `use_ipvlan`; never beside `use_vmac`.
    pub ipvlan: Option<Ipvlan>,
    /// `use_vmac_addr`: addresses that are not on its own link or not of its family get virtual MACs as well.
    pub address_vmacs: Switch,
    /// `tanist_vmac_mode`: the mode of its virtual MAC interfaces while it is master. (In a VRF they are in bridge mode.)
    pub vmac_mode: MacvlanMode,
    /// `mcast_dst_ip`, `vrrp_mcast_group4`, `vrrp_mcast_group6`: where advertisements go without `unicast_peer`.
    pub group: IpAddr,
    /// `mcast_src_ip`, `unicast_src_ip`; `None`: the interface's own.
    pub source: Option<IpAddr>,
    /// `track_src_ip`: without `source` on the machine it does not run. With unicast it never does.
    pub track_source: Switch,
    /// `virtual_ipaddress`, advertised in this order.
    pub addresses: Vec<Address>,
    /// `virtual_ipaddress_excluded`: held, not advertised, of any family.
    pub excluded: Vec<Address>,
    /// `authentication`: of VRRPv2 alone, and of none that has `auth_hmac`.
    pub authentication: Authentication,
    /// `auth_hmac`.
    pub hmac: Option<Hmac>,
    /// `garp_extra_if`, or that of `global_defs`; `None`: neither is written.
    pub extra: Option<ExtraAnnouncements>,
    /// `track_interface`.
    pub track_interfaces: Vec<TrackInterface>,
    /// `notify*`.
    pub notify: Notify,
    /// `smtp_alert`, `smtp_alert_vrrp`: whether mails tell its changes.
    pub mail: Switch,
    /// `notify_priority_changes`, its own, the group's, or `vrrp_notify_priority_changes`.
    pub priority_changes: Switch,
    /// `state`: what it expects to be at start; with a master about it follows that one all the same.
    pub state: State,
    /// `accept`, `no_accept`: whether a master that is no owner takes packets to its addresses.
    pub accept: Switch,
    /// `unicast_peer`; empty: the multicast group.
    pub peers: Vec<Peer>,
    /// `unicast_fault_no_peer`, or none of its peers can be one: without peers it stays in FAULT.
    pub fault_without_peers: Switch,
    /// `unicast_ttl`; `None`: 255.
    pub unicast_ttl: Option<u8>,
    /// `check_unicast_src`, `vrrp_check_unicast_src`, or a peer has a range of TTLs.
    pub unicast_sources: SourceCheck,
    /// Tracked scripts, files, processes and BFD sessions. Its interfaces are `track_interfaces`.
    pub tracked: Tracked,
    /// The `track_group`s that name it, as far as anything static refers to them.
    pub track_groups: Vec<String>,
    /// `virtual_routes`.
    pub routes: Vec<Route>,
    /// `virtual_rules`.
    pub rules: Vec<Rule>,
}

impl Router {
    /// Interfaces without which a route or rule of it is lost that has no `no_track`: it does not run without them. Its own
    /// ones, and those that it tracks itself, are not among them.
    #[must_use]
    pub fn routed_interfaces(&self) -> BTreeSet<&str> {
        let routes = self.routes.iter().filter(|route| route.tracking == Tracking::Own).flat_map(Route::interfaces);
        let rules =
            self.rules.iter().filter(|rule| rule.tracking == Tracking::Own).filter_map(|rule| rule.iif.as_deref());
        let usual = format!("vrrp.{}", self.vrid);
        let own_name = self.own_place().and_then(|place| self.own_name(&place)?.or(Some(&*usual)));
        let is_vmac = |name: &str| own_name == Some(name);
        let is_tracked = |name: &str| self.track_interfaces.iter().any(|tracked| tracked.interface == name);
        let counts = |name: &&str| *name != self.interface && !is_vmac(name) && !is_tracked(name);
        routes.chain(rules).filter(counts).collect()
    }

    /// Whether it has the key that `auth_hmac` asks for.
    pub(crate) fn can_sign(&self) -> bool {
        self.hmac.as_ref().is_none_or(|hmac| hmac.active_key().is_some())
    }

    /// Whether its advertisements go to peers, or would if it had any.
    #[must_use]
    pub fn is_unicast(&self) -> bool {
        !self.peers.is_empty() || self.fault_without_peers == Switch::On
    }

    /// What authenticates its advertisements, by either keyword.
    #[must_use]
    pub fn authenticated_by(&self) -> Authentication {
        match &self.hmac {
            Some(hmac) => Authentication::Hmac(hmac.carried_out()),
            None => self.authentication.clone(),
        }
    }

    /// How its advertisements travel.
    #[must_use]
    pub fn medium(&self) -> Medium {
        if !self.is_unicast() {
            return Medium::Multicast { group: self.group };
        }
        Medium::Unicast(Unicast {
            peers: self.peers.iter().map(Peer::listening).collect(),
            hop_limit: self.unicast_ttl.unwrap_or(vrrp::wire::HOP_LIMIT),
            sources: self.unicast_sources,
        })
    }

    /// The source address that the machine must have: with unicast answers would not arrive without it.
    #[must_use]
    pub fn required_source(&self) -> Option<IpAddr> {
        self.source.filter(|_| self.is_unicast() || self.track_source == Switch::On)
    }
}

/// One `track_interface` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackInterface {
    /// The interface.
    pub interface: String,
    /// What its state does.
    pub effect: vrrp::config::Effect,
}

/// `state`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// MASTER
    Master,
    /// BACKUP
    Backup,
}

/// On or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    #[default]
    Off,
}

/// Something that is tracked by the name of the block that says what is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracker {
    /// What it is.
    pub kind: TrackerKind,
    /// Name of the block.
    pub name: String,
    /// What its state does.
    pub weight: Weight,
}

/// What the state of a tracked thing does to the priority; a number of 0 stops the router while the thing is down, with
/// [`Sense::Reverse`] while it is up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Added while the thing is up; if below 0, while it is down.
    pub number: i16,
    /// Whether it is subtracted instead.
    pub sense: Sense,
}

/// A router that is spoken to by unicast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// Least TTL of its advertisements.
    pub min_ttl: Option<u8>,
    /// Largest TTL of its advertisements.
    pub max_ttl: Option<u8>,
}

impl Peer {
    fn listening(&self) -> UnicastPeer {
        let any = UnicastPeer::new(self.address);
        UnicastPeer {
            min_ttl: self.min_ttl.unwrap_or(any.min_ttl),
            max_ttl: self.max_ttl.unwrap_or(any.max_ttl),
            ..any
        }
    }
}

/// A command to run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Script {
    /// Program and arguments; never empty.
    pub argv: Vec<String>,
    /// Who runs it; `None`: `script_user`, else `keepalived_script` if there is one, else root.
    pub user: Option<ScriptUser>,
}

/// Limits of the language: what a text may ask of memory and time.
pub mod limits {
    /// `include` inside `include`.
    pub const INCLUDE_DEPTH: usize = 16;
    /// Files read in all.
    pub const INCLUDE_FILES: usize = 4096;
    /// Names that the braces of an `include` stand for.
    pub const INCLUDE_CHOICES: usize = 1024;
    /// Bytes of all files together.
    pub const TOTAL_BYTES: usize = 256 << 20;
    /// Statements and braces of all files, with loops and definitions expanded.
    pub const STATEMENTS: usize = 1 << 20;
    /// Blocks inside blocks.
    pub const BLOCK_DEPTH: usize = 32;
    /// Definitions inside definitions.
    pub const EXPANSION_DEPTH: usize = 64;
    /// Bytes of a line with its definitions expanded.
    pub const EXPANDED_LINE_BYTES: usize = 64 << 10;
    /// Bytes that definitions expand to in all.
    pub const EXPANDED_BYTES: usize = 32 << 20;
    /// Rounds of all loops together.
    pub const ROUNDS: usize = 100_000;
    /// Longest line that keepalived reads whole.
    pub const KEEPALIVED_LINE_BYTES: usize = 1022;
    /// Longest line that keepalived makes of definitions.
    pub const KEEPALIVED_EXPANDED_BYTES: usize = 1024;
    /// Addresses in an IPv4 advertisement: the count is one byte.
    pub const ADDRESSES_V4: usize = 255;
    /// Addresses in an IPv6 advertisement on Ethernet (MTU 1500), as keepalived counts.
    pub const ADDRESSES_V6: usize = 89;
    /// The same, with the signature of `auth_hmac` behind them.
    pub const ADDRESSES_V6_SIGNED: usize = 88;
    /// BFD sessions.
    pub const SESSIONS: usize = 256;
    /// Diagnostics kept; further ones are only counted.
    pub const DIAGNOSTICS: usize = 1000;
}
