//! VRRPv2 (RFC 3768) and VRRPv3 (RFC 9568): wire formats and the election engine. Beside it, [`bfd`]: sessions with other
//! routers (RFC 5880).
//!
//! This crate has no clock, no socket, no randomness and no unsafe code; it is `no_std`, so that the compiler keeps
//! them out. Rule ids such as V3-ST-12 name the rows of the conformance list in `docs/vrrp-rules.md`.
//!
//! # Driving an engine
//!
//! An [`Engine`] holds any number of virtual routers and does nothing by itself. Its driver
//!
//! 1. hands over what happened, each with the time: [`Engine::handle`];
//! 2. drains [`Engine::poll_action`] and obeys, in the order given (all transmissions come first);
//! 3. asks [`Engine::poll_timeout`] and sleeps until then or until something happens.
//!
//! The driver keeps three promises. Time never runs backwards (if it does, nothing is due until it has caught up).
//! Whatever woke it, it reads the sockets *before* it gives [`Input::Wake`], and each packet bears the time at which the
//! kernel received it, so that a process that was late does not declare a live master dead; if it stops reading before a
//! socket is empty, it says so by [`Input::Wake`]'s `heard_until`. And actions are drained before the next sleep.
//!
//! ```
//! use std::net::{IpAddr, Ipv4Addr};
//! use vrrp::{Action, Engine, IfIndex, Input, Instant, LinkState, Parent, RouterConfig, Transmit, Version, Vrid};
//!
//! # fn send(_: &Transmit, _: &[u8]) {}
//! # fn hand_over(_: Action) {}
//! let mut engine = Engine::new();
//! let mut now = Instant::from_nanos(0);
//! let address = IpAddr::from([192, 0, 2, 1]);
//! let config = RouterConfig::new(Vrid::new(5).ok_or("VRID 0")?, Version::V3, vec![address]);
//! let router = engine.add(now, config);
//! let source = Some(IpAddr::from([192, 0, 2, 11]));
//! let parent = Parent { ifindex: IfIndex::new(2), link: LinkState::Up, source };
//!
//! let mut buffer = [0; 1500];
//! let mut input = Input::Parent { router, parent };
//! loop {
//!     engine.handle(now, input);
//!     while let Some(action) = engine.poll_action() {
//!         match action {
//!             Action::Transmit(transmit) => {
//!                 if let Some(length) = engine.write_packet(&transmit, &mut buffer) {
//!                     send(&transmit, &buffer[..length]);
//!                 }
//!             }
//!             other => hand_over(other),
//!         }
//!     }
//!     // A real driver sleeps until the deadline or until a socket is readable, and then reads all of them. Nobody else
//!     // is here, so time passes.
//!     match engine.poll_timeout() {
//!         Some(deadline) if deadline.at.nanos() < 10_000_000_000 => now = deadline.at,
//!         Some(_) | None => break,
//!     }
//!     input = Input::Wake { heard_until: now };
//! }
//! assert_eq!(engine.snapshot(router).map(|it| it.state), Some(vrrp::StateName::Active));
//! # Ok::<(), &str>(())
//! ```
//!
//! # Allocation
//!
//! Adding a router allocates; receiving a packet does not, once the queues have grown to the size of the largest batch.
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![expect(missing_docs, reason = "a comment says what name and type do not; many names need none")]

extern crate alloc;

pub mod action;
mod auth;
pub mod bfd;
pub mod config;
pub mod discard;
mod engine;
pub mod event;
pub mod input;
mod reports;
pub mod snapshot;
mod tally;
pub mod time;
mod timers;
pub mod timing;
pub mod types;
pub mod wire;

pub use action::{
    Action, AnnounceCause, Announced, Announcement, Destination, Stamp, TakeoverRounds, Transmit, TransmitFrom,
    UnknownVrid,
};
pub use config::{GroupConfig, RouterConfig};
pub use discard::{Discard, Discards};
pub use engine::{Engine, GroupState, RouterState};
pub use event::{Cause, Causes, Event, EventKind, Peer, Reason, Remedy, StateName, Subject, Transition, WonBy};
pub use input::{HostState, Input, IpHeader, Leavers, LinkState, Packet, Parent, Reading, Since};
pub use snapshot::{Checksums, Claim, Counters, GroupSnapshot, Snapshot, Speaker};
pub use tally::{DropReason, Tally};
pub use time::{Deadline, Instant, WallTime, Why};
pub use types::{Family, GroupId, IfIndex, Interval, MacAddr, Priority, RouterId, TrackerId, Version, Vrid};
