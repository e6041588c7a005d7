//! What tanist may change on a machine, and how to undo it.
//!
//! Effects are data: an [`Op`] has an inverse, a [`Kernel`] carries it out. Nothing in this crate touches a machine;
//! `linux` does; [`Memory`] pretends to, for tests.
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]

mod error;
mod footprint;
mod kernel;
mod ledger;
mod memory;
mod op;
mod record;

pub use error::{ErrorKind, HostError};
pub use footprint::{Footprint, ParentSite, Site, VmacSite, covers};
pub use kernel::{Failure, Kernel};
pub use ledger::{Ledger, Phase};
pub use memory::Memory;
pub use op::{
    AddrGenMode, Ipv4Setting, Ipv6Setting, Item, Lifetime, LinkAddress, LinkSetting, MacvlanLink, Membership, Op,
    PrefixRoute, Scope, Setting, SettingKey,
};
pub use record::Record;
