//! A daemon as a process in a network namespace. It ends with the value that stands for it.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use linux::netns::Namespace;
use rustix::process::{Pid, Signal, kill_process};

use crate::wait;

/// Longest wait for threads to stop.
const STOPPING: Duration = Duration::from_secs(5);

/// A running program and whatever it has started. Dropping it kills them all.
#[derive(Debug)]
pub struct DaemonProcess {
    child: Child,
    pid: Pid,
}

impl DaemonProcess {
    /// Starts `command` in `namespace`, in a process group of its own (a Ctrl-C at the terminal is not for it). What it
    /// writes to standard output and standard error is appended to the file `log`.
    ///
    /// A program that asks for a parent-death signal ends with the thread that calls this.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn spawn(namespace: &Namespace, command: &mut Command, log: &Path) -> io::Result<Self> {
        let errors = File::options().create(true).append(true).open(log)?;
        Self::spawn_to(namespace, command, log, errors)
    }

    /// As [`DaemonProcess::spawn`], with a standard error of the caller's.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn spawn_to(
        namespace: &Namespace,
        command: &mut Command,
        log: &Path,
        stderr: impl Into<Stdio>,
    ) -> io::Result<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(output).stderr(stderr).process_group(0);
        // It is this thread that goes there and back: a parent-death signal follows the thread that starts the child.
        let _inside = namespace.enter()?;
        let child = command.spawn()?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { child, pid })
    }

    /// Its process id, which stays its own until this value is gone.
    #[must_use]
    pub const fn pid(&self) -> Pid {
        self.pid
    }

    /// Sends the program itself a signal. One that is to stop where it is (SIGSTOP) has stopped then.
    ///
    /// # Errors
    /// If it has ended.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        kill_process(self.pid, signal)?;
        if signal == Signal::STOP {
            wait::until(STOPPING, || stands(self.pid));
        }
        Ok(())
    }

    /// Sends a signal to the program and to all that it has started, it first.
    ///
    /// # Errors
    /// If it has ended.
    pub fn signal_all(&self, signal: Signal) -> io::Result<()> {
        self.signal(signal)?;
        for pid in descendants(self.pid) {
            // It may have ended meanwhile.
            kill_process(pid, signal).ok();
        }
        Ok(())
    }

    /// The processes that it has started itself, those of its main thread first.
    pub(crate) fn children(&self) -> Vec<Pid> {
        children(self.pid)
    }

    /// How it ended; `None` while it runs.
    ///
    /// # Errors
    /// None that a correct program sees.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits until the program has ended. `None` if it does not within `timeout`.
    pub fn wait(&mut self, timeout: Duration) -> Option<ExitStatus> {
        wait::found(timeout, || self.child.try_wait().transpose())?.ok()
    }

    /// SIGKILL for the program itself, as an administrator would do it. What it has started may go on and clean up.
    ///
    /// # Errors
    /// None that a correct program sees.
    pub fn kill_alone(mut self) -> io::Result<ExitStatus> {
        self.child.kill()?;
        self.child.wait()
    }

    /// SIGKILL for the program and all that it has started, so that none can clean up or start another.
    ///
    /// # Errors
    /// None that a correct program sees.
    pub fn kill(mut self) -> io::Result<ExitStatus> {
        self.kill_now()
    }

    fn kill_now(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        // keepalived's parent restarts a child that dies, and its child leaves politely when the parent dies; a guardian acts when its
        // daemon stands still: so all are stopped first, and none waits for the other to be.
        kill_process(self.pid, Signal::STOP)?;
        for signal in [Signal::STOP, Signal::KILL] {
            for pid in descendants(self.pid) {
                // It may have ended meanwhile.
                kill_process(pid, signal).ok();
            }
            wait::until(STOPPING, || stands(self.pid));
        }
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for DaemonProcess {
    fn drop(&mut self) {
        // Fails only if there is nothing left to kill.
        self.kill_now().ok();
    }
}

/// Whether no thread of it runs: each stops for itself.
fn stands(pid: Pid) -> bool {
    let threads = fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero())).into_iter().flatten().flatten();
    threads.map(|thread| thread.path().join("stat")).all(|stat| {
        let said = fs::read_to_string(stat).unwrap_or_default();
        // The state stands behind the name, which is in parentheses.
        said.rsplit_once(") ").is_none_or(|(_, fields)| fields.starts_with(['T', 't', 'Z', 'X']))
    })
}

/// All processes below `pid`.
fn descendants(pid: Pid) -> Vec<Pid> {
    children(pid).into_iter().flat_map(|child| [vec![child], descendants(child)].concat()).collect()
}

/// The processes that `pid` has started.
fn children(pid: Pid) -> Vec<Pid> {
    // Each thread has children of its own.
    let threads = fs::read_dir(format!("/proc/{}/task", pid.as_raw_pid())).into_iter().flatten().flatten();
    let children = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("children")).unwrap_or_default();
    let children: String = threads.map(|thread| children(thread) + " ").collect();
    children.split_whitespace().filter_map(|child| child.parse().ok().and_then(Pid::from_raw)).collect()
}

/// The last lines of a text.
#[must_use]
pub fn tail(text: &str, lines: usize) -> Vec<&str> {
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().to_vec()
}
