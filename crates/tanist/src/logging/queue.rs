//! Lines on their way to standard error, the journal or syslog: a bounded queue and the thread that empties it.
//!
//! Our own rather than tracing-appender's, which reports its own errors with `println!` (a panic where standard output is
//! gone) and waits up to 1.1 s at the end.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::mem;
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tracing::Level;

use super::{LogFormat, journal, prefix, syslog};

/// Lines that may wait, in bytes: a failover of ten thousand routers, with two lines of 200 bytes each. What comes then is
/// dropped.
const QUEUE_BYTES: usize = 4 << 20;
/// Longest line with its end; PIPE_BUF: a pipe takes it whole, so that the lines of several processes never mix.
const LINE_BYTES: usize = 4096;
/// Lines seldom come alone, and to wake the thread costs more than a line: after the last one it waits so long for the next
/// before it sleeps. A line that comes alone is written at once.
const GATHER: Duration = Duration::from_millis(1);
/// End of a line that was cut.
const ELLIPSIS: &str = "…";

/// The queue. Whoever logs shares it with the thread that writes.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// There is something to write.
    filled: Condvar,
    /// Everything is written.
    emptied: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    /// Of the entries.
    bytes: usize,
    writer: Writer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Writer {
    #[default]
    Idle,
    Writing,
}

#[derive(Debug)]
enum Entry {
    Line(Vec<u8>),
    /// Here lines are missing: how many.
    Dropped(u64),
}

impl Entry {
    /// What it counts for in [`QUEUE_BYTES`].
    fn size(&self) -> usize {
        let text = match self {
            Self::Line(line) => line.len(),
            Self::Dropped(_) => 0,
        };
        mem::size_of::<Self>() + text
    }
}

impl Queue {
    /// Starts the thread. Without one (the machine gives no more) nothing is written.
    pub(super) fn start(format: LogFormat) -> Arc<Self> {
        let queue = Arc::new(Self::new());
        let ours = Arc::clone(&queue);
        // A log that cannot be written has nowhere to complain.
        let write = move || match format {
            LogFormat::Human | LogFormat::Systemd(_) => ours.write_to(StandardError, format),
            LogFormat::Journal(_) => ours.write_to(journal::entries(), format),
            LogFormat::Syslog(_) => ours.write_to(syslog::messages(), format),
        };
        thread::Builder::new().name("log".into()).spawn(write).ok();
        queue
    }

    fn new() -> Self {
        Self { waiting: Mutex::default(), filled: Condvar::new(), emptied: Condvar::new(), dropped: AtomicU64::new(0) }
    }

    /// Queues a line, or drops and counts it. Never waits for the writer.
    pub(super) fn push(&self, line: &[u8]) {
        let entry = Entry::Line(one_line(line));
        let mut waiting = self.lock();
        if waiting.bytes + entry.size() <= QUEUE_BYTES {
            waiting.push(entry);
            if waiting.writer == Writer::Idle {
                self.filled.notify_one();
            }
            return;
        }
        self.dropped.fetch_add(1, Ordering::Relaxed);
        match waiting.entries.back_mut() {
            Some(Entry::Dropped(count)) => *count += 1,
            // One more than fits: there is a line in front of it, so there are never more of these than lines.
            Some(Entry::Line(_)) | None => waiting.push(Entry::Dropped(1)),
        }
    }

    /// Waits until everything queued is written, at most for `limit`.
    pub(super) fn flush(&self, limit: Duration) {
        let busy = |waiting: &mut Waiting| waiting.writer == Writer::Writing || !waiting.entries.is_empty();
        drop(self.emptied.wait_timeout_while(self.lock(), limit, busy));
    }

