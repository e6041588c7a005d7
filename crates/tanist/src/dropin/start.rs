//! A daemon, started as keepalived is: in the background, with pid files, known to others by these.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use conf::model::Global;
use conf::{Code, Loaded, Secrets};
use linux::child::{self, Forked};
use rustix::fs::Mode;

use super::NAME;
use super::options::{Asked, Options, Place};
use crate::cli::{DEFAULT_CONTROL, DEFAULT_STATE_DIR, RunArgs};
use crate::launch::{self, Idle, Launch, Launcher, Started, Waits};
use crate::logging::{Facility, LogFormat};
use crate::{daemon, loader, manager};

/// Exit status without the configuration.
const NO_CONFIGURATION: u8 = 6;

pub(super) fn run(options: Options) -> ExitCode {
    // What `ps` and `pgrep` show, also where the program has another name.
    rustix::thread::set_name(c"keepalived").ok();
    let loaded = loader::load_to_run(&options.config, options.config_id.as_deref());
    if let Some(what) = missing(&options, &loaded) {
        complain(&what);
        return ExitCode::from(NO_CONFIGURATION);
    }
    if let Some(mask) = options.umask {
        rustix::process::umask(Mode::from_raw_mode(mask));
    }
    let namespace = options.namespace.as_deref().or(loaded.config.global.net_namespace.as_deref());
    let pid = pid_files(&options, &loaded.config.global, namespace);
    if let Some(other) = pid.iter().find_map(|path| launch::holder(path)) {
        complain(&format!("daemon is already running (process {})", other.as_raw_pid()));
        return ExitCode::SUCCESS;
    }
    let mut remarks = options.remarks.clone();
    if options.dump == Asked::Yes {
        remarks.extend(loaded.config.to_text(Secrets::Hidden).lines().map(str::to_owned));
    }
    // It may hold more than the daemon needs to know twice.
    drop(loaded);
    let log = log_format(&options);
    let launch = Launch {
        log: Some(log),
        remarks,
        idle: Idle::Awaits,
        launcher: None,
        known_by: options.pid.as_deref().and_then(launch::known_by),
        snmp: options.snmp,
    };
    let arguments = RunArgs {
        config: options.config,
        config_id: options.config_id,
        foreground: false,
        state_dir: DEFAULT_STATE_DIR.into(),
        control: DEFAULT_CONTROL.into(),
        namespace: options.namespace,
        strict: false,
        pid,
        die_with_parent: None,
        launch,
    };
    match options.place {
        Place::Foreground => daemon::run(arguments),
        // It is in the background already.
        Place::Background if launch::is_passed_on() => daemon::run(arguments),
        Place::Background => detach(arguments, options.console),
    }
}

/// The file that must be there and is not.
fn missing(options: &Options, loaded: &Loaded) -> Option<String> {
    let is_missing = |code| match options.all_files {
        Asked::No => code == Code::FileUnreadable,
        Asked::Yes => matches!(code, Code::FileUnreadable | Code::IncludeUnreadable | Code::IncludeEmpty),
    };
    let found = loaded.diagnostics.iter().find(|it| is_missing(it.code))?;
    Some(format!("Config files missing: {}", found.message))
}

/// Where the process id goes: both files are of the one process.
fn pid_files(options: &Options, global: &Global, namespace: Option<&str>) -> Vec<PathBuf> {
    let own = |name: &str| usual_pid_file(name, global, namespace);
    let files =
        [options.pid.clone().unwrap_or_else(|| own(NAME)), options.vrrp_pid.clone().unwrap_or_else(|| own("vrrp"))];
    let [parent, vrrp] = files;
    for directory in
        [&parent, &vrrp].into_iter().filter_map(|file| file.parent().filter(|it| it.starts_with("/run/keepalived")))
    {
        // That it cannot be made is told when the file is written.
        fs::create_dir_all(directory).ok();
    }
    if parent == vrrp { vec![parent] } else { vec![parent, vrrp] }
}

