//! The log: one line per thing that happened, on standard error.

use std::io;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// Who reads the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A person: times, words.
    Terminal,
    /// A service manager: a syslog level before each line; it keeps the time itself.
    ServiceManager,
}

impl Reader {
    /// The reader that `--foreground` means if it is given.
    pub(crate) const fn new(foreground: bool) -> Self {
        if foreground { Self::Terminal } else { Self::ServiceManager }
    }
}

/// Starts logging for this process. A second call changes nothing.
pub(crate) fn start(reader: Reader) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TANIST_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
    let started = match reader {
        Reader::Terminal => builder.with_timer(WallClock).with_ansi(false).with_writer(io::stderr).try_init(),
        Reader::ServiceManager => {
            builder.without_time().with_level(false).with_ansi(false).with_writer(SyslogLevel).try_init()
        }
    };
    // The only failure is that logging was started before.
    started.ok();
}

/// The time of day in UTC, to the microsecond.
struct WallClock;

impl FormatTime for WallClock {
    fn format_time(&self, w: &mut Writer<'_>) -> std::fmt::Result {
        write!(w, "{}", humantime::format_rfc3339_micros(std::time::SystemTime::now()))
    }
}

/// Writes `<6>` and the like before each line, as service managers expect.
struct SyslogLevel;

impl<'a> MakeWriter<'a> for SyslogLevel {
    type Writer = io::Stderr;

    fn make_writer(&'a self) -> Self::Writer {
        io::stderr()
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Self::Writer {
        let level = match *meta.level() {
            Level::ERROR => "<3>",
            Level::WARN => "<4>",
            Level::INFO => "<6>",
            Level::DEBUG | Level::TRACE => "<7>",
        };
        let mut stderr = io::stderr();
        // A log that cannot be written has nowhere to complain.
        io::Write::write_all(&mut stderr, level.as_bytes()).ok();
        stderr
    }
}
