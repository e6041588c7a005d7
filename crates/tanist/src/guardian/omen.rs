//! The first sign of the daemon's end. The kernel tells that a process has ended once the last of its threads has, and all that
//! it had open is closed; that may take milliseconds. A thread's own end it tells at once, to the processes which that thread has
//! started: and the one that has started the guardian ends with the daemon alone. That thread also shows whether the daemon is stopped.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixStream;

use host::Motion;
use rustix::io::Errno;
use rustix::process::{Signal, set_parent_process_death_signal};
use signal_hook::consts::SIGURG;

use crate::cli::GuardianArgs;

/// In the flags of a thread: it ends (`PF_EXITING`).
const EXITING: u64 = 4;
/// Where these stand behind the name: field 9 of proc_pid_stat(5), of which 3, the state, is the first there.
const FLAGS: usize = 9 - 3;
/// More than stands in front of them, and they.
const ROOM: usize = 256;

/// Readable when there may be a sign.
#[derive(Debug)]
pub(super) struct Omen {
    told: UnixStream,
    /// What /proc says of the thread; `None` if that has ended already.
    stat: Option<File>,
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
        let stat = File::open(format!("/proc/{}/task/{}/stat", options.daemon, options.keeper)).ok();
        Ok(Self { told, stat })
    }

    /// Whether it is so: anybody may send a signal.
    pub(super) fn is_true(&mut self) -> bool {
        io::Read::read(&mut self.told, &mut [0; 64]).ok();
        self.look(true, is_ending).unwrap_or(false)
    }

    /// Whether the daemon may run.
    pub(super) fn motion(&self) -> Motion {
        self.look(Motion::Free, motion).unwrap_or(Motion::Free)
    }

    /// What `read` finds in what /proc says of the thread; `gone` if the kernel knows nothing of it any more, for who comes late finds
    /// that. `None` where /proc does not say.
    fn look<T>(&self, gone: T, read: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let mut stat = [0; ROOM];
        match self.stat.as_ref()?.read_at(&mut stat, 0) {
            Ok(length) => Some(read(stat.get(..length)?)),
            Err(error) => (Errno::from_io_error(&error) == Some(Errno::SRCH)).then_some(gone),
        }
    }
}

impl AsFd for Omen {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.told.as_fd()
    }
}

/// The fields behind the name, from the state on. A name is short, and may be anything.
fn fields(stat: &[u8]) -> impl Iterator<Item = &[u8]> {
    let name = stat.iter().rposition(|byte| *byte == b')').unwrap_or(stat.len());
    stat[name..].split(|byte| *byte == b' ').skip(1)
}

/// Whether a thread with this `stat` ends.
fn is_ending(stat: &[u8]) -> bool {
    let flags = fields(stat).nth(FLAGS).and_then(|it| std::str::from_utf8(it).ok()?.parse::<u64>().ok());
    flags.is_some_and(|flags| flags & EXITING != 0)
}

/// Whether a signal or a debugger has stopped it.
fn motion(stat: &[u8]) -> Motion {
    match fields(stat).next() {
        Some(b"T" | b"t") => Motion::Stopped,
        Some(_) | None => Motion::Free,
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use rustix::thread::gettid;

    use super::*;

    #[test]
    fn a_thread_that_is_gone_has_ended() {
        let thread = thread::spawn(|| {
            let stat = format!("/proc/self/task/{}/stat", gettid().as_raw_nonzero());
            let (told, _) = UnixStream::pair().unwrap();
            told.set_nonblocking(true).unwrap();
            let mut omen = Omen { told, stat: File::open(stat).ok() };
            assert!(!omen.is_true());
            omen
        });
        let mut omen = thread.join().unwrap();
        // The kernel forgets it some time after it is joined.
        assert!(lab::wait::until(std::time::Duration::from_secs(15), || omen.is_true()));
        assert_eq!(omen.motion(), Motion::Free);
    }

    #[test]
    fn a_thread_that_runs_neither_ends_nor_is_stopped() {
        let stat = std::fs::read("/proc/thread-self/stat").unwrap();
        assert_eq!((is_ending(&stat), motion(&stat)), (false, Motion::Free));
        assert!(is_ending(b"12 (a) b) X 1 1 1 0 -1 4228172 0"));
        assert!(!is_ending(b"12 (a) b) S 1 1 1 0 -1 4228168 0"));
        assert!(!is_ending(b""));
        for (state, expected) in
            [("T", Motion::Stopped), ("t", Motion::Stopped), ("S", Motion::Free), ("Z", Motion::Free)]
        {
            assert_eq!(motion(format!("12 (T) T) {state} 1 1 1 0 -1 4228168 0").as_bytes()), expected, "{state}");
        }
        assert_eq!(motion(b""), Motion::Free);
    }
}
