//! What is tracked, and what trackers find.

use std::net::IpAddr;
use std::process::ExitStatus;
use std::time::Duration;

use conf::model::watch::TrackerKind;
use vrrp::input::Reading;

/// Something that is watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TrackerKey {
    /// An interface, by name.
    Interface(String),
    /// By the name of the block that says what is watched.
    Named(TrackerKind, String),
    /// What is static, by the name of its `track_group`.
    TrackGroup(String),
}

impl TrackerKey {
    /// The list of a router in which it stands.
    pub(crate) const fn list(&self) -> &'static str {
        match self {
            Self::Interface(_) => "track_interface",
            Self::Named(kind, _) => kind.list(),
            Self::TrackGroup(_) => "track_group",
        }
    }

    /// As that list names it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Interface(name) | Self::Named(_, name) | Self::TrackGroup(name) => name,
        }
    }
}

/// What a tracker has to say of what it watches.
#[derive(Debug)]
pub(crate) struct TrackerEvent {
    pub(crate) key: TrackerKey,
    /// What routers see from now on.
    pub(crate) reading: Reading,
    pub(crate) found: Found,
}

/// What was found.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// By a check.
    Check(CheckFound),
    /// A file says this.
    File(FileContent),
    /// A BFD session with this neighbor.
    Session { neighbor: IpAddr, kind: vrrp::bfd::EventKind },
    /// So many processes run.
    Processes(ProcessCount),
}

/// How a check went.
#[derive(Clone, Debug)]
pub(crate) enum CheckFound {
    /// Nothing yet: it counts as failed until it succeeds.
    Nothing,
    /// A check ended.
    Ended { status: ExitStatus, took: Duration },
    /// A check took longer than this, and was ended.
    TimedOut(Duration),
    /// A check took longer than this, and cannot be ended.
    Stuck(Duration),
    /// Whoever was asked answered.
    Answered { took: Duration },
    /// It is as it should be: in words for the user.
    Holds(String),
    /// Whoever was asked did not answer as it should: in words for the user.
    Unanswered(String),
    /// A check cannot be made: in words for the user.
    CannotRun(String),
    /// A script was not run, because others can change it in this way.
    Refused(String),
    /// A script runs, although others can change it in this way.
    Weak(String),
    /// A check was started and its end is not known, for this long.
    NoAnswer(Duration),
}

/// How many processes run of those that are tracked together.
#[derive(Clone, Debug)]
pub(crate) struct ProcessCount {
    pub(crate) count: usize,
    /// Fewest that are enough.
    pub(crate) fewest: usize,
    /// Most that are not too many; `None`: there are never too many.
    pub(crate) most: Option<usize>,
    pub(crate) watch: ProcessWatch,
}

/// How processes that begin are seen.
#[derive(Clone, Debug)]
pub(crate) enum ProcessWatch {
    /// The kernel tells of them at once.
    Kernel,
    /// By a look once a second, because the kernel does not tell, for this reason.
    Looks(String),
}

/// What a tracked file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileContent {
    /// It begins with this number.
    Number(i32),
    /// It holds nothing but blanks.
    Empty,
    /// It begins with something else.
    NoNumber(String),
    /// It begins with a number that has more than 32 bits.
    OutOfRange(String),
    /// There is no such file.
    Missing,
    /// It is there, and cannot be read, in words for the user.
    Unreadable(String),
}
