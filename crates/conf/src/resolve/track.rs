//! `track_interface` (keepalived-config §3.5).

use hashbrown::HashMap;
use vrrp::config::{Effect, EffectKind};
use vrrp::types::Priority;

use super::Draft;
use super::lists::{earlier, interfaces};
use crate::code::Severity;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::Entry;
use crate::keywords::instance;
use crate::model::{TrackInterface, Vmac};
use crate::read::Settings;
use crate::say;
use crate::source::Span;

impl Draft<'_> {
    pub(super) fn tracked(&mut self, own: &str, priority: Priority, vmac: Option<&Vmac>) -> Vec<TrackInterface> {
        let mut tracked = Vec::new();
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for entry in interfaces(self.settings) {
            let name = entry.value.interface.as_str();
            if name == own {
                self.report(own_interface(entry, self.settings.keyword(&instance::DONT_TRACK_PRIMARY)));
            } else if let Some(&first) = seen.get(name) {
                self.report(say::track_twice(entry.span, first, name));
            } else if priority.is_owner() && moves_priority(entry.value.effect) {
                self.is_owner_reported = true;
                if !self.is_owner_by_state() {
                    self.report(say::track_owner(entry.span, self.owner_at()));
                }
            } else {
                self.check_tracked_vmac(entry, vmac);
                seen.insert(name, entry.span);
                tracked.push(entry.value.clone());
            }
        }
        tracked
    }

    /// The router's own virtual MAC interface is down while it is a backup: taken by its word, it would never start.
    fn check_tracked_vmac(&mut self, entry: &Entry<TrackInterface>, vmac: Option<&Vmac>) {
        let Some(vmac) = vmac else { return };
        let vrid = self.settings.get(&instance::VIRTUAL_ROUTER_ID).map(|vrid| format!("vrrp.{}", vrid.value));
        if vmac.name.as_ref().or(vrid.as_ref()) == Some(&entry.value.interface) {
            self.out.push(say::track_virtual_mac(entry.span, &entry.value.interface));
        }
    }
}

/// The interfaces of a sync group, each once.
pub(super) fn of_group(group: &Settings, out: &mut Diagnostics) -> Vec<TrackInterface> {
    let mut seen = HashMap::new();
    let mut tracked = Vec::new();
    for entry in interfaces(group) {
        let name = entry.value.interface.as_str();
        match earlier(&mut seen, name, entry.span) {
            Some(first) => out.push(say::track_twice(entry.span, first, name)),
            None => tracked.push(entry.value.clone()),
        }
    }
    tracked
}

/// It is tracked without the entry anyway, and with `dont_track_primary` not even with it.
fn own_interface(entry: &Entry<TrackInterface>, untracked: Option<Span>) -> Diagnostic {
    if let Some(untracked) = untracked {
        let mut said = say::track_own_untracked(entry.span, untracked, &entry.value.interface);
        said.severity = Severity::Warning;
        said
    } else if moves_priority(entry.value.effect) {
        say::track_own_weight(entry.span, &entry.value.interface)
    } else {
        say::track_own(entry.span, &entry.value.interface)
    }
}

const fn moves_priority(effect: Effect) -> bool {
    match effect.kind {
        EffectKind::Fault => false,
        EffectKind::Weight(_) | EffectKind::Factor(_) => true,
    }
}
