//! `vrrp_sync_group` (keepalived-config §2.12, §3.5).

use std::collections::{HashMap, HashSet};

use super::notify::scripts;
use super::watch::Known;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::Block;
use crate::keywords::groups as rows;
use crate::model::machine::TrackGroup;
use crate::model::watch::{SyncGroup, Tracked};
use crate::model::{Notify, Router, Switch};
use crate::read::{Raw, RawBlock};
use crate::source::Span;

/// The groups that have a router.
pub(super) fn resolve(raw: &Raw, known: &Known, out: &mut Diagnostics) -> Vec<SyncGroup> {
    let routers: HashMap<&str, Span> =
        raw.blocks(Block::Instance).iter().map(|router| (router.name.as_str(), router.span)).collect();
    let mut taken: HashMap<String, Span> = HashMap::new();
    let groups = raw.blocks(Block::SyncGroup).iter();
    groups.filter_map(|group| sync_group(group, &routers, &mut taken, known, out)).collect()
}

/// Forgets members that make no sense as routers, which was reported of them, and groups without any other.
pub(super) fn forget_lost<'a>(
    groups: &mut Vec<SyncGroup>,
    track_groups: &mut Vec<TrackGroup>,
    routers: impl Iterator<Item = &'a Router>,
) {
    let names: HashSet<&str> = routers.map(|router| router.name.as_str()).collect();
    let keep = |members: &mut Vec<String>| members.retain(|member| names.contains(member.as_str()));
    groups.iter_mut().for_each(|group| keep(&mut group.members));
    groups.retain(|group| !group.members.is_empty());
    track_groups.iter_mut().for_each(|group| keep(&mut group.members));
    track_groups.retain(|group| !group.members.is_empty());
}

fn sync_group(
    raw: &RawBlock,
    routers: &HashMap<&str, Span>,
    taken: &mut HashMap<String, Span>,
    known: &Known,
    out: &mut Diagnostics,
) -> Option<SyncGroup> {
    let members = members(raw, routers, taken, out);
    match members.as_slice() {
        [] => {
            let what = format!("the sync group {} has no router", raw.name);
            out.push(Diagnostic::new(Code::GroupEmpty, raw.span, what).note("it is left out, as in keepalived"));
            return None;
        }
        [_] => {
            let what = format!("the sync group {} has one router", raw.name);
            out.push(Diagnostic::new(Code::GroupOfOne, raw.span, what).note("the group does nothing"));
        }
        _ => {}
    }
    let settings = &raw.settings;
    let [master, backup, fault, stop, any] = scripts(
        settings,
        [&rows::NOTIFY_MASTER, &rows::NOTIFY_BACKUP, &rows::NOTIFY_FAULT, &rows::NOTIFY_STOP, &rows::NOTIFY],
    );
    Some(SyncGroup {
        name: raw.name.clone(),
        members,
        tracked: Tracked {
            interfaces: settings.interfaces(&rows::TRACK_INTERFACE).map(|entry| entry.value.clone()).collect(),
            scripts: known.trackers(raw, &rows::TRACK_SCRIPT, Block::Script, out),
            files: known.trackers(raw, &rows::TRACK_FILE, Block::File, out),
            processes: known.trackers(raw, &rows::TRACK_PROCESS, Block::Process, out),
            sessions: known.trackers(raw, &rows::TRACK_BFD, Block::Bfd, out),
        },
        notify: Notify { master, backup, fault, stop, any },
        tracking_weight: match settings.keyword(&rows::SYNC_GROUP_TRACKING_WEIGHT) {
            Some(_) => Switch::On,
            None => Switch::Off,
        },
    })
}

/// The members that there are and that no earlier group has.
fn members(
    raw: &RawBlock,
    routers: &HashMap<&str, Span>,
    taken: &mut HashMap<String, Span>,
    out: &mut Diagnostics,
) -> Vec<String> {
    let mut members = Vec::new();
    for entry in raw.settings.names(&rows::GROUP) {
        let name = &entry.value;
        if !routers.contains_key(name.as_str()) {
            let mut names: Vec<&str> = routers.keys().copied().collect();
            names.sort_unstable();
            let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let what = format!("there is no router `{name}`");
            let diagnostic = Diagnostic::new(Code::GroupMember, entry.span, what);
            out.push(diagnostic.note(format!("the group goes without it; there are: {there}")));
        } else if let Some(&first) = taken.get(name) {
            let what = format!("`{name}` is in a group already");
            let diagnostic = Diagnostic::new(Code::GroupMember, entry.span, what).also(first, "here");
            out.push(diagnostic.note("the first counts, as in keepalived"));
        } else {
            taken.insert(name.clone(), entry.span);
            members.push(name.clone());
        }
    }
    members
}
