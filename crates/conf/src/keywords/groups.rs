//! `vrrp_sync_group`, `track_group`, `garp_group`.

use super::{NOTIFY_BACKUP_ALSO, NOTIFY_MASTER_ALSO, announce};
use crate::entry::WrittenTracker;
use crate::keyword::{Block, List, Micros, Repeat, Row, Takes, rows, takes};
use crate::model::{Script, Switch, TrackInterface};

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::SyncGroup, name, takes)
}

const fn script(name: &'static str) -> Row<Script> {
    row(name, takes::SCRIPT).repeats(Repeat::First)
}

const fn garp<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::GarpGroup, name, takes)
}

rows! {
    /// The routers that change state together.
    GROUP: List<String> = row("group", takes::ROUTERS).repeats(Repeat::First).like("{\n A B\n}")
        .differs("a second list makes keepalived lose the whole group");
    /// Interfaces that every member tracks.
    TRACK_INTERFACE: List<TrackInterface> = row("track_interface", takes::INTERFACES);
    /// Scripts that every member tracks.
    TRACK_SCRIPT: List<WrittenTracker> = row("track_script", takes::SCRIPTS).like("{\n chk_haproxy\n}");
    /// Files that every member tracks.
    TRACK_FILE: List<WrittenTracker> = row("track_file", takes::FILES).like("{\n maintenance\n}");
    /// Processes that every member tracks.
    TRACK_PROCESS: List<WrittenTracker> = row("track_process", takes::PROCESSES).like("{\n haproxy\n}");
    /// BFD sessions that every member tracks.
    TRACK_BFD: List<WrittenTracker> = row("track_bfd", takes::SESSIONS);
    /// Run when the group becomes MASTER.
    NOTIFY_MASTER: Script = script("notify_master").also(NOTIFY_MASTER_ALSO);
    /// Run when the group becomes BACKUP.
    NOTIFY_BACKUP: Script = script("notify_backup").also(NOTIFY_BACKUP_ALSO);
    /// Run when the group goes to FAULT.
    NOTIFY_FAULT: Script = script("notify_fault");
    /// Run when the daemon stops.
    NOTIFY_STOP: Script = script("notify_stop");
    /// Run after every change, with four more arguments: GROUP, name, state, priority.
    NOTIFY: Script = script("notify");
    /// Pipes (`notify_fifo`) report changes of the priorities of members as well.
    NOTIFY_PRIORITY_CHANGES: Switch = row("notify_priority_changes", takes::SWITCH)
        .default("that of `vrrp_notify_priority_changes`");
    /// Old name of `sync_group_tracking_weight`.
    GLOBAL_TRACKING: () = row("global_tracking", takes::FLAG);
    /// Trackers of members may have weights that move priorities.
    SYNC_GROUP_TRACKING_WEIGHT: () = row("sync_group_tracking_weight", takes::FLAG).default("off");
    /// The routers that stop when a static route, rule or address of the group is lost.
    TRACKING: List<String> = Row::new(Block::TrackGroup, "group", takes::ROUTERS)
        .repeats(Repeat::First).like("{\n A\n}");
    /// Least time between two gratuitous ARPs on these interfaces together, but for the first of a takeover.
    GARP_INTERVAL: Micros = garp("garp_interval", announce::GAP);
    /// Least time between two unsolicited NAs on these interfaces together.
    GNA_INTERVAL: Micros = garp("gna_interval", announce::GAP);
    /// The interface whose announcements keep their distance.
    INTERFACE: String = garp("interface", takes::INTERFACE);
    /// Interfaces that share one distance.
    INTERFACES: List<String> = garp("interfaces", takes::NAMES).like("{\n eth0 eth1\n}");
}
