//! `global_defs { }`: SNMP and files: what changes nothing here, not yet or for good.

use crate::keyword::{Block, Kind, Repeat, Row, Takes, Words, any, optional, rows, takes};
use crate::model::Switch;

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Global, name, takes)
}

const fn snmp(name: &'static str) -> Row<()> {
    row(name, takes::FLAG).default("off").not_yet("there is no SNMP")
}

const PATH: Takes<String> = takes::word("a path");
/// What `include_check` may ask for.
const CHECKS: &[&str] = &["read", "match", "wildcard_match", "brace_match"];

rows! {
    USE_SYMLINK_PATHS: Switch = row("use_symlink_paths", takes::SWITCH)
            .help("Symbolic links in paths of scripts are kept.")
            .default("off")
            .since("2.3.0")
            .no_effect("links are never resolved");
    SNMP_SOCKET: String = row("snmp_socket", takes::word("a socket"))
            .help("Where the SNMP agent listens.")
            .default("unix:/var/agentx/master")
            .repeats(Repeat::First)
            .not_yet("there is no SNMP");
    ENABLE_TRAPS: () = snmp("enable_traps").help("Changes are reported by SNMP traps.");
    ENABLE_SNMP_VRRP: () = snmp("enable_snmp_vrrp").also(&["enable_snmp"]).help("SNMP with keepalived's own MIB.");
    ENABLE_SNMP_KEEPALIVED: () = snmp("enable_snmp_keepalived").help("Old name of `enable_snmp_vrrp`.");
    ENABLE_SNMP_RFC: () = snmp("enable_snmp_rfc").help("SNMP with the MIBs of RFC 2787 and RFC 6527.");
    ENABLE_SNMP_RFCV2: () = snmp("enable_snmp_rfcv2").help("SNMP with the MIB of RFC 2787 (VRRPv2).");
    ENABLE_SNMP_RFCV3: () = snmp("enable_snmp_rfcv3").help("SNMP with the MIB of RFC 6527 (VRRPv3).");
    DBUS_NO_INTERFACE_NAME: String = row("dbus_no_interface_name", takes::word("a name"))
            .help("The part of paths on D-Bus for routers without interface.")
            .default("none")
            .since("2.2.8 or later")
            .no_effect("every router that runs has an interface");
    INCLUDE_CHECK: Words = row("include_check", takes::arguments(&[any("CHECK", Kind::Signed(CHECKS))]))
            .help("What no `include` after it in the file may fail in; without a word, anything.")
            .differs("what keepalived would stop at is an error, and the rest is read")
            .repeats(Repeat::All)
            .like("include_check match");
    TMP_CONFIG_DIRECTORY: String = row("tmp_config_directory", PATH)
            .help("Where the daemon keeps a copy of its configuration.")
            .default("in memory")
            .repeats(Repeat::First)
            .no_effect("it is kept in memory");
    CONFIG_SAVE_DIR: String = row("config_save_dir", PATH)
            .help("Where copies of configurations are left at reloads.")
            .no_effect("no copies are made");
    RELOAD_CHECK_CONFIG: Words = row("reload_check_config", takes::arguments(&[optional("LOGFILE", Kind::Word)]))
            .help("A new configuration is checked before it is used.")
            .default("off")
            .no_effect("a reload with errors never changes anything");
}
