//! How other threads talk to the host thread.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use conf::Places;
use conf::model::machine::{GarpGroup, LinkDelay};
use conf::model::{self, Gaps, VmacPrefixes};
use host::LeaseTerms;
use vrrp::action::{Announcement, TakeoverRounds};
use vrrp::time::Instant;
use vrrp::types::{IfIndex, MacAddr, RouterId, TrackerId};

use super::events::Unusable;
use super::handover::{HostPart, HostResumption, Standstill};
use super::mailbox::Handle;
use super::main::Answer;
use super::question::Question;
use super::routing::RoutingView;
use super::statics::{Static, StaticView};

/// The other threads' end.
pub(crate) type HostHandle = Handle<HostCommand>;

/// What other threads ask of the host thread.
#[derive(Debug)]
pub(crate) enum HostCommand {
    /// The router is Active: put its addresses in and announce them so often.
    Install { router: RouterId, rounds: TakeoverRounds },
    /// It no longer is, and its successor is not there yet: leave them as they are, and announce them no more.
    Keep(RouterId),
    /// It no longer is: take them out.
    Withdraw(RouterId),
    /// Announce its addresses, with the configured gaps.
    Announce(Announcement),
    /// A new configuration. Answered when the machine follows it.
    Reload { plan: Box<HostPlan>, done: Answer<()> },
    /// What the machine does for routers, and whatever they do.
    Ask(Question<HostViews>),
    /// Says what another program needs to go on, and stands still.
    HandOver(Standstill<HostPart>),
    /// Undo everything and end.
    Stop(Answer<()>),
}

/// What the machine does.
#[derive(Clone, Debug)]
pub(crate) struct HostViews {
    /// For routers, by their ids.
    pub(crate) routers: HashMap<RouterId, HostView>,
    /// Whatever routers do, whichever were asked for.
    pub(crate) statics: Vec<StaticView>,
    /// Why it is not on record what is to be undone if the daemon is killed; `None`: it is.
    pub(crate) unrecorded: Option<String>,
}

/// What the machine does for one router.
#[derive(Clone, Debug)]
pub(crate) struct HostView {
    /// Name and MAC of its virtual MAC interface, and the mode that it has while the router is Active, or [`Self::IPVLAN`].
    pub(crate) vmac: Option<(String, MacAddr, &'static str)>,
    /// Number of that interface.
    pub(crate) vmac_link: Option<IfIndex>,
    /// The interface it is attached to, and its MAC.
    pub(crate) parent: Option<IfIndex>,
    pub(crate) parent_mac: Option<MacAddr>,
    /// The bridge that this interface is a port of.
    pub(crate) bridge: Option<String>,
    pub(crate) addresses: AddressState,
    /// The kernel refused what the router needs: until then it stays out of the election.
    pub(crate) hold_down_until: Option<Instant>,
    /// Why it cannot run as configured.
    pub(crate) unusable: Option<Unusable>,
    /// What becomes of packets to its addresses, if it is master and accepts none.
    pub(crate) dropping: Option<Dropping>,
    /// Its routes and rules, if it is master.
    pub(crate) routing: Vec<RoutingView>,
}

impl HostView {
    /// In the place of a mode: it is an ipvlan, which has no MAC of its own.
    pub(crate) const IPVLAN: &str = "ipvlan";
}

/// Packets to the addresses of a master that accepts none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropping {
    /// So many were dropped since it became master.
    Counted(u64),
    /// The kernel cannot drop them: they are answered.
    Refused,
}

/// Whether the virtual addresses of a router are on the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressState {
    /// All of them, as the kernel says.
    Installed,
    /// The router is master, but some are missing.
    Missing,
    /// None is wanted.
    Withdrawn,
}

/// What the machine is to do from now on.
#[derive(Debug, Default)]
pub(crate) struct HostPlan {
    /// What stands whatever routers do.
    pub(crate) statics: Vec<Arc<Static>>,
    pub(crate) routers: Vec<(RouterId, Arc<model::Router>)>,
    /// The `track_group`s of statics that routers heed.
    pub(crate) track_groups: BTreeMap<String, TrackerId>,
    /// Tracked interfaces.
    pub(crate) trackers: BTreeMap<String, TrackerId>,
    /// Gaps between announcements.
    pub(crate) gaps: Gaps,
    /// Those of several interfaces together.
    pub(crate) garp_groups: Vec<GarpGroup>,
    /// Names of virtual MAC interfaces.
    pub(crate) vmac_prefixes: VmacPrefixes,
    /// How long changes of links must last to count.
    pub(crate) link_delays: Vec<LinkDelay>,
    /// Where lines of the configuration stand.
    pub(crate) places: Arc<Places>,
    /// Where packets are dropped, among the chains of others.
    pub(crate) drop_priority: i32,
    /// How long the kernel keeps addresses that are not renewed.
    pub(crate) leases: LeaseTerms,
    /// What stands on the machine already, as a program before had it.
    pub(crate) resume: Option<Box<HostResumption>>,
}
