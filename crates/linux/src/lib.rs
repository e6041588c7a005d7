//! The Linux kernel, as tanist uses it: netlink, packet sockets, settings of links, clocks, scheduling, namespaces.
//!
//! This is the only crate of tanist that makes system calls of its own; unsafe code stands under `sys` only. It knows no
//! state machine and no configuration: it receives and sends bytes, and carries out the operations of `host`.
#![warn(clippy::unwrap_used)]

pub mod address;
pub mod child;
pub mod clock;
pub mod descriptors;
pub mod echo;
mod inbox;
pub mod instance;
pub mod link;
mod machine;
pub mod monitor;
pub mod netlink;
pub mod netns;
pub mod observe;
pub mod pass;
pub mod poll;
pub mod processes;
pub mod program;
pub mod receive;
pub mod routes;
pub mod routing;
pub mod schedule;
pub mod send;
pub mod share;
mod socket;
pub mod state;
mod sys;
pub mod tap;
pub mod trace;
pub mod udp;

pub use machine::Machine;
