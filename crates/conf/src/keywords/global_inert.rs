//! `global_defs { }`: SNMP, D-Bus and files: what changes nothing here, not yet or for good.

use crate::keyword::{Block, Form, KeywordDef, Kind, Repeat, any, optional};

const fn row(name: &'static str, form: Form) -> KeywordDef {
    KeywordDef::new(Block::Global, name, form)
}

const fn snmp(name: &'static str) -> KeywordDef {
    row(name, Form::Flag).default("off").not_yet("there is no SNMP")
}

const fn bus(name: &'static str, form: Form) -> KeywordDef {
    row(name, form).not_yet("there is no D-Bus service")
}

const PATH: Form = Form::Word("a path");
/// What `include_check` may ask for.
const CHECKS: &[&str] = &["read", "match", "wildcard_match", "brace_match"];

pub(crate) static ROWS: &[KeywordDef] = &[
    row("use_symlink_paths", Form::Switch)
        .help("Symbolic links in paths of scripts are kept.")
        .default("off")
        .since("2.3.0")
        .no_effect("links are never resolved"),
    row("snmp_socket", Form::Word("a socket"))
        .help("Where the SNMP agent listens.")
        .default("unix:/var/agentx/master")
        .repeats(Repeat::First)
        .not_yet("there is no SNMP"),
    snmp("enable_traps").help("Changes are told by SNMP traps."),
    snmp("enable_snmp_vrrp").help("SNMP with keepalived's own MIB."),
    snmp("enable_snmp_keepalived").help("Old name of `enable_snmp_vrrp`."),
    snmp("enable_snmp_rfc").help("SNMP with the MIBs of RFC 2787 and RFC 6527."),
    snmp("enable_snmp_rfcv2").help("SNMP with the MIB of RFC 2787 (VRRPv2)."),
    snmp("enable_snmp_rfcv3").help("SNMP with the MIB of RFC 6527 (VRRPv3)."),
    bus("enable_dbus", Form::Flag).help("A service on D-Bus.").default("off"),
    bus("dbus_service_name", Form::Word("a name")).help("Name of that service.").default("org.keepalived.Vrrp1"),
    bus("dbus_no_interface_name", Form::Word("a name"))
        .help("What stands in paths for routers without interface.")
        .default("none")
        .since("2.2.8 or later"),
    row("include_check", Form::Arguments(&[any("CHECK", Kind::Signed(CHECKS))]))
        .help("What no `include` behind it in the file may fail in; without a word, anything.")
        .differs("what keepalived would stop at is an error, and the rest is read")
        .repeats(Repeat::All)
        .like("include_check match"),
    row("tmp_config_directory", PATH)
        .help("Where the daemon keeps a copy of its configuration.")
        .default("in memory")
        .repeats(Repeat::First)
        .no_effect("it is kept in memory"),
    row("config_save_dir", PATH)
        .help("Where copies of configurations are left at reloads.")
        .no_effect("no copies are made"),
    row("reload_check_config", Form::Arguments(&[optional("LOGFILE", Kind::Word)]))
        .help("A new configuration is checked before it is used.")
        .default("off")
        .no_effect("a reload with errors never changes anything"),
];
