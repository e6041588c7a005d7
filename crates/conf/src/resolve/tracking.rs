//! Lists in which routers and groups name what they track, and how their entries find it (keepalived-config §2.15, §3.5).

use std::collections::HashSet;

use hashbrown::HashMap;
use vrrp::config::EffectKind;
use vrrp::types::Priority;

use super::trackers::{self as watched, Sessions};
use super::{Draft, earlier};
use crate::code::{Code, Severity};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::{Entry, WrittenTracker};
use crate::keyword::{Block, List, Row};
use crate::keywords::{groups, instance, trackers};
use crate::model::watch::{BfdSession, TrackFile, TrackProcess, TrackScript, TrackerKind, Watched};
use crate::model::{TrackInterface, Tracker, Vmac, Weight};
use crate::read::{Raw, RawBlock, Settings};
use crate::source::Span;
use crate::{say, suggest};

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
            } else if priority.is_owner() && entry.value.effect.kind != EffectKind::Fault {
                self.report_of_owner(|owner| say::track_owner(entry.span, owner));
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

/// What entries of tracking lists may name.
pub(super) struct Known<'a> {
    raw: &'a Raw,
    /// Of all blocks that say what is watched, but for those that were left out, which was reported there.
    weights: HashMap<(Block, &'a str), Weight>,
}

/// What is watched, without groups, and how entries find it.
pub(super) fn resolve<'a>(raw: &'a Raw, out: &mut Diagnostics) -> (Watched, Known<'a>) {
    let mut known = Known { raw, weights: HashMap::new() };
    let mut sessions = Sessions::default();
    let session = |raw: &RawBlock, out: &mut Diagnostics| sessions.read(raw, out);
    let watched = Watched {
        scripts: known.all(Block::Script, out, watched::script, |script: &TrackScript| script.weight),
        processes: known.all(Block::Process, out, watched::process, |process: &TrackProcess| process.weight),
        files: known.all(Block::File, out, watched::file, |file: &TrackFile| file.weight),
        sessions: known.all(Block::Bfd, out, session, |session: &BfdSession| session.weight),
        groups: Vec::new(),
    };
    (watched, known)
}

impl<'a> Known<'a> {
    fn all<T>(
        &mut self,
        block: Block,
        out: &mut Diagnostics,
        mut read: impl FnMut(&RawBlock, &mut Diagnostics) -> Option<T>,
        weight: impl Fn(&T) -> Weight,
    ) -> Vec<T> {
        let mut all = Vec::new();
        for raw in self.raw.blocks(block) {
            let Some(read) = read(raw, out) else { continue };
            self.weights.insert((block, &raw.name), weight(&read));
            all.push(read);
        }
        all
    }

    /// The trackers in the lists of `owner`, and where. Forward references count; keepalived drops them.
    pub(super) fn trackers(&self, owner: &RawBlock, out: &mut Diagnostics) -> Vec<(Tracker, Span)> {
        TrackerKind::ALL.into_iter().flat_map(|kind| self.list(owner, kind, out)).collect()
    }

    fn list(&self, owner: &RawBlock, kind: TrackerKind, out: &mut Diagnostics) -> Vec<(Tracker, Span)> {
        let mut seen = HashMap::new();
        let mut found = Vec::new();
        for entry in trackers(&owner.settings, kind) {
            let name = entry.value.name.as_str();
            match earlier(&mut seen, name, entry.span) {
                Some(first) => out.push(say::track_twice_tracker(entry.span, first, name)),
                None => found.extend(self.tracker(entry, owner, kind, out).map(|tracker| (tracker, entry.span))),
            }
        }
        found
    }

    fn tracker(
        &self,
        entry: &Entry<WrittenTracker>,
        owner: &RawBlock,
        kind: TrackerKind,
        out: &mut Diagnostics,
    ) -> Option<Tracker> {
        let WrittenTracker { name, number, sense } = &entry.value;
        let (block, ..) = of_kind(kind);
        let Some(definition) = self.raw.named(block, name) else {
            if !self.is_explained(block, name, out) {
                out.push(self.undefined(entry, block, out));
            }
            return None;
        };
        let weight = self.weights.get(&(block, name.as_str()));
        let Some(weight) = weight.filter(|_| !is_elsewhere(definition)) else {
            out.push(match weight {
                Some(_) => say::undefined_tracker_elsewhere(entry.span, definition.span, name),
                None => say::undefined_tracker_left_out(entry.span, definition.span, block.name(), name).mild(),
            });
            return None;
        };
        if definition.order > owner.order {
            // At the definition, for which it is one mistake, whatever tracks it.
            out.push(say::defined_later(definition.span, entry.span, name, block.name()));
        }
        let weight = Weight { number: number.unwrap_or(weight.number), sense: sense.unwrap_or(weight.sense) };
        Some(Tracker { kind, name: name.clone(), weight })
    }

    /// Whether the definition is there, but could not be read; that was reported.
    fn is_explained(&self, block: Block, name: &str, out: &Diagnostics) -> bool {
        let header = block.header();
        let glued = format!("`{header}_{name}`");
        let mut said = out.iter();
        self.raw.has_unreadable(block)
            || self.raw.misplaced.iter().any(|misplaced| misplaced == name)
            || said.any(|diagnostic| {
                let is_unnamed = diagnostic.message == say::unnamed_block(diagnostic.span(), header).message;
                let is_unknown = matches!(diagnostic.code, Code::UnknownBlock | Code::UnknownKeyword);
                is_unnamed || is_unknown && diagnostic.message.contains(&glued)
            })
    }

