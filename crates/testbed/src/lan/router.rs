//! A router of the test LAN: a host and the daemon on it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use linux::lan::{Host, Lan, Seat};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// The daemon under test, or the one it is tested against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// tanist: path of its binary.
    Tanist(PathBuf),
    /// keepalived, as installed.
    Keepalived,
}

/// How often a daemon is looked at while it is waited for.
const POLL_PERIOD: Duration = Duration::from_millis(5);

/// Options for keepalived's pid files, each with a file.
const KEEPALIVED_PID_FILES: [(&str, &str); 4] =
    [("-p", "pid"), ("-r", "vrrp.pid"), ("-b", "bfd.pid"), ("-c", "checkers.pid")];

/// A host with a daemon on it, or without one. Its files (configuration, log, state) outlive the daemon, not this value.
#[derive(Debug)]
pub struct Router {
    /// The host.
    pub host: Host,
    program: Program,
    files: TempDir,
    child: Option<Child>,
}

impl Router {
    /// No daemon runs yet.
    ///
    /// # Errors
    /// If no directory can be made for its files.
    pub fn new(host: Host, program: Program) -> io::Result<Self> {
        Ok(Self { host, program, files: TempDir::with_prefix("tanist-test-")?, child: None })
    }

    /// Writes the configuration file. A running daemon does not notice.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn configure(&self, config: &str) -> io::Result<()> {
        fs::write(self.file("daemon.conf"), config)
    }

    /// Starts the daemon with the configuration written last.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn start(&mut self) -> io::Result<()> {
        let log = File::options().create(true).append(true).open(self.file("log"))?;
        self.start_to(log)
    }

    /// As [`Router::start`], with a standard error that the test chooses: then there is no log to be read.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn start_to(&mut self, stderr: impl Into<Stdio>) -> io::Result<()> {
        let output = File::options().create(true).append(true).open(self.file("log"))?;
        let _inside = self.host.namespace.enter()?;
        let child = self.command().stdin(Stdio::null()).stdout(output).stderr(stderr).spawn()?;
        self.child = Some(child);
        Ok(())
    }

    /// Writes the configuration and starts the daemon.
    ///
    /// # Errors
    /// As [`Router::configure`] and [`Router::start`].
    pub fn start_with(&mut self, config: &impl ToString) -> io::Result<()> {
        self.configure(&config.to_string())?;
        self.start()
    }

    /// Sends the daemon a signal.
    ///
    /// # Errors
    /// If none runs.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process(self.pid()?, signal)?)
    }

    /// SIGKILL for all its processes, so that none can say goodbye or start another.
    ///
    /// # Errors
    /// If none runs.
    pub fn kill(&mut self) -> io::Result<()> {
        // keepalived's parent restarts a child that dies and its child leaves politely when the parent dies, so the
        // parent is stopped first.
        self.signal(Signal::STOP)?;
        for pid in descendants(self.pid()?) {
            kill_process(pid, Signal::KILL)?;
        }
        self.signal(Signal::KILL)?;
        self.child.take().map_or(Ok(()), |mut child| child.wait().map(|_| ()))
    }

    /// Waits until the daemon has ended. `None` if it does not within `timeout`.
    pub fn wait_end(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + timeout;
        loop {
            match self.child.as_mut()?.try_wait() {
                Ok(Some(status)) => {
                    self.child = None;
                    return Some(status);
                }
                Ok(None) if Instant::now() < deadline => sleep(POLL_PERIOD),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Replaces the deleted interface of the host; a running daemon goes on.
    ///
    /// # Errors
    /// As [`Lan::replug`].
    pub fn replug(&mut self, lan: &mut Lan, seat: &Seat<'_>) -> io::Result<()> {
        lan.replug(&mut self.host, seat)
    }

    /// What `tanist status --json` says of the one router; `None` while the daemon cannot be asked.
    #[must_use]
    pub fn status(&self) -> Option<Value> {
        let Program::Tanist(binary) = &self.program else { return None };
        let output = Command::new(binary).args(["status", "--json", "--control"]).arg(self.file("control")).output();
        let status: Value = serde_json::from_slice(&output.ok()?.stdout).ok()?;
        status.get("routers")?.get(0).cloned()
    }

    /// Waits until the daemon says that its router is in `state`, for example `"MASTER"`.
    #[must_use]
    pub fn wait_state(&self, state: &str, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        loop {
            if self.status().is_some_and(|status| status.get("state").is_some_and(|it| it == state)) {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            sleep(POLL_PERIOD);
        }
    }

    /// All that its daemons have said so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// A file of this router.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// The daemon's process.
    ///
    /// # Errors
    /// If none runs.
    pub fn pid(&self) -> io::Result<Pid> {
        self.child.as_ref().and_then(pid_of).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn command(&self) -> Command {
        match &self.program {
            Program::Tanist(binary) => {
                let mut command = Command::new(binary);
                command.args(["run", "--foreground", "-f"]).arg(self.file("daemon.conf"));
                command.arg("--state-dir").arg(self.file("state")).arg("--control").arg(self.file("control"));
                command
            }
            Program::Keepalived => {
                let mut command = Command::new(keepalived());
                command.args(["-n", "-P", "-l", "-D"]);
                command.arg("-f").arg(self.file("daemon.conf"));
                for (option, file) in KEEPALIVED_PID_FILES {
                    // A killed child that nobody has waited for yet still counts as running to keepalived.
                    fs::remove_file(self.file(file)).ok();
                    command.arg(option).arg(self.file(file));
                }
                command
            }
        }
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        // Fails only if there is nothing left to kill.
        self.kill().ok();
    }
}

/// keepalived's binary; /usr/sbin is not in every user's PATH.
fn keepalived() -> &'static Path {
    let usual = Path::new("/usr/sbin/keepalived");
    if usual.is_file() { usual } else { Path::new("keepalived") }
}

fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// All processes below `pid`.
fn descendants(pid: Pid) -> Vec<Pid> {
    let raw = pid.as_raw_pid();
    let children = fs::read_to_string(format!("/proc/{raw}/task/{raw}/children")).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|child| child.parse().ok().and_then(Pid::from_raw));
    children.flat_map(|child| [vec![child], descendants(child)].concat()).collect()
}
