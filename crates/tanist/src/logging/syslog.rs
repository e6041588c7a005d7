//! The machine's syslog, for a daemon that has no standard error.

use std::io::{self, Write};
use std::path::Path;

use jiff::ZonedDateTime;

use super::listener::Listener;

/// Where syslog listens.
const SOCKET: &str = "/dev/log";
/// What messages are found by: filters of keepalived's name look for it.
pub(super) const IDENT: &str = "Keepalived_vrrp";

/// What stands between priority and text (RFC 3164), in local time.
pub(super) fn head() -> String {
    head_at(&ZonedDateTime::now())
}

fn head_at(now: &ZonedDateTime) -> String {
    format!("{} {IDENT}[{}]: ", now.strftime("%b %e %H:%M:%S"), std::process::id())
}

/// Each write is a message.
pub(super) struct Syslog(Listener);

impl Default for Syslog {
    fn default() -> Self {
        Self(Listener::at(Path::new(SOCKET)))
    }
}

impl Write for Syslog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.strip_suffix(b"\n").unwrap_or(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_begins_as_rfc_3164_says() {
        let now: ZonedDateTime = "2026-11-05T03:04:05[UTC]".parse().unwrap();
        assert_eq!(head_at(&now), format!("Nov  5 03:04:05 Keepalived_vrrp[{}]: ", std::process::id()));
    }
}
