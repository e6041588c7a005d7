//! The process that runs scripts, and the daemon's end of it.
//!
//! [`queue`] decides which script runs when, [`client`] and [`link`] give it to the process and hear how it went, [`process`] is what
//! runs there. Scripts of states and checks of trackers have each a [`Runner`] of their own, so that neither waits for the other.

mod admission;
mod client;
mod environment;
mod link;
pub(crate) mod process;
mod queue;
mod report;
pub(crate) mod security;
pub(crate) mod user;
mod wire;

use std::ffi::CStr;

pub(crate) use self::admission::Admission;
pub(crate) use self::client::{Lane, Runner};
pub(crate) use self::report::{Outcome, Report};
pub(crate) use self::wire::{Job, Life, Output};

/// What the process is called in `ps`: the kernel keeps 15 letters.
const NAME: &CStr = c"tanist: scripts";
