//! What SNMP tells of, at one moment.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use agentx::Value;
use conf::model::{Address, Config, Switch};
use linux::clock;
use vrrp::discard::Discard;
use vrrp::event::{Causes, StateName};
use vrrp::input::Reading;
use vrrp::snapshot::Snapshot;
use vrrp::time::Instant;
use vrrp::types::{IfIndex, MacAddr};

use super::past::Past;
use crate::control::inquiry::NoAnswer;
use crate::control::picture::{self, Place, Seen};
use crate::control::state::Control;
use crate::ports::directory::Directory;
use crate::ports::host::HostViews;
use crate::ports::protocol::Snapshots;
use crate::ports::question::Asked;
use crate::ports::statics::Static;
use crate::ports::tracking::TrackerKey;

/// Everything that SNMP tells.
pub(super) struct Scene {
    pub(super) config: Arc<Config>,
    pub(super) snapshots: Arc<Snapshots>,
    /// `None`: the host thread does not answer.
    pub(super) machine: Option<Arc<HostViews>>,
    pub(super) directory: Arc<Directory>,
    /// Routers that run, in the order of the configuration: what tables call an instance is a place here.
    places: Vec<Place>,
    pub(super) past: Past,
    pub(super) traps: Switch,
    pub(super) agent: AgentClock,
    pub(super) now: Instant,
    /// Of interfaces that lines name.
    links: HashMap<String, IfIndex>,
    readings: BTreeMap<TrackerKey, Reading>,
}

/// What the threads do not say.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) past: Past,
    pub(super) traps: Switch,
    pub(super) agent: AgentClock,
}

/// `sysUpTime` of the agent: what points of time are told in.
#[derive(Clone, Copy, Debug)]
pub(super) struct AgentClock {
    pub(super) at: Instant,
    /// Hundredths of a second, at that time.
    pub(super) uptime: u32,
}

impl AgentClock {
    /// `sysUpTime` at a time; 0 if that is before the agent's start.
    pub(super) fn ticks_of(self, time: Instant) -> u32 {
        self.uptime.saturating_sub(ticks(self.at.since(time))).saturating_add(ticks(time.since(self.at)))
    }
}

/// Hundredths of a second.
pub(super) fn ticks(time: std::time::Duration) -> u32 {
    u32::try_from(time.as_millis() / 10).unwrap_or(u32::MAX)
}

impl Scene {
    /// Asks the threads.
    ///
    /// # Errors
    /// If the protocol thread does not answer.
    pub(super) async fn look(control: &Control, config: Arc<Config>, told: Told) -> Result<Self, NoAnswer> {
        let (snapshots, machine) = tokio::join!(control.protocol.get(Asked::All), control.host.get(Asked::All));
        let (snapshots, machine) = (snapshots?, machine.ok());
        let directory = Arc::clone(&control.directory.borrow());
        let scene = move || Self::new(config, (snapshots, machine, directory), told, links);
        // It takes milliseconds with thousands of routers.
        tokio::task::spawn_blocking(scene).await.map_err(|_| NoAnswer::Stopping)
    }

    /// Of what the threads said. `links`: what finds the numbers of interfaces.
    pub(super) fn new(
        config: Arc<Config>,
        (snapshots, machine, directory): (Arc<Snapshots>, Option<Arc<HostViews>>, Arc<Directory>),
        Told { past, traps, agent }: Told,
        links: impl FnOnce(&Config) -> HashMap<String, IfIndex>,
    ) -> Self {
        let places = picture::places(&config, &snapshots, &directory);
        let (links, readings) = (links(&config), readings(&snapshots, &directory));
        let now = clock::now();
        Self { config, snapshots, machine, directory, places, past, traps, agent, now, links, readings }
    }

    /// The routers that run.
    pub(super) fn instances(&self) -> impl Iterator<Item = (usize, Seen<'_>)> {
        (0..self.places.len()).map(|instance| (instance, self.seen(instance)))
    }

