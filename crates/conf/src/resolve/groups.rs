//! `vrrp_sync_group` (keepalived-config §2.12, §3.5): its members, and what it means for their states and weights.

use std::collections::HashSet;

use hashbrown::HashMap;
use vrrp::config::EffectKind;

use super::notify::{scripts, wants_mail};
use super::tracking::{self, Known, interface_at, interfaces, tracker_at, trackers};
use super::weights::{Fate, take_weight};
use super::{Made, earlier};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::Entry;
use crate::keyword::{Block, Row};
use crate::keywords::{groups as rows, instance, reports};
use crate::model::machine::TrackGroup;
use crate::model::watch::{SyncGroup, Tracked, TrackerKind};
use crate::model::{Notify, Script, State, Switch};
use crate::read::{Raw, RawBlock};
use crate::say;
use crate::source::Span;
use crate::suggest;

/// The scripts of a group.
pub(crate) static SCRIPTS: [&Row<Script>; 5] =
    [&rows::NOTIFY_MASTER, &rows::NOTIFY_BACKUP, &rows::NOTIFY_FAULT, &rows::NOTIFY_STOP, &rows::NOTIFY];

/// The groups that have a router.
pub(super) fn resolve(raw: &Raw, known: &Known<'_>, out: &mut Diagnostics) -> Vec<SyncGroup> {
    let mut taken = HashMap::new();
    let groups = raw.blocks(Block::SyncGroup).iter();
    groups.filter_map(|group| sync_group(group, raw, &mut taken, known, out)).collect()
}

