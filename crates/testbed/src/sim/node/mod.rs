//! A node: a machine and the daemon on it.
//!
//! | file | holds |
//! |---|---|
//! | `protocol`, `receive`, `actions` | the protocol thread: engine, timers, sockets, what the engine asks for |
//! | `router`, `trust` | what is known of one router without asking the engine |
//! | `host` | the host thread: footprints, ledger, record |
//! | `restart` | a daemon that goes on as another program |
//! | `messages`, `pulse` | what the threads say to each other, and how they watch each other |
//! | `machine` | the in-memory kernel and the disk |

pub(super) mod actions;
pub(super) mod host;
pub(super) mod machine;
pub(super) mod messages;
pub(super) mod protocol;
pub(super) mod pulse;
mod receive;
pub(super) mod restart;
pub(super) mod router;
pub(super) mod trust;

use std::net::IpAddr;

use ::host::LeaseRule;
use vrrp::config::RouterConfig;
use vrrp::{Instant, Reading, StateName, Version};

use self::host::HostThread;
use self::machine::Machine;
use self::messages::{Spec, ToProtocol};
use self::protocol::Protocol;
use self::restart::Replaced;
use super::plan::{Change, Grouped, Keys, Member, NodePlan, Presence, VirtualRouter, Watched};

/// A thread of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thread {
    Protocol,
    Host,
}

/// A machine and its daemon.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) machine: Machine,
    /// `None`: the daemon does not run.
    pub(super) daemon: Option<Daemon>,
    /// The configuration file, by virtual router.
    members: Vec<Member>,
    keys: Vec<Keys>,
    lease: LeaseRule,
    /// The highest number of a trailer, by virtual router, of all daemons so far.
    pub(super) signed: Vec<u64>,
    clock: i64,
    /// What is known of the tracked objects.
    readings: Vec<Reading>,
    /// When something was last done to it.
    pub(super) disturbed: Instant,
    /// The turns that are under way.
    planned: [Option<Instant>; 2],
}

/// A running daemon.
#[derive(Debug)]
pub(super) struct Daemon {
    /// `None`: it has said priority 0 and ended; the host thread cleans up.
    pub(super) protocol: Option<Protocol>,
    pub(super) host: HostThread,
    stalls: [Option<Stall>; 2],
    /// Another program is about to go on in its place.
    replaced: Option<Replaced>,
}

/// A thread that is not scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stall {
    pub(super) since: Instant,
    pub(super) until: Instant,
    pub(super) what: Watched,
}

impl Daemon {
    /// The stall of a thread, if there is one.
    pub(super) const fn stall(&self, thread: Thread) -> Option<Stall> {
        self.stalls[thread as usize]
    }

    /// Whether both threads do their work.
    fn is_healthy(&self) -> bool {
        self.protocol.is_some() && self.stalls == [None; 2] && self.replaced.is_none() && !self.host.is_in_arrears()
    }
}

impl Node {
    /// A machine on which nothing runs yet.
    pub(super) fn new(place: usize, plan: &NodePlan, lease: LeaseRule, now: Instant) -> Self {
        Self {
            machine: Machine::new(place, now),
            daemon: None,
            members: plan.members.clone(),
            keys: vec![Keys::Old; plan.members.len()],
            lease,
            signed: vec![0; plan.members.len()],
            clock: plan.clock,
            readings: plan.trackers.clone(),
            disturbed: now,
            planned: [None; 2],
        }
    }

    /// Starts the daemon.
    pub(super) fn start(&mut self, now: Instant, routers: &[VirtualRouter], groups: &[Vec<usize>], recovery: Recovery) {
        let configs = self.configs(routers);
        let mut host = HostThread::new(now, self.machine.generation());
        match recovery {
            Recovery::Done => {
                let specs: Vec<Spec> = configs.iter().flatten().map(|(_, spec)| spec.clone()).collect();
                host.recover(&specs, &mut self.machine);
            }
            Recovery::Left => {}
        }
        let mut protocol = Protocol::new(now, self.clock, self.members.len(), self.readings.len());
        protocol.post(ToProtocol::Reload(configs, self.groups(groups)));
        self.daemon = Some(Daemon { protocol: Some(protocol), host, stalls: [None; 2], replaced: None });
        self.disturbed = now;
    }

    /// The daemon is gone, whatever it was doing.
    pub(super) fn end(&mut self, now: Instant) {
        self.daemon = None;
        self.machine.end_process();
        (self.planned, self.disturbed) = ([None; 2], now);
    }

    /// Changes the configuration file and has a running daemon read it.
    pub(super) fn reload(&mut self, place: usize, change: Change, routers: &[VirtualRouter], groups: &[Vec<usize>]) {
        let member = &mut self.members[place];
        match change {
            Change::Priority(priority) => member.priority = priority,
            Change::Interval(interval) => member.interval = interval,
            // Version 2 elects a master of nothing too, whom those that have addresses do not hear.
            Change::Addresses(count) => {
                member.addresses = match routers[place].version {
                    Version::V2 => count.max(1),
                    Version::V3 => count,
                }
            }
            Change::Add => member.presence = Presence::Configured,
            Change::Remove => member.presence = Presence::Absent,
            Change::Leave => member.grouped = Grouped::No,
            Change::Join => member.grouped = Grouped::Yes,
        }
        self.read_configuration(routers, groups);
    }

