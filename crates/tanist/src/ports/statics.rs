//! What stands from the daemon's start to its stop, whatever routers do: as the configuration asks for it, and what has
//! become of it.
//!
//! A further kind is a variant of [`Static`], its line in [`Static::all`], which also says its place in the order of adding,
//! and an arm in `daemon/host/statics/plan.rs::resolve_static`, which makes the `host::Item` of it. Ledger, record, reload, stop,
//! status and words follow. If others can take it away, whoever hears of that calls `static_lost` there.

use std::fmt;
use std::sync::Arc;

use conf::Places;
use conf::model::route::{Route, Tracking};
use conf::model::rule::Rule;
use conf::model::{Address, Config};

use super::routing::{RoutingKind, RoutingLine};

/// Something that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Static {
    /// A line of `static_ipaddress`.
    Address(Address),
    /// One of `static_routes`.
    Route(Arc<RoutingLine>, Box<Route>),
    /// One of `static_rules`.
    Rule(Arc<RoutingLine>, Box<Rule>),
}

impl Static {
    /// All that a configuration asks for, in the order in which it is added.
    pub(crate) fn all(config: &Config, places: &Places) -> Vec<Arc<Self>> {
        let line = |kind, list, text: String| {
            let place = places.static_entry(list, &text);
            Arc::new(RoutingLine { kind, text, place })
        };
        let addresses = config.static_addresses.iter().cloned().map(Self::Address);
        let routes = config.static_routes.iter().map(|route| {
            Self::Route(line(RoutingKind::Route, "static_routes", route.to_string()), Box::new(route.clone()))
        });
        let rules = config
            .static_rules
            .iter()
            .map(|rule| Self::Rule(line(RoutingKind::Rule, "static_rules", rule.to_string()), Box::new(rule.clone())));
        addresses.chain(routes).chain(rules).map(Arc::new).collect()
    }

    /// The interfaces that it names.
    pub(crate) fn links(&self) -> Vec<&str> {
        match self {
            Self::Address(address) => address.dev.as_deref().into_iter().collect(),
            Self::Route(_, route) => route.interfaces().collect(),
            Self::Rule(_, rule) => rule.iif.as_deref().into_iter().collect(),
        }
    }

    /// Its line, if it is a route or a rule.
    pub(crate) const fn routing(&self) -> Option<&Arc<RoutingLine>> {
        match self {
            Self::Address(_) => None,
            Self::Route(line, _) | Self::Rule(line, _) => Some(line),
        }
    }

    /// What is done if it is lost.
    pub(crate) const fn tracking(&self) -> &Tracking {
        match self {
            Self::Address(address) => &address.tracking,
            Self::Route(_, route) => &route.tracking,
            Self::Rule(_, rule) => &rule.tracking,
        }
    }
}

/// As a line of the configuration that means it, without what does not tell it from others.
impl fmt::Display for Static {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => {
                write!(f, "static address {}/{}", address.address, address.prefix_len)?;
                address.dev.iter().try_for_each(|dev| write!(f, " dev {dev}"))
            }
            Self::Route(line, _) | Self::Rule(line, _) => write!(f, "static {line}"),
        }
    }
}

/// What has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StaticState {
    /// It is there, and goes when the daemon stops.
    Added,
    /// It was there before, and stays.
    Found,
    /// The interface that it needs is not there, or a route's is down: it is added as soon as that is up.
    Awaits { link: String },
    /// The kernel refuses it, in words for the user: it is tried again when something changes on its interface, and now and
    /// then.
    Refused(String),
    /// Somebody took it away, too often for putting it back at once.
    Lost,
    /// Somebody took it away, and it is not to be put back (`no_track`).
    GivenUp,
}

impl StaticState {
    /// Whether it is on the machine.
    pub(crate) const fn is_there(&self) -> bool {
        match self {
            Self::Added | Self::Found => true,
            Self::Awaits { .. } | Self::Refused(_) | Self::Lost | Self::GivenUp => false,
        }
    }
}

/// One of them as it stands.
#[derive(Clone, Debug)]
pub(crate) struct StaticView {
    pub(crate) what: Arc<Static>,
    pub(crate) state: StaticState,
}