/// Forgets members that make no sense as routers, which was reported of them, and groups without any other.
pub(super) fn forget_lost(groups: &mut Vec<SyncGroup>, track_groups: &mut Vec<TrackGroup>, routers: &[Made<'_>]) {
    if groups.is_empty() && track_groups.is_empty() {
        return;
    }
    let names: HashSet<&str> = routers.iter().map(|made| made.router.name.as_str()).collect();
    let has_any = |members: &mut Vec<String>| {
        members.retain(|member| names.contains(member.as_str()));
        !members.is_empty()
    };
    groups.retain_mut(|group| has_any(&mut group.members));
    track_groups.retain_mut(|group| has_any(&mut group.members));
}

fn sync_group(
    raw: &RawBlock,
    file: &Raw,
    taken: &mut HashMap<String, Span>,
    known: &Known<'_>,
    out: &mut Diagnostics,
) -> Option<SyncGroup> {
    let members = members(raw, file, taken, out);
    match members.as_slice() {
        // Of names that are none it was said, as of a list that could not be read.
        [] if raw.settings.entries(&rows::GROUP).next().is_some() || raw.settings.is_bad(&rows::GROUP) => {
            return None;
        }
        [] => {
            report_empty(raw, file, out);
            return None;
        }
        [_] if raw.settings.entries(&rows::GROUP).count() == 1 => {
            out.push(say::group_of_one(raw.span, &raw.name));
        }
        _ => {}
    }
    let settings = &raw.settings;
    let [master, backup, fault, stop, any] = scripts(settings, SCRIPTS);
    let interfaces = tracking::of_group(settings, out);
    let named = known.trackers(raw, out).into_iter().map(|(tracker, _)| tracker).collect();
    Some(SyncGroup {
        name: raw.name.clone(),
        members,
        tracked: Tracked { interfaces, named },
        notify: Notify { master, backup, fault, stop, any, ..Notify::default() },
        mail: wants_mail(settings, &reports::OF_GROUP, &file.global),
        tracking_weight: settings.any_flag(&[&rows::SYNC_GROUP_TRACKING_WEIGHT, &rows::GLOBAL_TRACKING]),
    })
}

fn report_empty(raw: &RawBlock, file: &Raw, out: &mut Diagnostics) {
    let mut stray = None;
    for (_, span) in raw.settings.unknown().filter(|(word, _)| file.named(Block::Instance, word).is_some()) {
        out.take_back_at(span, &[Code::UnknownKeyword]);
        stray = stray.or(Some(span));
    }
    out.push(match stray {
        Some(first) => say::group_empty_stray(first, raw.span, &raw.name),
        None => say::group_empty(raw.span, &raw.name),
    });
}

/// The members that there are and that no earlier group has.
fn members(raw: &RawBlock, file: &Raw, taken: &mut HashMap<String, Span>, out: &mut Diagnostics) -> Vec<String> {
    let mut members = Vec::new();
    for entry in raw.settings.entries(&rows::GROUP) {
        if is_router(entry, Code::GroupMember, file, out) {
            match earlier(taken, entry.value.clone(), entry.span) {
                Some(first) => out.push(say::group_member_taken(entry.span, first, &entry.value)),
                None => members.push(entry.value.clone()),
            }
        }
    }
    members
}

/// Names that a message lists.
const NAMES_TOLD: usize = 10;

/// Whether there is a router of the name that a group lists. That there is none is said, unless one is there whose header
/// could not be read.
pub(super) fn is_router(entry: &Entry<String>, code: Code, raw: &Raw, out: &mut Diagnostics) -> bool {
    let is_there = raw.named(Block::Instance, &entry.value).is_some();
    if !is_there && !raw.has_unreadable(Block::Instance) {
        let unknown = say::group_member_unknown(entry.span, &entry.value, there_are(raw));
        let bare = entry.value.trim_end_matches([',', ';']);
        let mut routers = raw.blocks(Block::Instance).iter().take(suggest::NAMES_TRIED);
        let meant = routers.find(|router| router.name.eq_ignore_ascii_case(bare));
        let unknown = unknown.did_you_mean(entry.span, meant.map(|router| router.name.as_str()));
        out.push(Diagnostic { code, severity: code.severity(), ..unknown });
    }
    is_there
}

/// The first of them.
fn there_are(raw: &Raw) -> String {
    let routers = raw.blocks(Block::Instance);
    let told: Vec<&str> = routers.iter().take(NAMES_TOLD).map(|router| router.name.as_str()).collect();
    let told = told.join(", ");
    match routers.len().saturating_sub(NAMES_TOLD) {
        0 if routers.is_empty() => say::group_member_none(),
        0 => say::group_member_all(told),
        more => say::group_member_some(told, more),
    }
}

/// Makes the routers of groups start, track and tell their priorities as their groups say.
pub(super) fn apply(raw: &Raw, groups: &mut [SyncGroup], routers: &mut [Made<'_>], out: &mut Diagnostics) {
    if groups.is_empty() {
        return;
    }
    let mut routers: HashMap<&str, &mut Made<'_>> =
        routers.iter_mut().map(|made| (made.raw.name.as_str(), made)).collect();
    for group in groups {
        let members = group.members.iter().filter_map(|name| routers.remove(name.as_str())).collect();
        if let Some(header) = raw.named(Block::SyncGroup, &group.name) {
            Company { raw: header, group, members, out }.resolve();
        }
    }
}

/// A group and its routers.
struct Company<'a, 'b> {
    raw: &'a RawBlock,
    group: &'a mut SyncGroup,
    members: Vec<&'a mut Made<'b>>,
    out: &'a mut Diagnostics,
}

impl Company<'_, '_> {
    fn resolve(mut self) {
        self.priority_changes();
        self.states();
        self.own_weights();
        self.tracked_twice();
        if self.group.tracking_weight == Switch::Off {
            self.weights();
        }
    }

    /// Whether pipes are told changes of priority: what the router says comes first, `global_defs` last.
    fn priority_changes(&mut self) {
        let Some(said) = self.raw.settings.value(&rows::NOTIFY_PRIORITY_CHANGES) else { return };
        for Made { raw, router, .. } in self.members.iter_mut() {
            router.priority_changes = raw.settings.value(&instance::NOTIFY_PRIORITY_CHANGES).unwrap_or(said);
        }
    }

    /// §3.5 rules 6 and 7: a group starts as MASTER only if all its routers are owners.
    fn states(&mut self) {
        let starts = |member: &&&mut Made<'_>| member.router.state == State::Master;
        let Some(master) = self.members.iter().find(starts) else { return };
        let all = self.members.iter().all(|member| starts(&member) && member.router.parameters.priority.is_owner());
        if all || self.members.len() < 2 {
            return;
        }
        let state = |member: &Made<'_>| member.raw.settings.argument(&instance::STATE).unwrap_or(member.raw.span);
        let other = self.members.iter().find(|member| member.router.state == State::Backup);
        self.out.push(match other.filter(|_| master.router.parameters.priority.is_owner()) {
            Some(backup) => say::group_states_backup(state(backup), state(master), &self.group.name),
            None => say::group_states(state(master), self.raw.span, &self.group.name),
        });
        self.members.iter_mut().for_each(|member| member.router.state = State::Backup);
    }

    /// §3.5 rule 12.
    fn own_weights(&mut self) {
        let Some(owner) = self.members.iter().find(|member| member.router.parameters.priority.is_owner()) else {
            return;
        };
        let owner = owner.raw.settings.argument(&instance::PRIORITY).unwrap_or(owner.raw.span);
        let Tracked { interfaces, named } = &mut self.group.tracked;
        let mut names: Vec<String> = Vec::new();
        for interface in interfaces.iter_mut() {
            if std::mem::replace(&mut interface.effect.kind, EffectKind::Fault) != EffectKind::Fault {
                names.push(interface.interface.clone());
            }
        }
        for tracker in named {
            if std::mem::take(&mut tracker.weight.number) != 0 {
                names.push(tracker.name.clone());
            }
        }
        let Some(first) = names.first() else { return };
        let span = self.group_entry(first);
        self.out.push(say::group_weight_owner(span, owner, &self.group.name, names.join(", ")));
    }

    /// Where the group tracks `name`.
    fn group_entry(&self, name: &str) -> Span {
        let settings = &self.raw.settings;
        let other = || TrackerKind::ALL.into_iter().find_map(|kind| tracker_at(settings, kind, name));
        interface_at(settings, name).or_else(other).unwrap_or(self.raw.span)
    }

    /// §3.5 rule 13: one message a router.
    fn tracked_twice(&mut self) {
        for member in &self.members {
            let Some((name, span)) = self.shared(member) else { continue };
            let of_group = self.group_entry(name);
            self.out.push(say::group_tracks_too(span, of_group, &self.group.name, name, &member.router.name));
        }
    }

    /// What both track.
    fn shared<'m>(&self, member: &'m Made<'_>) -> Option<(&'m str, Span)> {
        let (settings, group) = (&member.raw.settings, &self.raw.settings);
        let tracker = TrackerKind::ALL.into_iter().find_map(|kind| {
            trackers(settings, kind).find(|entry| tracker_at(group, kind, &entry.value.name).is_some())
        });
        let interface = interfaces(settings).find(|entry| interface_at(group, &entry.value.interface).is_some());
        let interface = interface.map(|entry| (entry.value.interface.as_str(), entry.span));
        tracker.map(|entry| (entry.value.name.as_str(), entry.span)).or(interface)
    }

    /// §3.5 rules 8 to 11.
    fn weights(&mut self) {
        for Made { raw, router, .. } in self.members.iter_mut() {
            let mut report = |fate, span: Option<Span>| {
                let span = span.unwrap_or(raw.span);
                self.out.push(match fate {
                    Fate::Dropped => say::group_weight(span, self.raw.span, &router.name),
                    Fate::Zero => say::group_weight_zero(span, self.raw.span, &router.name),
                    Fate::Stays => say::group_weight_process(span, self.raw.span, &router.name),
                });
            };
            for tracked in &mut router.track_interfaces {
                if std::mem::replace(&mut tracked.effect.kind, EffectKind::Fault) != EffectKind::Fault {
                    report(Fate::Zero, interface_at(&raw.settings, &tracked.interface));
                }
            }
            router.tracked.named.retain_mut(|tracker| {
                let Some(fate) = take_weight(tracker) else { return true };
                report(fate, tracker_at(&raw.settings, tracker.kind, &tracker.name));
                fate != Fate::Dropped
            });
        }
    }
}
