//! keepalived's command line, as 2.2.7 has it: every option, and what becomes of it here.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use lexopt::Arg;

use super::signum;
use crate::cli::DEFAULT_CONFIG;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// `--version`
    Version,
    /// `--help`
    Help,
    /// `--signum`: this number.
    Signum(i32),
    /// `--config-test`: what is found goes to this file, or to standard error.
    Test(Options, Option<PathBuf>),
    /// A daemon.
    Run(Options),
}

/// How a daemon, or a test, is to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// `--use-file`
    pub(super) config: PathBuf,
    /// `--config-id`
    pub(super) config_id: Option<String>,
    /// `--namespace`
    pub(super) namespace: Option<String>,
    /// `--pid`
    pub(super) pid: Option<PathBuf>,
    /// `--vrrp_pid`
    pub(super) vrrp_pid: Option<PathBuf>,
    /// `--dont-fork`
    pub(super) place: Place,
    /// `--log-console`
    pub(super) console: Asked,
    /// `--no-syslog`
    pub(super) no_syslog: Asked,
    /// `--log-facility`, by number.
    pub(super) facility: u8,
    /// `--all-config`
    pub(super) all_files: Asked,
    /// `--dump-conf`
    pub(super) dump: Asked,
    /// `--umask`
    pub(super) umask: Option<u32>,
    /// `--vrrp`, `--check`, `--all`: the halves that are to run, all if none is named.
    pub(super) vrrp: Asked,
    pub(super) checkers: Asked,
    /// What is to be said of the options.
    pub(super) remarks: Vec<String>,
}

/// Whether an option is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Asked {
    #[default]
    No,
    Yes,
}

/// Where the daemon runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// In a process of its own that whoever started it does not wait for.
    #[default]
    Background,
    Foreground,
}

/// LOG_DAEMON
const DAEMON: u8 = 3;
/// LOG_USER
const USER: u8 = 1;
/// LOG_LOCAL0
const LOCAL: u8 = 16;

impl Default for Options {
    fn default() -> Self {
        Self {
            config: DEFAULT_CONFIG.into(),
            config_id: None,
            namespace: None,
            pid: None,
            vrrp_pid: None,
            place: Place::default(),
            console: Asked::No,
            no_syslog: Asked::No,
            facility: DAEMON,
            all_files: Asked::No,
            dump: Asked::No,
            umask: None,
            vrrp: Asked::No,
            checkers: Asked::No,
            remarks: Vec::new(),
        }
    }
}

/// One option.
pub(super) struct Row {
    short: Option<char>,
    long: &'static str,
    value: Value,
    ask: Ask,
    pub(super) help: &'static str,
}

