//! The test harness for whole daemons: two routers on a LAN in namespaces (`lab`), their usual configurations, and the
//! state of a machine before and after.
//!
//! A test program calls [`harness::run`] first thing in `main`. Each test then builds a [`Bench`] of its own, or with
//! `lab::NetworkBuilder` another network; tests run in parallel and leave nothing behind, whatever happens to them.

mod bench;
mod config;
pub mod harness;
mod listener;
mod machine;
mod mail;
mod page;
mod program;

pub use bench::{Bench, CLIENT, CLIENT_V6, Layout};
pub use config::{Instance, Protocol, VmacMode};
pub use listener::Listener;
pub use machine::MachineState;
pub use mail::{MailServer, Manner, TakenMail};
pub use page::PageServer;
pub use program::OwnProgram;
