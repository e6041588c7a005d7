//! What the threads say to each other: the ground floor. Every part of the daemon imports it; it imports none of them.
//!
//! | thread | hears | through |
//! |---|---|---|
//! | protocol | [`protocol::ProtocolCommand`] | [`protocol::ProtocolHandle`] |
//! | host | [`host::HostCommand`] | [`host::HostHandle`] |
//! | services | [`events::Occurrence`], the newest [`directory::Directory`] | [`events::EventSender`], a watch channel |
//! | main | [`main::MainEvent`] | [`main::MainHandle`] |

pub(crate) mod directory;
pub(crate) mod events;
pub(crate) mod finding;
pub(crate) mod frames;
pub(crate) mod guardian;
pub(crate) mod handover;
pub(crate) mod history;
pub(crate) mod host;
pub(crate) mod mail;
pub(crate) mod mailbox;
pub(crate) mod main;
pub(crate) mod overflow;
pub(crate) mod protocol;
pub(crate) mod pulse;
pub(crate) mod question;
pub(crate) mod released;
pub(crate) mod restart;
pub(crate) mod routing;
pub(crate) mod sightings;
pub(crate) mod signals;
pub(crate) mod statics;
pub(crate) mod stream;
pub(crate) mod tally;
pub(crate) mod tracking;
