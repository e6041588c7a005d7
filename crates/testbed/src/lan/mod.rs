//! The test harness for whole daemons: routers that run tanist or keepalived, on a LAN in namespaces, and what the wire
//! says of them.
//!
//! A test program calls [`harness::run`] first thing in `main`. Each test then builds a [`Bench`] of its own; tests run
//! in parallel and leave nothing behind, whatever happens to them.

mod bench;
mod config;
pub mod harness;
mod machine;
mod router;
mod watch;

pub use bench::{Bench, CLIENT, CLIENT_V6, Layout};
pub use config::{Instance, MissingInterfaces, Protocol, VmacMode};
pub use machine::{MachineState, run_in};
pub use router::{Program, Router};
pub use watch::Watch;
