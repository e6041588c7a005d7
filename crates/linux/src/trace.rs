//! Stopping one thread of another process, for tests of what the other threads do then.

use std::io;
use std::marker::PhantomData;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Pid;

use crate::sys::trace;

/// A thread that stays where it is until this is dropped. Only the thread that stopped it can let it go, and a signal
/// for all of its process waits as long.
#[derive(Debug)]
pub struct StoppedThread {
    thread: Pid,
    /// To the kernel the tracer is a thread.
    _not_send: PhantomData<*const ()>,
}

impl StoppedThread {
    /// Stops the thread of this id (`/proc/PID/task`).
    ///
    /// # Errors
    /// If there is no such thread, or the caller may not trace it: it must be a descendant, where the kernel restricts
    /// tracing.
    pub fn stop(thread: Pid) -> io::Result<Self> {
        trace::seize(thread)?;
        Ok(Self { thread, _not_send: PhantomData })
    }

    /// Waits until its process has ended, which nobody else learns before. Returns whether it has within `timeout`.
    #[must_use]
    pub fn wait_end(self, timeout: Duration) -> bool {
        let start = Instant::now();
        while !trace::has_ended(self.thread) {
            if start.elapsed() > timeout {
                return false;
            }
            sleep(Duration::from_millis(10));
        }
        true
    }
}

impl Drop for StoppedThread {
    fn drop(&mut self) {
        // Fails only if its process has ended.
        if trace::detach(self.thread).is_err() {
            trace::has_ended(self.thread);
        }
    }
}
