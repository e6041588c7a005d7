//! `track_interface` (keepalived-config §3.5).

use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;

use vrrp::config::{Effect, EffectKind};
use vrrp::types::Priority;

use super::{Draft, OwnerReported};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::Entry;
use crate::keywords::{groups, instance};
use crate::model::{TrackInterface, Vmac};
use crate::read::Settings;
use crate::source::Span;

impl Draft<'_> {
    pub(super) fn tracked(&mut self, own: &str, priority: Priority, vmac: Option<&Vmac>) -> Vec<TrackInterface> {
        let mut tracked = Vec::new();
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for entry in self.settings.entries(&instance::TRACK_INTERFACE) {
            let name = entry.value.interface.as_str();
            let dropped = if name == own {
                Some(own_interface(entry))
            } else if let Some(&first) = seen.get(name) {
                Some(tracked_already(entry, first))
            } else if priority.is_owner() && moves_priority(entry.value.effect) {
                self.owner = OwnerReported::Yes;
                let what = "the priority of an owner (255) does not move";
                let diagnostic = self.also_owner(Diagnostic::new(Code::TrackOwner, entry.span, what));
                let diagnostic = diagnostic.note("the entry is left out, as in keepalived: the router runs untracked");
                Some(diagnostic.help("remove the weight, or use a priority below 255"))
            } else {
                None
            };
            match dropped {
                Some(diagnostic) if diagnostic.code == Code::TrackOwner && self.is_owner_by_state() => {}
                Some(diagnostic) => self.out.push(diagnostic),
                None => {
                    self.check_tracked_vmac(entry, vmac);
                    seen.insert(name, entry.span);
                    tracked.push(entry.value.clone());
                }
            }
        }
        tracked
    }

    /// The router's own virtual MAC interface is down while it is a backup: taken by its word, it would never start.
    fn check_tracked_vmac(&mut self, entry: &Entry<TrackInterface>, vmac: Option<&Vmac>) {
        let Some(vmac) = vmac else { return };
        let vrid = self.settings.get(&instance::VIRTUAL_ROUTER_ID).map(|vrid| format!("vrrp.{}", vrid.value));
        if vmac.name.as_ref().or(vrid.as_ref()) != Some(&entry.value.interface) {
            return;
        }
        let what = format!("{} is the router's own virtual MAC interface", entry.value.interface);
        let note = "it is down while the router is a backup; what counts is whether its parent is up";
        let diagnostic = Diagnostic::new(Code::TrackVirtualMac, entry.span, what).note(note);
        self.out.push(diagnostic.help("remove the entry: the parent is tracked anyway"));
    }
}

/// The interfaces of a sync group, each once.
pub(super) fn of_group(group: &Settings, out: &mut Diagnostics) -> Vec<TrackInterface> {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    let mut tracked = Vec::new();
    for entry in group.entries(&groups::TRACK_INTERFACE) {
        match seen.entry(&entry.value.interface) {
            MapEntry::Occupied(first) => out.push(tracked_already(entry, *first.get())),
            MapEntry::Vacant(place) => {
                place.insert(entry.span);
                tracked.push(entry.value.clone());
            }
        }
    }
    tracked
}

fn tracked_already(entry: &Entry<TrackInterface>, first: Span) -> Diagnostic {
    let what = format!("{} is tracked already", entry.value.interface);
    Diagnostic::new(Code::TrackTwice, entry.span, what).also(first, "the first").note("the first counts")
}

fn own_interface(entry: &Entry<TrackInterface>) -> Diagnostic {
    let what = format!("{} is the router's own interface", entry.value.interface);
    if moves_priority(entry.value.effect) {
        let diagnostic = Diagnostic::new(Code::TrackOwnWeight, entry.span, what);
        let note = "the weight has no effect: without its own interface the router stops";
        return diagnostic.note(note).help("remove the entry");
    }
    let diagnostic = Diagnostic::new(Code::TrackOwn, entry.span, what);
    let note = "it is tracked anyway, unless `dont_track_primary` is set; the entry changes nothing";
    diagnostic.note(note).help("remove the entry")
}

const fn moves_priority(effect: Effect) -> bool {
    match effect.kind {
        EffectKind::Fault => false,
        EffectKind::Weight(_) | EffectKind::Factor(_) => true,
    }
}
