//! What its sync group means for one router.

use super::outbox::Outbox;
use super::router::{Router, Startup, Stopped};
use super::state::{Backup, State};
use crate::event::{Causes, Reason};
use crate::snapshot::Claim;
use crate::time::Instant;
use crate::types::GroupId;

/// Who changes state with a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    Alone,
    /// The routers of a group: it starts when the group says so, and takes over with them.
    Member {
        group: GroupId,
        others: Others,
    },
}

/// Whether the other routers of a group can take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// None is known to lack anything.
    Able,
    Unable,
}

impl Company {
    /// That of a router of which nothing else is known.
    pub(crate) const fn of(group: GroupId) -> Self {
        Self::Member { group, others: Others::Able }
    }

    pub(crate) const fn group(self) -> Option<GroupId> {
        match self {
            Self::Alone => None,
            Self::Member { group, .. } => Some(group),
        }
    }
}

/// As what a router leaves Initialize.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// An owner as Active, others as Backup.
    ByPriority,
    AsBackup,
    /// As Active, because its group is.
    WithGroup,
}

/// How a router stands to its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Stopped by plan: the others go on without it.
    Stopped,
    /// It lacks something: nobody takes part.
    Unable,
    /// It cannot start yet, but nothing is known to be wrong.
    Pending,
    /// It waits for the others only.
    Ready,
    Backup(Claim),
    Active,
}

impl Router {
    pub(crate) fn standing(&self) -> Standing {
        let lacks = self.own_causes();
        match &self.state {
            _ if self.stopped == Stopped::ByPlan => Standing::Stopped,
            State::Active(_) => Standing::Active,
            State::Backup(backup) => Standing::Backup(backup.claim),
            State::Initialize { .. } if self.startup == Startup::Unplaced => Standing::Pending,
            State::Initialize { .. } if !lacks.without(Causes::PENDING).is_empty() => Standing::Unable,
            State::Initialize { .. } if !lacks.is_empty() => Standing::Pending,
            State::Initialize { .. } => Standing::Ready,
        }
    }

    /// What its group lacks.
    pub(super) fn causes_of_company(&self) -> Causes {
        match self.company {
            Company::Member { others: Others::Unable, .. } => Causes::GROUP,
            Company::Member { others: Others::Able, .. } if self.own_causes().is_empty() => Causes::GROUP_PENDING,
            Company::Member { others: Others::Able, .. } | Company::Alone => Causes::NONE,
        }
    }

    /// It joins a group, leaves it, or the others fare otherwise than before.
    pub(crate) fn set_company(&mut self, now: Instant, company: Company, out: &mut Outbox) {
        self.company = company;
        if company == Company::Alone {
            self.wait_alone(now);
        }
        self.reevaluate(now, out);
        self.report_fault_causes(now, out);
    }

    /// Nobody is left to wait for: a down timer that had run out expires now, one that was to start later starts now.
    fn wait_alone(&mut self, now: Instant) {
        let State::Backup(Backup { claim, timer, from, .. }) = &self.state else { return };
        let from = match claim {
            Claim::Made => now - self.down_timer(*timer),
            Claim::No => (*from).min(now),
        };
        if let State::Backup(backup) = &mut self.state {
            (backup.claim, backup.from) = (Claim::No, from);
        }
    }

    /// Another router of the group is no longer Active. The down timer starts a part of an interval, in 256ths, later than
    /// now.
    pub(crate) fn yield_with_group(&mut self, now: Instant, later: u8, out: &mut Outbox) {
        match &self.state {
            State::Active(_) => {
                let from = now + self.config.parameters.interval.duration() * u32::from(later) / 256;
                self.transition(now, State::Backup(Backup::new(from)), Reason::GroupYielded, out);
            }
            State::Initialize { .. } | State::Backup(_) => {}
        }
    }
}