/// In /run, or below /run/keepalived for one of several daemons.
fn usual_pid_file(name: &str, global: &Global, namespace: Option<&str>) -> PathBuf {
    let file =
        global.instance.as_ref().map_or_else(|| format!("{name}.pid"), |instance| format!("{name}_{instance}.pid"));
    // What a name cannot be in a path is no other directory.
    let file = file.replace('/', "_");
    let directory = match (namespace, &global.instance, global.pid_dir) {
        (Some(namespace), _, _) => Path::new("/run/keepalived").join(namespace.replace('/', "_")),
        (None, Some(_), _) | (None, None, conf::model::Switch::On) => PathBuf::from("/run/keepalived"),
        (None, None, conf::model::Switch::Off) => PathBuf::from("/run"),
    };
    directory.join(file)
}

/// In the background to syslog; in the foreground to standard error, where a service manager has its journal.
const fn log_format(options: &Options) -> LogFormat {
    let facility = Facility::numbered(options.facility);
    match (options.console, options.place, options.no_syslog) {
        (Asked::Yes, _, _) => LogFormat::Human,
        (Asked::No, Place::Foreground, _) | (Asked::No, Place::Background, Asked::Yes) => LogFormat::Systemd(facility),
        (Asked::No, Place::Background, Asked::No) => LogFormat::Syslog(facility),
    }
}

/// Runs the daemon in a process and with a session of its own. This one ends when the pid files are there, or, with the
/// daemon's status, when that does not start.
fn detach(mut arguments: RunArgs, console: Asked) -> ExitCode {
    let pipes = || io::Result::Ok((Launcher::pipe()?, Launcher::pipe()?, child::fork()?));
    let ((launcher, waits), (gate, gated), forked) = match pipes() {
        Ok(ends) => ends,
        Err(error) => return failed(&error),
    };
    match forked {
        Forked::Parent(child) => {
            drop((launcher, gated));
            // Before the daemon says anything: a service manager hears only the process that it takes for the main one.
            manager::main_process(child);
            gate.release();
            wait(waits, child)
        }
        Forked::Child => {
            drop((waits, gate));
            // Whoever has started it may have been killed.
            gated.wait();
            if let Err(error) = leave(console) {
                return failed(&error);
            }
            arguments.launch.launcher = Some(launcher);
            daemon::run(arguments)
        }
    }
}

fn wait(waits: Waits, child: rustix::process::Pid) -> ExitCode {
    match waits.wait() {
        Started::Yes => ExitCode::SUCCESS,
        Started::No => {
            complain("the daemon did not start; its log says why");
            let status = child::wait(child).ok().flatten().and_then(|status| u8::try_from(status).ok());
            ExitCode::from(status.filter(|status| *status > 0).unwrap_or(1))
        }
    }
}

/// Leaves terminal, directory and descriptors of whoever started this.
fn leave(console: Asked) -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::chdir("/")?;
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    match console {
        Asked::Yes => {}
        Asked::No => rustix::stdio::dup2_stderr(&null)?,
    }
    Ok(())
}

fn failed(error: &io::Error) -> ExitCode {
    complain(&format!("cannot go into the background: {error}"));
    ExitCode::FAILURE
}

fn complain(what: &str) {
    // There is nowhere else to say it.
    writeln!(io::stderr(), "{what}").ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual(text: &str, namespace: Option<&str>) -> String {
        let loaded = conf::load("c".as_ref(), &mut conf::MemoryLoader::default().with("c", text));
        usual_pid_file(NAME, &loaded.config.global, namespace).display().to_string()
    }

    #[test]
    fn usual_pid_files_are_where_keepalived_has_them() {
        assert_eq!(usual("", None), "/run/keepalived.pid");
        assert_eq!(usual("use_pid_dir\n", None), "/run/keepalived/keepalived.pid");
        assert_eq!(usual("instance one\n", None), "/run/keepalived/keepalived_one.pid");
        assert_eq!(usual("instance one\n", Some("blue")), "/run/keepalived/blue/keepalived_one.pid");
    }

    #[test]
    fn the_log_goes_where_it_is_looked_for() {
        let format =
            |place, console, no_syslog| log_format(&Options { place, console, no_syslog, ..Options::default() });
        let daemon = Facility::numbered(3);
        assert_eq!(format(Place::Background, Asked::No, Asked::No), LogFormat::Syslog(daemon));
        assert_eq!(format(Place::Background, Asked::No, Asked::Yes), LogFormat::Systemd(daemon));
        assert_eq!(format(Place::Foreground, Asked::No, Asked::No), LogFormat::Systemd(daemon));
        assert_eq!(format(Place::Foreground, Asked::Yes, Asked::No), LogFormat::Human);
    }
}
