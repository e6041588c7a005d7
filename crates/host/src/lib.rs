//! What tanist may change on a machine, and how to undo it.
//!
//! Effects are data: an [`Op`] has an inverse, a [`Kernel`] carries it out. Nothing in this crate touches a machine;
//! `linux` does; an in-memory machine pretends to, for tests.
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]

mod error;
mod kernel;
mod op;

pub use error::{ErrorKind, HostError};
pub use kernel::{Failure, Kernel};
pub use op::{
    AddrGenMode, Ipv4Setting, Ipv6Setting, Item, Lifetime, LinkAddress, LinkSetting, MacvlanLink, Membership, Op,
    PrefixRoute, Scope, Setting, SettingKey,
};
