//! One virtual router: what it knows, what it lacks, how long it waits.

use core::net::IpAddr;
use core::time::Duration;

use alloc::vec::Vec;

use super::election::{Tracked, effective_priority};
use super::notices::DiscardNotices;
use super::outbox::Outbox;
use super::peers::Peers;
use super::state::{Backup, Span, State};
use crate::action::TransmitFrom;
use crate::config::{ChecksumPolicy, PrimaryTracking, RouterConfig, SourceMac};
use crate::event::{Causes, Reason, Rival};
use crate::input::{Parent, Verdict};
use crate::snapshot::Counters;
use crate::time::{Instant, Why};
use crate::timing;
use crate::types::{Family, IfIndex, Interval, Priority, RouterId, TrackerId, Version, Vrid};
use crate::wire::ChecksumForm;

/// Where a packet must come in, and what it must name, to belong to a router.
pub(crate) type Claim = (IfIndex, Family, Vrid);

/// What is known of a parent that does not exist.
pub(super) const NO_PARENT: Parent = Parent { ifindex: None, link: Verdict::Down, source: None };

/// A virtual router.
#[derive(Clone, Debug)]
pub(crate) struct Router {
    pub(super) id: RouterId,
    pub(super) config: RouterConfig,
    /// The last address list that was not empty: what we say when we leave for want of addresses (V3-PK-06).
    pub(super) advertised: Vec<IpAddr>,
    pub(super) parent: Parent,
    pub(super) stopped: Stopped,
    /// Whether the machine lets it hold its addresses.
    pub(super) holding: Verdict,
    pub(super) tracked: Tracked,
    /// Effective priority.
    pub(super) priority: Priority,
    pub(super) state: State,
    pub(super) since: Instant,
    pub(super) reason: Option<Reason>,
    /// The master last heard.
    pub(super) master: Option<Rival>,
    pub(super) peers: Peers,
    /// The checksum form of whoever is in charge.
    pub(super) form: ChecksumForm,
    pub(super) copies: Copies,
    pub(super) notices: DiscardNotices,
    pub(super) counters: Counters,
}

/// Whether a planned stop is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    No,
    ByPlan,
}

/// Whether advertisements from the virtual MAC are repeated from the physical one, for a rival deaf to the former.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copies {
    None,
    Physical,
}

impl Router {
    /// A router that waits for its parent.
    pub(crate) fn new(id: RouterId, now: Instant, config: RouterConfig, tracked: Tracked) -> Self {
        let mut router = Self {
            id,
            advertised: config.addresses.clone(),
            parent: NO_PARENT,
            stopped: Stopped::No,
            holding: Verdict::Up,
            tracked,
            priority: effective_priority(config.priority, tracked.weight),
            config,
            state: State::Initialize { waiting_for: Causes::NO_INTERFACE },
            since: now,
            reason: None,
            master: None,
            peers: Peers::default(),
            form: ChecksumForm::Rfc5798,
            copies: Copies::None,
            notices: DiscardNotices::default(),
            counters: Counters::default(),
        };
        router.state = State::Initialize { waiting_for: router.causes() };
        router
    }

    /// Protocol version; there is no VRRPv2 over IPv6.
    pub(crate) const fn version(&self) -> Version {
        match self.config.family {
            Family::Ipv4 => self.config.version,
            Family::Ipv6 => Version::V3,
        }
    }

    /// Under which its packets come in, once it has a parent.
    pub(crate) fn claim(&self) -> Option<Claim> {
        self.parent.ifindex.map(|ifindex| (ifindex, self.config.family, self.config.vrid))
    }

    /// Active_Adver_Interval.
    pub(crate) fn active_interval(&self) -> Interval {
        match &self.state {
            State::Backup(backup) => backup.learned.unwrap_or(self.config.interval),
            State::Initialize { .. } | State::Active(_) => self.config.interval,
        }
    }

    /// Skew_Time.
    pub(crate) fn skew(&self) -> Duration {
        timing::skew(self.version(), self.priority, self.active_interval())
    }

    /// Active_Down_Interval.
    pub(crate) fn down_interval(&self) -> Duration {
        timing::down_interval(self.version(), self.priority, self.active_interval(), self.config.down_adverts)
    }

