//! Recordings: frames with the port they came in on and the kernel's time.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant as StdInstant};

use linux::poll::{Poll, Waker};
use linux::tap::Tap;

use crate::frame::{CapturedFrame, Content};

/// A filter of recordings: all frames.
#[must_use]
pub const fn everything(_: &CapturedFrame) -> bool {
    true
}

/// A filter of recordings: all but echo requests and replies, for long recordings under ping.
#[must_use]
pub fn without_echo(frame: &CapturedFrame) -> bool {
    frame.content() != Content::Echo
}

/// A recording that goes on until it is dropped.
#[derive(Debug)]
pub struct Capture {
    record: Arc<Record>,
    stop: Waker,
    thread: Option<JoinHandle<()>>,
}

/// A position in a recording; the default is its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Captured(usize);

#[derive(Debug, Default)]
struct Record {
    frames: Mutex<Vec<CapturedFrame>>,
    grown: Condvar,
}

/// Tokens of the poll.
const ARRIVED: u64 = 0;
const STOP: u64 = 1;
/// The most that is kept: a runaway sender must not fill the memory.
const FRAMES_MAX: usize = 1_000_000;

impl Capture {
    /// Records what comes in by `tap` and is accepted by `filter`.
    pub(crate) fn start(tap: Tap, filter: impl Fn(&CapturedFrame) -> bool + Send + 'static) -> io::Result<Self> {
        let (stop, poll, record) = (Waker::new()?, Poll::new()?, Arc::<Record>::default());
        poll.add(&tap, ARRIVED)?;
        poll.add(&stop, STOP)?;
        let thread = thread::Builder::new().name("capture".into()).spawn({
            let record = Arc::clone(&record);
            move || record.fill(tap, poll, filter)
        })?;
        Ok(Self { record, stop, thread: Some(thread) })
    }

    /// The present end of the recording.
    #[must_use]
    pub fn now(&self) -> Captured {
        Captured(self.record.lock().len())
    }

    /// The frames since `from` that are wanted.
    pub fn since(&self, from: Captured, wanted: impl Fn(&CapturedFrame) -> bool) -> Vec<CapturedFrame> {
        self.record.lock().iter().skip(from.0).filter(|frame| wanted(frame)).cloned().collect()
    }

    /// The first wanted frame since `from`, for which it waits up to `timeout`.
    pub fn wait(
        &self,
        from: Captured,
        timeout: Duration,
        wanted: impl Fn(&CapturedFrame) -> bool,
    ) -> Option<CapturedFrame> {
        let deadline = StdInstant::now() + timeout;
        let mut next = from.0;
        let mut frames = self.record.lock();
        loop {
            if let Some(frame) = frames.iter().skip(next).find(|frame| wanted(frame)) {
                return Some(frame.clone());
            }
            next = frames.len();
            let left = deadline.checked_duration_since(StdInstant::now())?;
            frames = self.record.grown.wait_timeout(frames, left).map_or_else(|e| e.into_inner().0, |(guard, _)| guard);
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.stop.wake();
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

impl Record {
    fn lock(&self) -> MutexGuard<'_, Vec<CapturedFrame>> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads until it is to stop, or the socket fails.
    fn fill(&self, mut tap: Tap, mut poll: Poll, filter: impl Fn(&CapturedFrame) -> bool) {
        let mut ready = Vec::new();
        while poll.wait(&mut ready).is_ok() && !ready.contains(&STOP) {
            let read = tap.receive(|frame| {
                let frame = CapturedFrame::from(frame);
                if filter(&frame) {
                    self.keep(frame);
                }
            });
            // An interface that is set down or deleted says so once; others may go on.
            if read.is_err_and(|error| error.kind() != io::ErrorKind::NetworkDown) {
                return;
            }
        }
    }

    fn keep(&self, frame: CapturedFrame) {
        let mut frames = self.lock();
        if frames.len() < FRAMES_MAX {
            frames.push(frame);
            self.grown.notify_all();
        }
    }
}
