//! A daemon that goes on from where a program before was, in whose place this one was executed (`restart`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use conf::model::{Config, Router};
use linux::program;
use linux::udp::Inherited;
use rustix::process::{Signal, getpid, kill_process};
use vrrp::input::Reading;
use vrrp::time::Instant;
use vrrp::types::{RouterId, TrackerId};

use super::reload::{Pending, sessions};
use crate::launch::{Passed, Start};
use crate::ports::directory::Names;
use crate::ports::handover::{EngineResumption, Handover, HostResumption, Meanwhile, RouterPart, SessionsResumption};
use crate::ports::restart::Restarts;

/// How the daemon begins.
pub(super) enum Beginning {
    /// From nothing.
    Ordinary,
    GoesOn(Box<Predecessor>),
    /// It was to go on, and cannot: it begins from nothing, as after the death of the program before.
    Failed {
        lock: Option<OwnedFd>,
        guardian: Option<OwnedFd>,
        why: String,
    },
}

/// The program before.
pub(super) struct Predecessor {
    pub(super) handover: Handover,
    pub(super) lock: Option<OwnedFd>,
    pub(super) guardian: Option<OwnedFd>,
    /// Of BFD sessions.
    sockets: Vec<Inherited>,
    /// Open until this program has its own.
    _kept: Vec<OwnedFd>,
    pub(super) meanwhile: Meanwhile,
}

impl Beginning {
    /// Finds out, once.
    pub(super) fn of(config: &Config) -> Self {
        let mut passed = Passed::take();
        if let Ok(Some(passed)) = &mut passed
            && passed.is_to_stop()
        {
            // As if it came now.
            kill_process(getpid(), Signal::TERM).ok();
        }
        match passed {
            Ok(None) => Self::Ordinary,
            Ok(Some(Passed { mut state, lock, guardian, kept, stop: _ })) => match read(&mut state, config) {
                Ok(handover) => {
                    let (lock, meanwhile) = (Some(lock), Meanwhile::Nothing);
                    let (sockets, _kept) = sorted(kept);
                    Self::GoesOn(Box::new(Predecessor { handover, lock, guardian, sockets, _kept, meanwhile }))
                }
                Err(why) => {
                    tracing::error!(
                        "what the program before handed over is of no use: {why}; this is an ordinary start"
                    );
                    Self::Failed { lock: Some(lock), guardian, why }
                }
            },
            Err(error) => {
                tracing::error!("what the program before passed on is not there: {error}; this is an ordinary start");
                Self::Ordinary
            }
        }
    }

    pub(super) const fn start(&self) -> Start {
        match self {
            Self::Ordinary | Self::Failed { .. } => Start::Ordinary,
            Self::GoesOn(_) => Start::GoesOn,
        }
    }

    pub(super) fn predecessor(self) -> Option<Box<Predecessor>> {
        match self {
            Self::GoesOn(before) => Some(before),
            Self::Ordinary | Self::Failed { .. } => None,
        }
    }

    /// What whoever asked for it is told.
    pub(super) fn restarts(&self) -> Restarts {
        match self {
            Self::Ordinary => Restarts::default(),
            Self::GoesOn(before) => Restarts { count: before.handover.restarts + 1, failure: None },
            Self::Failed { why, .. } => Restarts { count: 0, failure: Some(why.clone()) },
        }
    }
}

fn read(state: &mut File, config: &Config) -> Result<Handover, String> {
    let bytes = program::content(state).map_err(|error| error.to_string())?;
    let handover = Handover::from_bytes(&bytes).map_err(|error| error.to_string())?;
    fits(&handover, config)?;
    Ok(handover)
}

/// Sockets that have a port, and whatever else was kept open.
fn sorted(kept: Vec<OwnedFd>) -> (Vec<Inherited>, Vec<OwnedFd>) {
    let (mut sockets, mut others) = (Vec::new(), Vec::new());
    for descriptor in kept {
        match Inherited::of(descriptor) {
            Ok(socket) => sockets.push(socket),
            Err(other) => others.push(other),
        }
    }
    (sockets, others)
}

/// Whether this is the configuration in force, by what [`fits`] asks for and the BFD sessions. A daemon goes on with other sessions
/// as well, but could not tell their peers of it.
///
/// # Errors
/// What differs, in words for the user.
pub(crate) fn is_in_force(handover: &Handover, config: &Config) -> Result<(), String> {
    fits(handover, config)?;
    let ours: BTreeMap<_, _> = config.watched.sessions.iter().map(|it| (sessions::ends(it), &it.name)).collect();
    let theirs: BTreeMap<_, _> = handover.sessions.iter().map(|it| (it.ends, &it.name)).collect();
    let new = ours.iter().find(|(ends, _)| !theirs.contains_key(ends));
    match new.or_else(|| theirs.iter().find(|(ends, _)| !ours.contains_key(ends))) {
        None => Ok(()),
        Some((_, name)) => {
            Err(format!("the configuration is another than the one in force (BFD session {name}): reload it first"))
        }
    }
}