    /// Length of Active_Down_Timer as it runs.
    pub(crate) fn down_timer(&self, span: Span) -> Duration {
        match span {
            Span::Down => self.down_interval(),
            Span::Skew => self.skew(),
        }
    }

    /// When it wants to be woken, and what for.
    pub(crate) fn deadline(&self) -> Option<(Instant, Why)> {
        match &self.state {
            State::Initialize { .. } => None,
            State::Backup(backup) => Some((backup.from + self.down_timer(backup.span), Why::ActiveDown)),
            State::Active(active) => Some(active.deadline()),
        }
    }

    /// From which MACs its advertisements go out.
    pub(crate) const fn transmit_from(&self) -> TransmitFrom {
        match (self.config.source_mac, self.copies) {
            (SourceMac::Physical, _) => TransmitFrom::Physical,
            (SourceMac::Virtual, Copies::None) => TransmitFrom::Virtual,
            (SourceMac::Virtual, Copies::Physical) => TransmitFrom::Both,
        }
    }

    /// The form of checksum it sends (V3-CK-06).
    pub(crate) const fn checksum_form(&self) -> ChecksumForm {
        match self.config.checksum {
            ChecksumPolicy::Auto => self.form,
            ChecksumPolicy::Rfc5798 => ChecksumForm::Rfc5798,
            ChecksumPolicy::Rfc9568 => ChecksumForm::Rfc9568,
        }
    }

    /// What it lacks to take part.
    fn causes(&self) -> Causes {
        let parent = match self.parent.ifindex {
            None => Causes::NO_INTERFACE,
            Some(_) => Causes::NONE
                .with_if(self.link() == Verdict::Down, Causes::LINK_DOWN)
                .with_if(self.parent.source.is_none(), Causes::NO_SOURCE),
        };
        parent
            .with_if(self.tracked.verdict == Verdict::Down, Causes::TRACKER)
            .with_if(self.stopped == Stopped::ByPlan, Causes::SHUTDOWN)
            .with_if(self.config.addresses.is_empty(), Causes::NO_ADDRESS)
            .with_if(self.holding == Verdict::Down, Causes::UNABLE)
    }

    const fn link(&self) -> Verdict {
        match self.config.primary {
            PrimaryTracking::Tracked => self.parent.link,
            PrimaryTracking::Ignored => Verdict::Up,
        }
    }

    /// Starts or leaves Initialize if what the router lacks says so.
    pub(super) fn reconsider(&mut self, now: Instant, out: &mut Outbox) {
        let causes = self.causes();
        match (&mut self.state, causes.is_empty()) {
            (State::Initialize { .. }, true) => self.start(now, out),
            (State::Initialize { waiting_for }, false) => {
                let before = core::mem::replace(waiting_for, causes);
                if causes.contains(Causes::SHUTDOWN) && !before.contains(Causes::SHUTDOWN) {
                    self.transition(now, State::Initialize { waiting_for: causes }, Reason::Shutdown, out);
                }
            }
            (State::Backup(_) | State::Active(_), true) => {}
            (State::Backup(_) | State::Active(_), false) if causes.contains(Causes::SHUTDOWN) => {
                self.transition(now, State::Initialize { waiting_for: causes }, Reason::Shutdown, out);
            }
            (State::Backup(_) | State::Active(_), false) => {
                let reason = Reason::Lost { waiting_for: causes };
                self.transition(now, State::Initialize { waiting_for: causes }, reason, out);
            }
        }
    }

    /// The Startup event (V3-ST-01, V3-ST-02).
    fn start(&mut self, now: Instant, out: &mut Outbox) {
        self.master = None;
        if self.config.priority.is_owner() {
            let active = self.new_active(now);
            self.transition(now, active, Reason::OwnerReady, out);
        } else {
            self.transition(now, State::Backup(Backup::new(now)), Reason::Ready, out);
        }
    }

    /// Whether what this object says concerns the router.
    pub(crate) fn tracks(&self, tracker: TrackerId) -> bool {
        self.config.tracking.iter().any(|tracking| tracking.tracker == tracker)
    }
}
