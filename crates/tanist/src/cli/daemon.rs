//! Command lines of the daemon and its processes, and which daemon is meant.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, Parser};
use conf::model::Global;

use super::DEFAULT_CONFIG;
use crate::launch::{self, Launch};
use crate::logging::{Facility, LogFormat};

/// Where the daemon keeps what must survive it.
pub(crate) const DEFAULT_STATE_DIR: &str = "/run/tanist";
/// Where the daemon listens for commands.
pub(crate) const DEFAULT_CONTROL: &str = "/run/tanist/control.sock";

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
pub(crate) struct SelfTestArgs {
    /// Configuration of the daemon
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Its `--config-id`
    #[arg(long, value_name = "ID")]
    pub(crate) config_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Cli, Command};
    use super::*;

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
}
