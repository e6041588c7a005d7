//! Routers that change their state together.

use alloc::vec::Vec;

use crate::types::{GroupId, RouterId};

/// A sync group (`vrrp_sync_group`). What a group tracks each of its routers tracks
/// ([`RouterConfig::tracking`](super::RouterConfig)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupConfig {
    pub id: GroupId,
    /// A router is in one group at most: of several the last given has it. Unknown routers are ignored.
    pub members: Vec<RouterId>,
}
