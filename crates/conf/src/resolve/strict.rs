//! Strict mode (keepalived-config §3.2): what it decides itself.

use vrrp::config::Conformance;
use vrrp::types::{Priority, Version};

use super::Draft;
use crate::diagnostic::Diagnostic;
use crate::keywords::instance;
use crate::model::Switch;
use crate::say;

impl Draft<'_> {
    pub(super) fn is_strict(&self) -> bool {
        self.conformance == Conformance::Strict
    }

    /// §3.2 rules 17 and 18; the last of `accept` and `no_accept` counts.
    pub(super) fn accept(&mut self, version: Version, priority: Priority) -> Switch {
        let (accept, refuse) =
            (self.settings.position(&instance::ACCEPT), self.settings.position(&instance::NO_ACCEPT));
        if !self.is_strict() || priority.is_owner() {
            return if refuse > accept { Switch::Off } else { Switch::On };
        }
        if accept <= refuse {
            // The master drops what is sent to its addresses.
            if self.settings.keyword(&instance::NO_ACCEPT).is_none() {
                self.report(say::strict_accepts(self.strict_at.unwrap_or(self.header)));
            }
            return Switch::Off;
        }
        match version {
            Version::V3 => Switch::On,
            Version::V2 => Switch::Off,
        }
    }

    pub(super) fn also_strict(&self, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.also_at(self.strict_at, say::strict_overrides_here())
    }
}
