//! VRRPv2 (RFC 3768) and VRRPv3 (RFC 9568): wire formats and the election engine.
//!
//! This crate has no clock, no socket, no randomness and no unsafe code; it is `no_std`, so that the compiler keeps
//! them out. Rule ids such as V3-ST-12 name the rows of the conformance list in `docs/vrrp-rules.md`.
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]

extern crate alloc;

pub mod action;
pub mod config;
pub mod discard;
pub mod event;
pub mod input;
pub mod snapshot;
pub mod time;
pub mod types;
