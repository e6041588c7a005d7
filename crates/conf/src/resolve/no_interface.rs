//! Routers without `interface`, and `vrf` (keepalived-config §3.1).

use std::net::IpAddr;

use super::Draft;
use crate::diagnostic::Diagnostic;
use crate::keywords::instance;
use crate::say;

impl Draft<'_> {
    /// §3.1 rules 3 to 8: only unicast with a source address can do without, and here not even that.
    pub(super) fn report_no_interface(&mut self) {
        let missing = self.where_meant(&instance::INTERFACE, say::no_interface(self.header, self.name));
        let diagnostic = if missing.span() != self.header {
            missing.note(say::no_interface_misplaced())
        } else if self.wants_unicast().is_some() {
            self.unicast_without_interface()
        } else if let Some(vrf) = self.settings.keyword(&instance::VRF) {
            self.without_effect(&instance::VRF, vrf);
            say::unicast_vrf(vrf, self.name)
        } else {
            missing
        };
        self.report(diagnostic);
    }

    fn unicast_without_interface(&self) -> Diagnostic {
        let mut diagnostic = self.why_not_without();
        for row in [&instance::VIRTUAL_IPADDRESS, &instance::VIRTUAL_IPADDRESS_EXCLUDED] {
            if let Some(entry) = self.settings.entries(row).find(|entry| entry.value.dev.is_none()) {
                diagnostic = diagnostic.also(entry.span, say::no_interface_address());
            }
        }
        diagnostic
    }

    fn why_not_without(&self) -> Diagnostic {
        let Some(source) = self.written_source() else { return say::no_interface_no_source(self.header, self.name) };
        if let IpAddr::V6(address) = source.value
            && address.is_unicast_link_local()
        {
            return say::no_interface_link_local(source.span, address);
        }
        match self.settings.keyword(&instance::USE_VMAC) {
            Some(vmac) => say::no_interface_vmac(vmac),
            None => say::no_interface_unicast(self.header, self.name),
        }
    }
}