/// What stands behind an option.
#[derive(Clone, Copy)]
enum Value {
    None,
    /// In the same word, or in the next.
    Needed(&'static str),
    /// In the same word only.
    Possible(&'static str),
}

/// What an option asks for.
#[derive(Clone, Copy)]
enum Ask {
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
    Test,
    Signum,
    Version,
    Help,
    /// What is done without it.
    Usual,
    /// Nothing, which is said with this reason.
    Nothing(&'static str),
    /// What there is not.
    Refused(&'static str),
}

const BALANCER: &str = "it is about the load balancer, which tanist leaves alone";
const NO_SNMP: &str = "there is no SNMP";
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
        Ask::Config,
        "Configuration file; /etc/keepalived/keepalived.conf if not given",
    ),
    row('P', "vrrp", Bare, Ask::Vrrp, "Run the VRRP half only"),
    row('C', "check", Bare, Ask::Checkers, "Run the load balancer only, which tanist does not have: refused"),
    row('B', "no_bfd", Bare, Ask::Nothing("a bfd_instance runs if it is configured"), "Do not run BFD: no effect"),
    long("all", Bare, Ask::BothHalves, "Run both halves: the VRRP half runs"),
    row('l', "log-console", Bare, Ask::Console, "Log to standard error, with times"),
    row('D', "log-detail", Bare, Ask::Usual, "Log details, which tanist always does"),
    row(
        'S',
        "log-facility",
        Needed("([0-7]|local[0-7]|user|daemon)"),
        Ask::Facility,
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
    row('G', "no-syslog", Bare, Ask::NoSyslog, "Do not log to syslog"),
    row('u', "umask", Needed("MASK"), Ask::Umask, "umask for files that are made"),
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
    row('n', "dont-fork", Bare, Ask::Foreground, "Stay in the foreground"),
    row('d', "dump-conf", Bare, Ask::Dump, "Log the configuration as it was understood"),
    row('p', "pid", Needed("FILE"), Ask::Pid, "Pid file; /run/keepalived.pid if not given"),
    row(
        'r',
        "vrrp_pid",
        Needed("FILE"),
        Ask::VrrpPid,
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
    row('x', "snmp", Bare, Ask::Nothing(NO_SNMP), "Answer SNMP: no effect"),
    row('A', "snmp-agent-socket", Needed("FILE"), Ask::Nothing(NO_SNMP), "Socket of the SNMP agent: no effect"),
    row(
        's',
        "namespace",
        Needed("NAME"),
        Ask::Namespace,
        "Run in this network namespace, whatever the configuration says",
    ),
    row('m', "core-dump", Bare, Ask::Nothing(NO_CORES), "Leave core files: no effect"),
    row('M', "core-dump-pattern", Possible("PATTERN"), Ask::Nothing(NO_CORES), "Where core files go: no effect"),
    row('e', "all-config", Bare, Ask::AllFiles, "Refuse to start if a configuration file is missing"),
    row(
        'i',
        "config-id",
        Needed("ID"),
        Ask::Id,
        "What lines that begin with @ are compared with; the host name if not given",
    ),
    long(
        "signum",
        Needed("SIGFUNC"),
        Ask::Signum,
        "Print the number of the signal for STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON",
    ),
    row(
        't',
        "config-test",
        Possible("LOG_FILE"),
        Ask::Test,
        "Check the configuration; what is found goes to standard error, or to LOG_FILE",
    ),
    row('v', "version", Bare, Ask::Version, "Print the version"),
    row('h', "help", Bare, Ask::Help, "Print this"),
];

/// Reads a command line.
///
/// # Errors
/// Why it cannot be followed, for standard error.
pub(super) fn read(arguments: &[OsString]) -> Result<Call, String> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut options = Options::default();
    let mut test = None;
    let mut superfluous = String::new();
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        let (row, written) = match argument {
            Arg::Short(letter) => (by_letter(letter), format!("-{letter}")),
            Arg::Long(name) => (by_name(name), format!("--{name}")),
            Arg::Value(word) => {
                superfluous += &format!("{} ", word.display());
                continue;
            }
        };
        let row = row.ok_or_else(|| format!("Unknown option {written}"))?;
        let value = match row.value {
            Bare => None,
            Needed(_) => Some(parser.value().map_err(|_| format!("Missing parameter for option {written}"))?),
            Possible(_) => parser.optional_value(),
        };
        let value = value.as_deref();
        match row.ask {
            // What keepalived answers at once, whatever follows.
            Ask::Version => return Ok(Call::Version),
            Ask::Help => return Ok(Call::Help),
            Ask::Signum => return signum::of(text(value)).map(Call::Signum),
            Ask::Refused(why) => return Err(why.to_owned()),
            Ask::Test => test = Some(value.map(PathBuf::from)),
            ask => options.follow(ask, value, &written),
        }
    }
    if !superfluous.is_empty() {
        options.remarks.push(format!("Unexpected argument(s): {superfluous}"));
    }
    match (test, options.checkers, options.vrrp) {
        (Some(log), _, _) => Ok(Call::Test(options, log)),
        (None, Asked::Yes, Asked::No) => Err(
            "-C asks for the load balancer alone, which tanist does not have; keepalived itself may run beside it with -C"
                .to_owned(),
        ),
        (None, Asked::No, _) | (None, Asked::Yes, Asked::Yes) => Ok(Call::Run(options)),
    }
}

impl Options {
    /// Notes what an option asks for.
    fn follow(&mut self, ask: Ask, value: Option<&OsStr>, written: &str) {
        match ask {
            Ask::Config => self.config = text(value).into(),
            Ask::Id => self.config_id = Some(text(value)),
            Ask::Namespace => self.namespace = Some(text(value)),
            Ask::Pid => self.pid = value.map(PathBuf::from),
            Ask::VrrpPid => self.vrrp_pid = value.map(PathBuf::from),
            Ask::Foreground => self.place = Place::Foreground,
            Ask::Console => self.console = Asked::Yes,
            Ask::NoSyslog => self.no_syslog = Asked::Yes,
            Ask::AllFiles => self.all_files = Asked::Yes,
            Ask::Dump => self.dump = Asked::Yes,
            Ask::Vrrp => self.vrrp = Asked::Yes,
            Ask::Checkers => self.checkers = Asked::Yes,
            Ask::BothHalves => (self.vrrp, self.checkers) = (Asked::Yes, Asked::Yes),
            Ask::Facility => match facility(&text(value)) {
                Some(number) => self.facility = number,
                None => self.remarks.push(format!("Invalid log facility '{}'", text(value))),
            },
            Ask::Umask => match mask(&text(value)) {
                Some(mask) => self.umask = Some(mask),
                None => self.remarks.push(format!("Invalid --umask option {}", text(value))),
            },
            Ask::Nothing(why) => self.remarks.push(format!("{written} has no effect: {why}")),
            // They end the reading.
            Ask::Usual | Ask::Test | Ask::Signum | Ask::Version | Ask::Help | Ask::Refused(_) => {}
        }
    }
}

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

fn by_letter(letter: char) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.short == Some(letter))
}

/// By its name, or by a beginning that no other has.
fn by_name(name: &str) -> Option<&'static Row> {
    let exact = ROWS.iter().find(|row| row.long == name);
    exact.or_else(|| {
        let mut begin = ROWS.iter().filter(|row| row.long.starts_with(name));
        begin.next().filter(|_| begin.next().is_none())
    })
}

