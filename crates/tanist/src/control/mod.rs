//! The control API: HTTP and JSON on a unix socket.
//!
//! `GET /v1/status`, `GET /v1/status/NAME`, `GET /v1/why/NAME`, `GET /v1/events` (one JSON object per line, for as long as you listen). One
//! request per connection. 404: no such router; 503 with the reason in words: the daemon is stopping, its protocol thread
//! does not answer, or too many ask.

pub(crate) mod api;
pub(crate) mod client;
mod connections;
mod inquiry;
mod line;
pub(crate) mod server;
mod socket;
pub(crate) mod state;
mod status;
mod why;

pub(crate) use self::socket::SocketFile;
