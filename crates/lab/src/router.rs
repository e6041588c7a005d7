//! A router: a host and the daemon on it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use linux::trace::StoppedThread;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::host::Host;
use crate::keepalived;
use crate::process::DaemonProcess;
use crate::wait;

/// How long after the deed a line of the log may come, on a busy machine.
const SOON: Duration = Duration::from_secs(15);

/// The daemon under test, or the one it is tested against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// tanist: path of its binary.
    Tanist(PathBuf),
    /// keepalived, as installed.
    Keepalived,
    /// FRR's vrrpd and the zebra that it needs, as installed. Its configuration is FRR's, and its macvlans are made by
    /// whoever starts it.
    Frr,
    /// FRR's bfdd, likewise.
    FrrBfd,
}

/// Starts zebra, then the daemon `$3`, in the directory `$1` with the configuration `$2` and the other arguments; passes SIGTERM
/// on and ends with that daemon. Both run as root: in a user namespace there is nobody else.
const FRR: &str = "cd $1; config=$2; daemon=$3; shift 3; rm -f zserv; : > zebra.conf
common='-u root -g root -P 0 --log stdout --vty_socket .'
/usr/lib/frr/zebra $common -f zebra.conf -z zserv -i zebra.pid & zebra=$!
while ! test -S zserv; do sleep 0.02; done
/usr/lib/frr/$daemon $common -f $config -z zserv -i $daemon.pid $@ & daemon=$!
trap 'kill $daemon' TERM
wait $daemon; wait $daemon; kill $zebra; wait";

/// A host with a daemon on it, or without one. Its files (configuration, log, state) outlive the daemon, not this value.
#[derive(Debug)]
pub struct RouterHost {
    // The daemon before its files: it is dropped, so ended, first.
    daemon: Option<DaemonProcess>,
    /// The host.
    pub host: Host,
    program: Program,
    config: PathBuf,
    files: TempDir,
}

impl RouterHost {
    /// No daemon runs yet.
    ///
    /// # Errors
    /// If no directory can be made for its files.
    pub fn new(host: Host, program: Program) -> io::Result<Self> {
        let files = TempDir::with_prefix("tanist-lab-")?;
        Ok(Self { daemon: None, host, program, config: files.path().join("daemon.conf"), files })
    }

