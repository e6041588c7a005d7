//! `global_defs { }`: what others are told, and how: mails, reloads, dumps and SNMP.

use crate::keyword::{Block, Kind, List, Repeat, Row, Takes, Words, number, one, optional, rows, takes};
use crate::model::Switch;

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Global, name, takes)
}

const fn dump(name: &'static str) -> Row<String> {
    row(name, takes::word("a path")).since("2.2.8 or later")
}

const fn snmp(name: &'static str) -> Row<()> {
    row(name, takes::FLAG).default("off")
}

const SERVER: Takes<Words> =
    takes::arguments(&[one("HOST", Kind::Word), optional("PORT", Kind::Number(number(1, 65_535)))]);

rows! {
    /// Who gets mail about changes. A name in front of the address needs quotes around both.
    NOTIFICATION_EMAIL: List<String> = row("notification_email", takes::MAILBOXES)
        .like("{\n admin@example.com\n \"Ops <ops@example.com>\"\n}")
        .differs("of `\"NAME <ADDRESS>\"` keepalived gives the mail server the name as well, which refuses it");
    /// The sender of mails.
    NOTIFICATION_EMAIL_FROM: String = row("notification_email_from", takes::word("an address"))
        .default("the user at the host name").like("vrrp@example.com");
    /// The mail server, by name or address; without it no mail is sent.
    SMTP_SERVER: Words = row("smtp_server", SERVER).default("no mail; port 25").like("192.0.2.25 25")
        .differs("keepalived looks a name up when it reads the file, and tries once; here it is looked up for each \
                  mail, which is tried for five minutes");
    /// Name that is given to the mail server.
    SMTP_HELO_NAME: String = row("smtp_helo_name", takes::word("a name"))
        .default("the host name").like("vrrp.example.com");
    /// How long the mail server may take to accept a connection, and for each answer.
    SMTP_CONNECT_TIMEOUT: u32 = row("smtp_connect_timeout", number(0, 4294).of("seconds").form())
        .also(&["smtp_connection_timeout"]).default("30");
    /// Default of every other `smtp_alert`.
    SMTP_ALERT: Switch = row("smtp_alert", takes::SWITCH).default("off");
    /// Default of `smtp_alert` of routers and groups.
    SMTP_ALERT_VRRP: Switch = row("smtp_alert_vrrp", takes::SWITCH).default("that of `smtp_alert`");
    /// No mail when a router or group goes to FAULT.
    NO_EMAIL_FAULTS: () = row("no_email_faults", takes::FLAG).default("off");
    /// Mail about every change of the state, two masters (with address and MAC of the other) and lost redundancy.
    OF_ROUTER: Switch = Row::new(Block::Instance, "smtp_alert", takes::SWITCH).default("that of `smtp_alert_vrrp`")
        .differs("keepalived ends before its last mails, about the stop, are sent, and mails about changes only");
    /// Mail about every change of the group's state.
    OF_GROUP: Switch = Row::new(Block::SyncGroup, "smtp_alert", takes::SWITCH).default("that of `smtp_alert_vrrp`");
    /// A file whose first line is the time of the next reload: `HH:MM:SS`, `YY-MM-DD HH:MM:SS` or `YYYY-MM-DD
    /// HH:MM:SS`, with a `Z` behind it for UTC. The reload removes the file.
    RELOAD_TIME_FILE: String = row("reload_time_file", takes::word("a path")).like("/etc/keepalived/reload-at")
        .differs("the folder of the file may come later; keepalived watches only one that is there when it reads its \
                  configuration");
    /// `reload_time_file` stays: with a time and no date in it, there is a reload each day.
    RELOAD_REPEAT: () = row("reload_repeat", takes::FLAG).default("off");
    /// A file that is there, and empty, while the configuration is read; without a path `/run/keepalived.reload`.
    /// Whoever changes the configuration makes it, asks for a reload, and waits until it is gone.
    RELOAD_FILE: Words = row("reload_file", takes::arguments(&[optional("PATH", Kind::Word)]))
        .default("none").like("/run/vrrp.reload")
        .differs("keepalived 2.2.7 leaves the file there at a reload if no path is written");
    /// Names of dumps of data and statistics hold those of `net_namespace` and `instance`: `keepalived.NAME.data`.
    DATA_USE_INSTANCE: Switch = row("data_use_instance", takes::SWITCH).default("off");
    /// Layout of dumps in JSON: 1 is a list of routers, 2 an object with the lists `vrrp` and `track_process`.
    JSON_VERSION: u8 = row("json_version", number(1, 2).form()).since("2.2.8").default("1");
    /// Where SIGUSR1 has data written; `keepalived.data` in $TMPDIR or /tmp if not given.
    STATE_DUMP_FILE: String = dump("state_dump_file")
        .also(&["state_file_location"]).like("/run/keepalived/keepalived.data");
    /// Where SIGUSR2 has statistics written; `keepalived.stats` in $TMPDIR or /tmp if not given.
    STATS_DUMP_FILE: String = dump("stats_dump_file")
        .also(&["stats_file_location"]).like("/run/keepalived/keepalived.stats");
    /// Where signal 36 has data and statistics written as JSON; `keepalived.json` in $TMPDIR or /tmp if not given.
    JSON_DUMP_FILE: String = dump("json_dump_file")
        .also(&["json_file_location"]).like("/run/keepalived/keepalived.json");
    /// The AgentX socket of the SNMP agent that asks the daemon (`agentXSocket` of snmpd): `unix:PATH`, or
    /// `tcp:HOST:PORT`, where port 705 need not be written. An agent that is not there, or is started anew, is tried
    /// again.
    SNMP_SOCKET: String = row("snmp_socket", takes::word("a socket")).also(&["snmp_server"])
        .repeats(Repeat::First).default("unix:/var/agentx/master").like("tcp:localhost:705");
    /// SNMP with the VRRP part of KEEPALIVED-MIB (1.3.6.1.4.1.9586.100.5). All of it is read-only, also what keepalived
    /// lets write.
    ENABLE_SNMP_VRRP: () = snmp("enable_snmp_vrrp").also(&["enable_snmp"]);
    /// Old name of `enable_snmp_vrrp`.
    ENABLE_SNMP_KEEPALIVED: () = snmp("enable_snmp_keepalived");
    /// `enable_snmp_rfcv2` and `enable_snmp_rfcv3`.
    ENABLE_SNMP_RFC: () = snmp("enable_snmp_rfc");
    /// SNMP with VRRP-MIB of RFC 2787 (1.3.6.1.2.1.68): routers of VRRPv2.
    ENABLE_SNMP_RFCV2: () = snmp("enable_snmp_rfcv2");
    /// SNMP with VRRPV3-MIB of RFC 6527 (1.3.6.1.2.1.207): all routers.
    ENABLE_SNMP_RFCV3: () = snmp("enable_snmp_rfcv3");
    /// Changes of state are told by SNMP traps: those of the MIBs that are enabled. A trap waits 30 seconds at most for
    /// an agent that is not there.
    ENABLE_TRAPS: () = snmp("enable_traps");
}
