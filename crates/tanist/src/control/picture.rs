//! Everything that keepalived tells of its routers, at one moment, in its words: what dumps and SNMP are made of.

use std::collections::HashMap;

use conf::model::check::Check;
use conf::model::watch::TrackerKind;
use conf::model::{Config, Router, Script, Switch, TrackInterface};
use linux::clock;
use vrrp::event::StateName;
use vrrp::input::Reading;
use vrrp::snapshot::{Snapshot, Tracked};
use vrrp::time::Instant;

use crate::ports::directory::Directory;
use crate::ports::host::{HostView, HostViews};
use crate::ports::protocol::Snapshots;
use crate::ports::tracking::TrackerKey;

/// The version of keepalived that this stands for. The words in parentheses hold no blank, for programs take what stands
/// before the last one.
pub(crate) const VERSION: &str = concat!("Keepalived v2.2.7 (tanist-", env!("CARGO_PKG_VERSION"), ")");

/// The routers, and what is configured.
pub(crate) struct Picture<'a> {
    pub(crate) config: &'a Config,
    /// Those that run, in the order of the configuration.
    pub(crate) routers: Vec<Seen<'a>>,
    pub(crate) directory: &'a Directory,
    pub(crate) now: Moment,
}

/// One router.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) router: &'a Router,
    pub(crate) snapshot: &'a Snapshot,
    /// `None` if the host thread does not answer.
    pub(crate) host: Option<&'a HostView>,
    pub(crate) tracked: &'a [Tracked],
}

impl<'a> Picture<'a> {
    pub(crate) fn new(
        config: &'a Config,
        snapshots: &'a Snapshots,
        machine: Option<&'a HostViews>,
        directory: &'a Directory,
    ) -> Self {
        let places = places(config, snapshots, directory);
        let routers = places.into_iter().map(|place| Seen::at(place, config, snapshots, machine)).collect();
        Self { config, routers, directory, now: Moment::now() }
    }

    /// What is read of something that routers track; unknown if none does.
    pub(crate) fn reading(&self, kind: TrackerKind, name: &str) -> Reading {
        let is_it = |id| match self.directory.tracker(id) {
            Some(TrackerKey::Named(its, it)) => *its == kind && it == name,
            Some(TrackerKey::Interface(_) | TrackerKey::TrackGroup(_)) | None => false,
        };
        let all = self.routers.iter().flat_map(|seen| seen.tracked);
        all.into_iter().find(|tracked| is_it(tracked.tracker)).map_or(Reading::Unknown, |tracked| tracked.reading)
    }
}

/// Of a router that runs, its place in the configuration and that of its snapshot.
pub(crate) type Place = (usize, usize);

/// The routers that run, in the order of the configuration.
pub(crate) fn places(config: &Config, snapshots: &Snapshots, directory: &Directory) -> Vec<Place> {
    let name = |snapshot: &Snapshot| Some(directory.router(snapshot.router)?.name.as_str());
    let named = snapshots.routers.iter().enumerate().filter_map(|(place, it)| Some((name(it)?, place)));
    let named: HashMap<&str, usize> = named.collect();
    let place = |(place, router): (usize, &Router)| Some((place, *named.get(router.name.as_str())?));
    config.routers.iter().enumerate().filter_map(place).collect()
}

impl<'a> Seen<'a> {
    /// The router of that place.
    pub(crate) fn at(
        (router, snapshot): Place,
        config: &'a Config,
        snapshots: &'a Snapshots,
        machine: Option<&'a HostViews>,
    ) -> Self {
        let (router, snapshot) = (&config.routers[router], &snapshots.routers[snapshot]);
        let id = snapshot.router;
        let tracked = snapshots.tracked.get(&id).map_or(&[][..], Vec::as_slice);
        Self { router, snapshot, host: machine.and_then(|views| views.routers.get(&id)), tracked }
    }

    /// Name of the interface that adverts belong to: the virtual MAC's, if there is one.
    pub(crate) fn interface(&self) -> &'a str {
        self.vmac_name().unwrap_or(&self.router.interface)
    }

    /// Name of its virtual MAC interface.
    pub(crate) fn vmac_name(&self) -> Option<&'a str> {
        let made = self.host.and_then(|host| host.vmac.as_ref()).map(|(name, ..)| name.as_str());
        let configured = || self.router.vmac.as_ref()?.name.as_deref();
        self.router.vmac.as_ref().and_then(|_| made.or_else(configured))
    }

    /// What it tracks. Its own interface is tracked without being named.
    pub(crate) fn tracked_interfaces(&self) -> impl Iterator<Item = &'a TrackInterface> + use<'a> {
        let router = self.router;
        router.track_interfaces.iter().filter(|it| it.interface != router.interface)
    }
}

/// A moment on both clocks, to tell times of the one as times of the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    at: Instant,
    /// Microseconds since 1970.
    wall: u64,
}

impl Moment {
    fn now() -> Self {
        Self { at: clock::now(), wall: clock::wall().nanos() / 1000 }
    }

    /// The time of day, in microseconds since 1970, of a time before or after now.
    pub(crate) fn micros_of(self, time: Instant) -> u64 {
        let micros = |duration: std::time::Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let before = micros(self.at.since(time));
        self.wall.saturating_sub(before).saturating_add(micros(time.since(self.at)))
    }
}

/// Whether a switch is on.
pub(crate) fn is_on(switch: Switch) -> bool {
    switch == Switch::On
}

/// A state, by its number and word.
pub(crate) const fn state(state: StateName) -> (u8, &'static str) {
    match state {
        StateName::Backup => (1, "BACKUP"),
        StateName::Active => (2, "MASTER"),
        StateName::Initialize => (3, "FAULT"),
    }
}

/// Each word in quotes.
pub(crate) fn script(script: &Script) -> String {
    script.argv.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ")
}

/// What a check does, in words; a check without a program by its name.
pub(crate) fn command(check: &Check, name: &str) -> String {
    match check {
        Check::Command(command) => script(command),
        Check::Tcp(_) | Check::Http(_) | Check::Ping(_) | Check::Unit(_) | Check::Route(_) => name.to_owned(),
    }
}
