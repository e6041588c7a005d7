//! `vrrp_sync_group`, `track_group`, `garp_group`.

use crate::keyword::{Block, Entries, Form, KeywordDef, Repeat, TimeRange};

const fn row(name: &'static str, form: Form) -> KeywordDef {
    KeywordDef::new(Block::SyncGroup, name, form)
}

const fn list(name: &'static str, entries: Entries) -> KeywordDef {
    row(name, Form::Entries(entries)).repeats(Repeat::All)
}

const fn script(name: &'static str) -> KeywordDef {
    row(name, Form::Script).repeats(Repeat::First)
}

pub(crate) const GROUP: KeywordDef = row("group", Form::Entries(Entries::Names))
    .help("The routers that change state together.")
    .repeats(Repeat::First)
    .differs("a second list makes keepalived lose the whole group")
    .like("group {\n A B\n}");
pub(crate) const TRACK_INTERFACE: KeywordDef =
    list("track_interface", Entries::Interfaces).help("Interfaces that every member tracks.");
pub(crate) const TRACK_SCRIPT: KeywordDef = list("track_script", Entries::Scripts)
    .help("Scripts that every member tracks.")
    .like("track_script {\n chk_haproxy\n}");
pub(crate) const TRACK_FILE: KeywordDef =
    list("track_file", Entries::Files).help("Files that every member tracks.").like("track_file {\n maintenance\n}");
pub(crate) const TRACK_PROCESS: KeywordDef = list("track_process", Entries::Processes)
    .help("Processes that every member tracks.")
    .like("track_process {\n haproxy\n}");
pub(crate) const TRACK_BFD: KeywordDef =
    list("track_bfd", Entries::Sessions).help("BFD sessions that every member tracks.");
pub(crate) const NOTIFY_MASTER: KeywordDef = script("notify_master").help("Run when the group becomes MASTER.");
pub(crate) const NOTIFY_BACKUP: KeywordDef = script("notify_backup").help("Run when the group becomes BACKUP.");
pub(crate) const NOTIFY_FAULT: KeywordDef = script("notify_fault").help("Run when the group goes to FAULT.");
pub(crate) const NOTIFY_STOP: KeywordDef = script("notify_stop").help("Run when the daemon stops.");
pub(crate) const NOTIFY: KeywordDef =
    script("notify").help("Run after every change, with four more arguments: GROUP, name, state, priority.");
pub(crate) const NOTIFY_PRIORITY_CHANGES: KeywordDef = row("notify_priority_changes", Form::Switch)
    .help("Pipes (`notify_fifo`) are told changes of the priorities of members as well.")
    .default("that of `vrrp_notify_priority_changes`");
pub(crate) const SYNC_GROUP_TRACKING_WEIGHT: KeywordDef = row("sync_group_tracking_weight", Form::Flag)
    .help("Trackers of members may have weights that move priorities.")
    .default("off");

/// Time between two announcements.
const GAP: Form = Form::Time(TimeRange { min_micros: 0, max_micros: 4_294_970_000 });

const fn garp(name: &'static str, form: Form) -> KeywordDef {
    KeywordDef::new(Block::GarpGroup, name, form)
}

pub(crate) const GLOBAL_TRACKING: KeywordDef =
    row("global_tracking", Form::Flag).help("Old name of `sync_group_tracking_weight`.");

pub(crate) const TRACKING: KeywordDef = KeywordDef::new(Block::TrackGroup, "group", Form::Entries(Entries::Names))
    .help("The routers that stop when a static route, rule or address of the group is lost.")
    .repeats(Repeat::First)
    .like("group {\n A\n}");
pub(crate) const GARP_INTERVAL: KeywordDef = garp("garp_interval", GAP)
    .help("Least time between two gratuitous ARPs on these interfaces together, but for the first of a takeover.");
pub(crate) const GNA_INTERVAL: KeywordDef =
    garp("gna_interval", GAP).help("Least time between two unsolicited NAs on these interfaces together.");
pub(crate) const INTERFACE: KeywordDef =
    garp("interface", Form::Interface).help("The interface whose announcements keep their distance.");
pub(crate) const INTERFACES: KeywordDef = garp("interfaces", Form::Entries(Entries::Names))
    .help("Interfaces that share one distance.")
    .repeats(Repeat::All)
    .like("interfaces {\n eth0 eth1\n}");

pub(crate) static ROWS: &[KeywordDef] = &[
    GROUP,
    TRACK_INTERFACE,
    TRACK_SCRIPT,
    TRACK_FILE,
    TRACK_PROCESS,
    TRACK_BFD,
    NOTIFY_MASTER,
    NOTIFY_BACKUP,
    NOTIFY_FAULT,
    NOTIFY_STOP,
    NOTIFY,
    NOTIFY_PRIORITY_CHANGES,
    GLOBAL_TRACKING,
    SYNC_GROUP_TRACKING_WEIGHT,
    TRACKING,
    GARP_INTERVAL,
    GNA_INTERVAL,
    INTERFACE,
    INTERFACES,
];
