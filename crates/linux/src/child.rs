//! Child processes.

use std::io;
use std::process::Command;

use rustix::process::{Pid, WaitOptions, waitpid};
use rustix::thread::{Gid, Uid};

/// The user and the groups that a program runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// User.
    pub uid: Uid,
    /// Group.
    pub gid: Gid,
    /// Supplementary groups.
    pub groups: Vec<Gid>,
}

/// Makes `command` start a program that is killed when the calling thread ends. With a `user` it starts as that one,
/// without other groups, and with empty permitted, effective, inheritable and ambient capability sets. The bounding
/// set stays: by itself it gives nothing, and without it `ping` and `sudo` do not work.
///
/// Spawning fails with `PermissionDenied` without CAP_SETUID and CAP_SETGID, unless `user` is what this process is.
pub fn confine(command: &mut Command, user: Option<User>) {
    crate::sys::child::confine(command, user);
}

/// Which of the two processes this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forked {
    /// The one that was there before, and its child.
    Parent(Pid),
    /// The new one.
    Child,
}

/// Makes a copy of this process.
///
/// # Errors
/// If this process has more than one thread, for the copy would lack the others and may lack what they were about to do; or the
/// machine gives no more processes.
pub fn fork() -> io::Result<Forked> {
    crate::sys::child::fork()
}

/// Waits until a child has ended; its exit status, `None` if a signal ended it.
///
/// # Errors
/// `ECHILD` if there is no such child.
pub fn wait(pid: Pid) -> io::Result<Option<i32>> {
    let ended = rustix::io::retry_on_intr(|| waitpid(Some(pid), WaitOptions::empty()))?;
    Ok(ended.and_then(|(_, status)| status.exit_status()))
}

/// A child of this process that has ended and was not waited for; it stays to be waited for. `None` if there is none.
///
/// # Errors
/// `ECHILD` if this process has no children.
pub fn ended() -> io::Result<Option<Pid>> {
    crate::sys::child::ended()
}

/// Forgets a child that has ended. Others may be waiting for it: whoever started it must not be.
///
/// # Errors
/// `ECHILD` if there is no such child.
pub fn reap(pid: Pid) -> io::Result<()> {
    waitpid(Some(pid), WaitOptions::NOHANG)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};
    use std::{fs, thread};

    /// What /proc says of a child that was started with this.
    fn status_of(user: Option<User>) -> String {
        let mut command = Command::new("cat");
        command.arg("/proc/self/status");
        confine(&mut command, user);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    fn field<'a>(status: &'a str, name: &str) -> Vec<&'a str> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_default().split_whitespace().collect()
    }

    #[test]
    fn another_user_has_no_groups_and_no_capabilities() {
        let user = User { uid: Uid::from_raw(65534), gid: Gid::from_raw(65534), groups: Vec::new() };
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let status = status_of(Some(user));
        assert_eq!(field(&status, "Uid"), ["65534"; 4]);
        assert_eq!(field(&status, "Gid"), ["65534"; 4]);
        assert_eq!(field(&status, "Groups"), Vec::<&str>::new());
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            assert_eq!(field(&status, set), ["0000000000000000"], "{set}");
        }
    }

    #[test]
    fn without_a_user_everything_is_inherited() {
        let own = fs::read_to_string("/proc/self/status").unwrap();
        let status = status_of(None);
        for name in ["Uid", "Gid", "Groups", "CapPrm", "CapEff", "CapAmb"] {
            assert_eq!(field(&status, name), field(&own, name), "{name}");
        }
    }

    #[test]
    fn a_child_that_has_ended_is_seen_and_stays_to_be_waited_for() {
        let mut child = Command::new("true").spawn().unwrap();
        let pid = Pid::from_child(&child);
        let deadline = Instant::now() + Duration::from_secs(20);
        // Other tests have children too.
        while ended().unwrap() != Some(pid) {
            assert!(Instant::now() < deadline, "is not seen");
            thread::sleep(Duration::from_millis(1));
        }
        assert!(child.wait().unwrap().success());
    }

    #[test]
    fn a_process_with_threads_is_not_copied() {
        // Tests have some.
        assert!(fork().unwrap_err().to_string().contains("threads"));
    }

    #[test]
    fn a_confined_program_ends_with_the_thread_that_started_it() {
        let start = || {
            let mut command = Command::new("sleep");
            command.arg("1000");
            confine(&mut command, None);
            command.spawn().unwrap()
        };
        let mut child = thread::spawn(start).join().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "still runs");
            thread::sleep(Duration::from_millis(5));
        }
    }
}
