//! Commands that look at a configuration or at a running daemon.

pub(crate) mod check;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod facts;
pub(crate) mod history;
pub(crate) mod manual;
pub(crate) mod restart;
pub(crate) mod self_test;
pub(crate) mod stand;
pub(crate) mod status;
pub(crate) mod why;
