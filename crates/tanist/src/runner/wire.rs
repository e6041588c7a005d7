//! What the daemon and the runner say to each other.

use serde::{Deserialize, Serialize};

use super::user::Identity;

/// A script to run, as the runner gets it: one JSON object a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// Name of the router: its jobs run one after the other.
    pub(crate) queue: String,
    pub(crate) argv: Vec<String>,
    /// `None`: as the daemon itself.
    pub(crate) identity: Option<Identity>,
}
