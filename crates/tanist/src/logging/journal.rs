//! The journal of systemd, with fields: `journalctl VRRP_INSTANCE=VI_1` finds what concerns a router.
//!
//! Our own rather than `tracing-journald`, which sends from the thread that logs, and so waits for a journal that is stuck. An entry
//! goes through the queue as a line, with a character between its fields that no text has.

use std::env;
use std::fmt::{self, Debug, Write as _};
use std::io;
use std::path::Path;

use rustix::fs::fstat;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::listener::{Datagrams, Listener};
use super::{Facility, syslog, syslog_level};

/// Where the journal listens.
const SOCKET: &str = "/run/systemd/journal/socket";
/// Environment variable with device and inode of the stream that is read by the journal.
const STREAM: &str = "JOURNAL_STREAM";
/// Between two fields on their way through the queue.
const SEPARATOR: char = '\u{1f}';

/// Whether standard error goes to the journal, which listens for entries as well.
pub(super) fn is_standard_error() -> bool {
    let is_it = |stream: &str| fstat(io::stderr()).is_ok_and(|it| stream == format!("{}:{}", it.st_dev, it.st_ino));
    env::var(STREAM).is_ok_and(|stream| is_it(&stream)) && Listener::at(Path::new(SOCKET)).connect().is_ok()
}

/// Whether an event carries this for the journal alone: what such fields say stands in the message, too.
pub(super) fn is_field(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
}

/// What stands before the text.
pub(super) fn head(facility: Facility, level: Level) -> String {
    fields(facility, level) + "MESSAGE="
}

fn fields(facility: Facility, level: Level) -> String {
    let mut fields = format!("PRIORITY={}{SEPARATOR}", syslog_level(level));
    let ident = match facility {
        Facility::UNNAMED => env!("CARGO_PKG_NAME"),
        Facility(number) => {
            fields += &format!("SYSLOG_FACILITY={number}{SEPARATOR}");
            syslog::IDENT
        }
    };
    fields + &format!("SYSLOG_IDENTIFIER={ident}{SEPARATOR}")
}

/// Makes an entry of an event.
pub(super) struct Entries(pub(super) Facility);

impl<S, N> FormatEvent<S, N> for Entries
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut entry = Entry { fields: fields(self.0, *event.metadata().level()), message: String::new() };
        event.record(&mut entry);
        write!(writer, "{}MESSAGE={}", entry.fields, entry.message)
    }
}

struct Entry {
    fields: String,
    message: String,
}

impl Entry {
    fn add(&mut self, name: &str, value: &str) {
        // What somebody else has written must not become a field of its own.
        let value = value.replace([SEPARATOR, '\n'], " ");
        let added = match name {
            "message" => write!(self.message, "{value}"),
            name if is_field(name) => write!(self.fields, "{name}={value}{SEPARATOR}"),
            name => write!(self.message, " {name}={value}"),
        };
        added.expect("a string takes what is written to it");
    }
}

impl Visit for Entry {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field.name(), &format!("{value:?}"));
    }
}

/// Where entries go.
pub(super) fn entries() -> Datagrams {
    Datagrams::to(SOCKET, |entry| {
        let end_field = |byte: &u8| if char::from(*byte) == SEPARATOR { b'\n' } else { *byte };
        entry.iter().map(end_field).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_configuration_make_no_fields() {
        let mut entry = Entry { fields: String::new(), message: String::new() };
        entry.add("VRRP_INSTANCE", "VI_1\u{1f}_UID=0");
        entry.add("message", "a\nPRIORITY=0");
        entry.add("count", "7");
        assert_eq!(entry.fields, "VRRP_INSTANCE=VI_1 _UID=0\u{1f}");
        assert_eq!(entry.message, "a PRIORITY=0 count=7");
    }

    #[test]
    fn an_entry_begins_with_level_facility_and_name() {
        let shown = |facility| head(facility, Level::WARN).replace(SEPARATOR, "|");
        assert_eq!(shown(Facility::UNNAMED), "PRIORITY=4|SYSLOG_IDENTIFIER=tanist|MESSAGE=");
        let numbered = "PRIORITY=4|SYSLOG_FACILITY=3|SYSLOG_IDENTIFIER=Keepalived_vrrp|MESSAGE=";
        assert_eq!(shown(Facility::numbered(3)), numbered);
    }
}
