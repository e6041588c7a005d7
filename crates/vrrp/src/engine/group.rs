//! One sync group: who is in it, and what was reported of it.

use alloc::vec::Vec;
use core::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::company::{Standing, Start};
use super::flapping::FlapLimit;
use super::outbox::Outbox;
use crate::event::{Causes, EventKind, Reason, StateName, Subject};
use crate::snapshot::{Claim, GroupSnapshot};
use crate::time::Instant;
use crate::types::{GroupId, Priority, RouterId};

/// A sync group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(super) id: GroupId,
    pub(super) members: Vec<RouterId>,
    pub(super) state: StateName,
    pub(super) since: Instant,
    pub(super) reason: Option<Reason>,
    pub(super) flaps: FlapLimit,
    /// Whether a change of one of its routers is still to be reported: nothing may happen to that router itself for long.
    pub(super) untold: Untold,
    /// How often it gave up being Active because of one of its routers.
    pub(super) yields: u32,
}

/// Whether changes of routers were held back because they came too fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Untold {
    Nothing,
    Something,
}

/// How the routers of a group stand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Census {
    pub(super) stopped: usize,
    pub(super) unable: usize,
    pub(super) pending: usize,
    pub(super) ready: usize,
    pub(super) backup: usize,
    /// Of these, how many would be Active.
    pub(super) claims: usize,
    pub(super) active: usize,
}

/// What the routers of a group are to do, so that they have one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// All that are Active become Backup.
    Yield,
    /// All become Active.
    TakeOver,
    /// Those that wait for the others start.
    Start,
}

impl Census {
    pub(crate) const fn count(&mut self, standing: Standing) {
        let counter = match standing {
            Standing::Stopped => &mut self.stopped,
            Standing::Unable => &mut self.unable,
            Standing::Pending => &mut self.pending,
            Standing::Ready => &mut self.ready,
            Standing::Backup(claim) => {
                if matches!(claim, Claim::Made) {
                    self.claims += 1;
                }
                &mut self.backup
            }
            Standing::Active => &mut self.active,
        };
        *counter += 1;
    }

    /// The next thing to do where no router is unable.
    pub(crate) const fn step(&self) -> Option<Step> {
        if self.unable > 0 {
            None
        } else if self.active > 0 && self.backup > 0 {
            Some(Step::Yield)
        } else if self.backup > 0 && self.claims == self.backup {
            Some(Step::TakeOver)
        } else if self.ready > 0 && (self.pending == 0 || self.active + self.backup > 0) {
            Some(Step::Start)
        } else {
            None
        }
    }

    /// The state of the group.
    pub(crate) const fn state(&self) -> StateName {
        if self.active > 0 {
            StateName::Active
        } else if self.backup > 0 {
            StateName::Backup
        } else {
            StateName::Initialize
        }
    }

    /// Whether it was stopped by plan.
    pub(crate) const fn is_stopped(&self) -> bool {
        self.stopped > 0 && self.unable + self.pending + self.ready + self.backup + self.active == 0
    }
}

/// What those who are still to start become.
pub(crate) const fn start(census: &Census, owners: Owners) -> Start {
    match (census.state(), owners) {
        (StateName::Active, _) => Start::WithGroup,
        (StateName::Backup, _) | (StateName::Initialize, Owners::Some) => Start::AsBackup,
        (StateName::Initialize, Owners::All) => Start::ByPriority,
    }
}

/// Whether all routers of a group are address owners: only then does it start as Active, as keepalived does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owners {
    All,
    Some,
}

impl Group {
    pub(crate) fn new(id: GroupId, now: Instant) -> Self {
        let (members, flaps) = (Vec::new(), FlapLimit::new(now));
        let (state, untold) = (StateName::Initialize, Untold::Nothing);
        Self { id, members, state, since: now, reason: None, flaps, untold, yields: 0 }
    }

    /// It has a state for this reason.
    pub(crate) fn enter(&mut self, now: Instant, state: StateName, reason: Reason, out: &mut Outbox) {
        if self.state != state {
            let at_once = state == StateName::Initialize || self.state == StateName::Initialize;
            (self.state, self.since, self.reason) = (state, now, Some(reason));
            self.flaps.count();
            if at_once {
                return self.report(now, reason, out);
            }
        }
        if let (1.., Some(reason)) = (self.flaps.unreported, self.reason)
            && !self.flaps.is_reached(now)
        {
            self.report(now, reason, out);
        }
    }

    /// It cannot start, or cannot start any more: reported once.
    pub(crate) fn wait_for(&mut self, now: Instant, causes: Causes, out: &mut Outbox) {
        let reason =
            if causes.contains(Causes::SHUTDOWN) { Reason::Shutdown } else { Reason::Lost { waiting_for: causes } };
        let is_news = self.reason.is_none() || (reason == Reason::Shutdown && self.reason != Some(reason));
        if self.state == StateName::Initialize && is_news {
            self.reason = Some(reason);
            let kind = EventKind::WaitingFor { causes, priority: Priority::RELEASE };
            out.report_of(now, Subject::Group(self.id), kind);
        }
    }

    fn report(&mut self, now: Instant, reason: Reason, out: &mut Outbox) {
        let kind = self.flaps.event(self.state, self.since, reason, Priority::RELEASE);
        out.report_of(now, Subject::Group(self.id), kind);
    }

    /// How much later than now the down timers of a group that yields start, in 256ths of an interval.
    ///
    /// Two groups of which each is superior in one router may meet as Actives so that both yield, and with timers alike
    /// they would meet again for ever. So each waits for a time of its own, another one each time.
    pub(crate) fn backoff(&mut self, source: Option<IpAddr>) -> u8 {
        self.yields = self.yields.wrapping_add(1);
        let low = match source {
            None => 0,
            Some(IpAddr::V4(address)) => u32::from(address),
            Some(IpAddr::V6(address)) => {
                let [.., a, b, c, d] = address.octets();
                u32::from_be_bytes([a, b, c, d])
            }
        };
        scatter(low ^ self.yields.rotate_right(8)).to_le_bytes()[0]
    }

    /// Whether nothing is left to report of it and its routers.
    pub(super) fn is_quiet(&self) -> bool {
        self.flaps.unreported == 0 && self.untold == Untold::Nothing
    }

    pub(crate) fn snapshot(&self) -> GroupSnapshot {
        GroupSnapshot {
            group: self.id,
            state: self.state,
            since: self.since,
            reason: self.reason,
            members: self.members.clone(),
        }
    }
}

/// Spreads numbers that are near each other (the finaliser of MurmurHash3).
const fn scatter(number: u32) -> u32 {
    let number = (number ^ (number >> 16)).wrapping_mul(0x85eb_ca6b);
    let number = (number ^ (number >> 13)).wrapping_mul(0xc2b2_ae35);
    number ^ (number >> 16)
}
