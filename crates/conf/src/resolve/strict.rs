//! Strict mode (keepalived-config §3.2): what it decides itself.

use vrrp::config::Conformance;
use vrrp::types::{Priority, Version};

use super::Draft;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::keywords::instance;
use crate::model::Switch;

impl Draft<'_> {
    pub(super) fn is_strict(&self) -> bool {
        match self.conformance {
            Conformance::Strict => true,
            Conformance::Field => false,
        }
    }

    /// §3.2 rules 17 and 18; the last of `accept` and `no_accept` counts.
    pub(super) fn accept(&mut self, version: Version, priority: Priority) -> Switch {
        let (accept, refuse) =
            (self.settings.position(&instance::ACCEPT), self.settings.position(&instance::NO_ACCEPT));
        if !self.is_strict() || priority.is_owner() {
            return if refuse > accept { Switch::Off } else { Switch::On };
        }
        if accept <= refuse {
            self.report_silence();
            return Switch::Off;
        }
        match version {
            Version::V3 => Switch::On,
            Version::V2 => Switch::Off,
        }
    }

    /// The master of a strict router drops what is sent to its addresses.
    fn report_silence(&mut self) {
        if self.settings.keyword(&instance::NO_ACCEPT).is_some() {
            return;
        }
        let what = "a strict router does not accept packets to its addresses";
        let note = "they are dropped unless the router is the owner of the addresses";
        let diagnostic = Diagnostic::new(Code::StrictAccepts, self.strict_at.unwrap_or(self.header), what).note(note);
        self.report(diagnostic.help("remove strict mode, or add `accept` and `version 3`"));
    }

    pub(super) fn also_strict(&self, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.also_at(self.strict_at, "strict here")
    }
}
