//! `vrrp_sync_group` (keepalived-config §2.12, §3.5).

use std::collections::HashSet;

use hashbrown::HashMap;

use super::lists::earlier;
use super::notify::scripts;
use super::watch::Known;
use super::{mail, track};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::entry::Entry;
use crate::keyword::{Block, Row};
use crate::keywords::{groups as rows, reports};
use crate::model::machine::TrackGroup;
use crate::model::watch::{SyncGroup, Tracked};
use crate::model::{Notify, Router, Script};
use crate::read::{Raw, RawBlock};
use crate::say;
use crate::source::Span;

/// The scripts of a group.
pub(crate) static SCRIPTS: [&Row<Script>; 5] =
    [&rows::NOTIFY_MASTER, &rows::NOTIFY_BACKUP, &rows::NOTIFY_FAULT, &rows::NOTIFY_STOP, &rows::NOTIFY];

/// The groups that have a router.
pub(super) fn resolve(raw: &Raw, known: &Known, out: &mut Diagnostics) -> Vec<SyncGroup> {
    let mut taken = HashMap::new();
    let groups = raw.blocks(Block::SyncGroup).iter();
    groups.filter_map(|group| sync_group(group, raw, &mut taken, known, out)).collect()
}

/// Forgets members that make no sense as routers, which was reported of them, and groups without any other.
pub(super) fn forget_lost(groups: &mut Vec<SyncGroup>, track_groups: &mut Vec<TrackGroup>, routers: &[Router]) {
    if groups.is_empty() && track_groups.is_empty() {
        return;
    }
    let names: HashSet<&str> = routers.iter().map(|router| router.name.as_str()).collect();
    let keep = |members: &mut Vec<String>| members.retain(|member| names.contains(member.as_str()));
    groups.iter_mut().for_each(|group| keep(&mut group.members));
    groups.retain(|group| !group.members.is_empty());
    track_groups.iter_mut().for_each(|group| keep(&mut group.members));
    track_groups.retain(|group| !group.members.is_empty());
}

fn sync_group(
    raw: &RawBlock,
    file: &Raw,
    taken: &mut HashMap<String, Span>,
    known: &Known,
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
    let interfaces = track::of_group(settings, out);
    let named = known.trackers(raw, out).into_iter().map(|(tracker, _)| tracker).collect();
    Some(SyncGroup {
        name: raw.name.clone(),
        members,
        tracked: Tracked { interfaces, named },
        notify: Notify { master, backup, fault, stop, any, ..Notify::default() },
        mail: mail::wanted(settings, &reports::OF_GROUP, &file.global),
        tracking_weight: settings.any_flag(&[&rows::SYNC_GROUP_TRACKING_WEIGHT, &rows::GLOBAL_TRACKING]),
    })
}

fn report_empty(raw: &RawBlock, file: &Raw, out: &mut Diagnostics) {
    let mut stray = None;
    for (_, span) in raw.settings.unknown().filter(|(word, _)| file.named(Block::Instance, word).is_some()) {
        out.take_back(span, |code| code == Code::UnknownKeyword);
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
        let name = &entry.value;
        if file.named(Block::Instance, name).is_none() {
            report_unknown(file, Code::GroupMember, entry, out);
        } else if let Some(first) = earlier(taken, name.clone(), entry.span) {
            out.push(say::group_member_taken(entry.span, first, name));
        } else {
            members.push(name.clone());
        }
    }
    members
}

/// Names that a message lists.
const NAMES_TOLD: usize = 10;

/// Says that there is no router of the name that a group lists; not if one is there whose header could not be read.
pub(super) fn report_unknown(raw: &Raw, code: Code, entry: &Entry<String>, out: &mut Diagnostics) {
    if !raw.has_unreadable(Block::Instance) {
        let unknown = say::group_member_unknown(entry.span, &entry.value, there_are(raw));
        out.push(Diagnostic { code, severity: code.severity(), ..unknown });
    }
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
