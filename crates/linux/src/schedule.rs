//! Being on time: scheduling and memory of the thread that holds the timers.

use std::io;

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{Pid, Resource, Rlimit, getpriority_process, getrlimit, setpriority_process, setrlimit};
use rustix::thread::{CpuSet, gettid, sched_getaffinity, sched_setaffinity};

/// A thread of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread(Pid);

/// What threads have that nothing was said of.
#[derive(Clone, Debug)]
pub struct Ordinary {
    nice: i32,
    processors: CpuSet,
}

impl Thread {
    /// The caller.
    #[must_use]
    pub fn current() -> Self {
        Self(gettid())
    }

    /// Puts the thread before all ordinary ones (SCHED_RR), so that load on the machine does not fake a dead master.
    /// Threads and processes it starts are ordinary again. `priority` is 1–99.
    ///
    /// # Errors
    /// `PermissionDenied` without CAP_SYS_NICE and RLIMIT_RTPRIO: go on without, and say so.
    pub fn realtime(self, priority: u8) -> io::Result<()> {
        crate::sys::schedule::round_robin(self.0, priority)
    }

    /// Its nice value, which counts while it does not run in real time; `None`: the ordinary one.
    ///
    /// # Errors
    /// `PermissionDenied` if it would be lower than the thread may have.
    pub fn nice(self, nice: Option<i8>, ordinary: &Ordinary) -> io::Result<()> {
        Ok(setpriority_process(Some(self.0), nice.map_or(ordinary.nice, i32::from))?)
    }

    /// The processors it runs on; none: the ordinary ones.
    ///
    /// # Errors
    /// If the machine has none of them, or the process may use none of them.
    pub fn run_on(self, processors: &[u16], ordinary: &Ordinary) -> io::Result<()> {
        let mut set = CpuSet::new();
        let known = processors.iter().map(|processor| usize::from(*processor));
        known.filter(|processor| *processor < CpuSet::MAX_CPU).for_each(|processor| set.set(processor));
        Ok(sched_setaffinity(Some(self.0), if processors.is_empty() { &ordinary.processors } else { &set })?)
    }
}

impl Ordinary {
    /// What the calling thread has.
    ///
    /// # Errors
    /// If the kernel does not say.
    pub fn of_caller() -> io::Result<Self> {
        let thread = gettid();
        Ok(Self { nice: getpriority_process(Some(thread))?, processors: sched_getaffinity(Some(thread))? })
    }
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

    /// A field of /proc/self/stat of the calling thread, by its number in proc(5).
    fn stat(field: usize) -> String {
        let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
        // Counted from the end of the name in parentheses, which is field 2.
        stat.rsplit(')').next().unwrap().split_whitespace().nth(field - 3).unwrap().to_owned()
    }

    /// Does something to a thread that waits meanwhile, and has it look at itself afterwards.
    fn of_another<T: Send>(act: impl FnOnce(Thread), look: impl FnOnce() -> T + Send) -> T {
        let (tell, told) = std::sync::mpsc::channel();
        let (go, gone) = std::sync::mpsc::channel::<()>();
        thread::scope(|scope| {
            let other = scope.spawn(move || {
                tell.send(Thread::current()).unwrap();
                gone.recv().unwrap();
                look()
            });
            act(told.recv().unwrap());
            go.send(()).unwrap();
            other.join().unwrap()
        })
    }

    #[test]
    fn a_realtime_thread_is_round_robin_and_its_children_are_not() {
        let mut permitted = Permitted::No;
        let policy = || stat(41);
        let of = |other: Thread| permitted = allowed(other.realtime(10));
        let (own, childs) = of_another(of, || (policy(), thread::spawn(policy).join().unwrap()));
        if permitted == Permitted::Yes {
            assert_eq!((own.as_str(), childs.as_str()), ("2", "0"), "SCHED_RR, SCHED_OTHER");
        }
    }

    #[test]
    fn a_thread_is_nice_and_stays_on_its_processor_until_that_is_ended() {
        let ordinary = Ordinary::of_caller().unwrap();
        let processor = (0..CpuSet::MAX_CPU).rfind(|it| ordinary.processors.is_set(*it)).unwrap();
        let number = u16::try_from(processor).unwrap();
        let look = || (stat(19), sched_getaffinity(None).unwrap());
        let only = of_another(
            |other| {
                other.nice(Some(7), &ordinary).unwrap();
                other.run_on(&[number, 8191], &ordinary).unwrap();
            },
            look,
        );
        assert_eq!((only.0.as_str(), only.1.count(), only.1.is_set(processor)), ("7", 1, true));
        let all = of_another(
            |other| {
                other.run_on(&[number], &ordinary).unwrap();
                other.nice(None, &ordinary).unwrap();
                other.run_on(&[], &ordinary).unwrap();
                assert!(other.run_on(&[8191], &ordinary).is_err(), "no such processor");
            },
            look,
        );
        assert_eq!((all.0, all.1), (ordinary.nice.to_string(), ordinary.processors));
    }

    #[test]
    fn memory_is_locked_only_where_that_is_unlimited() {
        let locked = allowed(lock_memory());
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let none = status.contains("VmLck:\t       0 kB");
        assert_eq!(none, locked == Permitted::No, "{status}");
    }
}
