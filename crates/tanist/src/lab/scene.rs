//! What a scene is: what is done, what the protocol allows, what came of it.

use std::time::Duration;

use lab::{Takeover, Tally};
use vrrp::types::MacAddr;

use super::setup::Side;
use crate::control::api::RouterStatus;

/// What is done at the beginning of a scene. "The master" is whoever is master then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Both routers start.
    Start,
    /// The master is killed.
    Kill,
    /// The router that is away starts again.
    Return,
    /// The master is told to stop.
    Stop,
    /// The master's cable is pulled.
    Cut,
    /// It is plugged in again.
    Heal,
}

/// What the protocol allows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    /// From the last advertisement heard: three intervals and the skew (Active_Down_Interval).
    DownInterval(Duration),
    /// From the priority 0: Skew_Time.
    Skew(Duration),
    /// A preempting master speaks before the other one falls silent for longer than its interval.
    Interval(Duration),
}

impl Bound {
    pub(super) const fn duration(self) -> Duration {
        match self {
            Self::DownInterval(length) | Self::Skew(length) | Self::Interval(length) => length,
        }
    }
}

/// How a scene ended.
#[derive(Debug)]
pub(super) struct SceneResult {
    pub(super) act: Act,
    /// Who had to be master at the end.
    pub(super) master: Side,
    /// `None` if the master was not to change, or did not in time.
    pub(super) takeover: Option<Takeover>,
    /// `None` if the next master's daemon could not be asked.
    pub(super) bound: Option<Bound>,
    /// What the next master says at the end.
    pub(super) status: Option<RouterStatus>,
    pub(super) probes: Tally,
    /// Where the client believed the virtual address to be.
    pub(super) entry_before: Option<MacAddr>,
    pub(super) entry_after: Option<MacAddr>,
    /// Advertisements of the other router, as master, after the new master had spoken.
    pub(super) other_adverts: usize,
}