fn text(value: Option<&OsStr>) -> String {
    value.unwrap_or_default().to_string_lossy().into_owned()
}

fn facility(word: &str) -> Option<u8> {
    let local = |digit: &str| digit.parse().ok().filter(|number: &u8| *number < 8 && digit.len() == 1);
    match word {
        "daemon" => Some(DAEMON),
        "user" => Some(USER),
        _ => local(word.strip_prefix("local").unwrap_or(word)).map(|number| LOCAL + number),
    }
}

/// As C reads numbers: `022` is octal, `0x1f` hexadecimal, `18` decimal.
fn mask(word: &str) -> Option<u32> {
    let number = match (word.strip_prefix("0x"), word.strip_prefix('0')) {
        (Some(digits), _) => u32::from_str_radix(digits, 16),
        (None, Some(digits)) if !digits.is_empty() => u32::from_str_radix(digits, 8),
        (None, _) => word.parse(),
    };
    number.ok().filter(|mask| *mask <= 0o777)
}

impl Options {
    /// Paths that mean the same wherever the daemon goes to.
    pub(super) fn absolute(self) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self {
            config: absolute(&self.config),
            pid: self.pid.as_deref().map(absolute),
            vrrp_pid: self.vrrp_pid.as_deref().map(absolute),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_words(line: &str) -> Result<Call, String> {
        read(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    fn run(line: &str) -> Options {
        match read_words(line) {
            Ok(Call::Run(options)) => options,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_command_lines_of_the_field_are_understood() {
        let neutron = run("-P -f /c/k.conf -p /c/pid.keepalived -r /c/pid.keepalived-vrrp -D");
        assert_eq!(neutron.place, Place::Background);
        assert_eq!(neutron.pid.unwrap(), Path::new("/c/pid.keepalived"));
        assert_eq!(neutron.vrrp_pid.unwrap(), Path::new("/c/pid.keepalived-vrrp"));
        let octavia = run("--log-facility=1 -f /c -p /p");
        assert_eq!((octavia.facility, octavia.place), (17, Place::Background));
        let kolla = run("-nld -p /run/keepalived.pid");
        assert_eq!((kolla.place, kolla.console, kolla.dump), (Place::Foreground, Asked::Yes, Asked::Yes));
        let openshift = run("-f /c --dont-fork --vrrp --log-detail --log-console");
        assert_eq!((openshift.place, openshift.console), (Place::Foreground, Asked::Yes));
        let vyos = run("--use-file /c --pid /run/keepalived/keepalived.pid --dont-fork --snmp");
        assert_eq!(vyos.remarks, ["--snmp has no effect: there is no SNMP"]);
        let operator = run("--log-console --log-detail --dont-fork --config-id=pod-1 --use-file=/c --pid=/p");
        assert_eq!(operator.config_id.as_deref(), Some("pod-1"));
        let osixia = run("-i ID --log-detail --dump-conf");
        assert_eq!((osixia.config_id.as_deref(), osixia.dump), (Some("ID"), Asked::Yes));
    }

    #[test]
    fn tests_and_questions_are_answered() {
        let log = |line: &str| match read_words(line) {
            Ok(Call::Test(options, log)) => (options.config.display().to_string(), log),
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(log("--config-test -f /c"), ("/c".into(), None));
        assert_eq!(log("-l -t -f /c"), ("/c".into(), None));
        assert_eq!(log("-tx.log -f /c"), ("/c".into(), Some("x.log".into())));
        assert_eq!(log("--config-test=x.log --use-fil=/c"), ("/c".into(), Some("x.log".into())));
        assert_eq!(read_words("-nld --version extra"), Ok(Call::Version));
        assert_eq!(read_words("--signum=JSON --signum=DATA"), Ok(Call::Signum(36)));
        assert_eq!(read_words("--signum STATS_CLEAR"), Ok(Call::Signum(63)));
        assert_eq!(read_words("--signum=json"), Err("Unknown sigfunc json".into()));
    }

    #[test]
    fn what_cannot_be_followed_is_told() {
        assert_eq!(read_words("--nonsense"), Err("Unknown option --nonsense".into()));
        assert_eq!(read_words("-nZ"), Err("Unknown option -Z".into()));
        assert_eq!(read_words("-f"), Err("Missing parameter for option -f".into()));
        assert_eq!(read_words("--p"), Ok(Call::Run(run(""))).and(Err("Missing parameter for option --p".into())));
        assert!(read_words("-C").unwrap_err().contains("load balancer"));
        assert!(read_words("-T").is_err());
        assert_eq!(run("-P -C").vrrp, Asked::Yes);
        assert_eq!(run("extra words").remarks, ["Unexpected argument(s): extra words "]);
    }

    #[test]
    fn masks_and_facilities_are_read_as_c_reads_them() {
        assert_eq!(
            ["022", "0x12", "18", "0", "abc", "01777"].map(mask),
            [Some(18), Some(18), Some(18), Some(0), None, None]
        );
        assert_eq!(
            ["3", "local3", "user", "daemon", "9", "foo"].map(facility),
            [Some(19), Some(19), Some(1), Some(3), None, None]
        );
    }
}
