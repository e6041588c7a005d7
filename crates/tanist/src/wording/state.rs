//! What a router becomes, as keepalived says it: in scripts, events and the log.

use vrrp::event::{Causes, EventKind, Reason, StateName, Transition};
use vrrp::types::Priority;

/// What a router becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotifyState {
    Master,
    Backup,
    Fault,
    Stop,
}

impl NotifyState {
    /// What a transition looks like to scripts: a planned stop is STOP, every other way out of service is FAULT.
    pub(crate) const fn after(transition: &Transition) -> Self {
        match (transition.to, &transition.reason) {
            (StateName::Active, _) => Self::Master,
            (StateName::Backup, _) => Self::Backup,
            (StateName::Initialize, Reason::Shutdown) => Self::Stop,
            (StateName::Initialize, _) => Self::Fault,
        }
    }

    /// What an event looks like to scripts, and the priority that goes with it: as keepalived does they run for a router
    /// that cannot start as well. `None`: nothing to run them for.
    pub(crate) const fn of(event: &EventKind) -> Option<(Self, Priority)> {
        match event {
            EventKind::Transition(transition) => Some((Self::after(transition), transition.priority)),
            EventKind::WaitingFor { causes, priority } if causes.contains(Causes::SHUTDOWN) => {
                Some((Self::Stop, *priority))
            }
            EventKind::WaitingFor { priority, .. } => Some((Self::Fault, *priority)),
            EventKind::Flapping { .. }
            | EventKind::PriorityChanged { .. }
            | EventKind::InferiorAdvert(_)
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

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Stop => "STOP",
        }
    }
}
