//! What the threads of a daemon say to each other.

use std::net::IpAddr;

use host::{LeaseRule, LeaseTerms, Lifetime, Survivor};
use vrrp::config::RouterConfig;
use vrrp::{Family, HostState, Parent, Reading, RouterId, Vrid};

use crate::sim::plan::Mac;

/// To the protocol thread.
#[derive(Debug)]
pub(in crate::sim) enum ToProtocol {
    /// The state of a router's parent.
    Attached { id: RouterId, parent: Parent },
    /// Whether the machine can hold a router's addresses.
    HostState { id: RouterId, state: HostState },
    /// What is known of a tracked object.
    Reading { tracker: usize, reading: Reading },
    /// A new configuration: that of each virtual router, with what the host thread needs to know of it, and the sync groups.
    Reload(Vec<Option<(RouterConfig, Spec)>>, Vec<Vec<usize>>),
    /// A planned stop of one virtual router.
    Stop(usize),
    /// Its end.
    Resume(usize),
    /// Each Active is to speak: nobody will for a while.
    SpeakNow,
    /// Leave all roles and end; said again, withdraw what is still kept.
    Quit,
}

/// To the host thread.
#[derive(Debug)]
pub(in crate::sim) enum ToHost {
    /// The router is Active: install its addresses.
    Install(RouterId),
    /// It no longer is, and its successor is not heard yet.
    Keep(RouterId),
    /// It no longer is.
    Withdraw(RouterId),
    /// The routers there are from now on.
    Reload(Vec<(RouterId, Spec)>),
    /// Undo everything and end.
    Stop,
}

/// What the host thread must know of a router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) struct Spec {
    pub(in crate::sim) vrid: Vrid,
    pub(in crate::sim) family: Family,
    pub(in crate::sim) group: Option<IpAddr>,
    pub(in crate::sim) mac: Mac,
    pub(in crate::sim) addresses: Vec<IpAddr>,
    pub(in crate::sim) lease: Lifetime,
    /// Its addresses are those of the parent.
    pub(in crate::sim) owned: Vec<IpAddr>,
}

/// How a thread does, as another sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Health {
    Alive,
    /// It is late.
    Silent,
}

impl Spec {
    /// What the host thread must know of a router that is configured so.
    pub(in crate::sim) fn of(config: &RouterConfig, mac: Mac, lease: LeaseRule) -> Self {
        Self {
            vrid: config.vrid,
            family: config.family,
            group: config.medium.group(),
            mac,
            addresses: config.addresses.iter().chain(&config.unadvertised).copied().collect(),
            // As if the addresses of an owner were those of the parent.
            owned: if config.parameters.priority.is_owner() { config.addresses.clone() } else { Vec::new() },
            lease: LeaseTerms { rule: lease, survivor: Survivor::None }
                .lease(config.parameters.interval.duration(), config.parameters.down_adverts.get()),
        }
    }
}