    pub(super) fn seen(&self, instance: usize) -> Seen<'_> {
        Seen::at(self.places[instance], &self.config, &self.snapshots, self.machine.as_deref())
    }

    /// The router of that name.
    pub(super) fn named(&self, name: &str) -> Option<Seen<'_>> {
        let is_it = |(router, _): &Place| self.config.routers[*router].name == name;
        Some(self.seen(self.places.iter().position(is_it)?))
    }

    /// Number of the interface on which a router is configured: by RFC 6527 a part of its name.
    pub(super) fn link_of(&self, seen: &Seen<'_>) -> Option<u32> {
        let parent = seen.host.and_then(|host| host.parent);
        parent.or_else(|| self.links.get(&seen.router.interface).copied()).map(IfIndex::value)
    }

    /// The MAC that a router's adverts have.
    pub(super) fn mac_of(seen: &Seen<'_>) -> Option<MacAddr> {
        let host = seen.host?;
        host.vmac.as_ref().map(|(_, mac, _)| *mac).or(host.parent_mac)
    }

    /// Name and number of the interface of a virtual address.
    pub(super) fn place_of<'a>(&self, seen: &Seen<'a>, address: &'a Address) -> (&'a str, Option<u32>) {
        let own = seen.router.own_place();
        let vmac = seen.host.and_then(|host| host.vmac_link).map(IfIndex::value);
        match (seen.router.place_of(address), seen.vmac_name()) {
            (Some(place), Some(name)) if Some(&place) == own.as_ref() => (name, vmac),
            (Some(_) | None, _) => match &address.dev {
                Some(dev) => (dev, self.link(dev)),
                None => (&seen.router.interface, self.link_of(seen)),
            },
        }
    }

    /// Number of an interface that a line names.
    pub(super) fn link(&self, name: &str) -> Option<u32> {
        self.links.get(name).map(|index| index.value())
    }

    /// So many packets were dropped for this reason, whether a router was meant or none.
    pub(super) fn dropped(&self, reason: Discard) -> u64 {
        let of_routers = self.snapshots.routers.iter().map(|router| router.counters.discarded.of(reason));
        of_routers.sum::<u64>() + self.snapshots.no_such_router.of(reason)
    }

    /// Whether something static is on the machine.
    pub(super) fn stands(&self, is_it: impl Fn(&Static) -> bool) -> bool {
        let statics = self.machine.iter().flat_map(|views| &views.statics);
        statics.into_iter().any(|view| is_it(&view.what) && view.state.is_there())
    }

    /// What is read of something that routers track.
    pub(super) fn reading(&self, key: &TrackerKey) -> Reading {
        self.readings.get(key).copied().unwrap_or(Reading::Unknown)
    }

    /// The master's address as a router knows it.
    pub(super) fn master_of(snapshot: &Snapshot) -> Option<IpAddr> {
        match snapshot.state {
            StateName::Active => snapshot.source,
            StateName::Backup => snapshot.master.map(|master| master.address),
            StateName::Initialize => None,
        }
    }
}

/// The numbers of all interfaces that lines and routers name.
fn links(config: &Config) -> HashMap<String, IfIndex> {
    let addresses = config.routers.iter().flat_map(|router| router.addresses.iter().chain(&router.excluded));
    let addresses = addresses.chain(&config.static_addresses).filter_map(|address| address.dev.as_deref());
    let routes = config.routers.iter().flat_map(|router| &router.routes).chain(&config.static_routes);
    let parents = config.routers.iter().map(|router| router.interface.as_str());
    let names: BTreeSet<&str> = addresses.chain(routes.flat_map(|route| route.interfaces())).chain(parents).collect();
    names.into_iter().filter_map(|name| Some((name.to_owned(), linux::link::index_of(name).ok()?))).collect()
}

fn readings(snapshots: &Snapshots, directory: &Directory) -> BTreeMap<TrackerKey, Reading> {
    let tracked = snapshots.tracked.values().flatten();
    tracked.filter_map(|it| Some((directory.tracker(it.tracker)?.clone(), it.reading))).collect()
}

/// A state in KEEPALIVED-MIB.
pub(super) const fn keepalived_state(state: StateName, waiting_for: Causes) -> i32 {
    match state {
        StateName::Backup => 1,
        StateName::Active => 2,
        StateName::Initialize if waiting_for.contains(Causes::SHUTDOWN) => 5,
        StateName::Initialize if !waiting_for.is_empty() && waiting_for.without(Causes::PENDING).is_empty() => 0,
        StateName::Initialize => 3,
    }
}

/// A state in both MIBs of the RFCs.
pub(super) const fn rfc_state(state: StateName) -> Option<Value> {
    Some(Value::Integer(match state {
        StateName::Initialize => 1,
        StateName::Backup => 2,
        StateName::Active => 3,
    }))
}

/// The bytes of an address.
pub(super) fn octets(address: IpAddr) -> Option<Value> {
    Some(Value::Octets(match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }))
}

/// `InetAddressType`
pub(super) const fn address_type(address: &IpAddr) -> i32 {
    match address {
        IpAddr::V4(_) => 1,
        IpAddr::V6(_) => 2,
    }
}
