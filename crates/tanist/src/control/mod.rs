//! The control API: HTTP and JSON on a unix socket.
//!
//! `GET /v1/status`, `GET /v1/status/NAME`, `GET /v1/events` (one JSON object per line, for as long as you listen).

pub(crate) mod api;
pub(crate) mod client;
mod line;
pub(crate) mod server;
pub(crate) mod state;
mod status;
