//! What a router becomes, and what else it tells scripts and pipes, as keepalived says it.

use vrrp::event::{Causes, EventKind, Reason, StateName, Transition};
use vrrp::types::Priority;

/// What a router becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotifyState {
    Master,
    Backup,
    Fault,
    Stop,
    /// A reload has removed it, and its configuration wants that said.
    Deleted,
}

/// What scripts and pipes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Another state, and the effective priority in it.
    State(NotifyState, Priority),
    /// Another priority.
    Priority(Priority),
    /// A master hears a lower priority.
    LowerPriority,
}

impl Notice {
    /// What an event tells them: as keepalived does they are told of a router that cannot start as well. `None`: nothing.
    pub(crate) const fn of(event: &EventKind) -> Option<Self> {
        match event {
            EventKind::PriorityChanged { to, .. } => Some(Self::Priority(*to)),
            EventKind::InferiorAdvert(_) => Some(Self::LowerPriority),
            EventKind::Transition(transition) => Some(Self::State(NotifyState::after(transition), transition.priority)),
            EventKind::WaitingFor { causes, priority } if causes.contains(Causes::SHUTDOWN) => {
                Some(Self::State(NotifyState::Stop, *priority))
            }
            EventKind::WaitingFor { priority, .. } => Some(Self::State(NotifyState::Fault, *priority)),
            EventKind::Flapping { .. }
            | EventKind::NearFailover { .. }
            | EventKind::TwoMasters { .. }
            | EventKind::RedundancyLost { .. }
            | EventKind::RedundancyBack(_)
            | EventKind::DeafPeer { .. }
            | EventKind::SamePriority(_)
            | EventKind::OwnerConflict(_)
            | EventKind::IntervalMismatch { .. }
            | EventKind::AddressMismatch(_)
            | EventKind::UnlistedPeer(_)
            | EventKind::Discarded { .. }
            | EventKind::Stalled { .. } => None,
        }
    }
}

impl NotifyState {
    /// What a transition looks like to scripts.
    pub(crate) const fn after(transition: &Transition) -> Self {
        match transition.to {
            StateName::Active => Self::Master,
            StateName::Backup => Self::Backup,
            StateName::Initialize => Self::out_of_service(&transition.reason),
        }
    }

    /// A planned stop is STOP, every other way out of service is FAULT.
    pub(crate) const fn out_of_service(reason: &Reason) -> Self {
        if matches!(reason, Reason::Shutdown) { Self::Stop } else { Self::Fault }
    }

    /// The state that an event tells, and the priority that goes with it. `None`: none.
    pub(crate) const fn of(event: &EventKind) -> Option<(Self, Priority)> {
        match Notice::of(event) {
            Some(Notice::State(state, priority)) => Some((state, priority)),
            Some(Notice::Priority(_) | Notice::LowerPriority) | None => None,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Stop => "STOP",
            Self::Deleted => "DELETED",
        }
    }

    /// What pipes are told when the priority changes in this state: keepalived knows two words.
    pub(crate) const fn priority_word(self) -> &'static str {
        match self {
            Self::Master => "MASTER_PRIORITY",
            Self::Backup | Self::Fault | Self::Stop | Self::Deleted => "BACKUP_PRIORITY",
        }
    }
}
