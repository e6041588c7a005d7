//! keepalived's options, as 2.2.7 has them: a row each.

/// One option.
pub(super) struct Row {
    short: Option<char>,
    long: &'static str,
    pub(super) value: Value,
    pub(super) ask: Ask,
    pub(super) help: &'static str,
}

/// What stands behind an option.
#[derive(Clone, Copy)]
pub(super) enum Value {
    None,
    /// In the same word, or in the next.
    Needed(&'static str),
    /// In the same word only.
    Possible(&'static str),
}

/// What an option asks for.
#[derive(Clone, Copy)]
pub(super) enum Ask {
    /// An answer, and no daemon.
    Answer(Answer),
    /// Something of the daemon.
    Set(Setting),
    /// What is done without it.
    Usual,
    /// Nothing, which is said with this reason.
    Nothing(&'static str),
    /// What there is not.
    Refused(&'static str),
}

/// What is answered.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Test,
    Signum,
    Version,
    Help,
}

/// What is set.
#[derive(Clone, Copy)]
pub(super) enum Setting {
    Config,
    Id,
    Namespace,
    Pid,
    VrrpPid,
    Foreground,
    Console,
    NoSyslog,
    Facility,
    Umask,
    AllFiles,
    Dump,
    Vrrp,
    Checkers,
    BothHalves,
    Snmp,
    SnmpSocket,
}

const BALANCER: &str = "it is about the load balancer, which tanist leaves alone";
const NO_CORES: &str = "tanist leaves no core files: they would show passwords";

const fn row(short: char, long: &'static str, value: Value, ask: Ask, help: &'static str) -> Row {
    Row { short: Some(short), long, value, ask, help }
}

const fn long(long: &'static str, value: Value, ask: Ask, help: &'static str) -> Row {
    Row { short: None, long, value, ask, help }
}

use Value::{Needed, None as Bare, Possible};

pub(super) static ROWS: &[Row] = &[
    row(
        'f',
        "use-file",
        Needed("FILE"),
        Ask::Set(Setting::Config),
        "Configuration file; /etc/keepalived/keepalived.conf if not given",
    ),
    row('P', "vrrp", Bare, Ask::Set(Setting::Vrrp), "Run the VRRP half only"),
    row(
        'C',
        "check",
        Bare,
        Ask::Set(Setting::Checkers),
        "Run the load balancer only, which tanist does not have: refused",
    ),
    row('B', "no_bfd", Bare, Ask::Nothing("a bfd_instance runs if it is configured"), "Do not run BFD: no effect"),
    long("all", Bare, Ask::Set(Setting::BothHalves), "Run both halves: the VRRP half runs"),
    row('l', "log-console", Bare, Ask::Set(Setting::Console), "Log to standard error, with times"),
    row('D', "log-detail", Bare, Ask::Usual, "Log details, which tanist always does"),
    row(
        'S',
        "log-facility",
        Needed("([0-7]|local[0-7]|user|daemon)"),
        Ask::Set(Setting::Facility),
        "Facility of syslog; daemon if not given",
    ),
    row(
        'g',
        "log-file",
        Possible("FILE"),
        Ask::Refused(
            "-g requires a log file, which tanist does not write: use syslog, or redirect standard error with -n -l",
        ),
        "Log to a file: refused, as by keepalived without --enable-log-file",
    ),
    row('G', "no-syslog", Bare, Ask::Set(Setting::NoSyslog), "Do not log to syslog"),
    row('u', "umask", Needed("MASK"), Ask::Set(Setting::Umask), "umask for files that are made"),
    row('X', "release-vips", Bare, Ask::Usual, "Give addresses up at the end, which tanist always does"),
    row(
        'V',
        "dont-release-vrrp",
        Bare,
        Ask::Nothing("addresses that stay without a daemon are held by two routers as soon as another takes over"),
        "Leave addresses behind at the end: no effect",
    ),
    row(
        'I',
        "dont-release-ipvs",
        Bare,
        Ask::Nothing(BALANCER),
        "Leave the load balancer's topology at the end: no effect",
    ),
    row('R', "dont-respawn", Bare, Ask::Usual, "Do not start child processes again: there is one process"),
    row('n', "dont-fork", Bare, Ask::Set(Setting::Foreground), "Stay in the foreground"),
    row('d', "dump-conf", Bare, Ask::Set(Setting::Dump), "Log the configuration as it was understood"),
    row('p', "pid", Needed("FILE"), Ask::Set(Setting::Pid), "Pid file; /run/keepalived.pid if not given"),
    row(
        'r',
        "vrrp_pid",
        Needed("FILE"),
        Ask::Set(Setting::VrrpPid),
        "Second pid file, with the same process; /run/vrrp.pid if not given",
    ),
    row(
        'T',
        "genhash",
        Bare,
        Ask::Refused("genhash is a tool of the load balancer, which tanist does not have"),
        "Run genhash: refused",
    ),
    row('c', "checkers_pid", Needed("FILE"), Ask::Nothing(BALANCER), "Pid file of the load balancer: no effect"),
    row(
        'a',
        "address-monitoring",
        Bare,
        Ask::Nothing("`ip monitor address` shows addresses that come and go"),
        "Log addresses that come and go: no effect",
    ),
    row('b', "bfd_pid", Needed("FILE"), Ask::Nothing("BFD has no process of its own"), "Pid file of BFD: no effect"),
    row('x', "snmp", Bare, Ask::Set(Setting::Snmp), "Answer SNMP with all MIBs, whatever the configuration says"),
    row(
        'A',
        "snmp-agent-socket",
        Needed("FILE"),
        Ask::Set(Setting::SnmpSocket),
        "AgentX socket of the SNMP agent, whatever the configuration says",
    ),
    row(
        's',
        "namespace",
        Needed("NAME"),
        Ask::Set(Setting::Namespace),
        "Run in this network namespace, whatever the configuration says",
    ),
    row('m', "core-dump", Bare, Ask::Nothing(NO_CORES), "Leave core files: no effect"),
    row('M', "core-dump-pattern", Possible("PATTERN"), Ask::Nothing(NO_CORES), "Where core files go: no effect"),
    row('e', "all-config", Bare, Ask::Set(Setting::AllFiles), "Refuse to start if a configuration file is missing"),
    row(
        'i',
        "config-id",
        Needed("ID"),
        Ask::Set(Setting::Id),
        "What lines that begin with @ are compared with; the host name if not given",
    ),
    long(
        "signum",
        Needed("SIGFUNC"),
        Ask::Answer(Answer::Signum),
        "Print the number of the signal for STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON",
    ),
    row(
        't',
        "config-test",
        Possible("LOG_FILE"),
        Ask::Answer(Answer::Test),
        "Check the configuration; what is found goes to standard error, or to LOG_FILE",
    ),
    row('v', "version", Bare, Ask::Answer(Answer::Version), "Print the version"),
    row('h', "help", Bare, Ask::Answer(Answer::Help), "Print this"),
];

impl Row {
    /// How it is written.
    pub(super) fn usage(&self) -> String {
        let short = self.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
        let value = match self.value {
            Bare => String::new(),
            Needed(name) => format!("={name}"),
            Possible(name) => format!("[={name}]"),
        };
        format!("  {short}--{}{value}", self.long)
    }
}

pub(super) fn by_letter(letter: char) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.short == Some(letter))
}

/// By its name, or by a beginning that no other has.
pub(super) fn by_name(name: &str) -> Option<&'static Row> {
    let exact = ROWS.iter().find(|row| row.long == name);
    exact.or_else(|| {
        let mut begin = ROWS.iter().filter(|row| row.long.starts_with(name));
        begin.next().filter(|_| begin.next().is_none())
    })
}
