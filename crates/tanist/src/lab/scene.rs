//! What a scene is: what is done, what the protocol allows, what came of it.

use std::time::Duration;

use lab::{Held, Takeover, Tally};
use vrrp::time::Instant;
use vrrp::types::MacAddr;

use super::setup::Side;
use crate::control::api::RouterStatus;

/// What is done at the beginning of a scene. "The master" is whoever is master then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Both routers start.
    Start,
    /// The program that is installed takes the place of the master's.
    Restart,
    /// The master is killed.
    Kill,
    /// The router that is away starts again.
    Return,
    /// The master is told to stop.
    Stop,
    /// The master's daemon stands still (SIGSTOP), but not its guardian.
    Freeze,
    /// It goes on.
    Thaw,
    /// The master's cable is pulled.
    Cut,
    /// It is plugged in again.
    Heal,
}

impl Act {
    /// In few words.
    pub(super) fn caption(self, subject: &str) -> String {
        match self {
            Self::Start => "both start".to_owned(),
            Self::Restart => format!("{subject} restarts"),
            Self::Kill => format!("kill -9 {subject}"),
            Self::Return => format!("{subject} returns"),
            Self::Stop => format!("{subject} stops"),
            Self::Freeze => format!("{subject} stands still"),
            Self::Thaw => format!("{subject} goes on"),
            Self::Cut => format!("{subject} is unplugged"),
            Self::Heal => format!("{subject} is plugged in"),
        }
    }
}

/// How long a daemon stands still: 8 s where an interval is 1 s, and for long enough for a guardian to notice.
pub(super) fn frozen_length(interval: Duration) -> Duration {
    const AT_LEAST: Duration = Duration::from_secs(2);
    const INTERVALS: u32 = 8;
    AT_LEAST.max(interval * INTERVALS)
}

/// What the protocol allows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    /// From the last advertisement heard, of a master that does not say priority 0: three intervals and the skew (Active_Down_Interval).
    DownInterval(Duration),
    /// From the priority 0: Skew_Time.
    Skew(Duration),
    /// A preempting master speaks before the other one falls silent for longer than its interval.
    Interval(Duration),
}

/// Whether priority 0 was the last word of the old master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Farewell {
    /// It was.
    Said,
    /// It was not, or the master did not change.
    Unsaid,
}

impl Bound {
    pub(super) const fn duration(self) -> Duration {
        match self {
            Self::DownInterval(length) | Self::Skew(length) | Self::Interval(length) => length,
        }
    }
}

/// What others could notice of a master that goes on as another program.
#[derive(Debug)]
pub(super) struct Unnoticed {
    /// The longest time between two of its advertisements; `None` if there were not two.
    pub(super) silence: Option<Duration>,
    /// The longest time that is allowed.
    pub(super) most: Duration,
    /// What the daemon of the other router has noted meanwhile: lines of its event stream.
    pub(super) noted: Vec<String>,
}

/// How a scene ended.
#[derive(Debug)]
pub(super) struct SceneResult {
    pub(super) act: Act,
    pub(super) begin: Instant,
    /// Who had to be master at the end.
    pub(super) master: Side,
    /// `None` if the master was not to change, or did not in time.
    pub(super) takeover: Option<Takeover>,
    /// `None` if the next master's daemon could not be asked.
    pub(super) bound: Option<Bound>,
    /// What the next master says at the end.
    pub(super) status: Option<RouterStatus>,
    /// Whether the old master, or its guardian, said priority 0.
    pub(super) farewell: Farewell,
    pub(super) probes: Tally,
    /// How the routers held the virtual address.
    pub(super) held: Held,
    /// Where the client believed the virtual address to be.
    pub(super) entry_before: Option<MacAddr>,
    pub(super) entry_after: Option<MacAddr>,
    /// Advertisements of the other router, as master, after the new master had spoken.
    pub(super) other_adverts: usize,
    /// What a restart was like; `None` in other scenes.
    pub(super) restart: Option<Unnoticed>,
}
