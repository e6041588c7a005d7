//! The command line.

mod chosen;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use conf::Secrets;
use conf::model::Global;

pub(crate) use self::chosen::Chosen;
use crate::lab::LabArgs;
use crate::launch::{self, Launch};
use crate::logging::{Facility, LogFormat};
use crate::vocabulary::WordParser;

/// Where the configuration is, as keepalived has it.
pub(crate) const DEFAULT_CONFIG: &str = "/etc/keepalived/keepalived.conf";
/// Where the daemon keeps what must survive it.
pub(crate) const DEFAULT_STATE_DIR: &str = "/run/tanist";
/// Where the daemon listens for commands.
pub(crate) const DEFAULT_CONTROL: &str = "/run/tanist/control.sock";

const RUN_STATUS: &str = "\
Exit status:
  0  stopped by a signal
  1  could not start";
const CHECK_STATUS: &str = "\
Exit status:
  0  nothing is found, or advice only
  1  errors or warnings
  2  the command line makes no sense
  3  a file cannot be read, or the output cannot be written";
const ASK_STATUS: &str = "\
Exit status:
  0  the daemon answered
  1  it cannot be reached, does not answer within 2 seconds, or does not know the router";
const RESTART_STATUS: &str = "\
Exit status:
  0  the program goes on in the place of the one before
  1  it does not: the one before goes on, or the daemon has begun anew, as is said";
const LAB_STATUS: &str = "\
Exit status:
  0  all went as it must
  1  something did not, or the machine does not permit it";
const LSP_STATUS: &str = "\
Exit status:
  0  the editor shut it down
  1  the editor is gone";
const EXPLAIN_STATUS: &str = "\
Exit status:
  0  explained
  1  nothing of that name is known";

/// A VRRP daemon for Linux: virtual IP addresses on virtual MACs, from keepalived.conf
///
/// Hosts share a virtual address: one router is master, the others stand by and take over when it dies. What a router needs
/// of the machine is set when it starts and put back when it ends.
#[derive(Debug, Parser)]
#[command(name = "tanist", version, max_term_width = 100, subcommand_value_name = "COMMAND")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the virtual routers of a configuration until SIGTERM, SIGINT or SIGQUIT; SIGHUP reloads it
    #[command(after_help = RUN_STATUS)]
    Run(RunArgs),
    /// Checks configurations and explains their mistakes
    ///
    /// Each file by itself. With --lan, or one file with several configuration ids, they are members of one LAN: what they say
    /// of their common virtual routers is compared as well.
    #[command(after_help = CHECK_STATUS)]
    Check(CheckArgs),
    /// Explains a keyword of keepalived.conf, a form such as include or ~SEQ, an option of an address, or the code in brackets
    /// behind a severity
    #[command(after_help = EXPLAIN_STATUS)]
    Explain(ExplainArgs),
    /// Serves editors that speak the language server protocol, on standard input and output
    ///
    /// An editor starts it for keepalived.conf files. It shows what `tanist check` finds while the file is written, and corrects it
    /// where that is known; it explains the word under the cursor, completes keywords and names, and finds definitions.
    #[command(after_help = LSP_STATUS)]
    Lsp,
    /// Shows who is master and why
    #[command(after_help = ASK_STATUS)]
    Status(StatusArgs),
    /// Says why a virtual router is master or not, where that is configured, and what would change it
    #[command(after_help = ASK_STATUS)]
    Why(WhyArgs),
    /// Follows the transitions of a running daemon
    #[command(after_help = ASK_STATUS)]
    Events(EventsArgs),
    /// Shows the last transitions of a running daemon, and what led to them
    ///
    /// The last 64 of each virtual router and sync group are kept, and beside them what else happened to it: other priorities,
    /// other masters, times when the daemon was not scheduled.
    #[command(after_help = ASK_STATUS)]
    History(HistoryArgs),
    /// Lets virtual routers leave by plan, and stay away from the election until `tanist hold`
    ///
    /// Each says priority 0, keeps its addresses until its successor is heard, for its interval at most (`tanist_linger`), and is in
    /// FAULT then; notify scripts hear of a stop. Where nobody takes over, nobody has the addresses: `tanist status` says what is
    /// known of others. Its sync group goes with it. A reload changes nothing about that, also of what it puts into the group; the
    /// next start of the daemon does. Only root and the user that the daemon runs as may ask for it.
    #[command(after_help = ASK_STATUS)]
    Release(StandArgs),
    /// Lets virtual routers take part in the election again that were released
    #[command(after_help = ASK_STATUS)]
    Hold(StandArgs),
    /// Executes the program that is installed now in the place of the running daemon, without a failover
    ///
    /// For a newer version, above all. The process stays, and so do states, timers, addresses and interfaces: peers and scripts hear
    /// nothing, and no address is announced. A program that fails its self-test leaves the running one as it is; so does a
    /// configuration with errors, or with other virtual routers or sync groups than those in force: reload it first. Not with
    /// BFD sessions, which their peers would see end. Only root and the user that the daemon runs as may ask for it.
    #[command(after_help = RESTART_STATUS)]
    Restart(RestartArgs),
    /// Runs real failovers between two routers in namespaces of their own, without root
    #[command(after_help = LAB_STATUS)]
    Lab(LabArgs),
    /// Prints a page of the manual, the completions of a shell, or a syntax file of an editor
    Manual(ManualArgs),
    /// Does what keepalived does with these options: for programs that know its command line only
    ///
    /// Whoever calls tanist by the name keepalived, through a link for example, gets this without the word. `tanist keepalived
    /// --help` lists the options.
    #[command(disable_help_flag = true)]
    Keepalived(KeepalivedArgs),
    /// Runs notify scripts for the daemon
    #[command(hide = true)]
    Runner,
    /// Says whether this program can go on from what a daemon hands over
    #[command(hide = true)]
    SelfTest(SelfTestArgs),
}

