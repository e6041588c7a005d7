//! One virtual router: what it knows, what it lacks, how long it waits.

use core::net::IpAddr;
use core::time::Duration;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::claims::Place;
use super::company::{Company, Start};
use super::flapping::FlapLimit;
use super::outbox::Outbox;
use super::peers::Peers;
use super::speakers::Strangers;
use super::state::{Backup, DownTimer, State};
use super::tracking::{Tracked, effective_priority};
use crate::auth::Memory;
use crate::config::{Medium, NoAddresses, PrimaryTracking, RouterConfig, Tracking};
use crate::discard::Discard;
use crate::event::{Causes, EventKind, Peer, Reason};
use crate::input::{HostState, LinkState, Parent};
use crate::reports::DropReports;
use crate::snapshot::{Claim, Counters};
use crate::time::{Instant, Why};
use crate::timing;
use crate::types::{Family, Interval, Priority, RouterId, TrackerId, Version};
use crate::wire::ChecksumForm;

/// What is known of a parent that does not exist.
pub(super) const NO_PARENT: Parent = Parent { ifindex: None, link: LinkState::Down, source: None };

/// A virtual router.
#[derive(Clone, Debug)]
pub(crate) struct Router {
    pub(super) id: RouterId,
    pub(super) config: RouterConfig,
    /// The last address list that was not empty: what we say when we leave for want of addresses (V3-PK-06).
    pub(super) advertised: Vec<IpAddr>,
    pub(super) parent: Parent,
    pub(super) stopped: Stopped,
    /// It does not start before then: the daemon has just started.
    pub(super) held_until: Option<Instant>,
    pub(super) host: HostState,
    pub(super) company: Company,
    pub(super) tracked: Tracked,
    /// Effective priority.
    pub(super) priority: Priority,
    pub(super) state: State,
    pub(super) since: Instant,
    pub(super) reason: Option<Reason>,
    /// It has left and keeps its addresses, at the longest until then.
    pub(super) leaving: Option<Instant>,
    pub(super) startup: Startup,
    /// The master last heard.
    pub(super) master: Option<Peer>,
    pub(super) peers: Peers,
    pub(super) strangers: Strangers,
    /// The checksum form of whoever is in charge.
    pub(super) form: ChecksumForm,
    pub(super) duplicates: Duplicates,
    pub(super) drop_reports: DropReports<{ Discard::ALL.len() }>,
    pub(super) near_reports: DropReports<1>,
    /// Of masters beside us whose adverts are dropped.
    pub(super) second_reports: DropReports<1>,
    pub(super) flaps: FlapLimit,
    pub(super) counters: Counters,
    pub(super) authenticated: Memory,
    /// Number of the advert queued last, and of the last one that did not leave.
    pub(super) adverts: u64,
    pub(super) last_failed: u64,
}

/// Whether a planned stop is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stopped {
    No,
    ByPlan,
}

/// What a router that has not started has reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Startup {
    /// Nothing: its parent has not been named yet.
    Unplaced,
    /// Nothing: what it lacks is to be reported.
    Silent,
    /// What it lacks, or that it has started.
    Reported,
}

/// Adverts that are sent more than once, for peers that are deaf to the first copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Duplicates {
    pub(super) mac: Repeat,
    /// The form that they are also sent in.
    pub(super) checksum: Option<ChecksumForm>,
}

/// Whether each advert is repeated in the other way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Repeat {
    #[default]
    No,
    Yes,
}

impl Router {
    /// A router that waits for its parent.
    pub(crate) fn new(id: RouterId, now: Instant, config: RouterConfig, tracked: Tracked) -> Self {
        let mut router = Self {
            id,
            advertised: config.addresses.clone(),
            parent: NO_PARENT,
            stopped: Stopped::No,
            held_until: None,
            host: HostState::Ready,
            company: Company::Alone,
            tracked,
            priority: effective_priority(config.parameters.priority, tracked.weight),
            config,
            state: State::Initialize { waiting_for: Causes::NO_INTERFACE },
            since: now,
            reason: None,
            leaving: None,
            startup: Startup::Unplaced,
            master: None,
            peers: Peers::default(),
            strangers: Strangers::default(),
            form: ChecksumForm::Rfc5798,
            duplicates: Duplicates::default(),
            drop_reports: DropReports::default(),
            near_reports: DropReports::default(),
            second_reports: DropReports::default(),
            flaps: FlapLimit::new(now),
            counters: Counters::default(),
            authenticated: Memory::default(),
            adverts: 0,
            last_failed: 0,
        };
        router.state = State::Initialize { waiting_for: router.causes() };
        router
    }

