//! The control API: HTTP and JSON on a unix socket.
//!
//! | request | answer |
//! |---|---|
//! | `GET /v1/status`, `GET /v1/status/NAME` | [`api::Status`] |
//! | `GET /v1/why/NAME` | [`api::Why`] |
//! | `GET /v1/events` | [`api::EventLine`], one JSON object per line, for as long as you listen |
//! | `GET /v1/events?since=N` | what is kept of that which came after number N; with `&follow` what comes then as well |
//! | `POST /v1/release`, `/v1/release/NAME` | [`api::Concerned`]: they stay away from the election |
//! | `POST /v1/hold`, `/v1/hold/NAME` | [`api::Concerned`]: they take part again |
//! | `POST /v1/restart` | [`api::Restart`]: the program that is installed now takes the place of this one |
//! | `GET /v1/restart` | [`api::Restart`]: what became of it |
//!
//! `&router=NAME` leaves out what is not about that router or sync group. `Accept: text/event-stream` makes server-sent events
//! of all that, which follow. One request per connection. 404: no such router; 503 with the reason in words: the daemon is
//! stopping, its protocol thread does not answer, or too many ask.

pub(crate) mod api;
pub(crate) mod client;
pub(crate) mod company;
pub(crate) mod connections;
mod events;
pub(crate) mod inquiry;
mod line;
pub(crate) mod picture;
mod release;
mod restart;
pub(crate) mod server;
mod socket;
pub(crate) mod state;
pub(crate) mod statistics;
mod status;
mod why;

pub(crate) use self::socket::SocketFile;
