//! `track_interface` (keepalived-config §3.5).

use std::collections::HashMap;

use vrrp::config::Effect;
use vrrp::types::Priority;

use super::{Draft, OwnerTold};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::entry::Entry;
use crate::keywords::instance;
use crate::model::TrackInterface;
use crate::source::Span;

impl Draft<'_> {
    pub(super) fn tracked(&mut self, own: &str, priority: Priority) -> Vec<TrackInterface> {
        let mut tracked = Vec::new();
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for entry in self.settings.interfaces(&instance::TRACK_INTERFACE) {
            let name = entry.value.interface.as_str();
            let dropped = if name == own {
                Some(own_interface(entry))
            } else if let Some(&first) = seen.get(name) {
                let what = format!("{name} is tracked already");
                Some(Diagnostic::new(Code::TrackTwice, entry.span, what).also(first, "the first").note("it counts"))
            } else if priority.is_owner() && moves_priority(entry.value.effect) {
                self.owner = OwnerTold::Yes;
                let what = "the priority of an owner (255) does not move";
                let diagnostic = self.also_owner(Diagnostic::new(Code::TrackOwner, entry.span, what));
                let diagnostic = diagnostic.note("the entry is left out, as in keepalived: the router runs untracked");
                Some(diagnostic.help("remove the weight, or use a priority below 255"))
            } else {
                None
            };
            match dropped {
                Some(diagnostic) => self.out.push(diagnostic),
                None => {
                    seen.insert(name, entry.span);
                    tracked.push(entry.value.clone());
                }
            }
        }
        tracked
    }
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
    match effect {
        Effect::FaultWhileDown | Effect::FaultWhileUp => false,
        Effect::Weight(_) | Effect::ReverseWeight(_) => true,
    }
}