#[derive(Debug, Args)]
pub(crate) struct KeepalivedArgs {
    /// Options of keepalived
    #[arg(value_name = "OPTION", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Configuration file
    #[arg(short = 'f', long = "config", value_name = "FILE", default_value = DEFAULT_CONFIG)]
    pub(crate) config: PathBuf,
    /// What `@ID` lines of the configuration are compared with; the host name up to its first dot if not given
    #[arg(short = 'i', long, value_name = "ID")]
    pub(crate) config_id: Option<String>,
    /// Log for a person at a terminal: with times and without syslog levels
    #[arg(long)]
    pub(crate) foreground: bool,
    /// Directory for what a later start needs to clean up after a crash
    #[arg(long, value_name = "DIR", default_value = DEFAULT_STATE_DIR)]
    pub(crate) state_dir: PathBuf,
    /// Unix socket for `tanist status` and the other commands that ask the daemon
    #[arg(long, value_name = "PATH", default_value = DEFAULT_CONTROL)]
    pub(crate) control: PathBuf,
    /// Run in this network namespace, whatever `net_namespace` says
    #[arg(short = 's', long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Refuse to start if the configuration has an error
    #[arg(long)]
    pub(crate) strict: bool,
    /// Write the process id to this file, and remove it at the end; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub(crate) pid: Vec<PathBuf>,
    /// Stop when the process that started this one, which is PID, ends
    #[arg(long, hide = true, value_name = "PID")]
    pub(crate) die_with_parent: Option<i32>,
    /// What is no option of this command line.
    #[arg(skip)]
    pub(crate) launch: Launch,
}

impl RunArgs {
    /// As they are for a daemon of this `net_namespace` and `instance`: the namespace of the command line counts, and what
    /// is not named otherwise is in a directory of its own.
    pub(crate) fn placed(self, global: &Global) -> Self {
        let namespace = self.namespace.or_else(|| global.net_namespace.clone());
        let daemon = Which {
            namespace: namespace.as_deref(),
            instance: global.instance.as_deref(),
            pid: self.launch.known_by.as_deref(),
        };
        let place = |named: &Path, default| daemon.own_place(named, default);
        Self {
            state_dir: place(&self.state_dir, DEFAULT_STATE_DIR),
            control: place(&self.control, DEFAULT_CONTROL),
            namespace,
            ..self
        }
    }

    pub(crate) const fn log_format(&self) -> LogFormat {
        match self.launch.log {
            Some(format) => format,
            None if self.foreground => LogFormat::Human,
            None => LogFormat::Systemd(Facility::UNNAMED),
        }
    }
}

/// Which daemon is asked.
#[derive(Debug, Args)]
pub(crate) struct DaemonArgs {
    /// Control socket of the daemon
    #[arg(long, value_name = "PATH", default_value = DEFAULT_CONTROL)]
    control: PathBuf,
    /// Ask the daemon that runs in this network namespace (`net_namespace`)
    #[arg(short = 's', long, value_name = "NAME")]
    namespace: Option<String>,
    /// Ask the daemon of this name (`instance`)
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
    /// Ask the daemon that was started as keepalived with this pid file (`-p`), which is not the usual one
    #[arg(long, value_name = "FILE")]
    pid: Option<PathBuf>,
}

impl DaemonArgs {
    /// Its control socket.
    pub(crate) fn control(&self) -> PathBuf {
        let Self { control, namespace, instance, pid } = self;
        let pid = pid.as_deref().and_then(launch::known_by);
        Which { namespace: namespace.as_deref(), instance: instance.as_deref(), pid: pid.as_deref() }
            .own_place(control, DEFAULT_CONTROL)
    }
}