    /// There is no VRRPv2 over IPv6.
    pub(crate) const fn version(&self) -> Version {
        match self.config.family {
            Family::Ipv4 => self.config.parameters.version,
            Family::Ipv6 => Version::V3,
        }
    }

    /// Where its packets come in, once it has a parent.
    pub(crate) fn place(&self) -> Option<Place> {
        let (family, vrid) = (self.config.family, self.config.vrid);
        self.parent.ifindex.map(|link| Place { link, family, vrid })
    }

    /// The address it sends from.
    pub(crate) const fn source(&self) -> Option<IpAddr> {
        match &self.state {
            State::Initialize { .. } | State::Backup(_) => self.parent.source,
            State::Active(active) => Some(active.source),
        }
    }

    /// Active_Adver_Interval.
    pub(crate) fn active_interval(&self) -> Interval {
        match &self.state {
            State::Backup(backup) => backup.learned.unwrap_or(self.config.parameters.interval),
            State::Initialize { .. } | State::Active(_) => self.config.parameters.interval,
        }
    }

    /// Skew_Time.
    pub(crate) fn skew(&self) -> Duration {
        timing::skew(self.version(), self.priority, self.active_interval())
    }

    /// Active_Down_Interval.
    pub(crate) fn down_interval(&self) -> Duration {
        timing::down_interval(
            self.version(),
            self.priority,
            self.active_interval(),
            self.config.parameters.down_adverts,
        )
    }

    /// Length of Active_Down_Timer as it runs.
    pub(crate) fn down_timer(&self, timer: DownTimer) -> Duration {
        match timer {
            DownTimer::ActiveDown => self.down_interval(),
            DownTimer::Skew => self.skew(),
        }
    }

    /// When it wants to be woken, and what for.
    pub(crate) fn deadline(&self) -> Option<(Instant, Why)> {
        let of_state = match &self.state {
            State::Initialize { .. } => self.held_until.map(|at| (at, Why::Start)),
            State::Backup(Backup { claim: Claim::Made, .. }) => None,
            State::Backup(backup) => Some((backup.from + self.down_timer(backup.timer), Why::ActiveDown)),
            State::Active(active) => Some(active.deadline()),
        };
        let leaving = self.leaving.map(|at| (at, Why::LetGo));
        of_state.into_iter().chain(leaving).min_by_key(|(at, _)| *at)
    }

    /// What it lacks to take part.
    pub(super) fn causes(&self) -> Causes {
        self.own_causes().with(self.causes_of_company())
    }

    /// What it lacks itself, whatever the others of its group lack.
    pub(super) fn own_causes(&self) -> Causes {
        let parent = self.parent;
        let without_source = match self.config.source {
            None => Causes::NO_SOURCE,
            Some(_) => Causes::SOURCE_ABSENT,
        };
        let of_parent = match (parent.ifindex, self.link(), parent.source) {
            (None, _, _) => Causes::NO_INTERFACE,
            (Some(_), LinkState::Up, Some(_)) => Causes::NONE,
            (Some(_), LinkState::Up, None) => without_source,
            (Some(_), LinkState::Down, Some(_)) => Causes::LINK_DOWN,
            (Some(_), LinkState::Down, None) => Causes::LINK_DOWN.with(without_source),
        };
        let stopped = match self.stopped {
            Stopped::No => Causes::NONE,
            Stopped::ByPlan => Causes::SHUTDOWN,
        };
        let delay = if self.held_until.is_some() { Causes::STARTUP_DELAY } else { Causes::NONE };
        let host = match self.host {
            HostState::Ready => Causes::NONE,
            HostState::Failed => Causes::HOST_FAILED,
        };
        let addresses = if self.lacks_addresses() { Causes::NO_ADDRESS } else { Causes::NONE };
        let peers = match &self.config.medium {
            Medium::Unicast(unicast) if unicast.peers.is_empty() => Causes::NO_PEER,
            Medium::Unicast(_) | Medium::Multicast { .. } => Causes::NONE,
        };
        [of_parent, self.tracked.causes, stopped, delay, host, addresses, peers].into_iter().collect()
    }

