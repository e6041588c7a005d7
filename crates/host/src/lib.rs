//! What tanist may change on a machine, and how to undo it.
//!
//! Effects are data: an [`Op`] has an inverse, a [`Kernel`] carries it out. Nothing in this crate touches a machine;
//! `linux` does; [`Memory`] pretends to, for tests.
#![forbid(unsafe_code)]
#![warn(clippy::unwrap_used)]

mod error;
mod footprint;
mod guardian;
mod kernel;
mod lease;
mod ledger;
mod leftovers;
mod memory;
mod names;
mod op;
mod present;
mod record;

pub use error::{Attempt, ErrorKind, HostError};
pub use footprint::{Attachment, Footprint, ParentAnswers, ParentLink, Vmac, Vrf};
pub use guardian::{Beat, Cause, Duty, Guardian, LOOK, Motion, Step, patience};
pub use kernel::{Failure, Holder, Kernel, Task};
pub use lease::{LeaseRule, LeaseTerms, Renewals, Survivor};
pub use ledger::{Exchange, Ledger, LedgerState, Phase};
pub use leftovers::{Company, Mark, Origin, WantedVmac, left_links};
pub use memory::Memory;
pub use names::{Describe, KnownNames, LinkNames, Named, NoNames};
// Everything in it is for others: a new kind of thing needs no line here.
pub use op::*;
pub use present::{Present, PresentAddress, PresentLink, PresentMacvlan};
pub use record::{Place, Record, RecordError};
