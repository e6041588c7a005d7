//! The process that runs scripts, and the daemon's end of it.

mod client;
pub(crate) mod process;
pub(crate) mod security;
pub(crate) mod user;
mod wire;

pub(crate) use self::client::Runner;
pub(crate) use self::wire::Job;