    /// Whether it has none of the addresses without which it must not run: version 2 elects a master of nothing, as in
    /// keepalived; in version 3 an advert has an address (RFC 9568 §5.2.5).
    pub(super) fn lacks_addresses(&self) -> bool {
        match (self.version(), self.config.parameters.switches.no_addresses) {
            (Version::V2, _) | (Version::V3, NoAddresses::Meant) => false,
            (Version::V3, NoAddresses::Refused) => self.config.addresses.is_empty(),
        }
    }

    const fn link(&self) -> LinkState {
        match self.config.parameters.primary {
            PrimaryTracking::Tracked => self.parent.link,
            PrimaryTracking::Ignored => LinkState::Up,
        }
    }

    /// Starts or leaves Initialize if what the router lacks says so. A tracker without a reading keeps a router from
    /// starting but is no reason to stop: a reload that adds a tracker is no failover. Nor is one that adds a router to
    /// the group.
    pub(super) fn reevaluate(&mut self, now: Instant, out: &mut Outbox) {
        let causes = self.causes();
        match &mut self.state {
            State::Initialize { .. } if causes.is_empty() => self.start(now, Start::ByPriority, out),
            State::Initialize { waiting_for } => {
                let before = core::mem::replace(waiting_for, causes);
                if causes.contains(Causes::SHUTDOWN) && !before.contains(Causes::SHUTDOWN) {
                    self.report_waiting(now, Reason::Shutdown, out);
                }
            }
            State::Backup(_) | State::Active(_) => {
                let lost = causes.without(Causes::PENDING);
                if lost.is_empty() {
                    return;
                }
                let reason =
                    if lost.contains(Causes::SHUTDOWN) { Reason::Shutdown } else { Reason::Lost { waiting_for: lost } };
                self.transition(now, State::Initialize { waiting_for: causes }, reason, out);
            }
        }
    }

    /// The Startup event (V3-ST-01, V3-ST-02).
    pub(super) fn start(&mut self, now: Instant, start: Start, out: &mut Outbox) {
        self.master = None;
        let reason = match start {
            Start::ByPriority if self.config.parameters.priority.is_owner() => Reason::OwnerReady,
            Start::WithGroup => Reason::GroupIsActive,
            Start::ByPriority | Start::AsBackup => Reason::Ready,
        };
        match self.new_active(now).filter(|_| reason != Reason::Ready) {
            Some(active) => self.transition(now, active, reason, out),
            None => self.transition(now, State::Backup(Backup::new(now)), Reason::Ready, out),
        }
    }

    /// A router that cannot start at once says so, once.
    pub(super) fn report_fault_causes(&mut self, now: Instant, out: &mut Outbox) {
        let (State::Initialize { waiting_for }, Startup::Silent) = (&self.state, self.startup) else { return };
        let waiting_for = waiting_for.without(Causes::PENDING);
        if !waiting_for.is_empty() {
            self.report_waiting(now, Reason::Lost { waiting_for }, out);
        }
    }

    fn report_waiting(&mut self, now: Instant, reason: Reason, out: &mut Outbox) {
        (self.reason, self.startup) = (Some(reason), Startup::Reported);
        out.report(now, self.id, EventKind::WaitingFor { causes: self.causes(), priority: self.priority });
    }

    /// What it tracks, in the order of its configuration.
    pub(crate) fn tracking(&self) -> &[Tracking] {
        &self.config.tracking
    }

    /// Whether readings of this object concern the router.
    pub(crate) fn tracks(&self, tracker: TrackerId) -> bool {
        self.config.tracking.iter().any(|tracking| tracking.tracker == tracker)
    }
}
