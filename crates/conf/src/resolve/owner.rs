//! Owners of addresses: routers of priority 255.

use vrrp::types::Priority;

use super::{Draft, OwnerReported};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::keywords::instance;

impl Draft<'_> {
    pub(super) fn check_owner(&mut self, priority: Priority) {
        let Some(written) = self.settings.argument(&instance::PRIORITY) else { return };
        if priority.is_owner() && self.owner == OwnerReported::No {
            let what = format!("priority 255 makes {} the owner of its addresses", self.name);
            let note = "it is master whenever it runs; weights and `nopreempt` have no effect";
            let diagnostic = Diagnostic::new(Code::OwnerPriority, written, what).note(note);
            self.report(diagnostic.help("use 1 to 254, unless the interface has the addresses for good"));
        }
    }
}
