//! How long something takes the processor, however busy the machine is.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What `work` returns, and how long it took this thread.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let start = now();
    let result = work();
    (result, now() - start)
}
