//! Dumps: what signals have written, and where.

use crate::keyword::{Block, Form, KeywordDef, number};

const fn row(name: &'static str, form: Form) -> KeywordDef {
    KeywordDef::new(Block::Global, name, form)
}

const fn file(name: &'static str, help: &'static str, like: &'static str) -> KeywordDef {
    row(name, Form::Word("a path")).help(help).since("2.2.8 or later").like(like)
}

pub(crate) const DATA_USE_INSTANCE: KeywordDef = row("data_use_instance", Form::Switch)
    .help("Names of dumps of data and statistics hold those of `net_namespace` and `instance`: `keepalived.NAME.data`.")
    .default("off");
pub(crate) const JSON_VERSION: KeywordDef = row("json_version", number(1, 2).form())
    .help("Layout of dumps in JSON: 1 is a list of routers, 2 an object with the lists `vrrp` and `track_process`.")
    .default("1")
    .since("2.2.8");
pub(crate) const STATE_DUMP_FILE: KeywordDef = file(
    "state_dump_file",
    "Where SIGUSR1 has data written; `keepalived.data` in $TMPDIR or /tmp if not given.",
    "state_dump_file /run/keepalived/keepalived.data",
);
pub(crate) const STATS_DUMP_FILE: KeywordDef = file(
    "stats_dump_file",
    "Where SIGUSR2 has statistics written; `keepalived.stats` in $TMPDIR or /tmp if not given.",
    "stats_dump_file /run/keepalived/keepalived.stats",
);
pub(crate) const JSON_DUMP_FILE: KeywordDef = file(
    "json_dump_file",
    "Where signal 36 has data and statistics written as JSON; `keepalived.json` in $TMPDIR or /tmp if not given.",
    "json_dump_file /run/keepalived/keepalived.json",
);

pub(crate) static ROWS: &[KeywordDef] =
    &[DATA_USE_INSTANCE, JSON_VERSION, STATE_DUMP_FILE, STATS_DUMP_FILE, JSON_DUMP_FILE];
