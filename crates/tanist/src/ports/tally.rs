//! What scripts and pipes were not told, for `tanist status`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the daemon started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    lines_lost: AtomicU64,
    scripts_superseded: AtomicU64,
}

impl Tally {
    /// A pipe had no room for a line.
    pub(crate) fn line_lost(&self) {
        self.0.lines_lost.fetch_add(1, Ordering::Relaxed);
    }

    /// So many scripts were not run so far, because newer states waited.
    pub(crate) fn superseded(&self, scripts: u64) {
        self.0.scripts_superseded.store(scripts, Ordering::Relaxed);
    }

    /// Lines for which pipes had no room.
    pub(crate) fn lines_lost(&self) -> u64 {
        self.0.lines_lost.load(Ordering::Relaxed)
    }

    /// Scripts that were not run because newer states waited.
    pub(crate) fn scripts_superseded(&self) -> u64 {
        self.0.scripts_superseded.load(Ordering::Relaxed)
    }
}