/// Which of several daemons of a machine.
struct Which<'a> {
    namespace: Option<&'a str>,
    instance: Option<&'a str>,
    /// By its pid file: see [`launch::known_by`].
    pid: Option<&'a str>,
}

impl Which<'_> {
    /// Where it has what the only daemon of a machine has at `default`. Another place that was named is its own already.
    fn own_place(&self, named: &Path, default: &str) -> PathBuf {
        let Self { namespace, instance, pid } = self;
        let parts = [("netns", namespace), ("instance", instance), ("pid", pid)];
        let parts: Vec<String> =
            parts.iter().filter_map(|(kind, name)| Some(format!("{kind}.{}", (**name)?))).collect();
        if parts.is_empty() || named != Path::new(default) {
            return named.to_owned();
        }
        // What a name cannot be in a path is no other directory.
        let directory = Path::new(DEFAULT_STATE_DIR).join(parts.join(".").replace('/', "_"));
        let rest = Path::new(default).strip_prefix(DEFAULT_STATE_DIR).unwrap_or_else(|_| Path::new(""));
        if rest.as_os_str().is_empty() { directory } else { directory.join(rest) }
    }
}

/// What the guardian of a daemon is told by that one (`tanist guardian`). It is read apart from all other commands: what these may be
/// told would be most of the guardian's memory.
#[derive(Clone, Debug, Parser)]
#[command(name = GuardianArgs::COMMAND)]
pub(crate) struct GuardianArgs {
    /// Process id of the daemon
    #[arg(long, value_name = "PID")]
    pub(crate) daemon: u32,
    /// The thread of it that started this process
    #[arg(long, value_name = "TID")]
    pub(crate) keeper: u32,
    /// Real-time priority of the thread that speaks VRRP
    #[arg(long, value_name = "PRIORITY")]
    pub(crate) priority: u8,
    /// Log as the daemon does
    #[arg(long, value_name = "FORMAT", value_parser = LogFormat::of_word)]
    pub(crate) log: LogFormat,
}

impl GuardianArgs {
    pub(crate) const COMMAND: &str = "guardian";

    /// `None` if these arguments of a process are not a guardian's. One that is told something else ends.
    pub(crate) fn of_process(mut arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let is_guardian = arguments.nth(1).is_some_and(|first| first == Self::COMMAND);
        is_guardian.then(|| Self::parse_from(std::iter::once(Self::COMMAND.into()).chain(arguments)))
    }

    /// As arguments of a command.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let Self { daemon, keeper, priority, log } = self;
        let numbers = [("--daemon", *daemon), ("--keeper", *keeper), ("--priority", u32::from(*priority))];
        let numbers = numbers.iter().flat_map(|(option, number)| [(*option).to_owned(), number.to_string()]);
        numbers.chain(["--log".to_owned(), log.word()]).collect()
    }
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Configuration files; `-` is standard input
    #[arg(value_name = "FILE", default_value = DEFAULT_CONFIG, value_hint = ValueHint::FilePath)]
    pub(crate) configs: Vec<PathBuf>,
    /// Compare the files as members of one LAN
    #[arg(long)]
    pub(crate) lan: bool,
    /// What standard input is called in messages; includes are looked for beside it
    #[arg(long, value_name = "NAME", value_hint = ValueHint::FilePath)]
    pub(crate) stdin_filename: Option<PathBuf>,
    /// What `@ID` lines are compared with; the host name up to its first dot if not given. As often as there are files:
    /// one for each, in their order; with one file: each makes it another member
    #[arg(short = 'i', long = "config-id", value_name = "ID")]
    pub(crate) config_ids: Vec<String>,
    /// Do not show these: a code, or all `warnings`, `advice` or `unsupported`
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(crate) allow: Vec<Chosen>,
    /// Take these for errors: a code, or all `warnings`, `advice` or `unsupported`. A code goes before what it belongs to
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(crate) deny: Vec<Chosen>,
    /// Also look at this machine: whether interfaces, scripts and their users are there, and virtual MACs can be made
    #[arg(long)]
    pub(crate) live: bool,
    /// How diagnostics are printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = CheckFormat::Human)]
    format: CheckFormat,
    /// As --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Only errors and warnings, and no summary
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
    /// Print what was understood as a keepalived.conf with every default filled in, without what has no effect here, and
    /// the diagnostics to standard error; in JSON the `model` of each file
    #[arg(long)]
    pub(crate) model: bool,
    /// Print passwords and keys of the model, which are asterisks without this
    #[arg(long, requires = "model")]
    pub(crate) secrets: bool,
}

