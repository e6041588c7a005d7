//! The process that runs scripts, and the daemon's end of it.
//!
//! [`queue`] decides which script runs when, [`client`] and [`link`] give it to the process and hear how it went, [`process`] is what
//! runs there. What runs for another reason than a router's state (trackers, helpers that run for long) is another variant
//! of [`wire`]'s requests.

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

pub(crate) use self::client::Runner;
pub(crate) use self::report::{Outcome, Report};
pub(crate) use self::wire::{IfWeak, Job};

/// What the process is called in `ps`: the kernel keeps 15 letters.
const NAME: &CStr = c"tanist: scripts";
