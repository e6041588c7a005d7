//! Whether a guardian watches this daemon, for those who are asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use rustix::process::Pid;

/// What is known of the guardian. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guarded(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    /// 0: none runs.
    pid: AtomicI32,
    starts: AtomicU64,
}

impl Guarded {
    pub(crate) fn started(&self, pid: Pid) {
        self.0.starts.fetch_add(1, Ordering::Relaxed);
        self.0.pid.store(pid.as_raw_pid(), Ordering::Relaxed);
    }

    pub(crate) fn ended(&self) {
        self.0.pid.store(0, Ordering::Relaxed);
    }

    /// Its process; `None` while there is none.
    pub(crate) fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.0.pid.load(Ordering::Relaxed))
    }

    /// How often one was started.
    pub(crate) fn starts(&self) -> u64 {
        self.0.starts.load(Ordering::Relaxed)
    }
}
