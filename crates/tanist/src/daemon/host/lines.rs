//! A router's lines of `virtual_routes` and `virtual_rules`, bound to the interfaces that are there.

use std::sync::Arc;

use conf::model::route::Tracking;
use host::Identity;

use crate::ports::routing::RoutingLine;

/// A line of a router.
#[derive(Clone)]
pub(super) struct BoundLine {
    pub(super) line: Arc<RoutingLine>,
    /// What it is in the ledger; `Err`: the interface that it waits for.
    pub(super) bound: Result<Identity, String>,
    pub(super) tracking: Tracking,
}

/// Why routes and rules are looked at; the larger includes the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Occasion {
    /// Somebody may have taken them away: those with `no_track` are not put back.
    Taken,
    /// Something that they depend on came or went: all are wanted again.
    Returned,
}
