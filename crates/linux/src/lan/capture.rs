//! Records what hosts send, once per frame, with the port it came from and the kernel's time.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant as StdInstant};

use rustix::event::{EventfdFlags, eventfd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use vrrp::types::IfIndex;

use super::frame::{Content, Frame};
use crate::netns::Namespace;
use crate::sys::tap;

/// Which frames are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// All.
    Everything,
    /// All but echo requests and replies: for long recordings under ping.
    Control,
}

/// A recording that goes on until it is dropped.
#[derive(Debug)]
pub struct Capture {
    record: Arc<Record>,
    stop: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

/// A position in a recording; the default is its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Captured(usize);

#[derive(Debug, Default)]
struct Record {
    frames: Mutex<Vec<Frame>>,
    grown: Condvar,
}

/// The most that is kept: a runaway sender must not fill the memory.
const FRAMES_MAX: usize = 1_000_000;

impl Capture {
    /// Records on all ports of the switch but the bridge itself, which would show frames twice.
    pub(super) fn start(switch: &Namespace, bridge: IfIndex, interest: Interest) -> io::Result<Self> {
        let socket = switch.run(|| tap::open(None))??;
        let stop = Arc::new(eventfd(0, EventfdFlags::CLOEXEC)?);
        let record = Arc::<Record>::default();
        let thread = thread::Builder::new().name("capture".into()).spawn({
            let (record, stop) = (Arc::clone(&record), Arc::clone(&stop));
            move || record.fill(&socket, &stop, bridge, interest)
        })?;
        Ok(Self { record, stop, thread: Some(thread) })
    }

    /// The present end of the recording.
    #[must_use]
    pub fn now(&self) -> Captured {
        Captured(self.record.lock().len())
    }

    /// The frames since `from` that are wanted.
    pub fn since(&self, from: Captured, wanted: impl Fn(&Frame) -> bool) -> Vec<Frame> {
        self.record.lock().iter().skip(from.0).filter(|frame| wanted(frame)).cloned().collect()
    }

    /// The first wanted frame since `from`, for which it waits up to `timeout`.
    pub fn wait(&self, from: Captured, timeout: Duration, wanted: impl Fn(&Frame) -> bool) -> Option<Frame> {
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
        // The counter of a new eventfd takes 1 without blocking.
        let _written = rustix::io::write(&*self.stop, &1u64.to_ne_bytes());
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

impl Record {
    fn lock(&self) -> MutexGuard<'_, Vec<Frame>> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads until told to stop or the socket fails.
    fn fill(&self, socket: &OwnedFd, stop: &OwnedFd, bridge: IfIndex, interest: Interest) {
        let mut buffer = vec![0; tap::FRAME_MAX];
        while wait_readable(socket, stop) {
            while let Ok(received) = tap::receive(socket, &mut buffer) {
                if received.ifindex == bridge {
                    continue;
                }
                let bytes = buffer.get(..received.len).unwrap_or_default().to_vec();
                self.keep(Frame { at: received.at, port: received.ifindex, bytes }, interest);
            }
        }
    }

    fn keep(&self, frame: Frame, interest: Interest) {
        let wanted = match interest {
            Interest::Everything => true,
            Interest::Control => frame.content() != Content::Echo,
        };
        let mut frames = self.lock();
        if wanted && frames.len() < FRAMES_MAX {
            frames.push(frame);
            self.grown.notify_all();
        }
    }
}

/// Waits for a frame. False when the recording is to stop.
fn wait_readable(socket: &OwnedFd, stop: &OwnedFd) -> bool {
    let mut fds = [PollFd::new(socket, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
    let no_timeout: Option<&Timespec> = None;
    match poll(&mut fds, no_timeout) {
        Ok(_) => fds.get(1).is_some_and(|stop| stop.revents().is_empty()),
        Err(rustix::io::Errno::INTR) => true,
        Err(_) => false,
    }
}
