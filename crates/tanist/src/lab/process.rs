//! The lab's directory and its daemons. Both are gone when their values are.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use linux::lan::Host;
use rustix::process::{Pid, Signal, kill_process};

use super::plan::Node;
use crate::control::api::{RouterStatus, Status};
use crate::control::client;

/// How long a daemon may take to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a daemon is looked at while it starts or stops.
const POLL_PERIOD: Duration = Duration::from_millis(10);

/// A directory of this run, removed at its end.
#[derive(Debug)]
pub(super) struct Directory(PathBuf);

impl Directory {
    /// Makes it, for this user only.
    pub(super) fn make() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("tanist-lab-{}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// A file in it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Where a router's daemon logs.
    pub(super) fn log(&self, router: &str) -> PathBuf {
        self.path(&format!("{router}.log"))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's cleaning of temporary files.
        fs::remove_dir_all(&self.0).ok();
    }
}

/// A running `tanist run`.
#[derive(Debug)]
pub(super) struct Daemon {
    child: Child,
    control: PathBuf,
}

impl Daemon {
    /// Starts the daemon of `node` on `host`. It does not outlive this process.
    pub(super) fn start(node: &Node, host: &Host, directory: &Directory) -> io::Result<Self> {
        let control = directory.path(&format!("{}.sock", node.name));
        let log = File::options().create(true).append(true).open(directory.log(node.name))?;
        // The parent-death signal follows the thread that starts the child, so it is this one that goes there and back.
        let _inside = host.namespace.enter()?;
        let child = Command::new(std::env::current_exe()?)
            .args(["run", "--foreground", "--die-with-parent", &std::process::id().to_string()])
            .arg("-f")
            .arg(&node.file)
            .arg("--state-dir")
            .arg(directory.path(&format!("{}.state", node.name)))
            .arg("--control")
            .arg(&control)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            // A Ctrl-C at the terminal is for the lab, which stops its daemons itself.
            .process_group(0)
            .spawn()?;
        Ok(Self { child, control })
    }

    /// What the daemon says of one of its routers.
    pub(super) fn status(&self, router: &str) -> Option<RouterStatus> {
        let status: Status = client::get(&self.control, "/v1/status").ok()?;
        status.routers.into_iter().find(|status| status.name == router)
    }

    /// Whether it ended by itself, and how.
    pub(super) fn ended(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten().map(|status| status.to_string())
    }

    /// `kill -9`.
    pub(super) fn kill(mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }

    /// A planned stop: SIGTERM. Does not wait for the end.
    pub(super) fn terminate(&self) -> io::Result<()> {
        match i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            Some(pid) => Ok(kill_process(pid, Signal::TERM)?),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Waits for the end of a daemon that was told to stop. `None` if it does not end.
    pub(super) fn wait(mut self) -> Option<std::process::ExitStatus> {
        let deadline = Instant::now() + STOP_TIMEOUT;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < deadline => sleep(POLL_PERIOD),
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Either may fail only because the child has ended and was waited for.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The last lines of a file.
pub(super) fn tail(file: &Path, lines: usize) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all.iter().skip(all.len().saturating_sub(lines)).map(|line| (*line).to_owned()).collect()
}
