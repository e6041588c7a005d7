//! Sync groups: `vrrpSyncGroupTable` and `vrrpSyncGroupMemberTable`.

use conf::model::watch::SyncGroup;
use vrrp::event::{Causes, StateName};

use super::{below, number, runs_scripts, script};
use crate::control::picture::is_on;
use crate::snmp::scene::{Scene, keepalived_state};
use crate::snmp::view::{Column, Objects, Table, integer, one_if, text};

/// A row is the place of a group.
const COLUMNS: &[Column<usize>] = &[
    (2, |scene, it| text(&group(scene, *it).name)),
    (3, |scene, it| integer(state(scene, group(scene, *it)))),
    (4, |scene, it| one_if(is_on(group(scene, *it).mail))),
    (5, |scene, it| runs_scripts(&group(scene, *it).notify)),
    (6, |scene, it| script(group(scene, *it).notify.master.as_deref())),
    (7, |scene, it| script(group(scene, *it).notify.backup.as_deref())),
    (8, |scene, it| script(group(scene, *it).notify.fault.as_deref())),
    (9, |scene, it| script(group(scene, *it).notify.any.as_deref())),
    (10, |scene, it| one_if(is_on(group(scene, *it).tracking_weight))),
    (11, |scene, it| script(group(scene, *it).notify.stop.as_deref())),
];

/// A row is the place of a group, and that of a router in it.
const MEMBERS: &[Column<(usize, usize)>] = &[(2, |scene, (it, member)| text(&group(scene, *it).members[*member]))];

pub(super) fn tables(scene: &Scene) -> [Box<dyn Objects>; 2] {
    let groups = &scene.config.watched.groups;
    let rows = (0..groups.len()).map(|it| (vec![number(it)], it)).collect();
    let members = groups.iter().enumerate().flat_map(|(it, group)| {
        (0..group.members.len()).map(move |member| (vec![number(it), number(member)], (it, member)))
    });
    let members = Table::new(below(&[2, 2, 1]), MEMBERS, members.collect());
    [Box::new(Table::new(below(&[2, 1, 1]), COLUMNS, rows)), Box::new(members)]
}

pub(super) fn group(scene: &Scene, place: usize) -> &SyncGroup {
    &scene.config.watched.groups[place]
}

/// One whose routers do not run lacks something.
fn state(scene: &Scene, group: &SyncGroup) -> i32 {
    let mut groups = scene.snapshots.groups.iter();
    let snapshot = groups.find(|it| scene.directory.group(it.group) == group.name);
    snapshot
        .map_or(keepalived_state(StateName::Initialize, Causes::NONE), |it| keepalived_state(it.state, Causes::NONE))
}
