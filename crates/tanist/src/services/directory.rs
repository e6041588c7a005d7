//! Names of things: which router an id stands for.

use std::collections::HashMap;
use std::sync::Arc;

use conf::model::Router;
use vrrp::types::{MacAddr, RouterId};

use crate::sinks::scripts::Scripts;

/// All routers as configured, and their scripts.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) routers: HashMap<RouterId, Arc<Router>>,
    pub(crate) scripts: Scripts,
}

/// What is known of a router beyond its configuration.
#[derive(Clone, Debug)]
pub(crate) struct VmacName {
    pub(crate) name: String,
    pub(crate) mac: MacAddr,
}

impl Directory {
    /// The name of a router; empty for one that is gone.
    pub(crate) fn name(&self, id: RouterId) -> &str {
        self.routers.get(&id).map_or("", |router| router.name.as_str())
    }
}
