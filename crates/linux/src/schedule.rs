//! Being on time: scheduling and memory of the thread that holds the timers.

use std::io;

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Puts the calling thread before all ordinary ones (SCHED_RR), so that load on the machine does not fake a dead
/// master. Threads and processes it starts are ordinary again. `priority` is 1–99.
///
/// # Errors
/// `PermissionDenied` without CAP_SYS_NICE and RLIMIT_RTPRIO: go on without, and say so.
pub fn realtime(priority: u8) -> io::Result<()> {
    crate::sys::schedule::round_robin(priority)
}

/// Keeps the pages of this process in memory, each from its first use on.
///
/// # Errors
/// `PermissionDenied` if locked memory is limited and the limit cannot be lifted (systemd: `LimitMEMLOCK=infinity`). It
/// is not done then: under a limit, a later allocation would fail instead. Go on without, and say so.
pub fn lock_memory() -> io::Result<()> {
    if getrlimit(Resource::Memlock).current.is_some() {
        setrlimit(Resource::Memlock, Rlimit { current: None, maximum: None })?;
    }
    Ok(mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, thread};

    /// Refusals other than for want of rights are our mistake.
    fn allowed(result: io::Result<()>) -> Permitted {
        match result {
            Ok(()) => Permitted::Yes,
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
                Permitted::No
            }
        }
    }

    #[derive(PartialEq)]
    enum Permitted {
        Yes,
        No,
    }

    #[test]
    fn a_realtime_thread_is_round_robin_and_its_children_are_not() {
        let policy = || {
            let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
            // Field 41, counted from the end of the name in parentheses, which is field 2.
            stat.rsplit(')').next().unwrap().split_whitespace().nth(38).unwrap().to_owned()
        };
        let test = move || {
            if allowed(realtime(10)) == Permitted::Yes {
                assert_eq!(policy(), "2", "SCHED_RR");
                assert_eq!(thread::spawn(policy).join().unwrap(), "0", "SCHED_OTHER");
            }
        };
        thread::spawn(test).join().unwrap();
    }

    #[test]
    fn memory_is_locked_only_where_that_is_unlimited() {
        let locked = allowed(lock_memory());
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let none = status.contains("VmLck:\t       0 kB");
        assert_eq!(none, locked == Permitted::No, "{status}");
    }
}
