//! `tanist history`: what happened to routers before.

use std::process::ExitCode;

use super::events::{self, Form};
use crate::cli::HistoryArgs;
use crate::control::client;

pub(crate) fn run(options: &HistoryArgs) -> ExitCode {
    let HistoryArgs { name, since, json, daemon } = options;
    let about = name.as_deref().map_or_else(String::new, |name| format!("&router={}", client::escaped(name)));
    events::print(&daemon.control(), &format!("/v1/events?since={since}{about}"), Form::of(*json))
}
