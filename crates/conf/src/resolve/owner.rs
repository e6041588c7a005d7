//! Owners of addresses: routers of priority 255.

use vrrp::types::Priority;

use super::Draft;
use crate::keywords::instance;
use crate::say;

impl Draft<'_> {
    pub(super) fn check_owner(&mut self, priority: Priority) {
        let Some(written) = self.settings.argument(&instance::PRIORITY) else { return };
        if priority.is_owner() && !self.is_owner_reported {
            self.report(say::owner_priority(written, self.name));
        }
    }
}