/// Whether a daemon with this configuration can go on from there: the same routers, under the same names, and groups.
///
/// # Errors
/// What differs, in words for the user.
pub(crate) fn fits(handover: &Handover, config: &Config) -> Result<(), String> {
    let ours: BTreeSet<_> = config.routers.iter().map(key).collect();
    let theirs: BTreeSet<_> = handover.routers.iter().map(key_of).collect();
    if let Some((name, ..)) = ours.symmetric_difference(&theirs).next() {
        return Err(format!(
            "the configuration is another than the one in force (virtual router {name}): reload it first"
        ));
    }
    let ours: BTreeSet<&str> = config.watched.groups.iter().map(|group| group.name.as_str()).collect();
    let theirs: BTreeSet<&str> = handover.groups.iter().map(|(name, _)| name.as_str()).collect();
    if let Some(name) = ours.symmetric_difference(&theirs).next() {
        return Err(format!("the configuration is another than the one in force (sync group {name}): reload it first"));
    }
    let known: BTreeSet<u64> = handover.routers.iter().map(|router| router.number).collect();
    let holders = handover.ledger.clone().renamed(|holder| holder.renamed(|it| known.contains(&it).then_some(it)));
    holders.map(drop).ok_or_else(|| "something stands on the machine for a router that is not known".to_owned())
}

/// What makes two routers the same.
type Key<'a> = (&'a str, &'a str, vrrp::types::Family, u8);

fn key(router: &Router) -> Key<'_> {
    (&router.name, &router.interface, router.family, router.vrid.value())
}

fn key_of(router: &RouterPart) -> Key<'_> {
    (&router.name, &router.interface, router.family, router.vrid)
}

impl Predecessor {
    pub(super) const fn started(&self) -> Instant {
        self.handover.started
    }

    /// From where the protocol thread goes on with these routers, and BFD sessions. To be asked for once.
    pub(super) fn engine(&mut self, pending: &Pending) -> EngineResumption {
        let parts: HashMap<Key<'_>, &RouterPart> = self.handover.routers.iter().map(|it| (key_of(it), it)).collect();
        let routers = pending.added().iter().filter_map(|router| {
            let part = parts.get(&key(router))?;
            let frames = part.machine.attached.as_ref().map(|attached| Arc::new(attached.frames.clone()));
            Some((part.engine.clone(), frames))
        });
        let id = |name: &str| pending.names.groups.iter().find(|(_, it)| &***it == name).map(|(id, _)| *id);
        let groups = self.handover.groups.iter().filter_map(|(name, state)| Some((id(name)?, state.clone())));
        EngineResumption {
            deaf_since: self.handover.deaf_since,
            routers: routers.collect(),
            groups: groups.collect(),
            readings: self.readings(&pending.names).into_iter().collect(),
            sessions: SessionsResumption {
                deaf_since: self.handover.deaf_since,
                sessions: self.handover.sessions.clone(),
                sockets: std::mem::take(&mut self.sockets),
            },
            meanwhile: self.meanwhile,
        }
    }

    /// What was read of tracked things.
    pub(super) fn readings(&self, names: &Names) -> BTreeMap<TrackerId, Reading> {
        let read = |(id, key): (&TrackerId, &crate::ports::tracking::TrackerKey)| {
            let is_it = |(list, name, _): &&(String, String, Reading)| list == key.list() && name == key.name();
            self.handover.readings.iter().find(is_it).map(|(_, _, reading)| (*id, *reading))
        };
        names.trackers.iter().filter_map(read).collect()
    }

    /// From where the host thread goes on with these routers, whose ids are known. `None` if there are others.
    pub(super) fn host(&self, pending: &Pending, ids: &[RouterId]) -> Option<HostResumption> {
        let parts: HashMap<Key<'_>, &RouterPart> = self.handover.routers.iter().map(|it| (key_of(it), it)).collect();
        let (mut numbers, mut routers) = (HashMap::new(), HashMap::new());
        for (router, id) in pending.added().iter().zip(ids) {
            let part = parts.get(&key(router))?;
            numbers.insert(part.number, *id);
            routers.insert(*id, part.machine.clone());
        }
        let ledger = self.handover.ledger.clone();
        let ledger = ledger.renamed(|holder| holder.renamed(|number| numbers.get(&number).copied()))?;
        Some(HostResumption { ledger, drop_table: self.handover.drop_table, routers })
    }
}
