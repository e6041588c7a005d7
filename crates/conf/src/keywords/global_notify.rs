//! `global_defs { }`: scripts of the daemon itself, and pipes that are told what happens.

use super::PIPE;
use crate::keyword::{Block, Repeat, Row, Takes, Words, number, rows, takes};
use crate::model::{Script, Switch};

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Global, name, takes)
}

const fn script(name: &'static str) -> Row<Script> {
    row(name, takes::SCRIPT).repeats(Repeat::First)
}

const fn script_timeout(name: &'static str) -> Row<u32> {
    row(name, number(1, 1000).of("seconds").form()).default("10")
}

const fn pipe(name: &'static str) -> Row<Words> {
    row(name, PIPE).repeats(Repeat::First)
}

const fn reader(name: &'static str) -> Row<Script> {
    script(name).differs(
        "at a stop it gets all lines before SIGTERM, keepalived sends that first; in both a reload starts it anew, and \
         one that ends by itself stays ended until then",
    )
}

rows! {
    /// Run once before routers start, which wait until it has ended, however it ends; interfaces that it makes are
    /// there for them.
    STARTUP_SCRIPT: Script = script("startup_script");
    /// Time after which `startup_script` is ended.
    STARTUP_SCRIPT_TIMEOUT: u32 = script_timeout("startup_script_timeout");
    /// Run once after all routers have stopped; the daemon ends after it. It is that of the newest configuration.
    SHUTDOWN_SCRIPT: Script = script("shutdown_script");
    /// Time after which `shutdown_script` is ended.
    SHUTDOWN_SCRIPT_TIMEOUT: u32 = script_timeout("shutdown_script_timeout");
    /// Scripts have all groups of their user, not only the one that they run with.
    SET_SUPPLEMENTARY_GROUPS: Switch = row("set_supplementary_groups", takes::SWITCH)
        .since("2.2.8 or later").default("off");
    /// Named pipe to which a line is written for every event: `INSTANCE "NAME" STATE PRIORITY`, or `GROUP` with the
    /// priority 0. STATE is that of `notify`, or MASTER_RX_LOWER_PRI, and with `vrrp_notify_priority_changes`
    /// MASTER_PRIORITY and BACKUP_PRIORITY. The pipe is made if it is missing (mode 600, of USER, else of
    /// `script_user`), and then taken away at the end. Nobody waits for a reader: lines for which the pipe has no room
    /// are lost, which `tanist status` counts. Of several readers each gets a part of the lines.
    NOTIFY_FIFO: Words = pipe("notify_fifo").like("/run/vrrp.fifo")
        .differs("a reload leaves the pipe where it is, unless its path or owner changes, so that no line is lost; \
                  only a pipe that belongs to the daemon's user or USER is used, keepalived before 2.3.0 writes to any \
                  file");
    /// A program that runs all the time and reads `notify_fifo`, whose path is its last argument.
    NOTIFY_FIFO_SCRIPT: Script = reader("notify_fifo_script");
    /// As `notify_fifo`, for the events of VRRP only, which in tanist are all.
    VRRP_NOTIFY_FIFO: Words = pipe("vrrp_notify_fifo").like("/run/vrrp.fifo");
    /// A program that runs all the time and reads `vrrp_notify_fifo`, whose path is its last argument.
    VRRP_NOTIFY_FIFO_SCRIPT: Script = reader("vrrp_notify_fifo_script");
    /// Pipes report changes of priorities as well; `tanist events` and the log always are.
    VRRP_NOTIFY_PRIORITY_CHANGES: Switch = row("vrrp_notify_priority_changes", takes::SWITCH).default("off");
    /// Pipes report the states of all routers and groups again after a reload.
    FIFO_WRITE_VRRP_STATES_ON_RELOAD: () = row("fifo_write_vrrp_states_on_reload", takes::FLAG).default("off")
        .differs("keepalived 2.2.7 repeats those of groups only");
}
