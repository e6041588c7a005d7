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
