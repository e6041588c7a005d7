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

    /// The interface of an owner has the addresses itself.
    pub(super) fn check_owner_vmac(&mut self, priority: Priority) {
        let (true, Some(span)) = (priority.is_owner(), self.settings.keyword(&instance::USE_VMAC)) else { return };
        let what = format!("{} owns its addresses, so that they are on its interface too", self.name);
        let note = "ARP and neighbour discovery show the virtual MAC alone with nftables on Linux 5.16 or later; without it \
                    the interface answers with its own MAC too, but for IPv4 while it has no other address";
        let diagnostic = Diagnostic::new(Code::OwnerVirtualMac, span, what).note(note);
        let diagnostic = self.also_owner(diagnostic);
        self.report(diagnostic.help("give the interface an address of its own and the router a priority below 255"));
    }
}
