//! What a router becomes, as keepalived says it: in scripts, events and the log.

use vrrp::event::{Reason, StateName, Transition};

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

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Stop => "STOP",
        }
    }
}
