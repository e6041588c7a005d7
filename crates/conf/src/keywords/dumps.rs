//! Dumps: what signals have written, and where.

use crate::keyword::{Block, Row, Takes, number, rows, takes};
use crate::model::Switch;

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Global, name, takes)
}

const fn file(name: &'static str) -> Row<String> {
    row(name, takes::word("a path")).since("2.2.8 or later")
}

rows! {
    /// Names of dumps of data and statistics hold those of `net_namespace` and `instance`: `keepalived.NAME.data`.
    DATA_USE_INSTANCE: Switch = row("data_use_instance", takes::SWITCH).default("off");
    /// Layout of dumps in JSON: 1 is a list of routers, 2 an object with the lists `vrrp` and `track_process`.
    JSON_VERSION: u8 = row("json_version", number(1, 2).form()).since("2.2.8").default("1");
    /// Where SIGUSR1 has data written; `keepalived.data` in $TMPDIR or /tmp if not given.
    STATE_DUMP_FILE: String = file("state_dump_file").also(&["state_file_location"])
        .like("state_dump_file /run/keepalived/keepalived.data");
    /// Where SIGUSR2 has statistics written; `keepalived.stats` in $TMPDIR or /tmp if not given.
    STATS_DUMP_FILE: String = file("stats_dump_file").also(&["stats_file_location"])
        .like("stats_dump_file /run/keepalived/keepalived.stats");
    /// Where signal 36 has data and statistics written as JSON; `keepalived.json` in $TMPDIR or /tmp if not given.
    JSON_DUMP_FILE: String = file("json_dump_file").also(&["json_file_location"])
        .like("json_dump_file /run/keepalived/keepalived.json");
}