    /// Lines that were not written so far.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Writes what is queued, for ever.
    fn write_to(&self, out: impl Write, format: LogFormat) {
        let mut output = Output { out, format, unreported: 0, end: LineEnd::Written };
        loop {
            match self.next() {
                Entry::Line(line) => {
                    if output.line(&line).is_err() {
                        output.unreported += 1;
                        self.dropped.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Entry::Dropped(count) => {
                    output.unreported += count;
                    // The next line tries again.
                    output.report().ok();
                }
            }
        }
    }

    /// The next entry; waits for it.
    fn next(&self) -> Entry {
        if let Some(entry) = self.lock().take() {
            return entry;
        }
        thread::sleep(GATHER);
        let mut waiting = self.lock();
        loop {
            if let Some(entry) = waiting.take() {
                return entry;
            }
            waiting.writer = Writer::Idle;
            self.emptied.notify_all();
            waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that is done while it is held leaves it half done.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&mut self, entry: Entry) {
        self.bytes += entry.size();
        self.entries.push_back(entry);
    }

    /// The first, which is being written from now on.
    fn take(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.bytes -= entry.size();
        self.writer = Writer::Writing;
        Some(entry)
    }
}

/// Where lines go, and what did not get there.
struct Output<W> {
    out: W,
    format: LogFormat,
    /// Lines dropped since the log last said so.
    unreported: u64,
    end: LineEnd,
}

/// Whether the last line got there whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineEnd {
    Written,
    /// The disk was full in the middle of it.
    Missing,
}

impl<W: Write> Output<W> {
    /// Writes a line, after what is to be said of those that were dropped before it.
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        self.report()?;
        self.write(line)
    }

    /// Says how many lines were dropped.
    fn report(&mut self) -> io::Result<()> {
        if self.unreported == 0 {
            return Ok(());
        }
        let lines = if self.unreported == 1 { "line was" } else { "lines were" };
        let prefix = prefix(self.format, Level::WARN);
        let text =
            format!("{prefix}{} log {lines} dropped: {} did not take them\n", self.unreported, target(self.format));
        self.write(text.as_bytes())?;
        self.unreported = 0;
        Ok(())
    }

    /// One write, unless standard error takes less than the whole.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let line = match self.end {
            LineEnd::Written => line.to_vec(),
            LineEnd::Missing => [b"\n", line].concat(),
        };
        let mut rest = line.as_slice();
        while !rest.is_empty() {
            match self.out.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => rest = &rest[taken..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            self.end = if rest.is_empty() { LineEnd::Written } else { LineEnd::Missing };
        }
        Ok(())
    }
}

/// Where lines go, in words.
const fn target(format: LogFormat) -> &'static str {
    match format {
        LogFormat::Human | LogFormat::Systemd(_) => "standard error",
        LogFormat::Journal(_) => "the journal",
        LogFormat::Syslog(_) => "syslog",
    }
}

/// File descriptor 2, without the lock of the standard library: whoever else writes there does not wait for us.
struct StandardError;

impl Write for StandardError {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let stderr = io::stderr();
        loop {
            match rustix::io::write(&stderr, bytes) {
                // Whoever started us made it non-blocking: this thread may wait all the same.
                Err(Errno::AGAIN) => {
                    poll(&mut [PollFd::from_borrowed_fd(stderr.as_fd(), PollFlags::OUT)], None)?;
                }
                result => return Ok(result?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Text as one line of at most [`LINE_BYTES`] with its end: line ends inside it are spelt out.
fn one_line(text: &[u8]) -> Vec<u8> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let mut line = Vec::with_capacity(text.len() + 1);
    for byte in text {
        match byte {
            b'\n' => line.extend_from_slice(br"\n"),
            b'\r' => line.extend_from_slice(br"\r"),
            byte => line.push(*byte),
        }
    }
    if line.len() >= LINE_BYTES {
        let mut end = LINE_BYTES - 1 - ELLIPSIS.len();
        // Not inside a character.
        while end > 0 && line[end] & 0xc0 == 0x80 {
            end -= 1;
        }
        line.truncate(end);
        line.extend_from_slice(ELLIPSIS.as_bytes());
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests;
