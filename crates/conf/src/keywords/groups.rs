//! `vrrp_sync_group`, `track_group`, `garp_group`.

use crate::entry::WrittenTracker;
use crate::keyword::{Block, List, Micros, Repeat, Row, Takes, TimeRange, rows, takes};
use crate::model::{Script, Switch, TrackInterface};

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::SyncGroup, name, takes)
}

const fn list<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    row(name, takes).repeats(Repeat::All)
}

const fn script(name: &'static str) -> Row<Script> {
    row(name, takes::SCRIPT).repeats(Repeat::First)
}

/// Time between two announcements.
const GAP: Takes<Micros> = takes::seconds(TimeRange { min_micros: 0, max_micros: 4_294_970_000 });

const fn garp<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::GarpGroup, name, takes)
}

rows! {
    GROUP: List<String> = row("group", takes::NAMES)
        .help("The routers that change state together.")
        .repeats(Repeat::First)
        .differs("a second list makes keepalived lose the whole group")
        .like("group {\n A B\n}");
    TRACK_INTERFACE: List<TrackInterface> = list("track_interface", takes::INTERFACES).help("Interfaces that every member tracks.");
    TRACK_SCRIPT: List<WrittenTracker> = list("track_script", takes::SCRIPTS)
        .help("Scripts that every member tracks.")
        .like("track_script {\n chk_haproxy\n}");
    TRACK_FILE: List<WrittenTracker> = list("track_file", takes::FILES).help("Files that every member tracks.").like("track_file {\n maintenance\n}");
    TRACK_PROCESS: List<WrittenTracker> = list("track_process", takes::PROCESSES)
        .help("Processes that every member tracks.")
        .like("track_process {\n haproxy\n}");
    TRACK_BFD: List<WrittenTracker> = list("track_bfd", takes::SESSIONS).help("BFD sessions that every member tracks.");
    NOTIFY_MASTER: Script = script("notify_master").help("Run when the group becomes MASTER.");
    NOTIFY_BACKUP: Script = script("notify_backup").help("Run when the group becomes BACKUP.");
    NOTIFY_FAULT: Script = script("notify_fault").help("Run when the group goes to FAULT.");
    NOTIFY_STOP: Script = script("notify_stop").help("Run when the daemon stops.");
    NOTIFY: Script = script("notify").help("Run after every change, with four more arguments: GROUP, name, state, priority.");
    NOTIFY_PRIORITY_CHANGES: Switch = row("notify_priority_changes", takes::SWITCH)
        .help("Pipes (`notify_fifo`) report changes of the priorities of members as well.")
        .default("that of `vrrp_notify_priority_changes`");
    GLOBAL_TRACKING: () = row("global_tracking", takes::FLAG).help("Old name of `sync_group_tracking_weight`.");
    SYNC_GROUP_TRACKING_WEIGHT: () = row("sync_group_tracking_weight", takes::FLAG)
        .help("Trackers of members may have weights that move priorities.")
        .default("off");
    TRACKING: List<String> = Row::new(Block::TrackGroup, "group", takes::NAMES)
        .help("The routers that stop when a static route, rule or address of the group is lost.")
        .repeats(Repeat::First)
        .like("group {\n A\n}");
    GARP_INTERVAL: Micros = garp("garp_interval", GAP)
        .help("Least time between two gratuitous ARPs on these interfaces together, but for the first of a takeover.");
    GNA_INTERVAL: Micros = garp("gna_interval", GAP).help("Least time between two unsolicited NAs on these interfaces together.");
    INTERFACE: String = garp("interface", takes::INTERFACE).help("The interface whose announcements keep their distance.");
    INTERFACES: List<String> = garp("interfaces", takes::NAMES)
        .help("Interfaces that share one distance.")
        .repeats(Repeat::All)
        .like("interfaces {\n eth0 eth1\n}");
}
