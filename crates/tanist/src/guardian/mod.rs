//! The guardian: a process beside the daemon that says priority 0 in its name when it dies or hangs, holds its addresses until a
//! successor is heard, and undoes what a dead daemon has left.
//!
//! | part | holds |
//! |---|---|
//! | `keeper` | the daemon's end: starts the process, again if it dies, and ends it |
//! | `process` | the process itself: it opens everything when it starts, and then waits |
//! | `relief` | its end when another program takes the place of the daemon's |
//! | `omen` | the first sign of the daemon's end |
//! | `watch` | successors on the wire |
//! | `aftermath` | what it does to the machine: addresses out, everything undone |
//!
//! What it knows of the daemon is in [`crate::shared`]; what to do when is decided in `host::Guardian`, without a clock. It never
//! touches anything of a daemon that lives and is on time.

mod aftermath;
mod keeper;
mod omen;
mod process;
mod relief;
mod watch;

pub(crate) use self::keeper::Keeper;
pub(crate) use self::process::run;
pub(crate) use self::relief::{Relief, relieve};