    /// Writes the configuration file. A running daemon does not notice.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn configure(&mut self, config: &str) -> io::Result<()> {
        self.config = self.file("daemon.conf");
        fs::write(&self.config, config)
    }

    /// Lets the next start read a file of somebody else's.
    pub fn configure_file(&mut self, config: &Path) {
        config.clone_into(&mut self.config);
    }

    /// Starts the daemon with the configuration given last. It does not outlive the calling thread.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn start(&mut self) -> io::Result<()> {
        let command = self.command();
        self.start_as(command)
    }

    /// Starts what the test makes of [`RouterHost::command`] as the daemon.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn start_as(&mut self, mut command: Command) -> io::Result<()> {
        self.daemon = Some(DaemonProcess::spawn(&self.host.namespace, &mut command, &self.file("log"))?);
        Ok(())
    }

    /// As [`RouterHost::start`], with a standard error that the test chooses: then there is no log to be read.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn start_to(&mut self, stderr: impl Into<Stdio>) -> io::Result<()> {
        let mut command = self.command();
        self.daemon = Some(DaemonProcess::spawn_to(&self.host.namespace, &mut command, &self.file("log"), stderr)?);
        Ok(())
    }

    /// Writes the configuration and starts the daemon.
    ///
    /// # Errors
    /// As [`RouterHost::configure`] and [`RouterHost::start`].
    pub fn start_with(&mut self, config: &(impl ToString + ?Sized)) -> io::Result<()> {
        self.configure(&config.to_string())?;
        self.start()
    }

    /// The command that starts the daemon.
    #[must_use]
    pub fn command(&self) -> Command {
        match &self.program {
            Program::Tanist(binary) => {
                let mut command = Command::new(binary);
                command.args(["run", "--foreground", "--die-with-parent", &std::process::id().to_string()]);
                command.arg("-f").arg(&self.config);
                command.arg("--state-dir").arg(self.file("state")).arg("--control").arg(self.control());
                command
            }
            Program::Keepalived => {
                let mut command = Command::new(keepalived::binary());
                command.args(["-n", "-P", "-l", "-D"]).arg("-f").arg(&self.config);
                for (option, file) in keepalived::PID_FILES {
                    // A killed child that nobody has waited for yet still counts as running to keepalived.
                    fs::remove_file(self.file(file)).ok();
                    command.arg(option).arg(self.file(file));
                }
                command
            }
            Program::Frr => self.frr(&["vrrpd"]),
            Program::FrrBfd => self.frr(&["bfdd", "--bfdctl", "bfdd.sock"]),
        }
    }

    fn frr(&self, daemon: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", FRR, "frr"]).arg(self.files.path()).arg(&self.config).args(daemon);
        command
    }

    /// Sends the daemon's main process a signal.
    ///
    /// # Errors
    /// If none runs.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        self.daemon()?.signal(signal)
    }

    /// Writes the configuration and tells the running daemon to read it (SIGHUP).
    ///
    /// # Errors
    /// If it cannot be written, or no daemon runs.
    pub fn reload_with(&mut self, config: &(impl ToString + ?Sized)) -> io::Result<()> {
        self.configure(&config.to_string())?;
        self.signal(Signal::HUP)
    }

    /// Stops all processes of the daemon where they are (SIGSTOP), as a frozen container does.
    ///
    /// # Errors
    /// If none runs.
    pub fn freeze(&self) -> io::Result<()> {
        self.daemon()?.signal_all(Signal::STOP)
    }

    /// Lets them go on (SIGCONT).
    ///
    /// # Errors
    /// If none runs.
    pub fn thaw(&self) -> io::Result<()> {
        self.daemon()?.signal_all(Signal::CONT)
    }

    /// Stops the daemon's thread of this name where it is, until the value is dropped: its other threads go on.
    ///
    /// # Errors
    /// If none runs, it has no such thread, or the kernel forbids tracing.
    pub fn stop_thread(&self, name: &str) -> io::Result<StoppedThread> {
        let is_it = |task: &Path| fs::read_to_string(task.join("comm")).is_ok_and(|it| it.trim_end() == name);
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid()?.as_raw_pid()))?;
        let task = tasks.flatten().map(|task| task.path()).find(|task| is_it(task));
        let thread = task.and_then(|task| Pid::from_raw(task.file_name()?.to_str()?.parse().ok()?));
        StoppedThread::stop(thread.ok_or(io::ErrorKind::NotFound)?)
    }

    /// Kills all processes of the daemon, so that none can say goodbye or start another.
    ///
    /// # Errors
    /// If none runs.
    pub fn kill(&mut self) -> io::Result<()> {
        self.take_daemon()?.kill().map(|_| ())
    }

    /// Kills the daemon's main process alone, as `kill -9` does.
    ///
    /// # Errors
    /// If none runs.
    pub fn kill_alone(&mut self) -> io::Result<()> {
        self.take_daemon()?.kill_alone().map(|_| ())
    }

    /// Waits until the daemon has ended. `None` if it does not within `timeout`, or none runs.
    pub fn wait_end(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let status = self.daemon.as_mut()?.wait(timeout)?;
        self.daemon = None;
        Some(status)
    }

    /// What `tanist status --json` says; `None` while the daemon cannot be asked.
    #[must_use]
    pub fn status_document(&self) -> Option<Value> {
        let Program::Tanist(binary) = &self.program else { return None };
        let output = Command::new(binary).args(["status", "--json", "--control"]).arg(self.control()).output();
        serde_json::from_slice(&output.ok()?.stdout).ok()
    }

    /// What it says of its first router, by name.
    #[must_use]
    pub fn status(&self) -> Option<Value> {
        self.status_document()?.get("routers")?.get(0).cloned()
    }

    /// What it says of the router `name`.
    #[must_use]
    pub fn status_of(&self, name: &str) -> Option<Value> {
        let document = self.status_document()?;
        document
            .get("routers")?
            .as_array()?
            .iter()
            .find(|router| router.get("name").is_some_and(|it| it == name))
            .cloned()
    }

    /// The causes that `tanist why --json` names for the router `name`; none while the daemon cannot be asked.
    #[must_use]
    pub fn why(&self, name: &str) -> Vec<Value> {
        let Program::Tanist(binary) = &self.program else { return Vec::new() };
        let output = Command::new(binary).args(["why", name, "--json", "--control"]).arg(self.control()).output();
        let why: Value = output.ok().and_then(|it| serde_json::from_slice(&it.stdout).ok()).unwrap_or_default();
        why.get("causes").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// Waits until the daemon says that its first router is in `state`, for example `"MASTER"`.
    #[must_use]
    pub fn wait_state(&self, state: &str, timeout: Duration) -> bool {
        let says_so = |status: Value| status.get("state").is_some_and(|it| it == state);
        wait::until(timeout, || self.status().is_some_and(says_so))
    }

    /// All that its daemons have said so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// Waits for its daemons to say this in the log: the line comes after the deed.
    ///
    /// # Panics
    /// If they do not say it soon.
    #[track_caller]
    pub fn says(&self, text: &str) {
        let said = wait::until(SOON, || self.log().contains(text));
        assert!(said, "not in the log: {text}\n{}", self.log());
    }

    /// A file of this router.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// Its control socket.
    #[must_use]
    pub fn control(&self) -> PathBuf {
        self.file("control")
    }

    /// The daemon's main process.
    ///
    /// # Errors
    /// If none runs.
    pub fn pid(&self) -> io::Result<Pid> {
        self.daemon().map(DaemonProcess::pid)
    }

    /// The process that speaks VRRP: the daemon's main process, or the child that keepalived has for it.
    ///
    /// # Errors
    /// If none runs.
    pub fn protocol_pid(&self) -> io::Result<Pid> {
        let daemon = self.daemon()?;
        match &self.program {
            Program::Tanist(_) | Program::Frr | Program::FrrBfd => Ok(daemon.pid()),
            Program::Keepalived => daemon.children().first().copied().ok_or_else(|| io::ErrorKind::NotFound.into()),
        }
    }

    /// Sends that process a signal.
    ///
    /// # Errors
    /// If none runs.
    pub fn signal_protocol(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process(self.protocol_pid()?, signal)?)
    }

    fn daemon(&self) -> io::Result<&DaemonProcess> {
        self.daemon.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn take_daemon(&mut self) -> io::Result<DaemonProcess> {
        self.daemon.take().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
