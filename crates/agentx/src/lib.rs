//! Messages of AgentX (RFC 2741) between an SNMP agent, the *master*, and the daemons that answer for a part of its tree,
//! its *subagents*: bytes to [`Message`] and back, as both ends need it.
//!
//! It knows no socket and no clock. Whatever bytes come in, reading ends with a message or with [`Malformed`], having
//! allocated no more than a small multiple of them. Octet strings are bytes. Not here: the allocation of indexes and agent
//! capabilities (RFC 2741 §6.2.12–15), which a subagent with tables of its own does without.

#![forbid(unsafe_code)]

mod message;
mod oid;
mod read;
mod value;
mod write;

pub use message::{Body, CloseReason, ErrorCode, Header, Message, Registration, Response, SearchRange, Start};
pub use oid::Oid;
pub use read::Malformed;
pub use value::{Value, VarBind};