    fn undefined(&self, entry: &Entry<WrittenTracker>, block: Block, out: &Diagnostics) -> Diagnostic {
        let name = &entry.value.name;
        let ours = |name: &&str| self.raw.named(block, name).is_some_and(|found| !is_elsewhere(found));
        let names = self.weights.keys().filter(|(of, _)| *of == block).map(|&(_, name)| name).filter(ours);
        let content = || if block == Block::File { self.file_at(name) } else { None };
        let Some(near) = content().or_else(|| suggest::defined(names, self.weights.len(), name, out)) else {
            return say::undefined_tracker(entry.span, block.name(), name).help(self.how_to_define(block, name));
        };
        let defined = self.raw.named(block, near).map(|near| near.span);
        say::undefined_tracker_near(entry.span, defined, block.name(), name).did_you_mean(entry.span, Some(near))
    }

    /// The `track_file` of this path.
    fn file_at(&self, path: &str) -> Option<&str> {
        let mut files = self.raw.blocks(Block::File).iter().take(suggest::NAMES_TRIED);
        let file = files.find(|file| file.settings.value(&trackers::FILE) == Some(path))?;
        Some(file.name.as_str())
    }

    /// What to do so that `name` is tracked.
    fn how_to_define(&self, block: Block, name: &str) -> String {
        let other =
            TrackerKind::ALL.map(of_kind).into_iter().find(|(other, ..)| self.raw.named(*other, name).is_some());
        match other {
            Some((other, list, _)) => say::undefined_tracker_other(name, other.name(), list.name),
            None if name.contains(['/', ' ']) => say::undefined_tracker_name(block.header()),
            None => say::undefined_tracker_define(block.header(), name),
        }
    }

    /// Says of scripts and processes that nothing tracks them.
    pub(super) fn check_use(&self, out: &mut Diagnostics) {
        let raw = self.raw;
        // What is left out might have tracked them.
        let lost = [
            Code::UnnamedBlock,
            Code::DuplicateBlock,
            Code::UnknownBlock,
            Code::MissingBrace,
            Code::UndefinedTracker,
            Code::TrackEntry,
        ];
        if out.iter().any(|diagnostic| lost.contains(&diagnostic.code)) {
            return;
        }
        for kind in [TrackerKind::Script, TrackerKind::Process] {
            let (block, ..) = of_kind(kind);
            let owners = raw.blocks(Block::Instance).iter().chain(raw.blocks(Block::SyncGroup));
            let entries = owners.flat_map(|owner| trackers(&owner.settings, kind));
            let named: HashSet<&str> = entries.map(|entry| entry.value.name.as_str()).collect();
            for unused in raw.blocks(block).iter().filter(|it| !named.contains(it.name.as_str())) {
                if self.weights.contains_key(&(block, unused.name.as_str())) {
                    out.push(say::never_tracked(unused.span, &unused.name, kind.list()));
                }
            }
        }
    }
}

/// Whether only the load balancer is told of a session, so that it is not there for us.
fn is_elsewhere(session: &RawBlock) -> bool {
    let settings = &session.settings;
    settings.keyword(&trackers::VRRP).is_none() && settings.was_skipped(&trackers::CHECKER)
}

type Trackers = &'static Row<List<WrittenTracker>>;

/// What defines a thing of this kind, and the lists of routers and of groups that name it.
pub(crate) const fn of_kind(kind: TrackerKind) -> (Block, Trackers, Trackers) {
    match kind {
        TrackerKind::Script => (Block::Script, &instance::TRACK_SCRIPT, &groups::TRACK_SCRIPT),
        TrackerKind::File => (Block::File, &instance::TRACK_FILE, &groups::TRACK_FILE),
        TrackerKind::Process => (Block::Process, &instance::TRACK_PROCESS, &groups::TRACK_PROCESS),
        TrackerKind::Session => (Block::Bfd, &instance::TRACK_BFD, &groups::TRACK_BFD),
    }
}

/// What a router or a group tracks of this kind.
pub(super) fn trackers(owner: &Settings, kind: TrackerKind) -> impl Iterator<Item = &Entry<WrittenTracker>> {
    let (_, of_router, of_group) = of_kind(kind);
    owner.entries(of_router).chain(owner.entries(of_group))
}

/// Where a router or a group tracks it.
pub(super) fn tracker_at(owner: &Settings, kind: TrackerKind, name: &str) -> Option<Span> {
    trackers(owner, kind).find(|entry| entry.value.name == name).map(|entry| entry.span)
}

/// The interfaces that a router or a group tracks.
pub(crate) fn interfaces(owner: &Settings) -> impl Iterator<Item = &Entry<TrackInterface>> {
    owner.entries(&instance::TRACK_INTERFACE).chain(owner.entries(&groups::TRACK_INTERFACE))
}

/// Where a router or a group tracks it.
pub(super) fn interface_at(owner: &Settings, name: &str) -> Option<Span> {
    interfaces(owner).find(|entry| entry.value.interface == name).map(|entry| entry.span)
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
        let said = say::track_own_untracked(entry.span, untracked, &entry.value.interface);
        Diagnostic { severity: Severity::Warning, ..said }
    } else if entry.value.effect.kind != EffectKind::Fault {
        say::track_own_weight(entry.span, &entry.value.interface)
    } else {
        say::track_own(entry.span, &entry.value.interface)
    }
}