/// How `tanist check` prints diagnostics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// for people, with the lines they speak of
    Human,
    /// for programs: `tanist manual schema` prints the schema
    Json,
    /// SARIF 2.1.0, for code scanners
    Sarif,
    /// annotations of GitHub's workflows
    Github,
    /// a line each: `file:line:column: severity[code]: message`
    Short,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// at a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`
    Auto,
    /// always
    Always,
    /// never
    Never,
}

impl CheckArgs {
    pub(crate) const fn format(&self) -> CheckFormat {
        if self.json { CheckFormat::Json } else { self.format }
    }

    pub(crate) const fn shown_secrets(&self) -> Secrets {
        if self.secrets { Secrets::Shown } else { Secrets::Hidden }
    }

    pub(crate) fn is_standard_input(file: &Path) -> bool {
        file == Path::new("-")
    }

    /// What a file is called in messages.
    pub(crate) fn named(&self, file: &Path) -> PathBuf {
        if Self::is_standard_input(file) { self.stdin_name() } else { file.to_path_buf() }
    }

    /// What standard input is called in messages.
    pub(crate) fn stdin_name(&self) -> PathBuf {
        self.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("<stdin>"))
    }
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Keyword, such as `advert_int`, or code, such as `no-prefix-length`
    #[arg(value_name = "KEYWORD|CODE", value_parser = WordParser, hide_possible_values = true)]
    pub(crate) word: String,
}

#[derive(Debug, Args)]
pub(crate) struct ManualArgs {
    /// What to print
    #[arg(value_enum, value_name = "PART")]
    pub(crate) part: ManualPart,
}

/// Parts of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ManualPart {
    /// every keyword and every code, as Markdown
    Markdown,
    /// the same as a page of section 5
    Man5,
    /// the command line, as a page of section 8
    Man8,
    /// completions for bash
    Bash,
    /// completions for zsh
    Zsh,
    /// completions for fish
    Fish,
    /// a syntax file for Vim and Neovim
    Vim,
    /// a syntax file for VS Code and other editors that take TextMate's grammars
    Textmate,
    /// the JSON schema of `tanist check --format json`
    Schema,
    /// the description of the control API (OpenAPI)
    Openapi,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Only this virtual router, or this BFD session
    #[arg(value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Again and again, every so many seconds
    #[arg(short, long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    #[arg(value_parser = pause)]
    pub(crate) watch: Option<Duration>,
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
}

/// Time between two looks.
fn pause(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| (0.1..=3600.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "write seconds, 0.1 to 3600".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// The virtual router
    #[arg(value_name = "ROUTER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Print one JSON object per line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StandArgs {
    /// Virtual routers or sync groups
    #[arg(value_name = "ROUTER", required_unless_present = "all", conflicts_with = "all")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) names: Vec<String>,
    /// All that run
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RestartArgs {
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SelfTestArgs {
    /// Configuration of the daemon
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Its `--config-id`
    #[arg(long, value_name = "ID")]
    pub(crate) config_id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Only of this virtual router or sync group
    #[arg(value_name = "ROUTER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: Option<String>,
    /// Only what came after the event of this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) since: u64,
    /// Print one JSON object per line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn each_of_several_daemons_has_its_own_files() {
        let global =
            |text: &str| conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", text)).config.global;
        let run = |words: &[&str], text: &str| {
            let cli = Cli::try_parse_from(["tanist", "run"].iter().chain(words)).unwrap();
            let Command::Run(options) = cli.command else { panic!("{words:?}") };
            let RunArgs { state_dir, control, namespace, .. } = options.placed(&global(text));
            (state_dir.display().to_string(), control.display().to_string(), namespace)
        };
        let blue = "net_namespace blue\ninstance one";
        assert_eq!(run(&[], ""), ("/run/tanist".into(), "/run/tanist/control.sock".into(), None));
        let own = |name: &str| (format!("/run/tanist/{name}"), format!("/run/tanist/{name}/control.sock"));
        let (state_dir, control) = own("netns.blue.instance.one");
        assert_eq!(run(&[], blue), (state_dir, control, Some("blue".into())));
        let (state_dir, control) = own("netns.red");
        assert_eq!(run(&["-s", "red"], "net_namespace blue"), (state_dir, control.clone(), Some("red".into())));
        assert_eq!(run(&["--control", "/x"], "instance one").1, "/x");
        let Command::Status(asked) = Cli::try_parse_from(["tanist", "status", "-s", "red"]).unwrap().command else {
            panic!()
        };
        assert_eq!(asked.daemon.control().display().to_string(), control);
    }

    #[test]
    fn a_router_without_a_name_is_nobody() {
        for (command, name) in [("why", "ROUTER"), ("status", "NAME"), ("history", "ROUTER")] {
            let error = Cli::try_parse_from(["tanist", command, ""]).unwrap_err().to_string();
            assert!(error.contains("a value is required for") && error.contains(name), "{error}");
        }
    }
}
