//! The log: one line per event, on standard error, to the journal or to syslog.
//!
//! Logging never waits and never fails: lines go through a bounded [`queue`] to a thread of its own. What standard error
//! does not take is dropped and counted.

mod journal;
mod listener;
mod panic;
mod queue;
mod syslog;

use std::fmt::Debug;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use tracing::field::Field;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::time::FormatTime;

use self::queue::Queue;

/// How long the end of the process waits for lines that are still queued.
const FLUSH_LIMIT: Duration = Duration::from_millis(200);
/// Environment variable that says which lines are logged.
const FILTER_VARIABLE: &str = "TANIST_LOG";

/// The queue of this process, once [`start`] was called.
static QUEUE: OnceLock<Arc<Queue>> = OnceLock::new();

/// How a line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// With the time of day (UTC, to the microsecond) and the level in words.
    Human,
    /// With a syslog level such as `<6>` (sd-daemon(3)); the service manager adds the time.
    Systemd(Facility),
    /// To the journal, with fields; [`start`] takes it in place of [`LogFormat::Systemd`] where standard error is the journal.
    Journal(Facility),
    /// To the machine's syslog (RFC 3164), not to standard error.
    Syslog(Facility),
}

impl LogFormat {
    /// As an argument of a command.
    pub(crate) fn word(self) -> String {
        match self {
            Self::Human => "human".to_owned(),
            Self::Systemd(Facility(facility)) => format!("systemd-{facility}"),
            Self::Journal(Facility(facility)) => format!("journal-{facility}"),
            Self::Syslog(Facility(facility)) => format!("syslog-{facility}"),
        }
    }

    /// What [`word`](Self::word) says.
    ///
    /// # Errors
    /// If it says nothing of the kind.
    pub(crate) fn of_word(word: &str) -> Result<Self, String> {
        let facility = |number: &str| number.parse().map(Facility).ok();
        let named = word.split_once('-').and_then(|(kind, number)| match kind {
            "systemd" => facility(number).map(Self::Systemd),
            "journal" => facility(number).map(Self::Journal),
            "syslog" => facility(number).map(Self::Syslog),
            _ => None,
        });
        let named = named.or_else(|| (word == "human").then_some(Self::Human));
        named.ok_or_else(|| format!("no form of a log: {word}"))
    }

    /// What is better where it can be had.
    fn at_its_best(self) -> Self {
        match self {
            Self::Systemd(facility) if journal::is_standard_error() => Self::Journal(facility),
            Self::Human | Self::Systemd(_) | Self::Journal(_) | Self::Syslog(_) => self,
        }
    }
}

/// A facility of syslog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facility(u8);

impl Facility {
    /// None is named: the service manager knows which it is.
    pub(crate) const UNNAMED: Self = Self(0);

    /// By its number in syslog.h, 0 to 23.
    pub(crate) const fn numbered(number: u8) -> Self {
        Self(number)
    }

    /// With a level: what stands in front of a message.
    fn priority(self, level: Level) -> String {
        format!("<{}>", self.0 * 8 + syslog_level(level))
    }
}

/// Writes out what is queued when it is dropped; see [`flush`].
#[must_use = "the last lines are written when it is dropped"]
#[derive(Debug)]
pub(crate) struct LogGuard(());

impl Drop for LogGuard {
    fn drop(&mut self) {
        flush();
    }
}

/// Starts logging for this process, panics included. It starts a thread: a process that forks without exec must do so
/// before. A second call changes nothing.
pub(crate) fn start(format: LogFormat) -> LogGuard {
    let format = format.at_its_best();
    let queue = QUEUE.get_or_init(|| Queue::start(format));
    let (filter, mistake) = filter();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(false)
        .fmt_fields(debug_fn(write_field))
        .log_internal_errors(false);
    let lines = Lines { queue: Arc::clone(queue), format };
    let started = match format {
        LogFormat::Human => builder.with_timer(WallClock).with_writer(lines).try_init(),
        LogFormat::Journal(facility) => builder.event_format(journal::Entries(facility)).with_writer(lines).try_init(),
        LogFormat::Systemd(_) | LogFormat::Syslog(_) => {
            builder.without_time().with_level(false).with_writer(lines).try_init()
        }
    };
    if started.is_ok() {
        panic::log_panics();
    }
    if let Some(mistake) = mistake {
        tracing::warn!("{FILTER_VARIABLE}: {mistake}; `info` is used");
    }
    LogGuard(())
}

/// Waits until the queued lines are written, at most [`FLUSH_LIMIT`].
pub(crate) fn flush() {
    if let Some(queue) = QUEUE.get() {
        queue.flush(FLUSH_LIMIT);
    }
}

/// Lines of this process that were not written: the queue was full, or standard error refused them.
pub(crate) fn lines_dropped() -> u64 {
    QUEUE.get().map_or(0, |queue| queue.dropped())
}

/// What is to be logged, and what is wrong with the variable that says so.
fn filter() -> (EnvFilter, Option<String>) {
    let default = || EnvFilter::new("info");
    match std::env::var(FILTER_VARIABLE).map(EnvFilter::try_new) {
        Ok(Ok(filter)) => (filter, None),
        Ok(Err(error)) => (default(), Some(error.to_string())),
        Err(std::env::VarError::NotPresent) => (default(), None),
        Err(error @ std::env::VarError::NotUnicode(_)) => (default(), Some(error.to_string())),
    }
}

/// The time of day, RFC 3339 in UTC, to the microsecond.
struct WallClock;

impl FormatTime for WallClock {
    fn format_time(&self, w: &mut Writer<'_>) -> std::fmt::Result {
        write!(w, "{}", humantime::format_rfc3339_micros(SystemTime::now()))
    }
}

/// A field as a part of a line. What is for the journal stands in the message as well.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> std::fmt::Result {
    match field.name() {
        "message" => write!(writer, "{value:?}"),
        name if journal::is_field(name) => Ok(()),
        name => write!(writer, " {name}={value:?}"),
    }
}

/// What stands before the text of a line that is not formatted by tracing.
fn prefix(format: LogFormat, level: Level) -> String {
    match format {
        LogFormat::Human => format!("{} {level:>5} ", humantime::format_rfc3339_micros(SystemTime::now())),
        LogFormat::Systemd(facility) => facility.priority(level),
        LogFormat::Journal(facility) => journal::head(facility, level),
        LogFormat::Syslog(facility) => facility.priority(level) + &syslog::head(),
    }
}

const fn syslog_level(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

/// Makes a [`Line`] for each event.
struct Lines {
    queue: Arc<Queue>,
    format: LogFormat,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { bytes: Vec::new(), queue: &self.queue }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Line<'a> {
        let head = match self.format {
            LogFormat::Human | LogFormat::Journal(_) => String::new(),
            LogFormat::Systemd(_) | LogFormat::Syslog(_) => prefix(self.format, *meta.level()),
        };
        Line { bytes: head.into_bytes(), queue: &self.queue }
    }
}

/// A line that is being formatted. Queued whole when it is dropped.
struct Line<'a> {
    bytes: Vec<u8>,
    queue: &'a Queue,
}

impl io::Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.queue.push(&self.bytes);
    }
}
