//! Whether a guardian watches this daemon, for those who are asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

use rustix::process::Pid;

/// What is known of the guardian. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guarded(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    is_wanted: AtomicBool,
    /// 0: none runs.
    pid: AtomicI32,
    deaths: AtomicU64,
    /// It died, or could not be started, and is not back yet.
    is_missing: AtomicBool,
}

impl Guarded {
    /// There is to be one.
    pub(crate) fn wanted(&self) {
        self.0.is_wanted.store(true, Ordering::Relaxed);
    }

    /// There is to be none any more.
    pub(crate) fn dismissed(&self) {
        self.0.is_wanted.store(false, Ordering::Relaxed);
    }

    pub(crate) fn started(&self, pid: Pid) {
        self.0.pid.store(pid.as_raw_pid(), Ordering::Relaxed);
        self.0.is_missing.store(false, Ordering::Relaxed);
    }

    /// It cannot be started.
    pub(crate) fn failed(&self) {
        self.0.is_missing.store(true, Ordering::Relaxed);
    }

    pub(crate) fn died(&self) {
        self.0.deaths.fetch_add(1, Ordering::Relaxed);
        self.0.is_missing.store(true, Ordering::Relaxed);
    }

    pub(crate) fn ended(&self) {
        self.0.pid.store(0, Ordering::Relaxed);
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.0.is_wanted.load(Ordering::Relaxed)
    }

    /// Its process; `None` while there is none.
    pub(crate) fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.0.pid.load(Ordering::Relaxed))
    }

    /// Whether there is none although there is to be one. One that was never started yet is on its way.
    pub(crate) fn is_missing(&self) -> bool {
        self.0.is_missing.load(Ordering::Relaxed)
    }

    /// How often it died.
    pub(crate) fn deaths(&self) -> u64 {
        self.0.deaths.load(Ordering::Relaxed)
    }
}
