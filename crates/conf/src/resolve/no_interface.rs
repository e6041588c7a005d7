//! Routers without `interface`, and `vrf` (keepalived-config §3.1).

use std::net::IpAddr;

use super::Draft;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::keywords::{instance, instance_inert as inert};
use crate::source::Span;

impl Draft<'_> {
    /// §3.1 rules 3 to 8: only unicast with a source address can do without, and here not even that.
    pub(super) fn report_no_interface(&mut self) {
        let what = format!("the router {} has no `interface`", self.name);
        let diagnostic = if let Some(misplaced) = self.misplaced(Code::NoInterface, &instance::INTERFACE, &what) {
            misplaced.note("the router is left out")
        } else if self.wants_unicast().is_some() {
            self.unicast_without_interface(what)
        } else if let Some(vrf) = self.settings.keyword(&inert::VRF) {
            self.without_effect(&inert::VRF, vrf);
            let diagnostic = Diagnostic::new(Code::UnicastVrf, vrf, "`vrf` is for unicast without `interface`");
            diagnostic.note(format!("{what}, and is left out")).help("add `interface NAME`, or unicast with a source")
        } else {
            let diagnostic = Diagnostic::new(Code::NoInterface, self.header, what);
            diagnostic.note("it is left out; keepalived would not start at all")
        };
        self.report(diagnostic.or_help("add `interface NAME`"));
    }

    fn unicast_without_interface(&self, what: String) -> Diagnostic {
        let (span, what, note) = self.why_not_without(what);
        let mut diagnostic = Diagnostic::new(Code::NoInterface, span, what).note(note);
        for row in [&instance::VIRTUAL_IPADDRESS, &instance::VIRTUAL_IPADDRESS_EXCLUDED] {
            let without_dev = self.settings.entries(row).find(|entry| entry.value.dev.is_none());
            if let Some(entry) = without_dev {
                diagnostic = diagnostic.also(entry.span, "without `interface` this needs `dev`");
            }
        }
        diagnostic
    }

    fn why_not_without(&self, what: String) -> (Span, String, &'static str) {
        let refused = "the router is left out; keepalived would not start at all";
        let Some(source) = self.written_source() else {
            let what = format!("the router {} has neither `interface` nor `unicast_src_ip`", self.name);
            return (self.header, what, refused);
        };
        if let IpAddr::V6(address) = source.value
            && address.is_unicast_link_local()
        {
            return (source.span, format!("the link-local source {address} says nothing without `interface`"), refused);
        }
        match self.settings.keyword(&instance::USE_VMAC) {
            Some(vmac) => {
                let note = "the router is left out; keepalived after 2.2 runs it without a virtual MAC";
                (vmac, "`use_vmac` needs an `interface`".to_owned(), note)
            }
            None => (self.header, what, "it is left out, as in keepalived 2.2; later ones take unicast without one"),
        }
    }
}
