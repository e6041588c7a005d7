//! `global_defs { }`: files, and what else changes nothing here, not yet or for good.

use crate::keyword::{Block, Kind, Repeat, Row, Takes, Words, any, optional, rows, takes};
use crate::model::Switch;

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Global, name, takes)
}

const PATH: Takes<String> = takes::word("a path");
/// What `include_check` may ask for.
const CHECKS: &[&str] = &["read", "match", "wildcard_match", "brace_match"];

rows! {
    /// Symbolic links in paths of scripts are kept.
    USE_SYMLINK_PATHS: Switch = row("use_symlink_paths", takes::SWITCH).since("2.3.0").default("off")
        .no_effect("links are never resolved");
    /// The part of paths on D-Bus for routers without interface.
    DBUS_NO_INTERFACE_NAME: String = row("dbus_no_interface_name", takes::word("a name"))
        .since("2.2.8 or later").default("none")
        .no_effect("every router that runs has an interface");
    /// What no `include` after it in the file may fail in; without a word, anything.
    INCLUDE_CHECK: Words = row("include_check", takes::arguments(&[any("CHECK", Kind::Signed(CHECKS))]))
        .repeats(Repeat::All)
        .differs("what keepalived would stop at is an error, and the rest is read")
        .like("include_check match");
    /// Where the daemon keeps a copy of its configuration.
    TMP_CONFIG_DIRECTORY: String = row("tmp_config_directory", PATH).repeats(Repeat::First).default("in memory")
        .no_effect("it is kept in memory");
    /// Where copies of configurations are left at reloads.
    CONFIG_SAVE_DIR: String = row("config_save_dir", PATH).no_effect("no copies are made");
    /// A new configuration is checked before it is used.
    RELOAD_CHECK_CONFIG: Words = row("reload_check_config", takes::arguments(&[optional("LOGFILE", Kind::Word)]))
        .default("off")
        .no_effect("a reload with errors never changes anything");
}