    /// Another step of an exchange of keys.
    pub(super) fn rekey(&mut self, place: usize, keys: Keys, routers: &[VirtualRouter], groups: &[Vec<usize>]) {
        self.keys[place] = keys;
        self.read_configuration(routers, groups);
    }

    fn read_configuration(&mut self, routers: &[VirtualRouter], groups: &[Vec<usize>]) {
        let (configs, groups) = (self.configs(routers), self.groups(groups));
        self.tell(ToProtocol::Reload(configs, groups));
    }

    /// A tracker says something new.
    pub(super) fn read(&mut self, tracker: usize, reading: Reading) {
        self.readings[tracker] = reading;
        self.tell(ToProtocol::Reading { tracker, reading });
    }

    /// Tells a daemon that has just started what the trackers know.
    pub(super) fn repeat_readings(&mut self) {
        for (tracker, reading) in self.readings.clone().into_iter().enumerate() {
            self.tell(ToProtocol::Reading { tracker, reading });
        }
    }

    /// Puts a message into the protocol thread's mailbox, if there is one.
    pub(super) fn tell(&mut self, message: ToProtocol) {
        if let Some(protocol) = self.protocol() {
            protocol.post(message);
        }
    }

    pub(super) fn protocol(&mut self) -> Option<&mut Protocol> {
        self.daemon.as_mut()?.protocol.as_mut()
    }

    /// Whether the protocol thread runs.
    pub(super) fn speaks(&self) -> bool {
        self.daemon.as_ref().is_some_and(|daemon| daemon.protocol.is_some())
    }

    /// Whether everything that the daemon needs does its work.
    pub(super) fn is_healthy(&self) -> bool {
        self.daemon.as_ref().is_some_and(Daemon::is_healthy) && self.machine.refusal().is_none()
    }

    /// The state of a router; that of one that is not there is Initialize.
    pub(super) fn state(&self, router: usize) -> StateName {
        let protocol = self.daemon.as_ref().and_then(|daemon| daemon.protocol.as_ref());
        protocol.map_or(StateName::Initialize, |protocol| protocol.state(router))
    }

    /// Whether adverts to `destination` reach the daemon.
    pub(super) fn hears(&self, destination: IpAddr) -> bool {
        self.speaks() && !self.is_replaced() && self.machine.hears(destination)
    }

    /// How it is configured.
    pub(super) fn member(&self, router: usize) -> &Member {
        &self.members[router]
    }

    /// Stops scheduling a thread, or goes on not to until later.
    pub(super) fn stall(&mut self, thread: Thread, stall: Stall) -> Stalled {
        let daemon = self.daemon.as_mut().filter(|daemon| daemon.replaced.is_none());
        match daemon.map(|daemon| &mut daemon.stalls[thread as usize]) {
            Some(slot @ None) => {
                *slot = Some(stall);
                Stalled::Longer
            }
            Some(Some(known)) if known.until < stall.until => {
                known.until = stall.until;
                Stalled::Longer
            }
            Some(Some(_)) | None => Stalled::AsBefore,
        }
    }

    /// Schedules a thread again.
    pub(super) fn thaw(&mut self, thread: Thread, now: Instant) {
        self.disturbed = now;
        if let Some(daemon) = &mut self.daemon {
            daemon.stalls[thread as usize] = None;
        }
    }

    /// Asks for a turn of a thread. Whether it is to be planned: no other comes as early.
    pub(super) fn ask_for_turn(&mut self, thread: Thread, at: Instant) -> Turn {
        let planned = &mut self.planned[thread as usize];
        if planned.is_some_and(|planned| planned <= at) {
            return Turn::ComesAnyway;
        }
        *planned = Some(at);
        Turn::ToBePlanned
    }

    /// Whether a turn that was planned for now is still the one to come, and the thread is scheduled.
    pub(super) fn take_turn(&mut self, thread: Thread, now: Instant) -> bool {
        let planned = self.planned[thread as usize].take_if(|at| *at == now);
        planned.is_some()
            && !self.is_replaced()
            && self.daemon.as_ref().is_some_and(|daemon| daemon.stall(thread).is_none())
    }

    /// The sync groups without those that have left them.
    fn groups(&self, groups: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let stays = |place: &&usize| self.members[**place].grouped == Grouped::Yes;
        groups.iter().map(|group| group.iter().filter(stays).copied().collect()).collect()
    }

    fn configs(&self, routers: &[VirtualRouter]) -> Vec<Option<(RouterConfig, Spec)>> {
        let members = self.members.iter().zip(routers).enumerate();
        members
            .map(|(place, (member, router))| {
                member.is_configured().then(|| {
                    let config = member.config(place, router, self.keys[place]);
                    let spec = Spec::of(&config, member.mac, self.lease);
                    (config, spec)
                })
            })
            .collect()
    }
}

/// Whether a daemon that starts undoes what a killed one left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recovery {
    Done,
    Left,
}

/// Until when a thread is not scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stalled {
    /// As was asked for.
    Longer,
    /// It was stalled for longer before, or there is none.
    AsBefore,
}

/// What becomes of a turn that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    ToBePlanned,
    ComesAnyway,
}
