//! keepalived's command line: what is asked for by the options of [`table`](super::table).

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use conf::model::Switch;
use conf::model::snmp::MasterAgent;
use lexopt::Arg;

use super::signum;
use super::table::{Answer, Ask, Setting, Value, by_letter, by_name};
use crate::cli::DEFAULT_CONFIG;
use crate::launch::SnmpAsked;

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
    /// `--snmp`, `--snmp-agent-socket`
    pub(super) snmp: SnmpAsked,
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
            snmp: SnmpAsked::default(),
            remarks: Vec::new(),
        }
    }
}

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
            Value::None => None,
            Value::Needed(_) => Some(parser.value().map_err(|_| format!("Missing parameter for option {written}"))?),
            Value::Possible(_) => parser.optional_value(),
        };
        let value = value.as_deref();
        match row.ask {
            // What keepalived answers at once, whatever follows.
            Ask::Answer(Answer::Version) => return Ok(Call::Version),
            Ask::Answer(Answer::Help) => return Ok(Call::Help),
            Ask::Answer(Answer::Signum) => return signum::of(&text(value)).map(Call::Signum),
            Ask::Answer(Answer::Test) => test = Some(value.map(PathBuf::from)),
            Ask::Set(setting) => options.set(setting, value),
            Ask::Usual => {}
            Ask::Nothing(why) => options.remarks.push(format!("{written} has no effect: {why}")),
            Ask::Refused(why) => return Err(why.to_owned()),
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
    fn set(&mut self, setting: Setting, value: Option<&OsStr>) {
        match setting {
            Setting::Config => self.config = text(value).into(),
            Setting::Id => self.config_id = Some(text(value)),
            Setting::Namespace => self.namespace = Some(text(value)),
            Setting::Pid => self.pid = value.map(PathBuf::from),
            Setting::VrrpPid => self.vrrp_pid = value.map(PathBuf::from),
            Setting::Foreground => self.place = Place::Foreground,
            Setting::Console => self.console = Asked::Yes,
            Setting::NoSyslog => self.no_syslog = Asked::Yes,
            Setting::AllFiles => self.all_files = Asked::Yes,
            Setting::Dump => self.dump = Asked::Yes,
            Setting::Vrrp => self.vrrp = Asked::Yes,
            Setting::Checkers => self.checkers = Asked::Yes,
            Setting::BothHalves => (self.vrrp, self.checkers) = (Asked::Yes, Asked::Yes),
            Setting::Snmp => self.snmp.all = Switch::On,
            Setting::SnmpSocket => match MasterAgent::parse(&text(value)) {
                Some(agent) => self.snmp.agent = Some(agent),
                None => self.remarks.push(format!("Invalid --snmp-agent-socket option {}", text(value))),
            },
            Setting::Facility => match facility(&text(value)) {
                Some(number) => self.facility = number,
                None => self.remarks.push(format!("Invalid log facility '{}'", text(value))),
            },
            Setting::Umask => match mask(&text(value)) {
                Some(mask) => self.umask = Some(mask),
                None => self.remarks.push(format!("Invalid --umask option {}", text(value))),
            },
        }
    }
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
        assert!(vyos.remarks.is_empty() && vyos.snmp.all == Switch::On, "{vyos:?}");
        let snmp = run("-nx -A tcp:localhost:1705");
        assert_eq!(snmp.snmp.agent, MasterAgent::parse("tcp:localhost:1705"));
        let wrong = run("-A agentx");
        assert_eq!(
            (wrong.snmp, &wrong.remarks[..]),
            (SnmpAsked::default(), &["Invalid --snmp-agent-socket option agentx".to_owned()][..])
        );
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
        assert_eq!(read_words("--p"), Err("Missing parameter for option --p".into()));
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
