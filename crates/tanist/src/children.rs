//! Child processes of the daemon.
//!
//! Whoever starts one waits for it. As process 1 of a container the daemon also gets the children of processes that have
//! ended (what a script left running, say); nobody waits for those, so a thread does.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::process::{Child as Process, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use linux::child;
use rustix::process::{Pid, Signal, getpid};
use signal_hook::consts::SIGCHLD;
use signal_hook::iterator::Signals;

/// How long the reaper waits for others to take note of their own child before it looks again.
const OWN_CHILD: Duration = Duration::from_millis(20);

/// Process ids of children that somebody waits for.
static AWAITED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

fn awaited() -> MutexGuard<'static, BTreeSet<i32>> {
    // Every change is a single call.
    AWAITED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A child that somebody waits for: it is killed if that one loses interest.
#[derive(Debug)]
pub(crate) struct Child(Process);

impl Child {
    /// Starts a program.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        // Held until it is in the list: it may end before that.
        let mut awaited = awaited();
        let process = command.spawn()?;
        let pid = Pid::from_child(&process);
        awaited.insert(pid.as_raw_pid());
        // Fails if it has ended.
        linux::descriptors::restore(pid).ok();
        Ok(Self(process))
    }

    /// Kills it, even if it is stopped, and waits for it. The status is that of its own end if it had ended before.
    ///
    /// # Errors
    /// If somebody else has waited for it.
    pub(crate) fn end(mut self) -> io::Result<ExitStatus> {
        self.kill_and_wait()
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// If somebody else has waited for it.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.0.wait();
        awaited().remove(&self.pid().as_raw_pid());
        status
    }

    /// Its status, if it has ended.
    ///
    /// # Errors
    /// If somebody else has waited for it.
    pub(crate) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.try_wait()
    }

    /// Lets it go on if it is stopped.
    pub(crate) fn resume(&self) {
        // It may have ended.
        rustix::process::kill_process(Pid::from_child(&self.0), Signal::CONT).ok();
    }

    fn kill_and_wait(&mut self) -> io::Result<ExitStatus> {
        // Refused only if it was waited for, which is what comes next.
        self.0.kill().ok();
        let status = self.0.wait();
        awaited().remove(&Pid::from_child(&self.0).as_raw_pid());
        status
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Nothing is lost if that was done before.
        self.kill_and_wait().ok();
    }
}

/// Waits for the children of the program in whose place this one was executed: they end by themselves. To be called before this one
/// starts any.
pub(crate) fn reap_inherited() {
    let Ok(children) = fs::read_to_string("/proc/thread-self/children") else { return };
    let children: Vec<Pid> =
        children.split_whitespace().filter_map(|pid| pid.parse().ok().and_then(Pid::from_raw)).collect();
    let reap = move || children.into_iter().for_each(|pid| drop(child::wait(pid)));
    // Without it they stay in the list of processes until the daemon ends.
    thread::Builder::new().name("reaper".into()).spawn(reap).ok();
}

/// Starts the reaper if this is process 1.
///
/// # Errors
/// If there is no thread or signal handler to be had.
pub(crate) fn reap_orphans() -> io::Result<()> {
    if !getpid().is_init() {
        return Ok(());
    }
    let mut signals = Signals::new([SIGCHLD])?;
    thread::Builder::new().name("reaper".into()).spawn(move || {
        for _ in &mut signals {
            while reap_one() {}
        }
    })?;
    Ok(())
}

/// Reaps a child that nobody waits for. Tells whether there may be more.
fn reap_one() -> bool {
    let guard = awaited();
    // Fails only if there are no children.
    let Ok(Some(pid)) = child::ended() else { return false };
    if guard.contains(&pid.as_raw_pid()) {
        // The kernel shows it first, so it hides the others until its own have waited for it.
        drop(guard);
        thread::sleep(OWN_CHILD);
        return true;
    }
    child::reap(pid).is_ok()
}
