//! Who is told what happens: scripts and pipes.

use std::time::Duration;

use super::{Script, ScriptUser, Switch};

/// Notify scripts of a router or sync group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// `notify_master`.
    pub master: Option<Box<Script>>,
    /// `notify_backup`.
    pub backup: Option<Box<Script>>,
    /// `notify_fault`.
    pub fault: Option<Box<Script>>,
    /// `notify_stop`.
    pub stop: Option<Box<Script>>,
    /// `notify`: any change, with `INSTANCE name STATE priority` appended.
    pub any: Option<Box<Script>>,
    /// `notify_master_rx_lower_pri`; groups have none.
    pub lower_priority: Option<Box<Script>>,
    /// What a router says that a reload removes; groups say STOP.
    pub removal: Removal,
}

/// `notify_deleted`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Removal {
    /// It is absent: STOP, as at a stop of the daemon.
    #[default]
    Stop,
    /// DELETED, and perhaps a script is run.
    Deleted(Option<Box<Script>>),
}

/// Scripts of the daemon itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// `startup_script`: before routers start.
    pub startup: Option<TimedScript>,
    /// `shutdown_script`: when all routers have stopped.
    pub shutdown: Option<TimedScript>,
}

/// A script that somebody waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedScript {
    /// What is run.
    pub script: Script,
    /// How long it may run.
    pub time_limit: Duration,
}

/// `set_supplementary_groups`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScriptGroups {
    /// Scripts have the one group that they run with.
    #[default]
    One,
    /// And all others of their user.
    AllOfUser,
}

/// Pipes to which every event is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipes {
    /// `notify_fifo`.
    pub all: Option<Pipe>,
    /// `vrrp_notify_fifo`; never the same path.
    pub vrrp: Option<Pipe>,
    /// `fifo_write_vrrp_states_on_reload`.
    pub states_on_reload: Switch,
}

/// A named pipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipe {
    /// Where it is.
    pub path: String,
    /// Who may read it; `None`: `script_user`, else the daemon's user.
    pub user: Option<ScriptUser>,
    /// `*_fifo_script`: runs all the time, with the path as its last argument.
    pub reader: Option<Script>,
}
