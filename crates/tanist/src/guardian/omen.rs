//! The first sign of the daemon's end. The kernel tells that a process has ended once the last of its threads has, and all that
//! it had open is closed; that may take milliseconds. A thread's own end it tells at once, to the processes which that thread has
//! started: and the one that has started the guardian ends with the daemon alone.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rustix::process::{Signal, set_parent_process_death_signal};
use signal_hook::consts::SIGURG;

use crate::cli::GuardianArgs;

/// In the flags of a thread: it ends (`PF_EXITING`).
const EXITING: u64 = 4;
/// Where these stand behind the name: field 9 of proc_pid_stat(5), of which 3 is the first there.
const FLAGS: usize = 9 - 3;

/// Readable when there may be a sign.
#[derive(Debug)]
pub(super) struct Omen {
    told: UnixStream,
    thread: PathBuf,
}

impl Omen {
    /// Awaits the end of the thread that has started this process.
    ///
    /// # Errors
    /// If no descriptors are left.
    pub(super) fn await_of(options: &GuardianArgs) -> io::Result<Self> {
        let (told, tell) = UnixStream::pair()?;
        told.set_nonblocking(true)?;
        // Nobody sends this one, and if somebody does it is no harm.
        signal_hook::low_level::pipe::register(SIGURG, tell)?;
        set_parent_process_death_signal(Some(Signal::URG))?;
        let thread = format!("/proc/{}/task/{}/stat", options.daemon, options.keeper).into();
        Ok(Self { told, thread })
    }

    /// Whether it is so: anybody may send a signal.
    pub(super) fn is_true(&mut self) -> bool {
        io::Read::read(&mut self.told, &mut [0; 64]).ok();
        std::fs::read_to_string(&self.thread).is_ok_and(|stat| is_ending(&stat))
    }
}

impl AsFd for Omen {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.told.as_fd()
    }
}

/// Whether a thread with this `stat` ends.
fn is_ending(stat: &str) -> bool {
    let flags = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(FLAGS)?.parse::<u64>().ok());
    flags.is_some_and(|flags| flags & EXITING != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_runs_does_not_end() {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        assert!(!is_ending(&stat), "{stat}");
        assert!(is_ending("12 (a) b) X 1 1 1 0 -1 4228172 0"));
        assert!(!is_ending("12 (a) b) S 1 1 1 0 -1 4228168 0"));
        assert!(!is_ending(""));
    }
}
