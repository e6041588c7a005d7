//! Talking to netlink: requests in batches, answers read leniently.
//!
//! Requests are whatever the `netlink-packet` crates, or a codec of our own, can serialise: those of rtnetlink are built
//! with the types of `netlink-packet-route`. Answers, dumps and notifications are read attribute by
//! attribute with [`Attributes`]: an attribute of a newer kernel never loses a message.

mod attributes;
mod batch;
mod message;
mod socket;

pub use attributes::{Attribute, Attributes};
pub use batch::{Batch, Mode};
pub use message::{Message, Messages};
pub(crate) use socket::{DATAGRAM_LEN, open};
pub use socket::{Refusal, Socket};
